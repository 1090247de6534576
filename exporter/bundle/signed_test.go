package bundle_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/exporter/bundle"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

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
