package s3export

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glovebox.example/glovebox/exporter/driver"
)

// rude is a server over TLS that reads the header of a request and no body,
// writes what say gives, and hangs up.
func rude(t *testing.T, say func(r *http.Request) string) (endpoint string, ca []byte) {
	t.Helper()
	keys := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(keys.Close)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: keys.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	one := func(c net.Conn) {
		// Without a word of TLS, and with what has not been read: a reset.
		defer func() { _ = c.(*tls.Conn).NetConn().Close() }()
		p := make([]byte, 64<<10)
		n, err := c.Read(p) // one record: the header
		if err != nil {
			return
		}
		if r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(p[:n]))); err == nil {
			_, _ = io.WriteString(c, say(r))
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go one(c)
		}
	}()
	return l.Addr().String(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: keys.Certificate().Raw})
}

// answer is an answer with an error of S3 in its body, to every method: a HEAD's
// has none, so a server that sends one there says more than it may.
func answer(status int, code string) func(*http.Request) string {
	body := "<Error><Code>" + code + "</Code></Error>"
	return func(*http.Request) string {
		return fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
	}
}

// TestAnswersBeforeTheBody: the answer of a server that hangs up before it has
// read the body is the answer, after every request that went before.
func TestAnswersBeforeTheBody(t *testing.T) {
	body := strings.Repeat("x", 8<<20) // more than the kernel keeps for a connection
	for code, status := range map[string]int{"SignatureDoesNotMatch": 403, "NoSuchBucket": 404} {
		endpoint, ca := rude(t, answer(status, code))
		b := mute(t, endpoint, ca, long, long, long)
		for range 5 {
			if _, err := b.Stat(context.Background(), "r-1/file"); err == nil || driver.IsTransient(err) {
				t.Errorf("stat, %s: %v", code, err)
			}
			for _, body := range []string{"short", body[:600], body[:100<<10], body} {
				if err := put(b, "r-1/file", body); err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), code) {
					t.Errorf("put of %d bytes, %s: %v", len(body), code, err)
				}
			}
		}
	}
}

// TestNoBodyToARefusal: whether a reset takes an answer with it is a matter of
// luck, so no byte of a body goes to a server that refuses at its header.
func TestNoBodyToARefusal(t *testing.T) {
	var took atomic.Int64
	endpoint, ca := blocked(t, func(w http.ResponseWriter, r *http.Request, _ <-chan struct{}) {
		if r.Header.Get("Expect") != "100-continue" {
			n, _ := io.Copy(io.Discard, r.Body)
			took.Add(n)
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
	})
	err := put(mute(t, endpoint, ca, long, long, long), "r-1/file", "x")
	if took.Load() != 0 || err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "SignatureDoesNotMatch") {
		t.Errorf("%d bytes were sent: %v", took.Load(), err)
	}
}

// TestHangsUpUnanswered: without an answer it is still a server that cannot be
// reached.
func TestHangsUpUnanswered(t *testing.T) {
	endpoint, ca := rude(t, func(*http.Request) string { return "" })
	if err := put(mute(t, endpoint, ca, long, long, long), "r-1/file", strings.Repeat("x", 8<<20)); !driver.IsTransient(err) || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("%v", err)
	}
}

// TestDrips: an answer that goes on and on ends, whatever it says; every byte
// comes sooner than a server may be silent.
func TestDrips(t *testing.T) {
	for _, status := range []int{200, 403} {
		endpoint, ca := blocked(t, func(w http.ResponseWriter, _ *http.Request, free <-chan struct{}) {
			w.Header().Set("Content-Length", "1000000")
			w.WriteHeader(status)
			for {
				_, err := io.WriteString(w, "x")
				w.(http.Flusher).Flush()
				select {
				case <-free:
					return
				case <-time.After(time.Millisecond):
				}
				if err != nil {
					return
				}
			}
		})
		err := put(mute(t, endpoint, ca, long, long, 200*time.Millisecond), "r-1/file", "x")
		if !driver.IsTransient(err) || !strings.Contains(err.Error(), "does not finish its answer") || !strings.Contains(err.Error(), "--endpoint") {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// TestDrippedObject: the same of an object that is asked for, because the server
// does not tell its digest. Idle alone would never end it.
func TestDrippedObject(t *testing.T) {
	endpoint, ca := blocked(t, func(w http.ResponseWriter, r *http.Request, free <-chan struct{}) {
		w.Header().Set("Content-Length", "60000")
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		w.Header().Set("ETag", `"x"`)
		for r.Method == http.MethodGet {
			_, err := io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			select {
			case <-free:
				return
			case <-time.After(10 * time.Millisecond):
			}
			if err != nil {
				return
			}
		}
	})
	_, err := mute(t, endpoint, ca, long, time.Second, long).Stat(context.Background(), "r-1/file")
	wantSilent(t, err)
}

// TestLongAnswer: no client reads five megabytes of an error.
func TestLongAnswer(t *testing.T) {
	endpoint, ca := blocked(t, func(w http.ResponseWriter, r *http.Request, _ <-chan struct{}) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(make([]byte, 2*maxAnswer))
	})
	body := []byte("x")
	err := mute(t, endpoint, ca, long, long, long).Put(context.Background(), "r-1/file", body, sha256.Sum256(body))
	if err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "longer than any of S3") {
		t.Errorf("%v", err)
	}
}
