package source

import (
	"bytes"
	"iter"
	"strings"
)

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
		if !s.quoted(b) && s.w.isText(b) && (bytes.IndexByte(b, '\r') < 0 || bytes.Count(b, []byte("\r")) == bytes.Count(b, []byte("\r\n"))) {
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
	if !s.quoted(b[:end]) {
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
		if i < len(b) && b[i] == s.quote { // a quoted field
			for i++; ; i++ {
				q := bytes.IndexByte(b[i:], s.quote)
				if q < 0 {
					return 0, 0, ReasonQuote, false
				}
				if i += q + 1; i == len(b) || b[i] != s.quote {
					break
				}
			}
		}
		// The rest of the field, empty after a quoted one.
		quoted := i > 0 && b[i-1] == s.quote
		for ; i < len(b) && b[i] != s.delim && b[i] != '\n'; i++ {
			switch {
			case b[i] == '\r':
				if i+1 < len(b) && b[i+1] != '\n' && bad == "" {
					bad = ReasonEncoding
				}
			case quoted || b[i] == s.quote:
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
		case c == s.quote && quoted && i+1 < len(line) && line[i+1] == s.quote && s.quote != noQuote:
			field.WriteByte(c)
			i++
		case c == s.quote && s.quote != noQuote:
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
