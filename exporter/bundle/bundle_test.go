package bundle_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/release"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	attestation "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"google.golang.org/protobuf/encoding/protojson"
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

func TestBundleVerifies(t *testing.T) {
	t.Parallel()
	c := content()
	files := build(t, c, evidence(t, c))
	for _, o := range []*bundle.Options{nil, trusted(t)} {
		r := check(t, asFS(files), o)
		if !r.OK() {
			t.Fatal(r.Err())
		}
		_, digest, _ := c.Encode()
		shown := product()
		shown.Limits.EN = `Only for planning.\u{1B}[2J`
		if r.Domain != domain || r.Release != c.ID || r.Content != digest || r.Index != 2 || r.Rows != 7 || r.Columns != 3 ||
			r.Trusted != (o != nil) || r.Product != shown || !r.Decision.Allow || r.Receipt.Charges[0].Amount.Loss != 1_000_000_001 {
			t.Errorf("the report does not say what was built: %+v", r)
		}
	}
	dir := t.TempDir() // and from a folder
	for _, f := range files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := check(t, os.DirFS(dir), trusted(t)); !r.OK() {
		t.Error(r.Err())
	}
}

func TestEmptyResult(t *testing.T) {
	t.Parallel()
	c := content()
	c.Rows, c.Facts = [][]any{}, json.RawMessage(`{}`)
	if r := check(t, asFS(build(t, c, evidence(t, c))), trusted(t)); !r.OK() || r.Rows != 0 {
		t.Error(r.Rows, r.Err())
	}
}

func TestSameInputSameBytes(t *testing.T) {
	t.Parallel()
	c := content()
	ev := evidence(t, c)
	a, b := build(t, c, ev), build(t, c, ev)
	for i := range a {
		if a[i].Name != b[i].Name || !bytes.Equal(a[i].Data, b[i].Data) {
			t.Errorf("%s differs from one build to the next", a[i].Name)
		}
	}
}

// Every byte of every file matters.
func TestFlippedByteInAnyFile(t *testing.T) {
	t.Parallel()
	c := content()
	files := build(t, c, evidence(t, c))
	for i, f := range files {
		step := max(1, len(f.Data)/80)
		for at := 0; at < len(f.Data); at += step {
			bad := slices.Clone(files)
			bad[i].Data = bytes.Clone(f.Data)
			bad[i].Data[at] ^= 0x01
			if r := check(t, asFS(bad), trusted(t)); r.OK() {
				t.Errorf("%s: byte %d of %d flipped, nothing found", f.Name, at, len(f.Data))
			}
		}
	}
}

func TestEveryFailureIsNamed(t *testing.T) {
	t.Parallel()
	c := content()
	files := build(t, c, evidence(t, c))
	f := asFS(files)
	delete(f, bundle.ReadmeFile)
	f["notes.txt"] = &fstest.MapFile{Data: []byte("x")}
	f["extra/file"] = &fstest.MapFile{Data: []byte("x")}
	f["bad\x1b[2Jname"] = &fstest.MapFile{Data: []byte("x")}
	f[bundle.ResultCSV] = &fstest.MapFile{Data: []byte("changed")}
	f[bundle.ProofFile] = &fstest.MapFile{Data: []byte("{}")}
	r := check(t, f, trusted(t))
	for file, what := range map[string]string{
		bundle.ReadmeFile: "missing", "notes.txt": "no bundle has", "extra": "no bundle has", `bad\u{1B}[2Jname`: "no bundle has",
		bundle.ResultCSV: "SHA-256 differs", bundle.ProofFile: "SHA-256 differs",
	} {
		if !slices.ContainsFunc(r.Failures, func(x bundle.Failure) bool { return x.File == file && strings.Contains(x.What, what) }) {
			t.Errorf("no failure of %s that says %q: %v", file, what, r.Failures)
		}
	}
	if !slices.ContainsFunc(r.Failures, func(x bundle.Failure) bool {
		return x.File == bundle.ResultCSV && strings.Contains(x.What, "does not hold what")
	}) {
		t.Errorf("the changed result is not named as such: %v", r.Failures)
	}
	if glovebox.CodeOf(r.Err()) != glovebox.CodeInvalid {
		t.Errorf("code %q", glovebox.CodeOf(r.Err()))
	}
}

