package engine

import (
	"context"
	"os"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/filter"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/source"
	"glovebox.example/glovebox/engine/source/rows"
)

// feed runs a file, piece by piece and in order, through the check query.
type feed struct {
	mu    sync.Mutex // of db and the slots' connections
	db    *duck.DB   // nil until it is needed
	open  func(context.Context) (*duck.DB, *duck.Conn, error)
	slots []*slot
	next  func(*slot) (more bool, err error)
	end   func() // closes what it reads from; may be nil
}

// slot is a piece of a file on its way.
type slot struct {
	feed  *feed
	mem   *duck.MemFile // of text; nil for Parquet
	conn  *duck.Conn    // nil until it is needed
	chunk source.Chunk
	piece *array.Struct // of Parquet: its rows, decoded
	view  string        // the name under which DuckDB sees piece
	n     int64         // rows in the piece
	rows  *rowMaker     // what takes in the checked rows; nil: who called run
	sql   string        // the check query
	res   array.RecordReader
	hide  func() // ends DuckDB's view of piece
	err   error
	done  chan struct{}
}

// place returns where the piece's i-th row stands in the file.
func (s *slot) place(i int64) source.Position { return s.chunk.Rows[i] }

// feedSpec says what a feed reads.
type feedSpec struct {
	src    *os.File
	size   int64
	def    glovebox.Source
	cols   []glovebox.Column
	rules  []glovebox.Quality
	locate func(header []string, def glovebox.Source, cols []glovebox.Column) (source.Layout, error) // csv: finds the columns by their names; nil: source.Locate
	memory int64                                                                                     // DuckDB's, in bytes
	files  []*os.File                                                                                // ScratchFiles of them; nil: made here
	fast   func(header []string) *fastPlan                                                           // csv: how sound rows are read; may be nil, or return nil
	work   func() *rowMaker                                                                          // makes what takes in the rows of a slot; nil: who calls run does
}

// openFeed opens a file. An error in a quality rule names its field.
func openFeed(ctx context.Context, spec feedSpec) (_ *feed, err error) {
	f, src, def, cols := &feed{}, spec.src, spec.def, spec.cols
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	text := def.Format == "csv" || def.Format == "json"
	var head []byte
	if text {
		if head, err = source.ReadHead(src, spec.size, def); err != nil {
			return nil, err
		}
		if err := source.RefuseKind(head, def); err != nil {
			return nil, err
		}
	} else if err := source.RefuseOther(src, spec.size, def); err != nil {
		return nil, err
	}
	plain := source.Plain(def, cols)
	var paths []string
	for i := range ScratchFiles {
		s := &slot{feed: f}
		if spec.work != nil {
			s.rows = spec.work()
		}
		f.slots = append(f.slots, s)
		if text && plain {
			if spec.files != nil {
				s.mem = duck.LendMemFile(spec.files[i])
			} else if s.mem, err = duck.NewMemFile(); err != nil {
				return nil, err
			}
			paths = append(paths, s.mem.Path())
		}
	}
	f.open = func(ctx context.Context) (_ *duck.DB, c *duck.Conn, err error) {
		return duck.Open(ctx, spec.memory, paths...)
	}
	var exprs []string
	if len(spec.rules) > 0 {
		if err := f.slots[0].connect(ctx); err != nil {
			return nil, err
		}
		if exprs, err = filter.CompileRules(ctx, f.slots[0].conn, cols, spec.rules); err != nil {
			return nil, err
		}
	}
	switch {
	case def.Format == "parquet":
		return f, f.overParquet(src, spec.size, def, cols, exprs)
	case !text:
		r, err := source.OpenTable(ctx, src, spec.size, def)
		if err != nil {
			return nil, err
		}
		return f, f.overTable(r, spec.size, def, cols, exprs)
	}
	w, err := source.OpenWindow(src, spec.size, def)
	if err != nil {
		return nil, err
	}
	return f, source.ExplainText(head, def, f.overText(w, spec, plain, exprs))
}

// overText feeds a CSV or JSON file: to DuckDB as it stands if it is plain, else
// as typed values.
func (f *feed) overText(w *source.Window, spec feedSpec, plain bool, rules []string) (err error) {
	def, cols := spec.def, spec.cols
	var pieces *source.Pieces
	var typed source.RawSource
	if !plain {
		if pieces, typed, err = source.NewPieces(cols, def.Null); err != nil {
			return err
		}
		f.end = pieces.Release
	}
	locate := spec.locate
	if locate == nil {
		locate = source.Locate
	}
	var cut source.Splitter
	raw := func(path string) source.RawSource { return source.JSONSource(path, def, cols) }
	if def.Format == "json" {
		cut, err = source.NewJSON(w, def, cols, pieces)
	} else {
		cut, err = source.NewCSV(w, def, cols, pieces, func(header []string, width int) (l source.Layout, err error) {
			switch {
			case width < 0: // no rows
				l = source.NoLayout(cols)
			case header == nil:
				l, err = source.LocatePlaces(width, def, cols)
			default:
				l, err = locate(header, def, cols)
			}
			raw = func(path string) source.RawSource { return source.CSVSource(path, def, l, cols) }
			if err != nil || spec.fast == nil || header == nil || !plain {
				return l, err
			}
			if plan := spec.fast(header); plan != nil {
				for _, s := range f.slots {
					s.rows.fast = plan.reader(s.rows)
				}
			}
			return l, nil
		})
	}
	if err != nil {
		return err
	}
	for i, s := range f.slots {
		if plain {
			s.sql = source.CheckSQL(raw(s.mem.Path()), cols, rules)
			continue
		}
		s.view = source.PieceView(i)
		typed.From = s.view
		s.sql = source.CheckSQL(typed, cols, rules)
	}
	f.next = func(s *slot) (bool, error) {
		s.chunk.Reset()
		more, err := cut.Fill(&s.chunk)
		if err != nil {
			return false, err
		}
		s.n = int64(len(s.chunk.Rows))
		if plain {
			return more, nil
		}
		s.piece, err = pieces.Take()
		return more, err
	}
	return nil
}

// overTable feeds a table that is read as rows of fields.
func (f *feed) overTable(r rows.Reader, size int64, def glovebox.Source, cols []glovebox.Column, rules []string) error {
	t, raw, err := source.NewTable(r, size, def, cols)
	if err != nil {
		return err
	}
	f.end = t.Close
	f.overPieces(raw, cols, rules, t.Fill)
	return nil
}

// overPieces feeds pieces that fill makes.
func (f *feed) overPieces(raw source.RawSource, cols []glovebox.Column, rules []string, fill func(*source.Chunk) (*array.Struct, bool, error)) {
	for i, s := range f.slots {
		s.view = source.PieceView(i)
		raw.From = s.view
		s.sql = source.CheckSQL(raw, cols, rules)
	}
	f.next = func(s *slot) (more bool, err error) {
		s.chunk.Reset()
		s.piece, more, err = fill(&s.chunk)
		s.n = int64(len(s.chunk.Rows))
		return more, err
	}
}

// overParquet feeds a Parquet file.
func (f *feed) overParquet(src *os.File, size int64, def glovebox.Source, cols []glovebox.Column, rules []string) error {
	r, raw, err := source.OpenParquetReader(src, size, def, cols)
	if err != nil {
		return err
	}
	f.overPieces(raw, cols, rules, r.Fill)
	return nil
}
