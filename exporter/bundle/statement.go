package bundle

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
)

const (
	// StatementType and PredicateType name the two layers of a statement. The
	// second is in a domain that never resolves: it names, it does not point.
	StatementType = "https://in-toto.io/Statement/v1"
	PredicateType = "https://glovebox.invalid/release/v1"

	predicateVersion = 1
)

// Statement is an in-toto statement about the result files of one release. Its
// JSON is made and read here and not by the in-toto library: that goes through
// floating point, which loses digits of a charge, and its bytes vary.
type Statement struct {
	Type          string    `json:"_type"`
	Subject       []Subject `json:"subject"` // result.parquet, result.csv, result.json
	PredicateType string    `json:"predicateType"`
	Predicate     Predicate `json:"predicate"`
}

// Subject is a file with its digest.
type Subject struct {
	Name   string `json:"name"`
	Digest Digest `json:"digest"`
}

// Digest is a set of digests in in-toto's form.
type Digest struct {
	SHA256 string `json:"sha256"` // 64 hex digits
}

// Predicate says how the results came about and who let them out.
type Predicate struct {
	V        int             `json:"v"`
	Domain   string          `json:"domain"`
	Release  ReleaseName     `json:"release"`
	Product  json.RawMessage `json:"product"`  // glovebox.Product
	Facts    json.RawMessage `json:"facts"`    // as in result.json
	Decision json.RawMessage `json:"decision"` // glovebox.Decision of the export
	Receipt  json.RawMessage `json:"receipt"`  // glovebox.Receipt
	Audit    AuditRef        `json:"audit"`
	Files    []Subject       `json:"files"` // the other files of the bundle
}

// ReleaseName names a release by its ID and by its content.
type ReleaseName struct {
	ID      string `json:"id"`
	Content string `json:"content"` // "sha256:" and 64 hex digits: digest of result.json
}

// AuditRef points to the entry of the log that records the decision.
type AuditRef struct {
	Index uint64 `json:"index"`
	Entry string `json:"entry"` // digest of audit/entry.json, "sha256:" and 64 hex digits
}

func encodeStatement(c *release.Content, ev Evidence, digest string, files []File) ([]byte, error) {
	s := Statement{Type: StatementType, PredicateType: PredicateType, Predicate: Predicate{
		V: predicateVersion, Domain: ev.Domain, Release: ReleaseName{c.ID, digest},
		Facts: c.Facts, Audit: AuditRef{ev.Index, glovebox.Digest(ev.Entry)},
	}}
	for _, f := range files {
		if sub := (Subject{f.Name, Digest{f.SHA256()}}); slices.Contains(results(), f.Name) {
			s.Subject = append(s.Subject, sub)
		} else {
			s.Predicate.Files = append(s.Predicate.Files, sub)
		}
	}
	var err error
	for _, part := range []struct {
		to *json.RawMessage
		v  any
	}{{&s.Predicate.Product, ev.Product}, {&s.Predicate.Decision, ev.Decision}, {&s.Predicate.Receipt, ev.Receipt}} {
		if *part.to, err = json.Marshal(part.v); err != nil {
			return nil, wrong("the evidence of release %s cannot be encoded", c.ID)
		}
	}
	if len(c.Facts) == 0 {
		s.Predicate.Facts = json.RawMessage("null")
	}
	data, err := s.encode()
	if err != nil {
		return nil, wrong("the statement of release %s cannot be encoded", c.ID)
	}
	return data, nil
}

// encode is the one form of a statement.
func (s *Statement) encode() ([]byte, error) {
	data, err := json.MarshalIndent(s, "", "  ")
	return append(data, '\n'), err
}

// DecodeStatement reads a statement and checks its form, not its truth. It
// fails with CodeInvalid.
func DecodeStatement(data []byte) (*Statement, error) {
	bad := func(what string) error {
		e := glovebox.Errorf(glovebox.CodeInvalid, "%s", what)
		e.File = StatementFile
		return e
	}
	if len(data) > MaxFile {
		return nil, bad("too large")
	}
	s := &Statement{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, bad("not a JSON object of a statement")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, bad("bytes after its end")
	}
	if again, err := s.encode(); err != nil || !bytes.Equal(again, data) {
		return nil, bad("not a statement in its stored form")
	}
	p := &s.Predicate
	switch {
	case s.Type != StatementType:
		return nil, bad("not an in-toto statement of version 1")
	case s.PredicateType != PredicateType || p.V != predicateVersion:
		return nil, bad("not a statement about a release that this version knows")
	case !names(s.Subject, results()):
		return nil, bad("its subjects are not the result files")
	case !names(p.Files, others()):
		return nil, bad("its files are not those of a bundle")
	case !idForm().MatchString(p.Release.ID) || !isDigest(p.Release.Content) || !isDigest(p.Audit.Entry):
		return nil, bad("a name or digest in it is malformed")
	}
	return s, nil
}

// names says whether files are exactly those, in that order, with digests.
func names(files []Subject, want []string) bool {
	return slices.EqualFunc(files, want, func(f Subject, name string) bool {
		return f.Name == name && isDigest("sha256:"+f.Digest.SHA256)
	})
}

func isDigest(s string) bool {
	hex, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}