// resign makes a bundle whose signature is good but whose parts do not belong
// together: what a domain's own mistake, or its thief, could sign.
func resign(t *testing.T, files []bundle.File, change func(map[string]any)) fs.FS {
	t.Helper()
	f := asFS(files)
	var s map[string]any
	d := json.NewDecoder(bytes.NewReader(f[bundle.StatementFile].Data))
	d.UseNumber()
	if err := d.Decode(&s); err != nil {
		t.Fatal(err)
	}
	change(s)
	data := stored(t, s)
	env := dsse.Envelope{PayloadType: bundle.PayloadType, Payload: base64.StdEncoding.EncodeToString(data), Signatures: []dsse.Signature{{
		KeyID: bundle.Fingerprint(private().Public().(ed25519.PublicKey)),
		Sig:   base64.StdEncoding.EncodeToString(ed25519.Sign(private(), dsse.PAE(bundle.PayloadType, data)))}}}
	e, err := json.Marshal(env)
	if err != nil {
		t.Fatal(err)
	}
	f[bundle.StatementFile].Data, f[bundle.EnvelopeFile].Data = data, append(e, '\n')
	return f
}

// stored is a statement in the form that the writer gives it, as far as it can
// have that form.
func stored(t *testing.T, tree map[string]any) []byte {
	t.Helper()
	raw, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	var s bundle.Statement
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(&s) != nil {
		return raw
	}
	p := &s.Predicate
	for _, part := range []struct {
		raw *json.RawMessage
		to  any
	}{{&p.Product, &glovebox.Product{}}, {&p.Decision, &glovebox.Decision{}}, {&p.Receipt, &glovebox.Receipt{}}} {
		if json.Unmarshal(*part.raw, part.to) != nil {
			continue
		}
		if *part.raw, err = json.Marshal(part.to); err != nil {
			t.Fatal(err)
		}
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// TestOnlyWhatTheWriterMakes: whatever is not byte for byte what Build makes is
// refused, also where no signature covers it, and where the domain's own key
// signed it.
func TestOnlyWhatTheWriterMakes(t *testing.T) {
	t.Parallel()
	c := content()
	files := build(t, c, evidence(t, c))
	envelope := func(change func(*dsse.Envelope)) func(fstest.MapFS) {
		return func(f fstest.MapFS) {
			var e dsse.Envelope
			if err := json.Unmarshal(f[bundle.EnvelopeFile].Data, &e); err != nil {
				t.Fatal(err)
			}
			change(&e)
			data, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			f[bundle.EnvelopeFile].Data = append(data, '\n')
		}
	}
	// sign puts another text of the statement into the envelope, signed.
	sign := func(change func(string) string) func(fstest.MapFS) {
		return func(f fstest.MapFS) {
			data := []byte(change(string(f[bundle.StatementFile].Data)))
			f[bundle.StatementFile].Data = data
			envelope(func(e *dsse.Envelope) {
				e.Payload = base64.StdEncoding.EncodeToString(data)
				e.Signatures[0].Sig = base64.StdEncoding.EncodeToString(ed25519.Sign(private(), dsse.PAE(bundle.PayloadType, data)))
			})(f)
		}
	}
	replaced := func(old, with string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("the statement has no %q", old)
			}
			return strings.Replace(s, old, with, 1)
		}
	}
	junk := base64.StdEncoding.EncodeToString(make([]byte, 64))
	for name, x := range map[string]struct {
		what   string
		change func(fstest.MapFS)
	}{
		"another signature":      {"not exactly one signature", envelope(func(e *dsse.Envelope) { e.Signatures = append(e.Signatures, e.Signatures[0]) })},
		"a junk signature":       {"not exactly one signature", envelope(func(e *dsse.Envelope) { e.Signatures = append(e.Signatures, dsse.Signature{KeyID: "x", Sig: junk}) })},
		"a junk signature first": {"not exactly one signature", envelope(func(e *dsse.Envelope) { e.Signatures = append([]dsse.Signature{{Sig: junk}}, e.Signatures...) })},
		"no signature":           {"not exactly one signature", envelope(func(e *dsse.Envelope) { e.Signatures = nil })},
		"an empty signature":     {"its signature is malformed", envelope(func(e *dsse.Envelope) { e.Signatures[0].Sig = "" })},
		"a longer signature":     {"its signature is malformed", envelope(func(e *dsse.Envelope) { e.Signatures[0].Sig = e.Signatures[0].Sig[:84] + "AAAA" })},
		"no key id":              {"does not name the key", envelope(func(e *dsse.Envelope) { e.Signatures[0].KeyID = "" })},
		"another key id":         {"not signed by", envelope(func(e *dsse.Envelope) { e.Signatures[0].KeyID = "sha256:" + strings.Repeat("0", 64) })},
		"URL base64":             {"its payload is malformed", envelope(func(e *dsse.Envelope) { e.Payload = strings.NewReplacer("+", "-", "/", "_").Replace(e.Payload) + "_" })},
		"a blank at the end":     {"not a DSSE envelope", func(f fstest.MapFS) { f[bundle.EnvelopeFile].Data = append(f[bundle.EnvelopeFile].Data, ' ') }},
		"a member more": {"not a DSSE envelope", func(f fstest.MapFS) {
			f[bundle.EnvelopeFile].Data = append([]byte(`{"x":1,`), f[bundle.EnvelopeFile].Data[1:]...)
		}},
		"an empty folder":         {"a folder that no bundle has", func(f fstest.MapFS) { f["audit/old"] = &fstest.MapFile{Mode: fs.ModeDir | 0o700} }},
		"a hidden file":           {"a file that no bundle has", func(f fstest.MapFS) { f[".DS_Store"] = &fstest.MapFile{} }},
		"a link":                  {"not a regular file", func(f fstest.MapFS) { f[bundle.ReadmeFile].Mode |= fs.ModeSymlink }},
		"an empty key":            {"not a domain's public key", func(f fstest.MapFS) { f[bundle.KeyFile].Data = nil }},
		"a key with blanks":       {"not one line", func(f fstest.MapFS) { f[bundle.KeyFile].Data = append(f[bundle.KeyFile].Data, '\n') }},
		"signed, other blanks":    {"not a statement in its stored form", sign(replaced(`"v": 1`, `"v":  1`))},
		"signed, no newline":      {"not a statement in its stored form", sign(strings.TrimSpace)},
		"signed, a member twice":  {"not a statement in its stored form", sign(replaced(`"domain":`, `"domain": "x", "domain":`))},
		"signed, twice in a part": {"its decision cannot be read", sign(replaced(`"allow": true,`, "\"allow\": false,\n      \"allow\": true,"))},
		"signed, more in a part":  {"its receipt cannot be read", sign(replaced(`"job": "j-1",`, "\"job\": \"j-1\",\n      \"note\": \"paid\","))},
	} {
		f := fstest.MapFS{}
		for _, file := range files {
			f[file.Name] = &fstest.MapFile{Data: bytes.Clone(file.Data), Mode: 0o600}
		}
		x.change(f)
		if r := check(t, f, trusted(t)); r.OK() || !strings.Contains(r.Err().Error(), x.what) {
			t.Errorf("%s: want %q: %v", name, x.what, r.Err())
		}
	}
	for name, ok := range map[string]bool{"": true, c.ID: true, c.ID + "-copy": false, "\x1b[2J": false, strings.ToUpper(c.ID): false} {
		o := trusted(t)
		o.Folder = name
		if r := check(t, asFS(files), o); r.OK() != ok || !ok && !strings.Contains(r.Err().Error(), "the folder is named") {
			t.Errorf("folder %q: %v", name, r.Err())
		}
	}
}

