package gbx

import "unsafe"

// Token is what a person or a thing is called in place of its name.
type Token = [16]byte

// Table is a table of the unit at hand.
type Table struct{ rows, columns, first uint32 }

// Tab returns a table: inputs first, then references.
func Tab(table int) Table {
	if uint32(table) >= word(headInputs)+word(headReferences) {
		panic("gbx: no such table")
	}
	at := word(headTablesAt) + tableBytes*uint32(table)
	return Table{word(at), word(at + 4), word(at + 8)}
}

// Rows is how many rows the table has in this unit; of a reference, all.
func (t Table) Rows() int { return int(t.rows) }

// descriptor is where a column is described.
func (t Table) descriptor(column int) uint32 {
	if uint32(column) >= t.columns {
		panic("gbx: no such column")
	}
	return word(headColumnsAt) + columnBytes*(t.first+uint32(column))
}

// column is where a column is described; it must have this type.
func (t Table) column(column int, typ uint32) uint32 {
	at := t.descriptor(column)
	if word(at) != typ {
		panic("gbx: the column has another type")
	}
	return at
}

func values[T any](t Table, column int, typ uint32) []T {
	at := t.column(column, typ)
	if t.rows == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&window[word(at+24)])), t.rows)
}

// Int32s returns a whole column. Missing values are 0.
func (t Table) Int32s(column int) []int32 { return values[int32](t, column, typeInt32) }

// Int64s returns a whole column. Missing values are 0.
func (t Table) Int64s(column int) []int64 { return values[int64](t, column, typeInt64) }

// Float64s returns a whole column. Missing values are 0.
func (t Table) Float64s(column int) []float64 { return values[float64](t, column, typeFloat64) }

// Dates returns a whole column: days since 1970-01-01. Missing values are 0.
func (t Table) Dates(column int) []int32 { return values[int32](t, column, typeDate) }

// Tokens returns a whole column. Missing values are zeros.
func (t Table) Tokens(column int) []Token { return values[Token](t, column, typeToken) }

// Bits is a column of truth values, or which values of a column are there.
type Bits struct {
	at, rows uint32
	all      bool // every bit is 1; there is nothing at at
}

// At returns the bit of a row.
func (b Bits) At(row int) bool {
	if uint32(row) >= b.rows {
		panic("gbx: no such row")
	}
	return b.all || window[b.at+uint32(row)>>3]>>(row&7)&1 != 0
}

// Bools returns a whole column. Missing values are false.
func (t Table) Bools(column int) Bits {
	return Bits{at: word(t.column(column, typeBool) + 24), rows: t.rows}
}

// Valid says for each row whether the column, of any type, has a value.
func (t Table) Valid(column int) Bits {
	at := t.descriptor(column)
	return Bits{at: word(at + 16), rows: t.rows, all: word(at+12) == 0}
}

// Nulls is how many rows of the column, of any type, have no value. Sums need
// not look: the value is 0 there.
func (t Table) Nulls(column int) int { return int(word(t.descriptor(column) + 12)) }

// Strings is a column of strings.
type Strings struct{ offsets, data, rows uint32 }

// Strings returns a whole column. Missing values are empty.
func (t Table) Strings(column int) Strings {
	at := t.column(column, typeString)
	return Strings{word(at + 20), word(at + 24), t.rows}
}

// At returns the string of a row. It is not a copy.
func (s Strings) At(row int) string {
	if uint32(row) >= s.rows {
		panic("gbx: no such row")
	}
	at := s.offsets + 4*uint32(row)
	from, to := word(at), word(at+4)
	return text(s.data+from, to-from)
}

func text(at, n uint32) string { return unsafe.String(unsafe.SliceData(window[at:at+n]), n) }

func param(n int, typ uint32) uint32 {
	if uint32(n) >= word(headParams) {
		panic("gbx: no such parameter")
	}
	at := word(headParamsAt) + paramBytes*uint32(n)
	if word(at+8) != typ {
		panic("gbx: the parameter has another type")
	}
	return at
}

// ParamInt64 returns a parameter of the job.
func ParamInt64(n int) int64 { return *(*int64)(unsafe.Pointer(&window[param(n, typeInt64)])) }

// ParamFloat64 returns a parameter of the job.
func ParamFloat64(n int) float64 {
	return *(*float64)(unsafe.Pointer(&window[param(n, typeFloat64)]))
}

// ParamBool returns a parameter of the job.
func ParamBool(n int) bool { return word(param(n, typeBool)) != 0 }

// ParamString returns a parameter of the job. It is not a copy.
func ParamString(n int) string {
	at := param(n, typeString)
	return text(word(at), word(at+4))
}
