package source

import (
	"bytes"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/value"
)

// csvSplitter reads CSV as RFC 4180 says it, with a header: quotes around a
// whole field, doubled inside it, rows ended by \n or \r\n. Blank lines are
// skipped and not counted. What lies inside one cell never becomes a row:
// swallow.go.
type csvSplitter struct {
	w      *Window
	delim  byte
	fields int
	row    int64 // records so far
	line   int64 // lines so far
	plain  int   // in the window, up to where lines are plain: see plainLine
	looked int   // in the window, up to where that was looked at

	cols   []glovebox.Column // of the record
	layout Layout
	first  *csvRecord                     // of a file without a header: the record that gave its width
	pad    bool                           // short rows lack their last values
	quote  byte                           // that stands around a text; noQuote: none does
	watch  func(first string, filled int) // gets the first value of each record and how many it has, if set
	pieces *Pieces                        // where rows go; nil: to DuckDB as they stand
	cells  []rows.Field
	order  []*rows.Field

	null    []string        // texts that mean "no value"
	parsers []*value.Parser // by column, for soundRow; nil until one is needed
	foreign int64           // rows that are text in another encoding
	lines   int64           // of all rows
	returns int64           // of those that hold a carriage return alone
	def     glovebox.Source
}

// csvRecord is one record, or one stretch of a file that is none.
type csvRecord struct {
	text   []byte // without its line end; valid until the next call
	fields int
	line   int64 // of the file, where it begins, from 1
	lines  int64 // that are not blank and lie in it, the first among them
	why    Reason
	end    bool // of the file: there is no record
}

// NewCSV reads what lies above the rows and finds the columns. locate gets the
// names of the header, or nil and the width of the first row where there is no
// header, and returns an error or nil. Rows go to pieces if that is not nil.
func NewCSV(w *Window, def glovebox.Source, cols []glovebox.Column, pieces *Pieces, locate func(header []string, width int) (Layout, error)) (*csvSplitter, error) {
	s := &csvSplitter{w: w, delim: ',', quote: quoteOf(def), cols: cols, pieces: pieces, pad: def.Ragged == "pad", null: def.Null, def: def}
	if def.Delimiter != "" {
		s.delim = def.Delimiter[0]
	}
	if err := w.skipBOM(); err != nil {
		return nil, err
	}
	for i := range def.Skip {
		r, err := s.next()
		if err != nil {
			return nil, err
		}
		if r.end {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file has only %d rows, and source.skip says %d", i, def.Skip).WithFix("correct `skip`")
		}
	}
	head, err := s.next()
	if err != nil {
		return nil, err
	}
	if def.Header == "none" && head.end { // no rows at all
		s.layout, err = locate(nil, -1)
		s.fields = s.layout.Width
		return s, err
	}
	if head.end || head.why != "" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file has no header line that can be read").
			WithFix("the first line names the columns, in the declared encoding")
	}
	header := s.split(head.text)
	s.fields = len(header)
	if def.Header == "none" {
		head.text = bytes.Clone(head.text)
		s.first = &head
		s.layout, err = locate(nil, s.fields)
		s.fields = max(s.fields, s.layout.Width)
		return s, err
	}
	if s.layout, err = locate(header, s.fields); err == nil {
		return s, nil
	}
	return s, below(err, header, def, s.cols, func() []string {
		r, e := s.next()
		if e != nil || r.end || r.why != "" {
			return nil
		}
		return s.split(r.text)
	})
}

func (s *csvSplitter) Fill(c *Chunk) (bool, error) {
	for !c.full() && (s.pieces == nil || !s.pieces.full()) {
		r, err := s.record()
		if err != nil {
			return false, err
		}
		if r.end {
			c.Read = s.w.read()
			if err := mostlyForeign(s.foreign, s.row, s.def); err != nil {
				return false, err
			}
			return false, mostlyReturns(s.returns, s.lines, s.def)
		}
		if s.fields > 1 && (r.why == "" || r.why == ReasonEncoding) && s.blank(r.text) {
			continue
		}
		if s.watch != nil || len(s.def.Drop) > 0 {
			first, filled := s.firstOf(r.text)
			if s.watch != nil {
				s.watch(first, filled)
			}
			if Dropped(s.def, first) {
				c.Dropped++
				continue
			}
		}
		s.row++
		if r.why == ReasonEncoding && foreign(r.text, s.def) {
			s.foreign++
		}
		if s.lines += r.lines; r.why == ReasonEncoding && bytes.IndexByte(r.text, '\r') >= 0 {
			s.returns += r.lines
		}
		at := Position{s.row, r.line, r.lines}
		switch {
		case r.why != "":
			c.reject(at, r.why)
		case r.fields != s.fields && !s.pad, r.fields > s.fields && !s.blankAfter(r.text):
			c.reject(at, ReasonFields)
		case r.lines > 1 && s.ambiguous(r.text):
			c.reject(at, ReasonQuote)
		case s.pieces != nil:
			s.addRow(c, at, r.text)
		default:
			c.keep(at, r.text)
		}
	}
	c.Read = s.w.used()
	return true, nil
}

// record returns the next record behind what lies above the rows.
func (s *csvSplitter) record() (csvRecord, error) {
	if r := s.first; r != nil {
		s.first = nil
		return *r, nil
	}
	return s.next()
}

// blankAfter says whether the fields of a record behind the last column are
// empty.
func (s *csvSplitter) blankAfter(text []byte) bool {
	for _, f := range s.split(text)[s.fields:] {
		if strings.TrimSpace(f) != "" {
			return false
		}
	}
	return true
}

// addRow adds a sound record to a piece.
func (s *csvSplitter) addRow(c *Chunk, at Position, text []byte) {
	if s.order == nil {
		s.cells, s.order = make([]rows.Field, s.fields), make([]*rows.Field, len(s.layout.At))
		for i, at := range s.layout.At {
			s.order[i] = &s.cells[at]
		}
	}
	n := 0
	if !s.quoted(text) {
		for more := true; more && n < s.fields; n++ {
			var f []byte
			f, text, more = bytes.Cut(text, []byte{s.delim})
			s.cells[n] = rows.Field{Kind: rows.Text, Text: f}
		}
	} else {
		for _, f := range s.split(text) {
			if n < s.fields {
				s.cells[n] = rows.Field{Kind: rows.Text, Text: []byte(f)}
				n++
			}
		}
	}
	for ; n < s.fields; n++ { // a short row
		s.cells[n] = rows.Field{}
	}
	s.pieces.add(c, at, s.order)
}
