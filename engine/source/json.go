package source

import (
	"bytes"
	"encoding/json"

	"glovebox.example/glovebox"
)

// jsonSplitter reads either one object a line or one array of objects. In a
// file of lines, a line that is no object is rejected; in an array, what is
// not JSON ends the load, because what follows it means nothing.
type jsonSplitter struct {
	w     *Window
	array bool
	loose bool     // objects follow one another, over several lines each
	steps []string // of the document that the array stands in, down to it
	done  bool
	row   int64
	line  int64 // of the file, of the next byte, from 1
	obj   jsonObject

	pieces *Pieces // where rows go; nil: to DuckDB
	tree   *jsonTree

	foreign int64 // rows that are text in another encoding
	def     glovebox.Source
}

// NewJSON starts to read a file of objects.
func NewJSON(w *Window, def glovebox.Source, cols []glovebox.Column, pieces *Pieces) (*jsonSplitter, error) {
	s := &jsonSplitter{w: w, line: 1, pieces: pieces, def: def}
	if pieces != nil {
		var err error
		if s.tree, err = newTree(cols, def.Extra == "ignore"); err != nil {
			return nil, err
		}
	}
	if err := w.skipBOM(); err != nil {
		return nil, err
	}
	if def.At != "" {
		if err := s.enter(def.At); err != nil {
			return nil, err
		}
	}
	c, err := s.peek()
	if err != nil {
		return nil, err
	}
	s.loose = c == '{' && spread(w.rest())
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

// Fill is as in Splitter.
func (s *jsonSplitter) Fill(c *Chunk) (more bool, err error) {
	for !s.done && !c.full() && (s.pieces == nil || !s.pieces.full()) {
		switch {
		case s.array:
			err = s.element(c)
		case s.loose:
			err = s.object(c)
		default:
			err = s.oneLine(c)
		}
		if err != nil {
			return false, err
		}
	}
	c.Read = s.w.used()
	if s.done {
		return false, mostlyForeign(s.foreign, s.row, s.def)
	}
	return true, nil
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *jsonSplitter) peek() (byte, error) {
	for {
		for s.w.pos < len(s.w.buf) {
			switch c := s.w.buf[s.w.pos]; c {
			case ' ', '\t', '\r', '\n':
				if s.w.pos++; c == '\n' {
					s.line++
				}
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

// oneLine reads one line of a file of lines.
func (s *jsonSplitter) oneLine(c *Chunk) error {
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
			c.reject(Position{s.row, s.line, 1}, ReasonLong)
			err := s.w.skipLine()
			s.line++
			s.done = s.w.eof && len(s.w.rest()) == 0
			return err
		}
		row := bytes.TrimSpace(b[:end])
		s.w.pos += min(end+1, len(b))
		if len(row) > 0 {
			s.add(c, row, s.line)
		}
		s.line++
		return nil
	}
}

// element reads one element of an array and the comma or bracket behind it.
func (s *jsonSplitter) element(c *Chunk) error {
	broken := func() error {
		if n := s.w.rest(); bytes.Contains(n[:min(len(n), MaxRowBytes)], []byte("NaN")) || bytes.Contains(n[:min(len(n), MaxRowBytes)], []byte("Infinity")) {
			return glovebox.Errorf(glovebox.CodeInvalid, "the JSON array is broken at its element %d, which begins in line %d: NaN and Infinity are no JSON", s.row+1, s.line).
				WithFix("have it write null for a number that is not there")
		}
		return glovebox.Errorf(glovebox.CodeInvalid, "the JSON array is broken at its element %d, which begins in line %d", s.row+1, s.line).
			WithFix("correct the file, or write one object a line: then only broken lines are rejected")
	}
	if _, err := s.peek(); err != nil { // so that line is the element's first
		return err
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
		last := b[end] == ']'
		s.add(c, row, s.line)
		s.line += int64(bytes.Count(b[:end], []byte("\n")))
		s.w.pos += end + 1
		if last {
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
	if err := s.leave(); err != nil {
		return err
	}
	if c, err := s.peek(); err != nil || c != 0 {
		return glovebox.Errorf(glovebox.CodeInvalid, "something follows the JSON array")
	}
	return nil
}

func (s *jsonSplitter) add(c *Chunk, row []byte, line int64) {
	s.row++
	at := Position{s.row, line, 1}
	if !s.w.isText(row) {
		if c.reject(at, ReasonEncoding); foreign(row, s.def) {
			s.foreign++
		}
		return
	}
	if s.pieces != nil {
		fields, why := s.tree.read(row)
		if why != "" {
			c.reject(at, why)
			return
		}
		s.pieces.add(c, at, fields)
		return
	}
	clean, why := s.obj.clean(row)
	if why != "" {
		c.reject(at, why)
		return
	}
	c.keep(at, clean)
}
