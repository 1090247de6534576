//go:build duckdb_arrow

package engine

import (
	"bytes"
	"encoding/json"

	"glovebox.example/glovebox"
)

// jsonSplitter reads either one object a line or one array of objects. In a
// file of lines, a line that is no object is rejected; in an array, what is
// not JSON ends the load, because what follows it means nothing.
type jsonSplitter struct {
	w     *window
	array bool
	done  bool
	row   int64
	small bytes.Buffer
}

func newJSON(w *window) (*jsonSplitter, error) {
	s := &jsonSplitter{w: w}
	if err := w.skipBOM(); err != nil {
		return nil, err
	}
	c, err := s.peek()
	if err != nil {
		return nil, err
	}
	if c == '[' {
		s.array = true
		w.pos++
		if c, err = s.peek(); err != nil {
			return nil, err
		}
		if c == ']' {
			w.pos++
			return s, s.end()
		}
	}
	return s, nil
}

func (s *jsonSplitter) fill(c *chunk) (more bool, err error) {
	for !s.done && !c.full() {
		if s.array {
			err = s.element(c)
		} else {
			err = s.line(c)
		}
		if err != nil {
			return false, err
		}
	}
	c.read = s.w.raw.n - int64(len(s.w.rest()))
	return !s.done, nil
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *jsonSplitter) peek() (byte, error) {
	for {
		for s.w.pos < len(s.w.buf) {
			switch c := s.w.buf[s.w.pos]; c {
			case ' ', '\t', '\r', '\n':
				s.w.pos++
			default:
				return c, nil
			}
		}
		if s.w.eof {
			return 0, nil
		}
		if err := s.w.more(); err != nil {
			return 0, err
		}
	}
}

// line reads one line of a file of lines.
func (s *jsonSplitter) line(c *chunk) error {
	for {
		b := s.w.rest()
		end := bytes.IndexByte(b, '\n')
		if end < 0 && !s.w.eof && len(b) <= MaxRowBytes {
			if err := s.w.more(); err != nil {
				return err
			}
			continue
		}
		if end < 0 && len(b) <= MaxRowBytes {
			end, s.done = len(b), true
		}
		if end < 0 || end > MaxRowBytes {
			s.row++
			c.reject(s.row, "", ReasonLong)
			err := s.w.skipLine()
			s.done = s.w.eof && len(s.w.rest()) == 0
			return err
		}
		row := bytes.TrimSpace(b[:end])
		s.w.pos += min(end+1, len(b))
		if len(row) > 0 {
			s.add(c, row)
		}
		return nil
	}
}

// element reads one element of an array and the comma or bracket behind it.
func (s *jsonSplitter) element(c *chunk) error {
	broken := func() error {
		return glovebox.Errorf(glovebox.CodeInvalid, "the JSON array is broken at its element %d", s.row+1).
			WithFix("correct the file, or write one object a line: then only broken lines are rejected")
	}
	for {
		b := s.w.rest()
		end := scanElement(b)
		if end < 0 {
			if s.w.eof || len(b) > MaxRowBytes {
				return broken()
			}
			if err := s.w.more(); err != nil {
				return err
			}
			continue
		}
		row := bytes.TrimSpace(b[:end])
		if len(row) > MaxRowBytes || !s.w.isText(row) || !json.Valid(row) {
			return broken()
		}
		if bytes.IndexByte(row, '\n') >= 0 {
			s.small.Reset()
			if err := json.Compact(&s.small, row); err != nil {
				return broken()
			}
			row = s.small.Bytes()
		}
		s.add(c, row)
		s.w.pos += end + 1
		if b[end] == ']' {
			return s.end()
		}
		return nil
	}
}

// scanElement returns the place of the comma or bracket that ends the array
// element at the start of b, or -1 if it is not in b. It looks at strings and
// depth only.
func scanElement(b []byte) int {
	depth, text := 0, false
	for i := 0; i < len(b); i++ {
		if text {
			switch b[i] {
			case '\\':
				i++
			case '"':
				text = false
			}
			continue
		}
		switch b[i] {
		case '"':
			text = true
		case '{', '[':
			depth++
		case ']', '}':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// end makes sure that nothing follows the array.
func (s *jsonSplitter) end() error {
	s.done = true
	if c, err := s.peek(); err != nil || c != 0 {
		return glovebox.Errorf(glovebox.CodeInvalid, "something follows the JSON array")
	}
	return nil
}

func (s *jsonSplitter) add(c *chunk, row []byte) {
	s.row++
	switch {
	case !s.w.isText(row):
		c.reject(s.row, "", ReasonEncoding)
	case row[0] != '{' || !json.Valid(row):
		c.reject(s.row, "", ReasonObject)
	default:
		c.keep(s.row, row)
	}
}