func TestSignedButNotTrue(t *testing.T) {
	t.Parallel()
	c := content()
	files := build(t, c, evidence(t, c))
	predicate := func(s map[string]any) map[string]any { return s["predicate"].(map[string]any) }
	if r := check(t, resign(t, files, func(map[string]any) {}), trusted(t)); !r.OK() {
		t.Fatalf("the unchanged statement, signed again: %v", r.Err())
	}
	for what, change := range map[string]func(map[string]any){
		"it proves entry 2, the statement names 3": func(s map[string]any) { predicate(s)["audit"].(map[string]any)["index"] = 3 },
		"it speaks for other":                      func(s map[string]any) { predicate(s)["domain"] = "other" },
		"does not allow":                           func(s map[string]any) { predicate(s)["decision"].(map[string]any)["allow"] = false },
		"no receipt of a charge":                   func(s map[string]any) { predicate(s)["receipt"].(map[string]any)["charges"] = nil },
		"its facts are not those":                  func(s map[string]any) { predicate(s)["facts"] = map[string]any{"privacy": "better"} },
		"it is of another release":                 func(s map[string]any) { predicate(s)["release"].(map[string]any)["id"] = "r-other" },
		"does not name this release's content": func(s map[string]any) {
			predicate(s)["release"].(map[string]any)["content"] = "sha256:" + strings.Repeat("0", 64)
		},
		"not the entry that the statement names": func(s map[string]any) {
			predicate(s)["audit"].(map[string]any)["entry"] = "sha256:" + strings.Repeat("0", 64)
		},
		"its subjects are not":                func(s map[string]any) { s["subject"] = []any{} },
		"its files are not":                   func(s map[string]any) { predicate(s)["files"] = predicate(s)["files"].([]any)[1:] },
		"not a statement about a release":     func(s map[string]any) { s["predicateType"] = "https://example.com" },
		"not an in-toto statement":            func(s map[string]any) { s["_type"] = "x" },
		"not a JSON object of a statement":    func(s map[string]any) { s["more"] = 1 },
		"its decision cannot be read":         func(s map[string]any) { predicate(s)["decision"] = 1 },
		"a name or digest in it is malformed": func(s map[string]any) { predicate(s)["release"].(map[string]any)["id"] = "../up" },
		"result.parquet: not the file that was": func(s map[string]any) {
			s["subject"].([]any)[0].(map[string]any)["digest"] = map[string]any{"sha256": strings.Repeat("0", 64)}
		},
		"it speaks for a\\u{1B}b, the key for": func(s map[string]any) { predicate(s)["domain"] = "a\x1bb" },
	} {
		if r := check(t, resign(t, files, change), trusted(t)); r.OK() || !strings.Contains(r.Err().Error(), what) {
			t.Errorf("want %q: %v", what, r.Err())
		}
	}
}

