package masking

import (
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// UnitColumn is passed on untouched: it is how the host tells units apart.
const UnitColumn = "_unit"

// Kinds of masks.
const (
	None       = "none"
	Token      = "token"
	Redact     = "redact"
	Generalise = "generalise"
	Suppress   = "suppress"
	FPE        = "fpe"
	Clip       = "clip"
	Constant   = "constant"
)

// Options of a transform. Nil: no token masks, the default allocator.
type Options struct {
	// TokenKey is the scenario's key for tokens that are shared: 32 bytes,
	// uniformly random, for this one use. Zero: such masks are an error.
	TokenKey [32]byte
	// JobKey is the job's key for all other tokens: 32 bytes, uniformly random.
	// Zero: such masks are an error.
	JobKey [32]byte
	// Together says whose rows have equal tokens for equal values: units whose own
	// tokens have the same first Together bits, 0 to 127. Nil: every unit has
	// tokens of its own.
	Together *int
	// Alloc makes the masked columns. Nil: memory.DefaultAllocator.
	Alloc memory.Allocator
}

// Transform masks batches of one schema. It is safe for concurrent use as far as
// its allocator is.
type Transform struct {
	in, out *arrow.Schema
	columns []mask
	unit    int // place of UnitColumn; -1: none, and no mask needs it
	alloc   memory.Allocator
}

// mask makes a masked column of a column and the tokens of its rows' units,
// which are there where needsUnits says so. A nil mask passes the column on.
type mask func(mem memory.Allocator, column, units arrow.Array) (arrow.Array, error)

// Compile checks masks, by column name, against the columns of schema. Every
// column but _unit must have one. A mask that the column's type cannot have, or
// with wrong parameters, is CodeInvalid with the column's name and the masks
// that fit.
func Compile(schema *arrow.Schema, masks map[string]glovebox.Mask, o *Options) (*Transform, error) {
	if o == nil {
		o = &Options{}
	}
	t := &Transform{in: schema, unit: -1, alloc: o.Alloc}
	if t.alloc == nil {
		t.alloc = memory.DefaultAllocator
	}
	keys := &tokenKeys{scenario: o.TokenKey, job: o.JobKey, prefix: prefixOf(o.Together)}
	fields := make([]arrow.Field, 0, schema.NumFields())
	seen := map[string]bool{}
	for i, f := range schema.Fields() {
		if seen[f.Name] {
			return nil, invalid(f.Name, "the column is there twice")
		}
		seen[f.Name] = true
		m, masked := masks[f.Name]
		switch {
		case f.Name == UnitColumn && masked:
			return nil, invalid(f.Name, "the unit's own column takes no mask")
		case f.Name == UnitColumn:
			t.unit = i
			fields, t.columns = append(fields, plain(f)), append(t.columns, nil)
			continue
		case !masked:
			return nil, invalid(f.Name, "the column has no mask").WithFix("name one, also where it is none")
		}
		apply, typ, err := compile(f, m, keys)
		if err != nil {
			return nil, err
		}
		out := arrow.Field{Name: f.Name, Type: typ, Nullable: f.Nullable || canLose(m)}
		fields, t.columns = append(fields, out), append(t.columns, apply)
	}
	for name, m := range masks {
		switch {
		case !seen[name]:
			return nil, invalid(name, "there is a mask but no such column")
		case needsUnits(m) && (t.unit < 0 || !arrow.TypeEqual(schema.Field(t.unit).Type, tokenType)):
			return nil, glovebox.Errorf(glovebox.CodeInternal, "column %s gets tokens of its unit, and there is no column %s", name, UnitColumn)
		}
	}
	t.out = arrow.NewSchema(fields, nil)
	return t, nil
}

// compile returns the mask of one column and the type that it makes.
func compile(f arrow.Field, m glovebox.Mask, keys *tokenKeys) (mask, arrow.DataType, error) {
	typ, ok := typeOf(f.Type)
	if !ok {
		return nil, nil, invalid(f.Name, "the column is of Arrow type %s, which no dataset has", f.Type.Name())
	}
	if !slices.Contains(fits[typ], m.Kind) {
		return nil, nil, invalid(f.Name, "mask %q does not fit a column of type %s", m.Kind, typ).
			WithFix("choose one of %s", strings.Join(fits[typ], ", "))
	}
	switch m.Kind {
	case Token:
		apply, err := keys.mask(f.Name, typ, m)
		return apply, tokenType, err
	case FPE:
		apply, err := keys.fpeMask(f.Name, m)
		return apply, f.Type, err
	case Redact:
		if m.Form != "" {
			apply, err := redactForm(f.Name, m)
			return apply, f.Type, err
		}
		apply, err := redactMask(f.Name, m)
		return apply, f.Type, err
	case Clip:
		apply, err := clipMask(f.Name, typ, m)
		return apply, f.Type, err
	case Constant:
		apply, err := constantMask(f.Name, m)
		return apply, f.Type, err
	case Generalise:
		apply, err := generaliseMask(f.Name, typ, m)
		return apply, f.Type, err
	case Suppress:
		return suppress(f.Type), f.Type, nil
	}
	return nil, f.Type, nil
}

// fits lists the masks of every type. The policy library has the same list
// (policy/rego/tables.rego), so that it refuses what could not be carried out.
var fits = map[glovebox.Type][]string{
	glovebox.String:  {None, Token, FPE, Redact, Generalise, Constant, Suppress},
	glovebox.Int32:   {None, Token, Generalise, Clip, Suppress},
	glovebox.Int64:   {None, Token, Generalise, Clip, Suppress},
	glovebox.Float64: {None, Generalise, Clip, Suppress},
	glovebox.Bool:    {None, Suppress},
	glovebox.Date:    {None, Generalise, Clip, Suppress},
	glovebox.Token:   {None, Token, Suppress},

	// Kept as int64, which is what their masks are made for.
	glovebox.DateTime: {None, Generalise, Clip, Suppress},
	glovebox.Decimal:  {None, Generalise, Clip, Suppress},
}

// typeOf is the declared type that an Arrow type stands for.
func typeOf(t arrow.DataType) (glovebox.Type, bool) {
	switch t.ID() {
	case arrow.STRING:
		return glovebox.String, true
	case arrow.INT32:
		return glovebox.Int32, true
	case arrow.INT64:
		return glovebox.Int64, true
	case arrow.FLOAT64:
		return glovebox.Float64, true
	case arrow.BOOL:
		return glovebox.Bool, true
	case arrow.DATE32:
		return glovebox.Date, true
	case arrow.FIXED_SIZE_BINARY:
		return glovebox.Token, arrow.TypeEqual(t, tokenType)
	}
	return "", false
}

// Schema is that of the masked batches. It carries no metadata: a source may
// put statistics there.
func (t *Transform) Schema() *arrow.Schema { return t.out }

// Apply masks one batch. The caller releases the result; rec stays the
// caller's. Columns that are not masked share rec's memory.
func (t *Transform) Apply(rec arrow.RecordBatch) (arrow.RecordBatch, error) {
	if int(rec.NumCols()) != len(t.columns) {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a batch has %d columns, its masks are for %d", rec.NumCols(), len(t.columns))
	}
	cols := make([]arrow.Array, 0, len(t.columns))
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	var units arrow.Array
	if t.unit >= 0 {
		units = rec.Column(t.unit)
	}
	for i, apply := range t.columns {
		c, f := rec.Column(i), t.in.Field(i)
		if rec.ColumnName(i) != f.Name || !arrow.TypeEqual(c.DataType(), f.Type) {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "column %d of a batch is not %s of type %s, for which its mask is", i, f.Name, f.Type.Name())
		}
		if apply == nil {
			c.Retain()
			cols = append(cols, c)
			continue
		}
		masked, err := apply(t.alloc, c, units)
		if err != nil {
			return nil, err
		}
		cols = append(cols, masked)
	}
	return array.NewRecordBatch(t.out, cols, rec.NumRows()), nil
}

// needsUnits says whether a mask reads the tokens of its rows' units.
func needsUnits(m glovebox.Mask) bool { return (m.Kind == Token || m.Kind == FPE) && !m.Shared }

// canLose says whether a mask makes nulls of values.
func canLose(m glovebox.Mask) bool {
	return m.Kind == Suppress || m.Kind == FPE || m.Kind == Redact && m.Form != "" || m.Kind == Generalise && len(m.Groups) > 0 && m.Other == ""
}

// plain is f without metadata.
func plain(f arrow.Field) arrow.Field {
	return arrow.Field{Name: f.Name, Type: f.Type, Nullable: f.Nullable}
}

func invalid(column, format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
	e.Field = column
	return e
}
