package witness

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// sizeType is the content type of the size that was signed last.
const sizeType = "text/x.tlog.size"

// Handler answers POST /add-checkpoint (C2SP tlog-witness), and GET
// /checkpoint/HEX with what was signed last of the log whose origin has that
// SHA-256, for whoever wants to compare.
func (w *Witness) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /add-checkpoint", w.add)
	m.HandleFunc("GET /checkpoint/{log}", w.show)
	return m
}

func (w *Witness) add(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, maxRequest))
	var req *request
	if err == nil {
		req, err = parse(body)
	} else {
		err = errMalformed
	}
	var line []byte
	var last uint64
	if err == nil {
		line, last, err = w.cosign(req)
	}
	h := out.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	status := http.StatusInternalServerError
	for _, x := range []struct {
		err    error
		status int
	}{{errMalformed, 400}, {errUnsigned, 403}, {errUnknown, 404}, {errSize, 409}, {errFork, 409}, {errProof, 422}} {
		if errors.Is(err, x.err) {
			status, line = x.status, []byte(x.err.Error()+"\n")
			break
		}
	}
	switch {
	case err == nil:
		status = http.StatusOK
	case errors.Is(err, errSize):
		h["Content-Type"] = []string{sizeType}
		line = []byte(strconv.FormatUint(last, 10) + "\n")
	case status == http.StatusInternalServerError:
		line = []byte("the witness cannot sign now\n")
	}
	out.WriteHeader(status)
	_, _ = out.Write(line) // whoever went away does not read it
}

func (w *Witness) show(out http.ResponseWriter, r *http.Request) {
	name := r.PathValue("log")
	raw, err := hex.DecodeString(name)
	if err != nil || len(raw) != 32 || strings.ToLower(name) != name {
		http.NotFound(out, r)
		return
	}
	w.mu.Lock()
	msg, err := get(filepath.Join(w.dir, logsDir, name, seenName), maxCheckpoint)
	w.mu.Unlock()
	if errors.Is(err, os.ErrNotExist) {
		http.NotFound(out, r)
		return
	}
	if err != nil {
		http.Error(out, "the witness cannot answer now", http.StatusInternalServerError)
		return
	}
	out.Header().Set("Content-Type", "text/plain; charset=utf-8")
	out.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = out.Write(msg) //nolint:gosec // plain text; whoever went away does not read it
}

// maxConns bounds the connections at a time.
const maxConns = 256

// Serve answers until ctx ends. pair is the server's certificate; nil: without
// TLS, for a machine's own address alone, which the caller sees to.
func (w *Witness) Serve(ctx context.Context, l net.Listener, pair *tls.Certificate) error {
	if pair != nil {
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{*pair}})
	}
	var open atomic.Int64
	s := &http.Server{Handler: w.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second,
		IdleTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	s.ConnState = func(c net.Conn, st http.ConnState) {
		switch st {
		case http.StateNew:
			if open.Add(1) > maxConns {
				_ = c.Close() // a busy witness is asked again
			}
		case http.StateClosed:
			open.Add(-1)
		case http.StateActive, http.StateIdle, http.StateHijacked:
		}
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	select {
	case err := <-done:
		return unwritten(w.dir, err)
	case <-ctx.Done():
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = s.Shutdown(stop) // what is left ends with the process
		return nil
	}
}
