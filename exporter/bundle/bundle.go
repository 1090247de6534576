package bundle

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"sync"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
)

// Names of the files of a bundle.
const (
	ResultParquet = "result.parquet"
	ResultCSV     = "result.csv"
	ResultJSON    = "result.json"
	StatementFile = "statement.json"
	EnvelopeFile  = "statement.dsse.json"
	EntryFile     = "audit/entry.json"
	ProofFile     = "audit/proof.json"
	KeyFile       = "key.pub"
	ReadmeFile    = "README.txt"
)

const (
	// MaxFile is the largest file of a bundle in bytes, when it is built and
	// when it is verified.
	MaxFile = 64 << 20
	// MaxColumns is how many columns a released table may have.
	MaxColumns = 25_000
)

// results are the files that hold the result, others those that go with it:
// together all but the statement's own two.
func results() []string { return []string{ResultParquet, ResultCSV, ResultJSON} }
func others() []string  { return []string{EntryFile, ProofFile, KeyFile, ReadmeFile} }

// File is one file of a bundle.
type File struct {
	Name string
	Data []byte
}

// SHA256 is the digest of the file, 64 hex digits.
func (f File) SHA256() string { return hexSum(f.Data) }

// Evidence is what a bundle says about a release beside its content.
type Evidence struct {
	Domain   string            // name of the domain, which is its log's origin
	Product  glovebox.Product  // what was released, with its usage limits
	Decision glovebox.Decision // the export decision; must allow
	Receipt  glovebox.Receipt  // of the job's charge
	Index    uint64            // of the decision's entry in the log
	// Entry is that entry's bytes. Its subject is "release/ID" and its body has
	// the member "content" with the release's digest.
	Entry []byte
	// Proof is the stored form of the entry's inclusion proof. It names the
	// checkpoint that was newest when it was made, so an export that is to be
	// repeated keeps the proof that it began with.
	Proof []byte
	// Signer is the domain's Ed25519 key. An ed25519.PrivateKey is one.
	Signer crypto.Signer
}

var (
	idForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`) })
	columnForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,95}(\.[A-Za-z0-9_]{1,31})?$`)
	})
)

// Build makes the files of a bundle. The envelope comes first: a destination
// that takes it has taken the digests of all others. It fails with
// CodeInternal where content or evidence cannot be a release's, and with
// CodeInvalid where a file would exceed MaxFile.
func Build(ctx context.Context, c *release.Content, ev Evidence) ([]File, error) {
	if err := checkContent(c); err != nil {
		return nil, err
	}
	pub, err := checkEvidence(ev)
	if err != nil {
		return nil, err
	}
	data, digest, err := c.Encode()
	if err != nil {
		return nil, err
	}
	table, err := encodeParquet(c)
	if err != nil {
		return nil, err
	}
	key, err := EncodeKey(ev.Domain, pub)
	if err != nil {
		return nil, err
	}
	files := []File{
		{ResultParquet, table},
		{ResultCSV, encodeCSV(c)},
		{ResultJSON, data},
		{EntryFile, ev.Entry},
		{ProofFile, ev.Proof},
		{KeyFile, []byte(key + "\n")},
		{ReadmeFile, readme(c, ev, digest, Fingerprint(pub))},
	}
	statement, err := encodeStatement(c, ev, digest, files)
	if err != nil {
		return nil, err
	}
	envelope, err := sign(ctx, statement, ev.Signer, pub)
	if err != nil {
		return nil, err
	}
	files = append([]File{{EnvelopeFile, envelope}, {StatementFile, statement}}, files...)
	for _, f := range files {
		if len(f.Data) > MaxFile {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "%s of release %s has %d bytes, more than %d", f.Name, c.ID, len(f.Data), MaxFile).
				WithFix("release fewer keys")
		}
	}
	return files, nil
}

func checkContent(c *release.Content) error {
	if c == nil || !idForm().MatchString(c.ID) {
		return wrong("a release has no usable name")
	}
	if len(c.Columns) == 0 || len(c.Columns) > MaxColumns {
		return wrong("release %s has %d columns, not 1 to %d", c.ID, len(c.Columns), MaxColumns)
	}
	seen := map[string]bool{}
	for _, col := range c.Columns {
		if !columnForm().MatchString(col.Name) || seen[col.Name] {
			return wrong("release %s has a column without a usable name of its own", c.ID)
		}
		seen[col.Name] = true
		switch col.Type {
		case glovebox.String, glovebox.Int64, glovebox.Float64:
		default:
			return wrong("column %s of release %s has type %s", col.Name, c.ID, col.Type)
		}
	}
	for _, row := range c.Rows {
		if len(row) != len(c.Columns) {
			return wrong("release %s has a row that does not fit its columns", c.ID)
		}
		for i, v := range row {
			if !fits(v, c.Columns[i].Type) {
				return wrong("column %s of release %s holds something else than its type", c.Columns[i].Name, c.ID)
			}
		}
	}
	return nil
}

func fits(v any, t glovebox.Type) bool {
	switch v := v.(type) {
	case string:
		return t == glovebox.String && utf8.ValidString(v)
	case int64:
		return t == glovebox.Int64
	case float64:
		return t == glovebox.Float64 && v-v == 0 // finite
	}
	return false
}

func checkEvidence(ev Evidence) (ed25519.PublicKey, error) {
	switch {
	case !ev.Decision.Allow:
		return nil, ev.Decision.Denied()
	case ev.Receipt.Job == "" || len(ev.Receipt.Charges) == 0:
		return nil, wrong("a bundle needs the receipt of its job's charge")
	case len(ev.Entry) == 0 || len(ev.Proof) == 0:
		return nil, wrong("a bundle needs the log entry of its decision and the proof of it")
	case ev.Signer == nil:
		return nil, wrong("a bundle needs the domain's key")
	}
	pub, ok := ev.Signer.Public().(ed25519.PublicKey)
	if !ok || len(pub) != ed25519.PublicKeySize {
		return nil, wrong("a bundle is signed with an Ed25519 key")
	}
	return pub, nil
}

func wrong(format string, a ...any) *glovebox.Error {
	return glovebox.Errorf(glovebox.CodeInternal, format, a...)
}

func hexSum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
