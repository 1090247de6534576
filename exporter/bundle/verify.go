package bundle

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/text"
)

// maxEntries is how many files and folders a bundle is searched for.
const maxEntries = 1000

// ProofFunc checks that an entry is in the log of a domain, given the stored
// proof and the domain's public key ("name+hash+key"), and returns its index.
// audit/verify.Proof is one. It is handed in, and has no default, because the
// log's format belongs to the audit packages, which this one does not import.
type ProofFunc func(proof, entry []byte, key string) (index uint64, err error)

// Options changes what Verify does. nil means all defaults.
type Options struct {
	// TrustedKey is the domain's public key as "name+hash+key", which came to
	// the reader by another way than the bundle. Default (empty): the bundle's
	// own key.pub, and the report says so.
	TrustedKey string
	// Folder is the name of the folder that the bundle lies in, which has to be
	// the release's. Default (empty): it lies in none.
	Folder string
}

// Verify checks a bundle, offline. Everything that is wrong with the bundle is
// in the report; an error says that it could not be checked at all, with
// CodeInvalid for a trusted key that is none or a folder that cannot be read.
func Verify(ctx context.Context, bundle fs.FS, check ProofFunc, o *Options) (*Report, error) {
	if o == nil {
		o = &Options{}
	}
	if check == nil {
		return nil, wrong("nothing to check inclusion proofs with")
	}
	v := &verifier{r: &Report{}, check: check, files: map[string][]byte{}}
	if err := v.read(bundle); err != nil {
		return nil, err
	}
	return v.run(ctx, o)
}

// VerifyFiles is Verify for a bundle in memory, such as Build returns.
func VerifyFiles(ctx context.Context, files []File, check ProofFunc, o *Options) (*Report, error) {
	if o == nil {
		o = &Options{}
	}
	if check == nil {
		return nil, wrong("nothing to check inclusion proofs with")
	}
	v := &verifier{r: &Report{}, check: check, files: map[string][]byte{}}
	for _, f := range files {
		switch _, twice := v.files[f.Name]; {
		case !slices.Contains(fileNames(), f.Name):
			v.r.fail(f.Name, "a file that no bundle has")
		case twice:
			v.r.fail(f.Name, "it is there twice")
		default:
			v.files[f.Name] = f.Data
		}
	}
	v.missing()
	return v.run(ctx, o)
}

type verifier struct {
	r     *Report
	check ProofFunc
	files map[string][]byte
	s     *Statement
}

func (v *verifier) run(ctx context.Context, o *Options) (*Report, error) {
	var pub ed25519.PublicKey
	var err error
	if o.TrustedKey != "" {
		if v.r.Domain, pub, err = ParseKey(o.TrustedKey); err != nil {
			return nil, err
		}
		v.r.Key, v.r.Trusted = strings.TrimSpace(o.TrustedKey), true
	}
	if pub = v.key(pub); pub != nil {
		v.r.Fingerprint = Fingerprint(pub)
	}
	if v.statement(ctx, pub); v.s != nil {
		v.folder(o.Folder)
		v.digests()
		v.content()
		v.evidence()
	}
	if err := ctx.Err(); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "bundle verification was stopped").Because(err)
	}
	return v.r, nil
}

// key returns the key to check against: the trusted one, else key.pub's.
func (v *verifier) key(trusted ed25519.PublicKey) ed25519.PublicKey {
	data, ok := v.files[KeyFile]
	if !ok {
		return trusted
	}
	domain, pub, err := ParseKey(string(data))
	switch {
	case err != nil:
		v.r.fail(KeyFile, "not a domain's public key")
	case trusted != nil && (domain != v.r.Domain || !trusted.Equal(pub)):
		v.r.fail(KeyFile, "not the trusted key: it names %s with %s", domain, Fingerprint(pub))
	case trusted == nil:
		v.r.Domain, v.r.Key = domain, strings.TrimSpace(string(data))
		trusted = pub
	}
	if err == nil && !bytes.Equal(bytes.TrimSpace(data), data[:len(data)-1]) {
		v.r.fail(KeyFile, "not one line with a newline at its end")
	}
	return trusted
}