// A thief who signs with a key of their own passes only where no key is given.
func TestAnotherKey(t *testing.T) {
	t.Parallel()
	c := content()
	thief := ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32)))
	ev := evidence(t, c)
	ev.Signer = thief
	files := build(t, c, ev)
	r := check(t, asFS(files), trusted(t))
	for _, want := range []string{"key.pub: not the trusted key", "statement.dsse.json: not signed by"} {
		if r.OK() || !strings.Contains(r.Err().Error(), want) {
			t.Errorf("no %q: %v", want, r.Err())
		}
	}
	// Their own key is not the one that signed the log.
	r = check(t, asFS(files), nil)
	if r.OK() || r.Trusted || !strings.Contains(r.Err().Error(), "audit/proof.json") {
		t.Errorf("without a trusted key: trusted %v, %v", r.Trusted, r.Err())
	}
	_, err := bundle.Verify(context.Background(), asFS(files), verify.Proof, &bundle.Options{TrustedKey: "nonsense"})
	if glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("nonsense as key: %v", err)
	}
	_, err = bundle.Verify(context.Background(), asFS(files), nil, nil)
	if glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("no proof check: %v", err)
	}
	_, err = bundle.Verify(context.Background(), os.DirFS(filepath.Join(t.TempDir(), "none")), verify.Proof, nil)
	if glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("no folder: %v", err)
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	good := content()
	ev := evidence(t, good)
	for what, change := range map[string]func(*release.Content, *bundle.Evidence){
		"name":        func(c *release.Content, _ *bundle.Evidence) { c.ID = "../up" },
		"columns":     func(c *release.Content, _ *bundle.Evidence) { c.Columns, c.Rows = nil, nil },
		"column name": func(c *release.Content, _ *bundle.Evidence) { c.Columns[0].Name = "=a" },
		"twice":       func(c *release.Content, _ *bundle.Evidence) { c.Columns[0].Name = "year" },
		"type":        func(c *release.Content, _ *bundle.Evidence) { c.Columns[0].Type = glovebox.Bool },
		"row":         func(c *release.Content, _ *bundle.Evidence) { c.Rows[0] = c.Rows[0][1:] },
		"cell":        func(c *release.Content, _ *bundle.Evidence) { c.Rows[0][0] = 1.5 },
		"utf-8":       func(c *release.Content, _ *bundle.Evidence) { c.Rows[0][0] = "\xff" },
		"receipt":     func(_ *release.Content, ev *bundle.Evidence) { ev.Receipt = glovebox.Receipt{} },
		"proof":       func(_ *release.Content, ev *bundle.Evidence) { ev.Proof = nil },
		"signer":      func(_ *release.Content, ev *bundle.Evidence) { ev.Signer = nil },
		"domain":      func(_ *release.Content, ev *bundle.Evidence) { ev.Domain = "a b" },
	} {
		c, e := content(), ev
		change(c, &e)
		if _, err := bundle.Build(context.Background(), c, e); glovebox.CodeOf(err) != glovebox.CodeInternal {
			t.Errorf("%s: %v", what, err)
		}
	}
	ev.Decision.Allow = false
	if _, err := bundle.Build(context.Background(), good, ev); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("a refusal: %v", err)
	}
}

