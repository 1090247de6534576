package exporter_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/s3export"
)

// liar is a server that answers 200 to every PUT, and to other requests about a
// name with what tell makes of the bytes that came.
type liar struct {
	mu    sync.Mutex
	kept  map[string][]byte
	reply string // the body of its answer to a PUT
	tell  func(body []byte) (told []byte, sum string, ok bool)
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Method == http.MethodPut {
		l.kept[r.URL.Path], _ = io.ReadAll(r.Body)
		w.Header().Set("ETag", `"1"`)
		_, _ = io.WriteString(w, l.reply)
		return
	}
	body, sum, ok := l.tell(l.kept[r.URL.Path])
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("ETag", `"1"`)
	w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if sum != "" {
		w.Header().Set("X-Amz-Checksum-Sha256", sum)
	}
	if r.Method == http.MethodGet {
		_, _ = w.Write(body)
	}
}

// TestServersThatLie: whatever a server says of an upload, an export ends well
// only when the server then tells the size and digest of what was sent.
func TestServersThatLie(t *testing.T) {
	sumOf := func(b []byte) string {
		s := sha256.Sum256(b)
		return base64.StdEncoding.EncodeToString(s[:])
	}
	other := func(b []byte) []byte {
		o := append([]byte(nil), b...)
		o[len(o)-1] ^= 1
		return o
	}
	const refusal = "<Error><Code>InternalError</Code></Error>"
	for name, c := range map[string]struct {
		reply string
		tell  func(b []byte) ([]byte, string, bool)
		code  glovebox.Code
	}{
		"an error in a 200":             {refusal, func([]byte) ([]byte, string, bool) { return nil, "", false }, glovebox.CodeInternal},
		"nothing stored":                {"", func([]byte) ([]byte, string, bool) { return nil, "", false }, glovebox.CodeInternal},
		"a checksum of other bytes":     {"", func(b []byte) ([]byte, string, bool) { return b, sumOf(other(b)), true }, glovebox.CodeConflict},
		"other bytes and no checksum":   {"", func(b []byte) ([]byte, string, bool) { return other(b), "", true }, glovebox.CodeConflict},
		"a byte less and no checksum":   {"", func(b []byte) ([]byte, string, bool) { return b[1:], "", true }, glovebox.CodeConflict},
		"the checksum, of other length": {"", func(b []byte) ([]byte, string, bool) { return b[1:], sumOf(b[1:]), true }, glovebox.CodeConflict},
		"a checksum that is none":       {"", func(b []byte) ([]byte, string, bool) { return other(b), "AAAA", true }, glovebox.CodeConflict},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewTLSServer(&liar{kept: map[string][]byte{}, reply: c.reply, tell: c.tell})
			defer s.Close()
			b, err := s3export.Open(s.Listener.Addr().String(), "results", s3export.Credentials{AccessKey: "a", SecretKey: "s"}, &s3export.Options{PathStyle: true,
				CA: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})})
			if err != nil {
				t.Fatal(err)
			}
			a := approve(t, "A")[0]
			if _, err := newExporter(t, b).Export(context.Background(), a.make(t), a.evidence); glovebox.CodeOf(err) != c.code {
				t.Errorf("%v, want %s", err, c.code)
			} else {
				t.Log(err)
			}
		})
	}
}