// statement opens the envelope and checks its signature. A statement whose
// signature fails is still compared with the rest, so that all is named.
func (v *verifier) statement(ctx context.Context, pub ed25519.PublicKey) {
	data, ok := v.files[EnvelopeFile]
	if !ok {
		return
	}
	e, payload, err := openEnvelope(data)
	if err != nil {
		v.r.fail(EnvelopeFile, "%v", err)
		return
	}
	if pub != nil {
		if err := checkEnvelope(ctx, e, pub); err != nil {
			v.r.fail(EnvelopeFile, "%v", err)
		}
	} else {
		v.r.fail(EnvelopeFile, "no key to check its signature with")
	}
	if plain, ok := v.files[StatementFile]; ok && !bytes.Equal(plain, payload) {
		v.r.fail(StatementFile, "not what the envelope signs")
	}
	s, err := DecodeStatement(payload)
	if err != nil {
		v.r.fail(EnvelopeFile, "its payload: %v", err)
		return
	}
	v.s = s
	p := &s.Predicate
	v.r.Release, v.r.Content, v.r.Index, v.r.Facts = p.Release.ID, p.Release.Content, p.Audit.Index, printed(p.Facts)
	if v.r.Domain != "" && p.Domain != v.r.Domain {
		v.r.fail(StatementFile, "it speaks for %s, the key for %s", p.Domain[:min(len(p.Domain), 200)], v.r.Domain)
	}
	for _, part := range []struct {
		what string
		raw  json.RawMessage
		to   any
	}{{"product", p.Product, &v.r.Product}, {"decision", p.Decision, &v.r.Decision}, {"receipt", p.Receipt, &v.r.Receipt}} {
		if err := stored(part.raw, part.to); err != nil {
			v.r.fail(StatementFile, "its %s cannot be read", part.what)
		}
		reflect.ValueOf(part.to).Elem().SetZero() // a map keeps what it held
		_ = json.Unmarshal(printed(part.raw), part.to)
	}
	if !v.r.Decision.Allow {
		v.r.fail(StatementFile, "its decision does not allow the export")
	}
	if v.r.Receipt.Job == "" || len(v.r.Receipt.Charges) == 0 {
		v.r.fail(StatementFile, "it has no receipt of a charge")
	}
}

// stored reads a part of a statement, which has to be exactly what the writer
// makes of it: no member twice, none that is not known, none in another place.
func stored(raw json.RawMessage, to any) error {
	var tight bytes.Buffer
	if err := json.Unmarshal(raw, to); err != nil {
		return err
	}
	again, err := json.Marshal(to)
	if err == nil {
		err = json.Compact(&tight, raw)
	}
	if err == nil && !bytes.Equal(again, tight.Bytes()) {
		err = errors.New("not in its stored form")
	}
	return err
}

// folder compares the name of the bundle's folder with the release's.
func (v *verifier) folder(name string) {
	if id := v.s.Predicate.Release.ID; name != "" && name != id {
		v.r.fail(".", "the folder is named %s, the release %s", text.Printed(name), id)
	}
}

// digests compares every file with the digest that is signed.
func (v *verifier) digests() {
	for _, f := range slices.Concat(v.s.Subject, v.s.Predicate.Files) {
		if data, ok := v.files[f.Name]; ok && hexSum(data) != f.Digest.SHA256 {
			v.r.fail(f.Name, "not the file that was signed: its SHA-256 differs")
		}
	}
}

// content checks that result.json is the release that the statement names and
// that the three results hold the same.
func (v *verifier) content() {
	data, ok := v.files[ResultJSON]
	if !ok {
		return
	}
	if glovebox.Digest(data) != v.s.Predicate.Release.Content {
		v.r.fail(ResultJSON, "not the content that the release is named by")
	}
	c, err := release.Decode(data)
	if err == nil {
		err = checkContent(c)
	}
	if err != nil {
		v.r.fail(ResultJSON, "not a release's content")
		return
	}
	v.r.Rows, v.r.Columns = len(c.Rows), len(c.Columns)
	if again, _, err := c.Encode(); err != nil || !bytes.Equal(again, data) {
		v.r.fail(ResultJSON, "not in its stored form")
	}
	if c.ID != v.s.Predicate.Release.ID {
		v.r.fail(ResultJSON, "it is of another release")
	}
	if !sameJSON(c.Facts, v.s.Predicate.Facts) {
		v.r.fail(StatementFile, "its facts are not those of %s", ResultJSON)
	}
	if csv, ok := v.files[ResultCSV]; ok && !sameCSV(csv, c) {
		v.r.fail(ResultCSV, "does not hold what %s holds", ResultJSON)
	}
	if table, ok := v.files[ResultParquet]; ok {
		if err := compareParquet(table, c); err != nil {
			v.r.fail(ResultParquet, "%v", err)
		}
	}
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if len(a) == 0 {
		a = json.RawMessage("null")
	}
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// evidence checks that the log holds the decision and that it is about this
// release.
func (v *verifier) evidence() {
	entry, ok := v.files[EntryFile]
	if !ok {
		return
	}
	if glovebox.Digest(entry) != v.s.Predicate.Audit.Entry {
		v.r.fail(EntryFile, "not the entry that the statement names")
	}
	var e struct {
		Subject string `json:"subject"`
		Body    struct {
			Content string `json:"content"`
		} `json:"body"`
	}
	if err := json.Unmarshal(entry, &e); err != nil {
		v.r.fail(EntryFile, "not an entry of a log")
		return
	}
	if e.Subject != "release/"+v.s.Predicate.Release.ID {
		v.r.fail(EntryFile, "it is not about this release")
	}
	if e.Body.Content != v.s.Predicate.Release.Content {
		v.r.fail(EntryFile, "it does not name this release's content")
	}
	proof, ok := v.files[ProofFile]
	if !ok || v.r.Key == "" {
		return
	}
	index, err := v.check(proof, entry, v.r.Key)
	if err != nil {
		v.r.fail(ProofFile, "%v", err)
	} else if index != v.s.Predicate.Audit.Index {
		v.r.fail(ProofFile, "it proves entry %d, the statement names %d", index, v.s.Predicate.Audit.Index)
	}
}
