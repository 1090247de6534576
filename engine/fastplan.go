package engine

import (
	"math"
	"reflect"
	"slices"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
)

// A fastPlan says how rows of a CSV file that are plainly sound go straight
// into the store: every value in the canonical text of its type, within its
// bounds, without quotes. It judges nothing: every other row takes the check
// query, which must say the same of the rows that this one takes.
type fastPlan struct {
	delim  byte
	fields int
	unit   fastColumn
	cols   []fastColumn // as loader.stored
	key    []int        // places in cols; unitPlace: the unit
}

const unitPlace = -1

// fastColumn is a value of a row.
type fastColumn struct {
	from     int // column of the record
	place    int // field of the file
	typ      glovebox.Type
	nullable bool
	null     []string // texts that mean none
	most     int      // bytes
	values   map[string]bool
	lo, hi   int64 // of whole numbers and dates
	flo, fhi float64
	check    func(string) bool
	format   string
	isID     bool // of the record's class identifier
	token    bool // becomes a token
}

// fastPlan returns nil for records that it does not serve: with rules of
// quality, and with any setting that it does not know of.
func (l *loader) fastPlan(header []string) *fastPlan {
	src := l.ds.Source
	if l.slow || len(l.ds.Quality) > 0 || src.Format != "csv" || !reflect.DeepEqual(src, glovebox.Source{Format: src.Format, Encoding: src.Encoding, Delimiter: src.Delimiter, Null: src.Null, Drop: src.Drop}) {
		return nil
	}
	p := &fastPlan{delim: ',', fields: len(header)}
	if src.Delimiter != "" {
		p.delim = src.Delimiter[0]
	}
	for _, c := range l.ds.Columns {
		known := glovebox.Column{Name: c.Name, Source: c.Source, Title: c.Title, Type: c.Type, Class: c.Class, Grade: c.Grade, Nullable: c.Nullable,
			Min: c.Min, Max: c.Max, MaxBytes: c.MaxBytes, Values: c.Values, Format: c.Format, Keep: c.Keep}
		if !reflect.DeepEqual(c, known) || !slices.Contains(fastTypes, c.Type) || !slices.Contains(header, c.SourceName()) {
			return nil
		}
	}
	p.unit = l.fastColumn(l.unit, header)
	p.unit.token = true
	for _, s := range l.stored {
		f := l.fastColumn(s.from, header)
		f.token = f.isID && !s.kept
		p.cols = append(p.cols, f)
	}
	for _, k := range l.key {
		at := unitPlace
		if k != l.unit {
			at = slices.IndexFunc(l.stored, func(s storedColumn) bool { return s.from == k && !s.kept })
		}
		p.key = append(p.key, at)
	}
	return p
}

var fastTypes = []glovebox.Type{glovebox.String, glovebox.Int32, glovebox.Int64, glovebox.Float64, glovebox.Bool, glovebox.Date}

// fastColumn is the plan for one column of the record.
func (l *loader) fastColumn(i int, header []string) fastColumn {
	c := l.ds.Columns[i]
	f := fastColumn{
		from: i, place: slices.Index(header, c.SourceName()), typ: c.Type, nullable: c.Nullable, null: l.ds.Source.Null, most: source.MaxBytes(c),
		lo: math.MinInt64, hi: math.MaxInt64, flo: math.Inf(-1), fhi: math.Inf(1), check: l.check[i], format: c.Format, isID: l.idKeys[i] != nil,
	}
	if len(f.null) == 0 {
		f.null = []string{""}
	}
	if len(c.Values) > 0 {
		f.values = map[string]bool{}
		for _, v := range c.Values {
			f.values[v] = true
		}
	}
	// CheckRecord has made sure that the bounds are good.
	whole := func(s glovebox.Bound) (int64, bool) {
		v, err := strconv.ParseInt(string(s), 10, 64)
		return v, err == nil
	}
	switch c.Type {
	case glovebox.Int32:
		f.lo, f.hi = math.MinInt32, math.MaxInt32
	case glovebox.Float64:
		if v, err := strconv.ParseFloat(string(c.Min), 64); err == nil {
			f.flo = v
		}
		if v, err := strconv.ParseFloat(string(c.Max), 64); err == nil {
			f.fhi = v
		}
	case glovebox.Date:
		whole = func(s glovebox.Bound) (int64, bool) { return fastDate(string(s)) }
	}
	if v, ok := whole(c.Min); ok {
		f.lo = max(f.lo, v)
	}
	if v, ok := whole(c.Max); ok {
		f.hi = min(f.hi, v)
	}
	return f
}
