package engine

import (
	"context"
	"io"
	"math/bits"
	"os"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
)

// Defaults of LoadOptions.
const (
	DefaultParts  = 16
	DefaultMemory = 512 << 20
	MinMemory     = 256 << 20
)

// ScratchFiles is how many pieces of a file are under way at once: one being
// cut, one in DuckDB, one being taken in. It does not change the result.
// ScratchBytes is more than one takes, with the row that filled it.
const (
	ScratchFiles = 3
	ScratchBytes = 64 << 20
)

// LoadOptions says how a file becomes a snapshot.
type LoadOptions struct {
	// UnitKey is the PRF key of the dataset's unit space. Datasets of one
	// space share it: equal ids get equal tokens. Required; not all zero.
	UnitKey [32]byte
	// IdentKey returns the PRF key of an identifier column other than the
	// unit column. Required if the record has one.
	IdentKey func(glovebox.Column) [32]byte
	// Parts is the number of parts, a power of two up to MaxParts; zero:
	// DefaultParts. It is public, so it must not be chosen by the row count.
	Parts int
	// Create makes the file of a part. What is written is plaintext Parquet
	// and must be encrypted on the way. It is never called twice at a time,
	// but several files are open and written at once. After an error the
	// caller throws away all of them. Required.
	Create func(name string) (io.WriteCloser, error)
	// Progress, if set, is told how far the load is; total does not change. It
	// is never called twice at a time. What it is told depends on the data.
	Progress func(done, total int64)
	// Memory is how much memory the load may use, in bytes, as a target,
	// whatever the file's size: up to half of it for DuckDB. Zero:
	// DefaultMemory; at least MinMemory.
	Memory int64
	// Hold is how many bytes of rows stay in memory where there is a Spill. Zero:
	// an eighth of Memory.
	Hold int64
	// Spill takes the rows that do not fit in Memory, sealed. nil: rows stay
	// in memory, however many they are.
	Spill Spill
	// Scratch are ScratchFiles files in memory to hand rows to DuckDB in, of
	// less than ScratchBytes each. nil: files are made.
	Scratch []*os.File
	// Allocator is where Arrow data lives; nil: Go's heap.
	Allocator memory.Allocator
}

// LoadResult is a finished load.
type LoadResult struct {
	Report        LoadReport
	Manifest      *Manifest
	ManifestBytes []byte // canonical; seal it
}

// Load reads a provider's file and writes a snapshot of it. The file must be a
// regular file or a memory file; its offset does not matter and it must not
// change meanwhile.
//
// A *RejectsError says that more rows were rejected than the record allows;
// then no part was created. Other errors of code invalid are about the record
// (with a field) or about the file as a whole, such as a missing column.
func Load(ctx context.Context, ds glovebox.Dataset, src *os.File, o LoadOptions) (*LoadResult, error) {
	if err := o.fill(&ds); err != nil {
		return nil, err
	}
	if err := source.CheckRecord(&ds); err != nil {
		return nil, err
	}
	st, err := src.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the source is not a regular file").
			WithFix("write the data to a file first")
	}
	l, err := newLoader(&ds, o)
	if err != nil {
		return nil, err
	}
	if err := l.read(ctx, src, st.Size()); err != nil {
		return nil, err
	}
	r := &l.report
	if float64(r.Rejected) > ds.MaxRejects*float64(r.Rows) {
		e := &RejectsError{Dataset: ds.Code, Max: ds.MaxRejects, Report: *r}
		e.advise(ctx, src, st.Size(), &ds)
		return nil, e
	}
	m, err := l.write(ctx)
	if err != nil {
		return nil, err
	}
	b, err := m.Encode()
	if err != nil {
		return nil, err
	}
	return &LoadResult{Report: *r, Manifest: m, ManifestBytes: b}, nil
}

// fill puts in the defaults and checks what the caller gave.
func (o *LoadOptions) fill(ds *glovebox.Dataset) error {
	bad := func(format string, a ...any) error {
		return glovebox.Errorf(glovebox.CodeInternal, "load options: "+format, a...)
	}
	if o.Parts == 0 {
		o.Parts = DefaultParts
	}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if o.Hold == 0 {
		o.Hold = o.Memory / 8
	}
	if o.Allocator == nil {
		o.Allocator = memory.DefaultAllocator
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	switch {
	case o.UnitKey == [32]byte{}:
		return bad("no key for the unit space")
	case o.Parts < 1 || o.Parts > MaxParts || bits.OnesCount(uint(o.Parts)) != 1:
		return bad("the number of parts is not a power of two from 1 to %d", MaxParts)
	case o.Create == nil:
		return bad("nothing to create parts with")
	case o.Scratch != nil && len(o.Scratch) != ScratchFiles:
		return bad("not %d scratch files", ScratchFiles)
	case o.Memory < MinMemory:
		return bad("less than %d bytes of memory", MinMemory)
	}
	for _, c := range ds.Columns {
		if c.Class == glovebox.ClassIdentifier && c.Name != ds.Unit.Column && o.IdentKey == nil {
			return bad("no key for the identifier column %s", strings.ToValidUTF8(c.Name, ""))
		}
	}
	return nil
}
