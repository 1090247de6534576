package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/source"
)

const (
	// ManifestFormat is the format of the snapshots that are written. Those of
	// format 1 are read: their tokens and the order of a unit's rows are made in
	// another way, so that no job can join them with others.
	ManifestFormat = 2
	oldestFormat   = 1
	// MaxParts is the largest number of parts of a snapshot.
	MaxParts = 1024

	maxManifest = 4 << 20 // bytes
)

// Manifest lists the parts of a snapshot. It holds counts that are secret:
// keep it sealed as the parts are. docs/formats/snapshot.md has every byte.
type Manifest struct {
	Format  int              `json:"format"`
	Dataset string           `json:"dataset"`
	Space   string           `json:"space"`    // id space of the unit
	Unit    string           `json:"unit"`     // column that names the unit
	MaxRows int              `json:"max_rows"` // rows of one unit that a job sees at most
	Columns []ManifestColumn `json:"columns"`  // as the record has them
	Rows    int64            `json:"rows"`
	Units   int64            `json:"units"`
	Parts   []ManifestPart   `json:"parts"` // by token range, ascending
}

// NewManifest is what the manifest of every snapshot of a record says, in so many
// parts: all but counts and files.
func NewManifest(ds *glovebox.Dataset, parts int) *Manifest {
	m := &Manifest{Format: ManifestFormat, Dataset: ds.Code, Space: ds.Unit.Space, Unit: ds.Unit.Column, MaxRows: ds.Unit.MaxRows, Parts: make([]ManifestPart, parts)}
	for _, c := range ds.Columns {
		mc := ManifestColumn{Name: c.Name, Type: c.StoredType(), Nullable: c.Nullable}
		if c.Keep {
			mc.Kept = c.Type
		}
		m.Columns = append(m.Columns, mc)
	}
	return m
}

// SameForm says whether two manifests differ in counts and files alone.
func (m *Manifest) SameForm(o *Manifest) bool {
	return m.Format == o.Format && m.Dataset == o.Dataset && m.Space == o.Space && m.Unit == o.Unit && m.MaxRows == o.MaxRows &&
		slices.Equal(m.Columns, o.Columns) && len(m.Parts) == len(o.Parts)
}

// ManifestColumn is a column as it is stored.
type ManifestColumn struct {
	Name     string        `json:"name"`
	Type     glovebox.Type `json:"type"`
	Nullable bool          `json:"nullable,omitempty"`
	Kept     glovebox.Type `json:"kept,omitempty"` // type of the original in the sealed parts; empty: dropped
}

// ManifestPart is one part: the rows of all units whose token is in its range.
type ManifestPart struct {
	File
	Rows   int64 `json:"rows"`
	Units  int64 `json:"units"`
	Sealed *File `json:"sealed,omitempty"` // originals of the same rows, in the same order
}

// File names a file and its plaintext.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hex
}

func partName(i int) string   { return fmt.Sprintf("part-%04d.parquet", i) }
func sealedName(i int) string { return fmt.Sprintf("sealed-%04d.parquet", i) }

// Encode returns the canonical bytes of a manifest: JSON without white space,
// fields in the order of the type. Equal manifests have equal bytes.
func (m *Manifest) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot encode a manifest")
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Column returns the stored column of that name.
func (m *Manifest) Column(name string) (ManifestColumn, bool) {
	for _, c := range m.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return ManifestColumn{}, false
}

// HasSealed says whether the snapshot has sealed parts.
func (m *Manifest) HasSealed() bool {
	for _, c := range m.Columns {
		if c.Kept != "" {
			return true
		}
	}
	return false
}

// DecodeManifest reads canonical bytes and nothing else: unknown fields, other
// spellings and values that do not fit together are errors.
func DecodeManifest(p []byte) (*Manifest, error) {
	bad := func(format string, a ...any) (*Manifest, error) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "snapshot manifest: "+format, a...).
			WithFix("load the dataset again, or restore the snapshot from a backup")
	}
	if len(p) > maxManifest {
		return bad("larger than %d bytes", maxManifest)
	}
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(p))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return bad("not a manifest")
	}
	if canon, err := m.Encode(); err != nil || !bytes.Equal(canon, p) {
		return bad("not in canonical form")
	}
	if m.Format < oldestFormat || m.Format > ManifestFormat {
		return bad("format %d, this build reads %d to %d", m.Format, oldestFormat, ManifestFormat)
	}
	if what := m.check(); what != "" {
		return bad("%s", what)
	}
	return &m, nil
}

var hexDigest = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) })

// check returns what does not fit together, "" if all does.
func (m *Manifest) check() string {
	if n := len(m.Parts); n < 1 || n > MaxParts || n&(n-1) != 0 {
		return "the number of parts is not a power of two up to 1024"
	}
	if m.MaxRows < 1 || m.MaxRows > source.MaxUnitRows {
		return "max_rows is out of range"
	}
	names := map[string]bool{column.UnitColumn: true, source.RowColumn: true}
	for _, c := range m.Columns {
		l := strings.ToLower(c.Name)
		if !source.ColumnName().MatchString(c.Name) || names[l] || duck.Types[c.Type] == "" {
			return "a column has a bad name or type"
		}
		if c.Kept != "" && (c.Type != glovebox.Token || duck.Types[c.Kept] == "" || c.Kept == glovebox.Token) {
			return "a column keeps an original that it cannot have"
		}
		names[l] = true
	}
	if u, ok := m.Column(m.Unit); !ok || u.Type != glovebox.Token || u.Nullable || len(m.Columns) > source.MaxColumns {
		return "the unit column is missing or is no token"
	}
	var rows, units int64
	sealed := m.HasSealed()
	for i, p := range m.Parts {
		switch {
		case !p.File.check(partName(i)) || (p.Sealed != nil) != sealed || sealed && !p.Sealed.check(sealedName(i)):
			return "a part has a bad name, size or digest"
		case p.Units < 0 || p.Rows < p.Units || p.Rows > 1<<40 || (p.Units == 0) != (p.Rows == 0):
			return "a part has impossible counts"
		}
		rows, units = rows+p.Rows, units+p.Units
	}
	if rows != m.Rows || units != m.Units {
		return "the parts do not add up"
	}
	return ""
}

func (f File) check(name string) bool {
	return f.Name == name && f.Bytes >= 0 && f.Bytes <= 1<<50 && hexDigest().MatchString(f.SHA256)
}

// VerifyPart makes sure that an open file has the size and the SHA-256 that a
// manifest says. It does not move the file's offset.
func VerifyPart(f *os.File, want File) error {
	h := sha256.New()
	n, err := io.Copy(h, io.NewSectionReader(f, 0, want.Bytes+1))
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "cannot read snapshot part %s", want.Name)
	}
	if n != want.Bytes || hex.EncodeToString(h.Sum(nil)) != want.SHA256 {
		return glovebox.Errorf(glovebox.CodeConflict, "snapshot part %s is not the one in the manifest", want.Name).
			WithFix("restore the snapshot from a backup, or load the dataset again")
	}
	return nil
}
