package source

import (
	"fmt"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/value"
)

// Layout is where the columns of a record lie in a table.
type Layout struct {
	At    []int // by column of the record: its place in a row, from 0
	Width int   // fields of a row
}

// Plain says whether the rows of a text are read by DuckDB as they stand: no
// column is written in ways of its own, and no row is short.
func Plain(def glovebox.Source, cols []glovebox.Column) bool {
	return def.Ragged == "" && def.Quote == "" && !slices.ContainsFunc(cols, func(c glovebox.Column) bool {
		return !value.Plain(c) || def.Format == "json" && strings.HasPrefix(c.SourceName(), "/")
	})
}

// Locate finds the record's columns in a table whose columns have these names.
// A name that the record does not know is told by its position: in a file
// without a header it would be a cell value.
func Locate(header []string, def glovebox.Source, cols []glovebox.Column) (Layout, error) {
	l := Layout{Width: len(header)}
	var missing, moved, twice, extra []string
	used := make([]bool, len(header))
	for _, c := range cols {
		at := c.Place - 1
		if c.Place == 0 {
			at = find(header, c.SourceName())
		}
		switch {
		case at < 0 || at >= len(header):
			missing = append(missing, c.SourceName())
		case !same(header[at], c.SourceName()):
			moved = append(moved, fmt.Sprint(c.Place))
		case c.Place == 0 && find(header[at+1:], c.SourceName()) >= 0:
			twice = append(twice, c.SourceName())
		}
		l.At = append(l.At, at)
		if at >= 0 && at < len(header) {
			used[at] = true
		}
	}
	for i, u := range used {
		if !u && def.Extra != "ignore" && !slices.ContainsFunc(twice, func(n string) bool { return same(header[i], n) }) {
			extra = append(extra, fmt.Sprint(i+1))
		}
	}
	var at []string // of those that are named twice
	for i, h := range header {
		if slices.ContainsFunc(twice, func(n string) bool { return same(h, n) }) {
			at = append(at, fmt.Sprint(i+1))
		}
	}
	switch {
	case len(twice) > 0:
		return l, glovebox.Errorf(glovebox.CodeInvalid, "the file has more than one column of the name %s: number %s", few(twice), few(at)).
			WithFix("add `place: N` to each such column of the record, its number in the file from 1; another that is not to be read needs `extra: ignore` under source")
	case len(missing) > 0 && len(extra) > 0:
		return l, glovebox.Errorf(glovebox.CodeInvalid, "the file lacks the columns %s; the record does not declare the file's columns number %s", few(missing), few(extra)).
			WithFix("write the file's names as `source` of the columns; make the file's header and the record's columns agree")
	case len(missing) > 0:
		return l, glovebox.Errorf(glovebox.CodeInvalid, "the file lacks the columns %s", few(missing)).
			WithFix("write the file's names as `source` of the columns; make the file's header and the record's columns agree")
	case len(moved) > 0:
		return l, glovebox.Errorf(glovebox.CodeInvalid, "the file's columns number %s have other names than the record says", few(moved)).
			WithFix("correct `place` or `source` of the columns")
	case len(extra) > 0:
		return l, glovebox.Errorf(glovebox.CodeInvalid, "the record does not declare the file's columns number %s", few(extra)).
			WithFix("declare them, or add `extra: ignore` under source to leave them out")
	}
	return l, nil
}

// maxNamed is how many columns a message names.
const maxNamed = 12

// few joins what a message names, the first of many.
func few(list []string) string {
	if n := len(list); n > maxNamed {
		list = append(slices.Clone(list[:maxNamed]), "...")
	}
	return strings.Join(list, ", ")
}

// same says whether a name in a file is the one of a record; white space around
// it, line breaks in it and characters that do not show do not count.
func same(header, name string) bool {
	return header == name || CleanName(header) == CleanName(name)
}

// CleanName is a column's name in a file as a person reads it: on one line,
// without characters that do not show, without white space around it.
func CleanName(s string) string {
	return bare(strings.Map(func(r rune) rune {
		if value.Invisible(r) || r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 {
			return -1
		}
		return r
	}, s))
}

func find(header []string, name string) int {
	if i := slices.Index(header, name); i >= 0 {
		return i
	}
	return slices.IndexFunc(header, func(h string) bool { return same(h, name) })
}

// LocatePlaces lays out a table without names: by place, or in the record's
// order.
func LocatePlaces(width int, def glovebox.Source, cols []glovebox.Column) (Layout, error) {
	l := Layout{Width: width}
	placed := slices.ContainsFunc(cols, func(c glovebox.Column) bool { return c.Place > 0 })
	if def.Ragged == "pad" { // the first row may be a short one
		if !placed {
			l.Width = max(l.Width, len(cols))
		}
		for _, c := range cols {
			l.Width = max(l.Width, c.Place)
		}
		width = l.Width
	}
	for i, c := range cols {
		at := i
		if placed {
			at = c.Place - 1
		}
		if at < 0 || at >= width {
			return l, glovebox.Errorf(glovebox.CodeInvalid, "the file has %d columns, and column %s of the record is none of them", width, c.Name).
				WithFix("correct `place` of the columns; without any they stand in the record's order")
		}
		l.At = append(l.At, at)
	}
	if width > len(cols) && def.Extra != "ignore" {
		return l, glovebox.Errorf(glovebox.CodeInvalid, "the file has %d columns, and the record declares %d", width, len(cols)).
			WithFix("declare the others, or add `extra: ignore` under source and `place` to each column")
	}
	return l, nil
}

// NoLayout is that of a file without rows and without a header.
func NoLayout(cols []glovebox.Column) Layout {
	l := Layout{Width: len(cols)}
	for i := range cols {
		l.At = append(l.At, i)
	}
	return l
}

// lookBelow is how many rows are searched for the names of the columns.
const lookBelow = 20

// below says better why a header is not the record's: the names stand in a later
// row, or in none. next gives the fields of one row after another, nil at the
// end.
func below(err error, header []string, def glovebox.Source, cols []glovebox.Column, next func() []string) error {
	if slices.ContainsFunc(cols, func(c glovebox.Column) bool { return find(header, c.SourceName()) >= 0 }) {
		return err
	}
	titles, counting := def.Skip, true // rows of one field at most
	width := 0
	fields := header
	for k := def.Skip; k < def.Skip+lookBelow && fields != nil; k++ {
		if k > def.Skip {
			if _, e := Locate(fields, def, cols); e == nil {
				return glovebox.Errorf(glovebox.CodeInvalid, "the file lacks the columns that the record declares in its row %d: their names are in row %d", def.Skip+1, k+1).
					WithFix("add `skip: %d` under source", k)
			}
		}
		filled := 0
		for i, f := range fields {
			if strings.TrimSpace(f) != "" {
				filled, width = filled+1, max(width, i+1)
			}
		}
		if counting = counting && filled <= 1; counting {
			titles++
		}
		fields = next()
	}
	e := glovebox.Errorf(glovebox.CodeInvalid, "the file lacks the columns that the record declares: none of its first rows has their names")
	switch {
	case width != len(cols) && def.Extra == "":
		return err
	case titles > 0:
		return e.WithFix("write the file's names as `source` of the columns; or, if it has none, add `header: none` and `skip: %d` under source: the columns are then in the record's order", titles)
	}
	return e.WithFix("write the file's names as `source` of the columns; or, if it has none, add `header: none` under source: the columns are then in the record's order")
}
