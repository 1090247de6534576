package sample

import (
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/value"
)

// Plain is a record as one of ordinary files: samples have the form of a record
// and not all the oddities of its provider's files. Of CSV, JSON and Parquet in
// their ordinary forms it changes nothing; of others the file is CSV in UTF-8,
// with a header of names that are each there once and values in the forms of
// their types.
func Plain(rec *glovebox.Dataset) *glovebox.Dataset {
	if ordinary(rec) {
		return rec
	}
	p := *rec
	p.Source = glovebox.Source{Format: "csv", Null: rec.Source.Null}
	p.Columns = slices.Clone(rec.Columns)
	for i := range p.Columns {
		c := &p.Columns[i]
		c.Written = nil
		if c.Place > 0 || strings.HasPrefix(c.Source, "/") {
			c.Place, c.Source = 0, ""
		}
	}
	return &p
}

func ordinary(rec *glovebox.Dataset) bool {
	s := rec.Source
	if s.Format != "csv" && s.Format != "json" && s.Format != "parquet" || strings.HasPrefix(s.Encoding, "utf-16") ||
		s.Compression != "" || s.Header != "" || s.Skip != 0 || s.Ragged != "" || s.Quote != "" || s.At != "" {
		return false
	}
	return !slices.ContainsFunc(rec.Columns, func(c glovebox.Column) bool {
		own := c.Type == glovebox.DateTime || c.Type == glovebox.Decimal
		return len(c.Written) > 0 || c.Place > 0 || s.Format == "json" && strings.HasPrefix(c.Source, "/") || s.Format == "parquet" && own
	})
}

// scaled returns the range of a datetime or decimal as the whole numbers that
// stand for its values.
func scaled(c glovebox.Column) (lo, hi int64) {
	least, most := int64(-999_999), int64(999_999)
	if c.Type == glovebox.DateTime {
		least, most = firstDay.UnixMicro(), lastDay.UnixMicro()
	}
	lo, ok1 := value.Bound(c, c.Min)
	hi, ok2 := value.Bound(c, c.Max)
	switch {
	case ok1 && ok2:
	case ok1:
		hi = max(lo, most)
	case ok2:
		lo = min(hi, least)
	default:
		lo, hi = least, most
	}
	return lo, hi
}

// scaledText writes the whole number that stands for a value.
func scaledText(c glovebox.Column, n int64) string {
	if c.Type == glovebox.DateTime {
		return string(value.AppendDateTime(nil, n))
	}
	return string(value.AppendDecimal(nil, n, c.Scale))
}

// scaledValue reads such a text.
func scaledValue(c glovebox.Column, text string) (int64, bool) {
	c.Written = nil
	p, err := value.Compile(c)
	if err != nil {
		return 0, false
	}
	v, fault := p.Parse([]byte(text))
	return v.I, fault == value.None
}
