package core_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

// TestChannelEnvelopesInTheLog: envelopes stand in the log, for auditors and
// others to read. Sent again by them, or by nobody, they give nothing of what
// their person was told: no session, no report of a load with its counts.
func TestChannelEnvelopesInTheLog(t *testing.T) {
	c := newCity(t)
	c.people()
	c.must("census", desk.Act{Name: "dataset.add", Params: desk.Params(desk.Document{File: filepath.Join(pums, "dataset.yaml")}), Files: desk.Disk{}}, nil)
	var told domain.Load
	c.must("census", desk.Act{Name: "dataset.load", Subject: "dataset/pums", Params: desk.Params(desk.DatasetLoad{File: filepath.Join(pums, "pums.csv")}), Files: desk.Disk{}}, &told)
	if told.Report == nil || told.Report.Accepted == 0 {
		t.Fatal("the provider is not told how many rows were loaded")
	}
	if _, err := c.client("sun").Login(t.Context(), "act"); err != nil {
		t.Fatal(err)
	}
	for at, which := range map[string][2]string{
		"/api/v1/tokens":                  {"session/census", "session.open"},
		"/api/v1/datasets/pums/snapshots": {"user/census", "act.begin"},
	} {
		var envelope []byte
		c.view(func(tx *store.Tx) (err error) {
			envelope, err = tx.SignedFor(which[0], which[1])
			return err
		})
		if envelope == nil {
			t.Fatalf("the log has no act %s of %s", which[1], which[0])
		}
		for who, secret := range map[string]string{"an auditor": c.client("sun").Secret, "nobody": ""} {
			status, answer := c.raw(at, envelope, secret)
			if status != http.StatusForbidden || bytes.Contains(answer, []byte("secret")) || bytes.Contains(answer, []byte("accepted")) {
				t.Errorf("%s sent %s again: %d %s", who, which[1], status, answer)
			}
		}
	}
	// Whoever sent it may ask again what the answer was.
	var load []byte
	c.view(func(tx *store.Tx) (err error) {
		load, err = tx.SignedFor("user/census", "act.begin")
		return err
	})
	if status, answer := c.raw("/api/v1/datasets/pums/snapshots", load, c.client("census").Secret); status != http.StatusOK || !bytes.Contains(answer, []byte("accepted")) {
		t.Errorf("its sender: %d %s", status, answer)
	}
}

// raw posts an envelope with the secret of a session.
func (c *city) raw(at string, envelope []byte, secret string) (int, []byte) {
	c.t.Helper()
	body, err := json.Marshal(map[string]json.RawMessage{"envelope": envelope})
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, "http://core"+at, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if secret != "" {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	res, err := c.socket().RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res.StatusCode, answer
}

// TestChannelDigestsOfData: nothing that a load leaves behind tells whoever can
// guess the file that it is this one, or that it was loaded before.
func TestChannelDigestsOfData(t *testing.T) {
	c := newCity(t)
	c.people()
	file := filepath.Join(pums, "pums.csv")
	c.must("census", desk.Act{Name: "dataset.add", Params: desk.Params(desk.Document{File: filepath.Join(pums, "dataset.yaml")}), Files: desk.Disk{}}, nil)
	seen := map[string]bool{}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c.must("census", desk.Act{Name: "dataset.load", Subject: "dataset/pums", Params: desk.Params(desk.DatasetLoad{File: file}), Files: desk.Disk{}}, nil)
		c.view(func(tx *store.Tx) error {
			raw, err := tx.SignedFor("user/census", "act.begin")
			if err != nil {
				return err
			}
			e, err := act.DecodeEnvelope(raw)
			if err != nil {
				return err
			}
			a, err := e.Act()
			if err != nil {
				return err
			}
			var p struct{ Files map[string]string }
			if err := json.Unmarshal(a.Params, &p); err != nil {
				return err
			}
			for _, digest := range p.Files {
				if seen[digest] || digest == "sha256:"+hexOf(data) {
					t.Errorf("the log names the file as %s", digest)
				}
				seen[digest] = true
				if n, err := c.d.Vault.Uploaded(strings.TrimPrefix(digest, "sha256:")); err != nil || n != 0 {
					t.Errorf("%d bytes of a file that is loaded still lie where they were handed in, %v", n, err)
				}
			}
			return nil
		})
	}
	if len(seen) != 2 {
		t.Errorf("%d files of two loads", len(seen))
	}
}
