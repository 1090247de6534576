package source

import (
	"bytes"
	"iter"
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
	first  *csvRecord // of a file without a header: the record that gave its width
	pad    bool       // short rows lack their last values
	pieces *Pieces    // where rows go; nil: to DuckDB as they stand
	cells  []rows.Field
	order  []*rows.Field

	null    []string        // texts that mean "no value"
	parsers []*value.Parser // by column, for soundRow; nil until one is needed
	foreign int64           // rows that are text in another encoding
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
	s := &csvSplitter{w: w, delim: ',', cols: cols, pieces: pieces, pad: def.Ragged == "pad", null: def.Null, def: def}
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
			return false, mostlyForeign(s.foreign, s.row, s.def)
		}
		s.row++
		if r.why == ReasonEncoding && foreign(r.text, s.def) {
			s.foreign++
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
	if bytes.IndexByte(text, '"') < 0 {
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

// next returns the next record.
func (s *csvSplitter) next() (csvRecord, error) {
	for {
		if r, ok := s.plainLine(); ok {
			return r, nil
		}
		b := s.w.rest()
		end, n, bad, complete := s.scan(b)
		if !complete && !s.w.eof && len(b) <= MaxRowBytes {
			s.plain, s.looked = 0, 0
			if err := s.w.more(); err != nil {
				return csvRecord{}, err
			}
			continue
		}
		if !complete || end > MaxRowBytes || bad == ReasonQuote && bytes.IndexByte(b[:end], '\n') >= 0 {
			s.plain, s.looked = 0, 0
			return s.swallow()
		}
		text := bytes.TrimSuffix(b[:end], []byte("\r"))
		s.w.pos += min(end+1, len(b))
		r := csvRecord{text: text, fields: n, line: s.line + 1, lines: 1, why: bad}
		s.line++
		switch {
		case len(text) == 0 && len(s.w.rest()) == 0 && s.w.eof:
			return csvRecord{end: true}, nil
		case len(text) == 0:
			continue
		case !s.w.isText(text):
			r.why = ReasonEncoding
		}
		if bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
			s.line += int64(bytes.Count(text, []byte("\n")))
			r.lines = max(1, filled(text))
		}
		return r, nil
	}
}

// plainLine returns the next line of a stretch of whole lines that are text
// without quotes and without a carriage return but before a line feed: for
// those all that next looks at is known of the stretch.
func (s *csvSplitter) plainLine() (r csvRecord, ok bool) {
	if s.w.pos >= s.looked {
		b := s.w.rest()
		n := bytes.LastIndexByte(b, '\n') + 1
		b = b[:n]
		s.looked, s.plain = s.w.pos+n, 0
		if bytes.IndexByte(b, '"') < 0 && s.w.isText(b) && (bytes.IndexByte(b, '\r') < 0 || bytes.Count(b, []byte("\r")) == bytes.Count(b, []byte("\r\n"))) {
			s.plain = s.looked
		}
	}
	if s.w.pos >= s.plain {
		return r, false
	}
	b := s.w.buf[s.w.pos:s.plain]
	end := bytes.IndexByte(b, '\n')
	text := bytes.TrimSuffix(b[:end], []byte("\r"))
	if len(text) == 0 || end > MaxRowBytes {
		return r, false
	}
	s.w.pos += end + 1
	s.line++
	return csvRecord{text: text, fields: bytes.Count(text, []byte{s.delim}) + 1, line: s.line, lines: 1}, true
}

// lines yields the lines of a text that are not blank. A bare \r ends a line
// too, as it does for many readers: what lies behind it may be a row.
func lines(text []byte) iter.Seq[[]byte] {
	return bytes.FieldsFuncSeq(text, func(c rune) bool { return c == '\n' || c == '\r' })
}

// filled counts the lines of a text that are not blank.
func filled(text []byte) (n int64) {
	for range lines(text) {
		n++
	}
	return n
}

// scan finds the end of the record at the start of b (the place of its \n, or
// len(b) at the end of the file) and counts its fields. complete is false if
// the record does not end in b.
func (s *csvSplitter) scan(b []byte) (end, fields int, bad Reason, complete bool) {
	end = bytes.IndexByte(b, '\n')
	if end < 0 {
		end, complete = len(b), s.w.eof
	} else {
		complete = true
	}
	if bytes.IndexByte(b[:end], '"') < 0 {
		line := bytes.TrimSuffix(b[:end], []byte("\r"))
		if bytes.IndexByte(line, '\r') >= 0 {
			bad = ReasonEncoding
		}
		return end, bytes.Count(line, []byte{s.delim}) + 1, bad, complete
	}
	return s.scanQuoted(b)
}

func (s *csvSplitter) scanQuoted(b []byte) (end, fields int, bad Reason, complete bool) {
	i, fields := 0, 1
	for {
		if i < len(b) && b[i] == '"' { // a quoted field
			for i++; ; i++ {
				q := bytes.IndexByte(b[i:], '"')
				if q < 0 {
					return 0, 0, ReasonQuote, false
				}
				if i += q + 1; i == len(b) || b[i] != '"' {
					break
				}
			}
		}
		// The rest of the field, empty after a quoted one.
		quoted := i > 0 && b[i-1] == '"'
		for ; i < len(b) && b[i] != s.delim && b[i] != '\n'; i++ {
			switch {
			case b[i] == '\r':
				if i+1 < len(b) && b[i+1] != '\n' && bad == "" {
					bad = ReasonEncoding
				}
			case quoted || b[i] == '"':
				bad = ReasonQuote
			}
		}
		switch {
		case i == len(b):
			return i, fields, bad, s.w.eof
		case b[i] == '\n':
			return i, fields, bad, true
		}
		i++
		fields++
	}
}

// split cuts a sound record into its fields.
func (s *csvSplitter) split(line []byte) []string {
	var out []string
	var field strings.Builder
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"' && quoted && i+1 < len(line) && line[i+1] == '"':
			field.WriteByte(c)
			i++
		case c == '"':
			quoted = !quoted
		case c == s.delim && !quoted:
			out = append(out, field.String())
			field.Reset()
		default:
			field.WriteByte(c)
		}
	}
	return append(out, field.String())
}
