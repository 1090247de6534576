package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
)

// What goes on to the core, and what comes back: nothing else does.
var (
	sent     = []string{"Authorization", "Content-Type", "Upload-Offset", "If-Match", "Accept", "Accept-Language"}
	returned = []string{"ETag", "Link", "Location", "Upload-Offset", api.DataRelease, api.DataDigest, api.DataFileName}
	types    = map[string]bool{"application/json": true, "application/problem+json": true, "text/event-stream": true, "text/csv": true,
		"application/vnd.apache.parquet": true, "application/vnd.apache.arrow.file": true, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": true}
)

// forward asks the core, in a request of its own.
func (s *Server) forward(w http.ResponseWriter, r *http.Request, to route) {
	c := http.NewResponseController(w)
	ctx := r.Context()
	if to.stream {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, streamFor)
		defer stop()
	}
	var body io.Reader
	if to.body > 0 {
		if r.ContentLength > to.body {
			tooLong(w)
			return
		}
		_ = c.SetReadDeadline(time.Now().Add(within)) // one that cannot be set is bounded by the core
		body = http.MaxBytesReader(w, r.Body, to.body)
	}
	q, err := http.NewRequestWithContext(ctx, r.Method, "http://core"+r.URL.EscapedPath(), body) //nolint:gosec // the host is the socket; the path is one of the routes
	if err != nil {
		notFound(w)
		return
	}
	if to.body > 0 {
		q.ContentLength = r.ContentLength
	}
	args := url.Values{}
	for _, a := range to.args {
		if v := r.URL.Query().Get(a); v != "" {
			args.Set(a, v)
		}
	}
	q.URL.RawQuery = args.Encode()
	q.Header.Set("User-Agent", "glovebox-web")
	for _, name := range sent {
		v := r.Header.Values(name)
		if len(v) == 0 {
			continue
		}
		if len(v) > 1 || len(v[0]) > maxValue {
			problem(w, http.StatusBadRequest, glovebox.Errorf(glovebox.CodeInvalid, "a header of the request is too long, or comes twice").WithFix("send each header once"))
			return
		}
		q.Header.Set(name, v[0])
	}
	a, err := s.core.RoundTrip(q)
	if err != nil {
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			tooLong(w)
			return
		}
		problem(w, http.StatusServiceUnavailable, glovebox.Errorf(glovebox.CodeInternal, "the core does not answer").Because(err))
		return
	}
	defer a.Body.Close()
	for _, name := range returned {
		if v := a.Header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	if t, _, err := mime.ParseMediaType(a.Header.Get("Content-Type")); err == nil && types[t] {
		w.Header().Set("Content-Type", t)
	} else {
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	w.WriteHeader(a.StatusCode)
	pass(w, c, a.Body)
}

// pass hands an answer on as it comes, so that events arrive when they are sent.
func pass(w io.Writer, c *http.ResponseController, from io.Reader) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			_ = c.SetWriteDeadline(time.Now().Add(within)) // for who reads nothing
			if _, err := w.Write(b[:n]); err != nil || c.Flush() != nil {
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				panic(http.ErrAbortHandler) // half an answer must not look like a whole one
			}
			return
		}
	}
}

func tooLong(w http.ResponseWriter) {
	problem(w, http.StatusRequestEntityTooLarge, glovebox.Errorf(glovebox.CodeInvalid, "the body of the request is longer than this resource takes").WithFix("hand files in as blobs, in pieces"))
}
