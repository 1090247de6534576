// Package rows says what a foreign table is to a load: rows of fields, one
// after another, each with its place in the file. Spreadsheets, databases and
// streams of other forms are read through it.
//
// It decides nothing: what a field is worth as a value of its column is package
// value's and the load's.
package rows

import (
	"math"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/value"
)

// Kind says what a field is in its source.
type Kind uint8

// The kinds.
const (
	Missing Kind = iota
	Text         // Text
	Number       // Text: a decimal of any length, with - . and e at most
	Int          // Int
	Float        // Float: of a float64 column, exact
	Sheet        // Float: of a spreadsheet, which knows 15 digits
	Bool         // Int: 0 or 1
	Day          // Int: days since 1970-01-01
	Time         // Int: microseconds since 1970-01-01 00:00:00 on a clock on the wall
	Instant      // Int: microseconds since 1970-01-01 00:00:00 UTC
	Other        // a list, bytes, an error of a formula: no value of any column
	Garbled      // text that is not UTF-8
)

// Field is one field of a row. Text is valid until the reader's next call.
type Field struct {
	Kind  Kind
	Text  []byte
	Int   int64
	Float float64
	// Pad is how many digits a spreadsheet shows of a whole number at least.
	Pad int
}

// Row is one row.
type Row struct {
	Fields []Field
	Number int64 // among the data rows, from 1
	Line   int64 // of a sheet, from 1; 0: the source has no lines
}

// Reader gives the rows of a table, in order.
type Reader interface {
	// Columns are the names of the columns; nil: the table has no names, and
	// every row has Width fields.
	Columns() []string
	// Width is how many fields every row has.
	Width() int
	// Next returns the next row, nil behind the last. It is valid until the next
	// call. An error ends the table and holds no value.
	Next() (*Row, error)
	// Done is how much was read so far, in the units that the reader was opened
	// with.
	Done() int64
	Close() error
}

// MaxBytes bounds the texts of one row, in bytes.
const MaxBytes = 1 << 20

// Cell turns a field into a value of a column, which parser p reads texts of.
// missing says that there is none. The texts that mean "no value" are the
// caller's.
func Cell(p *value.Parser, c *glovebox.Column, f *Field) (v value.Value, missing bool, fault value.Fault) {
	switch f.Kind {
	case Missing:
		return v, true, value.None
	case Text:
		v, fault = p.Parse(f.Text)
		return v, false, fault
	case Sheet:
		if t := countedTime(c, f); t != nil {
			v, fault = p.Parse(t)
			return v, false, fault
		}
		v, fault = sheetCell(c, f)
		return v, false, fault
	case Other, Garbled:
		return v, false, value.Type
	}
	if t := countedTime(c, f); t != nil {
		v, fault = p.Parse(t)
		return v, false, fault
	}
	v, fault = typedCell(c, f)
	return v, false, fault
}

// countedTime is the text of a number where the column's days or times are
// written in ways that the record declares, such as serial or YYYYMMDD; nil: they
// are not.
func countedTime(c *glovebox.Column, f *Field) []byte {
	if len(c.Written) == 0 || c.Type != glovebox.Date && c.Type != glovebox.DateTime {
		return nil
	}
	switch f.Kind {
	case Int:
		return strconv.AppendInt(nil, f.Int, 10)
	case Number:
		return f.Text
	case Sheet:
		if f.Float >= 0 && f.Float < 1e15 {
			return strconv.AppendFloat(nil, f.Float, 'f', -1, 64)
		}
	}
	return nil
}

// typedCell turns a field that has a type of its own into a value.
func typedCell(c *glovebox.Column, f *Field) (v value.Value, fault value.Fault) {
	switch c.Type {
	case glovebox.Bool:
		if f.Kind == Bool || f.Kind == Int && (f.Int == 0 || f.Int == 1) {
			return value.Value{I: f.Int}, value.None
		}
		return v, value.Type
	case glovebox.Date:
		switch f.Kind {
		case Day:
			return value.Value{I: f.Int}, value.DayInRange(f.Int)
		case Time: // midnight is a day, another time is not
			if f.Int%value.DayMicros == 0 {
				return value.Value{I: f.Int / value.DayMicros}, value.DayInRange(f.Int / value.DayMicros)
			}
		}
		return v, value.Type
	case glovebox.DateTime:
		return timeCell(c, f)
	case glovebox.String:
		return textCell(f)
	}
	var text []byte
	switch f.Kind {
	case Int:
		text = strconv.AppendInt(nil, f.Int, 10)
	case Number:
		text = f.Text
	case Float:
		if c.Type == glovebox.Float64 {
			if math.IsNaN(f.Float) || math.IsInf(f.Float, 0) {
				return v, value.Type
			}
			return value.Value{F: f.Float + 0}, value.None // zero has no sign
		}
		if c.Type == glovebox.Decimal {
			// The decimal that was written, if it had at most 15 digits: each of
			// those has a float64 of its own.
			short, err := strconv.ParseFloat(strconv.FormatFloat(f.Float, 'g', sheetDigits, 64), 64)
			if err != nil || short != f.Float || math.Abs(short) >= 1e15 {
				return v, value.Type
			}
			text = strconv.AppendFloat(nil, short, 'f', -1, 64)
			break
		}
		if f.Float != math.Trunc(f.Float) || math.Abs(f.Float) >= 1<<63 {
			return v, value.Type
		}
		text = strconv.AppendFloat(nil, f.Float, 'f', 0, 64)
	default:
		return v, value.Type
	}
	return value.Canonical(*c, text)
}

// textCell is a whole number or a number as it is written, as a text.
func textCell(f *Field) (value.Value, value.Fault) {
	switch f.Kind {
	case Int:
		return value.Value{T: strconv.AppendInt(nil, f.Int, 10)}, value.None
	case Number:
		return value.Value{T: f.Text}, value.None
	}
	return value.Value{}, value.Type
}

func timeCell(c *glovebox.Column, f *Field) (v value.Value, fault value.Fault) {
	switch f.Kind {
	case Day:
		if value.DayInRange(f.Int) != value.None {
			return v, value.Type
		}
		v.I = f.Int * value.DayMicros
	case Time:
		v.I = f.Int
	case Instant:
		v.I = f.Int + value.ClockMicros(*c)
	default:
		return v, value.Type
	}
	if v.I < value.MinTime || v.I > value.MaxTime {
		return value.Value{}, value.Type
	}
	return v, value.None
}

// sheetDigits is how many digits a spreadsheet keeps of a number.
const sheetDigits = 15

// sheetCell turns a number of a spreadsheet into a value: the one that it shows,
// of 15 digits. One that has more has lost them.
func sheetCell(c *glovebox.Column, f *Field) (v value.Value, fault value.Fault) {
	x := f.Float
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return v, value.Type
	}
	if c.Type == glovebox.Float64 {
		return value.Value{F: x + 0}, value.None
	}
	if math.Abs(x) >= 1e15 {
		return v, value.Rounded
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', sheetDigits, 64), 64)
	if err != nil {
		return v, value.Type
	}
	text := strconv.AppendFloat(nil, short+0, 'f', -1, 64)
	switch c.Type {
	case glovebox.String:
		for x >= 0 && len(text) < f.Pad && short == math.Trunc(short) {
			text = append([]byte("0"), text...)
		}
		return value.Value{T: text}, value.None
	case glovebox.Bool:
		if x == 0 || x == 1 {
			return value.Value{I: int64(x)}, value.None
		}
		return v, value.Type
	case glovebox.Date, glovebox.DateTime:
		return v, value.Type
	}
	return value.Canonical(*c, text)
}