// The CSV as a stranger's reader sees it.
func TestCSVForOthers(t *testing.T) {
	t.Parallel()
	c := content()
	data := asFS(build(t, c, evidence(t, c)))[bundle.ResultCSV].Data
	text, ok := strings.CutPrefix(string(data), "\ufeff")
	if !ok || !strings.HasPrefix(text, "township,year,need\r\n") {
		t.Fatalf("no byte order mark or header: %.40q", data)
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(records) != len(c.Rows)+1 {
		t.Fatalf("%d records: %v", len(records), err)
	}
	want := []string{"", "''quoted'", "'+86", `'=HYPERLINK("x")`, "七里河区", "a,b\nc", "'＝1"} // the reader makes CR LF an LF
	for i, w := range want {
		if records[i+1][0] != w {
			t.Errorf("row %d: %q, want %q", i+1, records[i+1][0], w)
		}
	}
	if got := records[1][1] + " " + records[1][2]; got != "-9007199254740993 -0.5" {
		t.Errorf("numbers of row 1: %s", got)
	}
	for _, bad := range []string{"\n=", "\n+", "\n@", ",=", ",@", `"=`, `"+`, `"@`, `"-`} {
		if strings.Contains(strings.ReplaceAll(text, "-9007199254740993", ""), bad) {
			t.Errorf("a cell begins like a formula: %q", bad)
		}
	}
}

// The Parquet as arrow-go's table reader sees it.
func TestParquetForOthers(t *testing.T) {
	t.Parallel()
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	c := content()
	data := asFS(build(t, c, evidence(t, c)))[bundle.ResultParquet].Data
	r, err := file.NewParquetReader(bytes.NewReader(data), file.WithReadProps(parquet.NewReaderProperties(mem)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ar, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{BatchSize: 100}, mem)
	if err != nil {
		t.Fatal(err)
	}
	table, err := ar.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer table.Release()
	tr := array.NewTableReader(table, 100)
	defer tr.Release()
	if !tr.Next() {
		t.Fatal("no rows")
	}
	batch := tr.RecordBatch()
	for i, row := range c.Rows {
		s, n, f := batch.Column(0).(*array.String).Value(i), batch.Column(1).(*array.Int64).Value(i), batch.Column(2).(*array.Float64).Value(i)
		if s != row[0] || n != row[1] || f != row[2] {
			t.Errorf("row %d: %q %d %g, want %v", i, s, n, f, row)
		}
	}
	if batch.NumRows() != int64(len(c.Rows)) || strings.Join([]string{batch.ColumnName(0), batch.ColumnName(1), batch.ColumnName(2)}, " ") != "township year need" {
		t.Errorf("%d rows of %v", batch.NumRows(), batch.Schema())
	}
}

// The statement as the in-toto library sees it.
func TestStatementForOthers(t *testing.T) {
	t.Parallel()
	c := content()
	files := asFS(build(t, c, evidence(t, c)))
	s := &attestation.Statement{}
	if err := protojson.Unmarshal(files[bundle.StatementFile].Data, s); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	if len(s.GetSubject()) != 3 || s.GetPredicateType() != bundle.PredicateType || s.GetType() != bundle.StatementType {
		t.Errorf("%d subjects, predicate %s", len(s.GetSubject()), s.GetPredicateType())
	}
	if d := s.GetSubject()[2].GetDigest()["sha256"]; "sha256:"+d != glovebox.Digest(files[bundle.ResultJSON].Data) {
		t.Errorf("subject %s has digest %s", s.GetSubject()[2].GetName(), d)
	}
}

func TestReadmeSaysWhatMayBeDone(t *testing.T) {
	t.Parallel()
	c := content()
	text := string(asFS(build(t, c, evidence(t, c)))[bundle.ReadmeFile].Data)
	for _, want := range []string{"Care hot spots", "照护热点", "登-2026-001", "Only for planning.", "仅供规划使用。", c.ID, domain} {
		if !strings.Contains(text, want) {
			t.Errorf("README.txt does not say %q", want)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Error("README.txt holds a terminal's control code")
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	pub := private().Public().(ed25519.PublicKey)
	text, err := bundle.EncodeKey(domain, pub)
	if err != nil {
		t.Fatal(err)
	}
	name, got, err := bundle.ParseKey(text + "\n")
	if err != nil || name != domain || !got.Equal(pub) {
		t.Errorf("%s %x %v", name, got, err)
	}
	key, err := audit.NewKey(domain, private())
	if err != nil || key.Verifier() != text {
		t.Errorf("bundle and log write the key differently: %s, %s, %v", text, key.Verifier(), err)
	}
	for _, bad := range []string{"", "a", "a+b", "a+b+c", text + "x", strings.ToUpper(text), "x" + text} {
		if _, _, err := bundle.ParseKey(bad); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// One file of a bundle is replaced by anything: it never verifies, nothing
// panics.
func FuzzVerify(f *testing.F) {
	c := content()
	files := build(f, c, evidence(f, c))
	for i, file := range files {
		f.Add(byte(i), file.Data[:len(file.Data)/2])
		f.Add(byte(i), []byte(`{}`))
	}
	o := trusted(f)
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		bad := slices.Clone(files)
		i := int(which) % len(bad)
		if bytes.Equal(bad[i].Data, data) {
			return
		}
		bad[i].Data = data
		r, err := bundle.VerifyFiles(context.Background(), bad, verify.Proof, o)
		if err != nil || r.OK() {
			t.Errorf("%s replaced by %q: %v", bad[i].Name, data, err)
		}
	})
}
