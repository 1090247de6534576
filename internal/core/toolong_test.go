package core_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/domain/vault"
	"glovebox.example/glovebox/internal/request"
)

// TestTooLongIsNotOpened hands in what is longer than a job, and than anything that
// a job names, and has it checked. It is refused for its length before its bytes
// are read, which whoever opens it has in memory: were they read, they would be
// found not to be those of their digest, and forgotten.
func TestTooLongIsNotOpened(t *testing.T) {
	c := newCity(t)
	c.people()
	if _, err := c.client("wang").Login(t.Context(), "act"); err != nil {
		t.Fatal(err)
	}
	put := func(digest string, n int) {
		for at := 0; at < n; at += vault.MaxPiece {
			r, err := http.NewRequestWithContext(t.Context(), "PUT", "http://core"+api.Prefix+"/blobs/"+digest, bytes.NewReader(make([]byte, min(n-at, vault.MaxPiece))))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+c.client("wang").Secret)
			r.Header.Set("Upload-Offset", strconv.Itoa(at))
			res, err := c.socket().RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusNoContent {
				t.Fatalf("a piece was answered with %d: %v", res.StatusCode, err)
			}
		}
	}
	long, module := strings.Repeat("1", 64), strings.Repeat("2", 64)
	put(long, request.MaxJob+1)
	put(module, request.MaxModule+1)
	job, err := os.ReadFile(filepath.Join(pums, "job.yaml"))
	if err == nil {
		err = c.upload("wang", job)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		digest, left string
		size         int64
	}{{long, long, request.MaxJob + 1}, {hexOf(job), module, request.MaxModule + 1}} {
		q := api.CheckRequest{File: "job.yaml", Files: map[string]string{"job.yaml": "sha256:" + x.digest, "income.wasm": "sha256:" + module}}
		if status := c.ask("POST", "/checks", c.client("wang").Secret, q, nil); status != http.StatusUnprocessableEntity {
			t.Errorf("a job that is too long, or whose module is: %d", status)
		}
		if n, err := c.d.Vault.Uploaded(x.left); err != nil || n != x.size {
			t.Errorf("%d bytes of %d are left, %v: what is too long was opened", n, x.size, err)
		}
	}
}
