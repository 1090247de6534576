package work

import (
	"context"
	"errors"
	"os"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/engine/filter"
	"glovebox.example/glovebox/masking"
	"glovebox.example/glovebox/sandbox"
)

// Files are the descriptors of one part of one input. They stay the caller's.
type Files struct {
	Manifest *engine.Manifest
	Index    int
	Part     *os.File // decrypted, in memory
	Sealed   *os.File // nil unless originals are needed
}

// NeedsSealed says for each input whether its parts are read with originals.
func (j *Job) NeedsSealed() []bool {
	out := make([]bool, len(j.spec.Inputs))
	for i := range j.spec.Inputs {
		out[i] = len(j.spec.Inputs[i].kept()) > 0
	}
	return out
}

// Worker works on one part after another, in one goroutine.
type Worker struct {
	r       *Runner
	moved   atomic.Bool // a unit was begun since the last sign of life
	guest   *sandbox.Guest
	filters []*filter.RowFilter // by input; nil: none
	watch   *watch              // on sample data only
	hand    hand                // of the job's mode

	pieceBytes int64
}

// Worker makes a worker: an instance of the guest and its filters.
func (r *Runner) Worker(ctx context.Context) (*Worker, error) { return r.worker(ctx, nil) }

func (r *Runner) worker(ctx context.Context, watching *watch) (_ *Worker, err error) {
	w := &Worker{r: r, watch: watching, filters: make([]*filter.RowFilter, len(r.spec.Inputs)), pieceBytes: r.spec.PieceBytes}
	if w.pieceBytes == 0 {
		w.pieceBytes = DefaultPieceBytes
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	for i := range r.spec.Inputs {
		in := &r.spec.Inputs[i]
		if in.Where == "" {
			continue
		}
		cols := in.Record
		if in.masksFilter() {
			t, err := r.masks(in)
			if err != nil {
				return nil, err
			}
			cols = in.maskedColumns(t.Schema())
		}
		if w.filters[i], err = filter.Open(ctx, in.Where, cols, nil); err != nil {
			return nil, err
		}
	}
	w.hand = r.mode.hand(w)
	w.guest, err = r.program.NewGuest(ctx, r.binding, watching.options())
	return w, err
}

// Moved says whether a unit was begun since it was last asked: a sign of life.
func (w *Worker) Moved() bool { return w.moved.Swap(false) }

// Close frees the guest and the filters.
func (w *Worker) Close() error {
	if w.hand != nil {
		w.hand.close()
	}
	for _, f := range w.filters {
		if f != nil {
			f.Close()
		}
	}
	if w.guest == nil {
		return nil
	}
	return w.guest.Close()
}

// Part works on one part: files holds the descriptors of that part of every
// input. It returns the encoded partial aggregate, or what is left of it after
// the pieces that it handed to piece, which may be nil, because they took much
// memory; nil in mode blocks if a block goes on in the next part, which has to
// follow. An error is
// the host's (a part that is not what its manifest says, a cancelled context)
// or piece's, never a guest's.
func (w *Worker) Part(ctx context.Context, files []Files, piece func([]byte) error) ([]byte, error) {
	readers := make([]array.RecordReader, 0, len(files))
	defer func() {
		for _, r := range readers {
			r.Release()
		}
	}()
	for i := range files {
		r, err := w.open(ctx, i, &files[i])
		if err != nil {
			return nil, err
		}
		readers = append(readers, r)
	}
	return w.Units(ctx, files[0].Index, len(files[0].Manifest.Parts), readers, piece)
}

// Units works on the units of part number index of parts, given as readers, one
// for every input, whose rows are sorted by token, masked and filtered: what
// Part does once it has opened a part. The readers stay the caller's.
func (w *Worker) Units(ctx context.Context, index, parts int, readers []array.RecordReader, piece func([]byte) error) ([]byte, error) {
	return w.hand.part(ctx, index, parts, readers, piece)
}

// move notes that a unit was begun. It mostly reads: to write what another
// processor reads takes as long as bounding a value.
func (w *Worker) move() {
	if !w.moved.Load() {
		w.moved.Store(true)
	}
}

// open reads one input's part as the guest may see it: masked, filtered on the
// masked values, without the columns that only the filter needed, at most
// MaxRows rows a unit.
func (w *Worker) open(ctx context.Context, i int, f *Files) (array.RecordReader, error) {
	in := &w.r.spec.Inputs[i]
	spec := engine.PartSpec{Manifest: f.Manifest, Index: f.Index, Part: f.Part, Sealed: f.Sealed, Columns: in.reads(), Kept: in.kept(), Uncapped: true}
	early := w.filters[i] != nil && !in.masksFilter()
	if early {
		spec.Where = w.filters[i]
	}
	r, err := engine.OpenPart(ctx, spec)
	if err != nil {
		return nil, err
	}
	t, err := masking.Compile(r.Schema(), in.unitMasks(), w.r.maskOptions())
	if err != nil {
		r.Release()
		return nil, err
	}
	masked := t.Reader(r)
	r.Release() // masked holds it
	r = masked
	if w.filters[i] != nil && !early {
		filtered, err := w.filters[i].Apply(ctx, r)
		if err != nil {
			r.Release()
			return nil, err
		}
		r = filtered
	}
	return engine.Cap(project(r, 1+len(in.Columns)), in.MaxRows), nil
}

// project keeps the first n columns.
func project(r array.RecordReader, n int) array.RecordReader {
	if r.Schema().NumFields() == n {
		return r
	}
	return &firstColumns{RecordReader: r, schema: arrow.NewSchema(r.Schema().Fields()[:n], nil)}
}

type firstColumns struct {
	array.RecordReader
	schema *arrow.Schema
	cur    arrow.RecordBatch
}

func (p *firstColumns) Schema() *arrow.Schema { return p.schema }

func (p *firstColumns) Next() bool {
	p.drop()
	if !p.RecordReader.Next() {
		return false
	}
	b := p.RecordReader.RecordBatch()
	p.cur = array.NewRecordBatch(p.schema, b.Columns()[:p.schema.NumFields()], b.NumRows())
	return true
}

func (p *firstColumns) RecordBatch() arrow.RecordBatch { return p.cur }
func (p *firstColumns) Record() arrow.RecordBatch      { return p.cur }

func (p *firstColumns) Release() {
	p.drop()
	p.RecordReader.Release()
}

func (p *firstColumns) drop() {
	if p.cur != nil {
		p.cur.Release()
		p.cur = nil
	}
}
