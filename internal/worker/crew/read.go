package crew

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/engine/filter"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// readWithin is how long a filter or a table may take.
const readWithin = 2 * time.Minute

// readMemory bounds the memory of a reader, in bytes.
const readMemory = 1 << 30

// Reader reads what developers write (row filters, public tables) in a jail of
// its own that sees no data. Its worker starts when it is first needed. It is
// not safe for concurrent use.
type Reader struct {
	p     *jail.Process
	asked bool // not to ask again whether filters work here
}

// Close ends the worker.
func (r *Reader) Close() {
	if r.p != nil {
		r.p.Close()
		r.p = nil
	}
}

// Filter is filter.Check. That a filter reads the columns that the
// answer names is the worker's word; who runs it gives it no others.
func (r *Reader) Filter(ctx context.Context, where string, cols []glovebox.Column) (filter.Filter, error) {
	f, err := r.ask(ctx, role.MessageFilter, role.FilterSpec{Where: where, Columns: cols})
	if err != nil {
		return filter.Filter{}, err
	}
	var doc role.Checked
	if f.Kind != role.FrameChecked || strict(f.Payload, &doc) != nil {
		return filter.Filter{}, notThat()
	}
	for i, name := range doc.Columns {
		if slices.Index(doc.Columns, name) != i || !slices.ContainsFunc(cols, func(c glovebox.Column) bool { return c.Name == name }) {
			return filter.Filter{}, notThat()
		}
	}
	return filter.Filter{SQL: doc.SQL, Columns: doc.Columns}, nil
}

// Table is engine.ReadReference.
func (r *Reader) Table(ctx context.Context, file *os.File, cols []engine.ReferenceColumn) (arrow.RecordBatch, error) {
	f, err := r.ask(ctx, role.MessageTable, role.TableSpec{Columns: cols}, file)
	if err != nil {
		return nil, err
	}
	if f.Kind != role.FrameTable {
		return nil, notThat()
	}
	return table(f.Payload, cols)
}

// table makes a batch of the asked columns. It takes value after value, so that
// memory grows with the rows that a table may have and not with what is sent.
func table(payload []byte, cols []engine.ReferenceColumn) (arrow.RecordBatch, error) {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = arrow.Field{Name: c.Name, Type: engine.ArrowType(c.Type), Nullable: true}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	d := json.NewDecoder(bytes.NewReader(payload))
	good := tokens(d, json.Delim('{'), "columns", json.Delim('['))
	for i := range cols {
		good = good && tokens(d, json.Delim('[')) && column(d, b.Field(i)) && b.Field(i).Len() == b.Field(0).Len()
	}
	if good = good && len(cols) > 0 && tokens(d, json.Delim(']'), json.Delim('}')); good {
		_, err := d.Token()
		good = err == io.EOF
	}
	if !good {
		return nil, notThat()
	}
	return b.NewRecordBatch(), nil
}

// tokens says whether these come next.
func tokens(d *json.Decoder, want ...json.Token) bool {
	for _, w := range want {
		if got, err := d.Token(); err != nil || got != w {
			return false
		}
	}
	return true
}

// column takes texts and nulls up to the end of their list.
func column(d *json.Decoder, b array.Builder) bool {
	for {
		v, err := d.Token()
		if err != nil {
			return false
		}
		if v == json.Delim(']') {
			return true
		}
		if b.Len() == engine.MaxReferenceRows {
			return false
		}
		switch v := v.(type) {
		case nil:
			b.AppendNull()
		case string:
			if b.AppendValueFromString(v) != nil {
				return false
			}
		default:
			return false
		}
	}
}

// ask sends one message and waits for its answer. An error of what was read
// leaves the worker as it is; any other ends it.
func (r *Reader) ask(ctx context.Context, kind byte, spec any, files ...*os.File) (_ jail.Frame, err error) {
	if r.p == nil {
		if r.p, err = jail.Start(role.Read, role.Frames(role.Read), &jail.Options{Limits: jail.Limits{Memory: readMemory}}); err != nil {
			return jail.Frame{}, err
		}
	}
	stop := kill(ctx, r.p)
	defer stop()
	b, err := json.Marshal(spec)
	if err != nil {
		return jail.Frame{}, glovebox.Errorf(glovebox.CodeInternal, "a question to a reader cannot be encoded")
	}
	f, err := role.SealedFile(b)
	if err != nil {
		return jail.Frame{}, err
	}
	defer f.Close()
	if err = r.p.Send(kind, nil, append([]*os.File{f}, files...)...); err == nil {
		var answer jail.Frame
		if answer, err = r.p.Next(readWithin); err == nil && answer.Kind == jail.Sealed {
			answer, err = r.p.Next(readWithin)
		}
		if err == nil && answer.Kind == role.FrameRefused {
			return jail.Frame{}, refusal(answer.Payload)
		}
		if err == nil {
			return answer, nil
		}
	}
	walls := r.p.Walls()
	r.Close()
	if cause := context.Cause(ctx); cause != nil {
		return jail.Frame{}, cause
	}
	if errors.Is(err, jail.ErrGone) || errors.Is(err, jail.ErrHang) {
		try := TryFilter
		if r.asked {
			try = nil
		}
		return jail.Frame{}, atFault(ctx, walls, try, glovebox.Errorf(glovebox.CodeInvalid, "the process that reads it came to an end").WithFix("write it simpler or smaller"))
	}
	return jail.Frame{}, notThat()
}

func notThat() error {
	return glovebox.Errorf(glovebox.CodeInternal, "a reader answered what it may not").Because(jail.ErrFrame)
}
