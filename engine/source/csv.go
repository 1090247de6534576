package source

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strings"

	"glovebox.example/glovebox"
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

// NewCSV reads the header and checks its names with check, which returns an
// error or nil.
func NewCSV(w *Window, delim string, check func(header []string) error) (*csvSplitter, error) {
	s := &csvSplitter{w: w, delim: ','}
	if delim != "" {
		s.delim = delim[0]
	}
	if err := w.skipBOM(); err != nil {
		return nil, err
	}
	head, err := s.next()
	if err != nil {
		return nil, err
	}
	if head.end || head.why != "" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file has no header line that can be read").
			WithFix("the first line names the columns, in the declared encoding")
	}
	header := s.split(head.text)
	s.fields = len(header)
	if err := check(header); err != nil {
		return nil, err
	}
	return s, nil
}

// Fill is as in Splitter.
func (s *csvSplitter) Fill(c *Chunk) (bool, error) {
	for !c.full() {
		r, err := s.next()
		if err != nil {
			return false, err
		}
		if r.end {
			c.Read = s.w.raw.n
			return false, nil
		}
		s.row++
		at := Position{s.row, r.line, r.lines}
		switch {
		case r.why != "":
			c.reject(at, r.why)
		case r.fields != s.fields:
			c.reject(at, ReasonFields)
		case r.lines > 1 && s.ambiguous(r.text):
			c.reject(at, ReasonQuote)
		default:
			c.keep(at, r.text)
		}
	}
	c.Read = s.w.raw.n - int64(len(s.w.rest()))
	return true, nil
}

// next returns the next record.
func (s *csvSplitter) next() (csvRecord, error) {
	for {
		b := s.w.rest()
		end, n, bad, complete := s.scan(b)
		if !complete && !s.w.eof && len(b) <= MaxRowBytes {
			if err := s.w.more(); err != nil {
				return csvRecord{}, err
			}
			continue
		}
		if !complete || end > MaxRowBytes || bad == ReasonQuote && bytes.IndexByte(b[:end], '\n') >= 0 {
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
		if bytes.ContainsAny(text, "\r\n") {
			s.line += int64(bytes.Count(text, []byte("\n")))
			r.lines = max(1, filled(text))
		}
		return r, nil
	}
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

// MatchHeader compares the names of a file with those of the record (their
// source names). A name
// that the record does not know is told by its position: in a file without a
// header it would be a cell value.
func MatchHeader(header []string, cols []glovebox.Column) error {
	var missing, extra []string
	for _, c := range cols {
		if !slices.Contains(header, c.SourceName()) {
			missing = append(missing, c.SourceName())
		}
	}
	for i, h := range header {
		known := slices.ContainsFunc(cols, func(c glovebox.Column) bool { return c.SourceName() == h })
		if !known || slices.Contains(header[:i], h) {
			extra = append(extra, fmt.Sprint(i+1))
		}
	}
	var msg []string
	if len(missing) > 0 {
		msg = append(msg, "the file lacks the columns "+strings.Join(missing, ", "))
	}
	if len(extra) > 0 {
		msg = append(msg, "the record does not declare, or the file names twice, the file's columns number "+strings.Join(extra, ", "))
	}
	if msg == nil {
		return nil
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "%s", strings.Join(msg, "; ")).
		WithFix("make the file's header and the record's columns agree; a file holds no more than its record declares")
}
