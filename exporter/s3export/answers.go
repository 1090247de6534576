package s3export

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// maxAnswer is how long an answer may be that is no object: S3's own are a few
// hundred bytes.
const maxAnswer = 1 << 20

var (
	// errEndless: an answer began and did not end in time.
	errEndless = errors.New("the answer does not end")
	// errLong: an answer is longer than maxAnswer.
	errLong = errors.New("the answer is too long")
)

// answers reads every answer to its end before the client sees it, within idle
// and maxAnswer: the client reads what a server sends for as long as it sends.
// Objects alone pass as they come; who asked for one bounds it.
type answers struct {
	next http.RoundTripper
	idle time.Duration
}

// RoundTrip implements http.RoundTripper.
func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, stop := context.WithCancel(r.Context())
	r = r.Clone(ctx)
	if r.Body != nil && r.Body != http.NoBody {
		// A server that refuses says so before there is a body: one that hangs
		// up on bytes it has not read can take its answer from us with them.
		r.Header.Set("Expect", "100-continue")
	}
	resp, err := a.next.RoundTrip(r)
	if err != nil {
		stop()
		return nil, err
	}
	if r.Method == http.MethodGet && resp.StatusCode/100 == 2 {
		resp.Body = &object{resp.Body, stop}
		return resp, nil
	}
	defer stop()
	late := time.AfterFunc(a.idle, stop)
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	_ = resp.Body.Close() // what it holds has been read
	switch {
	case !late.Stop() && err != nil:
		return nil, errEndless
	case err != nil:
		return nil, err
	case len(b) > maxAnswer:
		return nil, errLong
	}
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return resp, nil
}

// object is the body of an object, whose request ends with it.
type object struct {
	io.ReadCloser
	stop context.CancelFunc
}

// Close implements io.Closer.
func (o *object) Close() error {
	defer o.stop()
	return o.ReadCloser.Close()
}
