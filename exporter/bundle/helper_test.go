package bundle_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/release"
)

const (
	testSeed = "a test's key, never a domain's k"
	domain   = "test.example/domain"
)

func private() ed25519.PrivateKey { return ed25519.NewKeyFromSeed([]byte(testSeed)) }

func content() *release.Content {
	return &release.Content{
		ID:      "r-0123456789abcdef",
		Columns: []release.Column{{Name: "township", Type: glovebox.String}, {Name: "year", Type: glovebox.Int64}, {Name: "need", Type: glovebox.Float64}},
		Rows: [][]any{
			{"", int64(-9007199254740993), -0.5}, {"'quoted'", int64(1), 1e-9}, {"+86", int64(2), 2.5e30}, {"=HYPERLINK(\"x\")", int64(3), 1234567.0},
			{"七里河区", int64(1 << 62), 0.1}, {"a,b\r\nc", int64(0), 0.0}, {"＝1", int64(4), 5e-324},
		},
		Facts: json.RawMessage(`{"charges":[{"loss":1000000001}],"privacy":{"epsilon":1}}`),
	}
}

func product() glovebox.Product {
	return glovebox.Product{Code: "care-hotspots", Registration: "登-2026-001", Title: glovebox.Text{EN: "Care hot spots", ZH: "照护热点"},
		Limits: glovebox.Text{EN: "Only for planning.\x1b[2J", ZH: "仅供规划使用。"}}
}

// evidence writes a log that records the release at index 2 of 5.
func evidence(t testing.TB, c *release.Content) bundle.Evidence {
	t.Helper()
	ctx := context.Background()
	_, digest, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	key, err := audit.NewKey(domain, private())
	if err != nil {
		t.Fatal(err)
	}
	l, err := audit.Open(ctx, t.TempDir(), key, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close(ctx)
	for seq := uint64(1); seq <= 5; seq++ {
		e := audit.Entry{Seq: seq, Time: "2026-11-21T10:00:00Z", Actor: "liu", Action: "release.export", Subject: "release/" + c.ID,
			Body: json.RawMessage(fmt.Sprintf(`{"content":%q,"n":%d}`, digest, seq))}
		data, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(ctx, data); err != nil {
			t.Fatal(err)
		}
	}
	entry, err := l.Entry(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.Proof(ctx, 2)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Evidence{
		Domain: domain, Product: product(), Index: 2, Entry: entry, Proof: proof, Signer: private(),
		Decision: glovebox.Decision{Point: glovebox.PointExport, Allow: true, Reasons: []glovebox.Reason{{Rule: "export.ok"}}, Revision: "sha256:p"},
		Receipt:  glovebox.Receipt{Job: "j-1", Charges: []glovebox.Charge{{Dataset: "population", Kind: glovebox.LedgerPure, Amount: glovebox.Amount{Loss: 1_000_000_001}}}, At: "2026-11-21T09:00:00Z", Index: 1},
	}
}

func build(t testing.TB, c *release.Content, ev bundle.Evidence) []bundle.File {
	t.Helper()
	files, err := bundle.Build(context.Background(), c, ev)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func asFS(files []bundle.File) fstest.MapFS {
	m := fstest.MapFS{}
	for _, f := range files {
		m[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o600}
	}
	return m
}

func trusted(t testing.TB) *bundle.Options {
	t.Helper()
	key, err := bundle.EncodeKey(domain, private().Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return &bundle.Options{TrustedKey: key}
}

func check(t testing.TB, f fs.FS, o *bundle.Options) *bundle.Report {
	t.Helper()
	r, err := bundle.Verify(context.Background(), f, verify.Proof, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
