package s3export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox/exporter/driver"
)

// short is how long the servers of these tests may be silent.
const short = 50 * time.Millisecond

// long is what no test waits for: a limit that must not be the one that ends it.
const long = time.Hour

// mute opens a bucket on a server.
func mute(t *testing.T, endpoint string, ca []byte, connect, answer, idle time.Duration) *Bucket {
	t.Helper()
	b, err := Open(endpoint, "results", Credentials{"a", "b", ""}, &Options{CA: ca, Connect: connect, Answer: answer, Idle: idle})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// wantSilent: the error may go away, says what happened and what to do.
func wantSilent(t *testing.T, err error) {
	t.Helper()
	if !driver.IsTransient(err) || !strings.Contains(err.Error(), "the server says nothing") || !strings.Contains(err.Error(), "--endpoint") {
		t.Errorf("%v", err)
	}
}

// TestAcceptsAndSaysNothing: each step has its own limit, and any other would
// take an hour.
func TestAcceptsAndSaysNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b := mute(t, l.Addr().String(), nil, short, long, long)
	wantSilent(t, put(b, "r-1/file", "x"))
	_, err = b.Stat(context.Background(), "r-1/file")
	wantSilent(t, err)
}

// blocked is a server over TLS whose requests are answered by h; free lets those
// go that wait.
func blocked(t *testing.T, h func(w http.ResponseWriter, r *http.Request, free <-chan struct{})) (endpoint string, ca []byte) {
	t.Helper()
	free := make(chan struct{})
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h(w, r, free) }))
	t.Cleanup(func() { close(free); srv.CloseClientConnections(); srv.Close() })
	return srv.Listener.Addr().String(), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
}

func TestTakesAllAndSaysNothing(t *testing.T) {
	endpoint, ca := blocked(t, func(_ http.ResponseWriter, r *http.Request, free <-chan struct{}) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-free
	})
	wantSilent(t, put(mute(t, endpoint, ca, long, short, long), "r-1/file", "x"))
}

// TestStopsInTheMiddleOfABody: a body larger than what the kernel keeps for a
// connection, and a server that reads none of it.
func TestStopsInTheMiddleOfABody(t *testing.T) {
	endpoint, ca := blocked(t, func(_ http.ResponseWriter, _ *http.Request, free <-chan struct{}) { <-free })
	srv, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	go handshakes(srv, endpoint)
	body := bytes.Repeat([]byte("x"), 64<<20)
	b := mute(t, srv.Addr().String(), ca, long, long, short)
	wantSilent(t, b.Put(context.Background(), "r-1/file", body, sha256.Sum256(body)))
}

// handshakes passes on what a TLS handshake takes and then nothing more, and
// closes nothing.
func handshakes(l net.Listener, to string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		go func() { _, _ = io.Copy(c, s) }()
		go func() { _, _ = io.CopyN(s, c, 1<<20) }()
	}
}

func TestStopsInTheMiddleOfAnAnswer(t *testing.T) {
	endpoint, ca := blocked(t, func(w http.ResponseWriter, r *http.Request, free <-chan struct{}) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		w.Header().Set("ETag", `"x"`)
		if r.Method == http.MethodGet {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			<-free
		}
	})
	_, err := mute(t, endpoint, ca, long, long, short).Stat(context.Background(), "r-1/file")
	wantSilent(t, err)
}

// TestNotTheServer: a certificate for another name, and a server that wants an
// older TLS.
func TestNotTheServer(t *testing.T) {
	endpoint, ca := blocked(t, func(http.ResponseWriter, *http.Request, <-chan struct{}) {})
	_, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	err = put(mute(t, "localhost:"+port, ca, long, long, long), "r-1/file", "x")
	if err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "another host") {
		t.Errorf("another name: %v", err)
	}
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	defer old.Close()
	err = put(mute(t, old.Listener.Addr().String(), ca, long, long, long), "r-1/file", "x")
	if err == nil || driver.IsTransient(err) || !strings.Contains(err.Error(), "TLS") {
		t.Errorf("an old server: %v", err)
	}
}
