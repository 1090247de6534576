package source

import (
	"bytes"
	"encoding/json"
	"strings"

	"glovebox.example/glovebox"
)

// maxAt is how deep the list of rows stands in a document at most.
const maxAt = 8

// enter goes to the list of rows in a document: through the objects on its way,
// past all else.
func (s *jsonSplitter) enter(path string) error {
	for _, step := range strings.Split(path[1:], "/") {
		step = unpointer.Replace(step)
		c, err := s.peek()
		if err != nil {
			return err
		}
		if c != '{' {
			return s.notThere()
		}
		s.w.pos++
		s.steps = append(s.steps, step)
		for found := false; !found; {
			if c, err = s.peek(); err == nil && c == ',' {
				s.w.pos++
				c, err = s.peek()
			}
			if err != nil {
				return err
			}
			if c != '"' {
				return s.notThere()
			}
			name, err := s.name()
			if err != nil {
				return err
			}
			if c, err = s.peek(); err != nil || c != ':' {
				return s.brokenDocument()
			}
			s.w.pos++
			if found = name == step; !found {
				if err := s.pass(); err != nil {
					return err
				}
			}
		}
	}
	if c, err := s.peek(); err != nil || c != '[' {
		return s.notThere()
	}
	return nil
}

func (s *jsonSplitter) notThere() error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the JSON document has no list of rows where source.at says").WithFix("correct `at`: the names of the fields that lead to the list, such as /data/rows")
}

func (s *jsonSplitter) brokenDocument() error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the JSON document is broken in line %d", s.line).WithFix("export it again; the file may have been cut off on its way")
}

// name reads the name of a field.
func (s *jsonSplitter) name() (string, error) {
	for {
		b := s.w.rest()
		end := textEnd(b)
		if (end < len(b) || s.w.eof) && end >= 2 && b[end-1] == '"' {
			var name string
			if json.Unmarshal(b[:end], &name) != nil {
				return "", s.brokenDocument()
			}
			s.w.pos += end
			return name, nil
		}
		if s.w.eof || len(b) > MaxRowBytes {
			return "", s.brokenDocument()
		}
		if err := s.w.more(); err != nil {
			return "", err
		}
	}
}

// pass goes past one value, however long, by its quotes and brackets alone.
func (s *jsonSplitter) pass() error {
	depth, text, escaped, some := 0, false, false, false
	for {
		b := s.w.rest()
		for i, c := range b {
			if c == '\n' {
				s.line++
			}
			switch {
			case text && escaped:
				escaped = false
			case text:
				escaped, text = c == '\\', c != '"'
			case c == '"':
				text, some = true, true
			case c == '{', c == '[':
				depth++
				some = true
			case depth == 0 && (c == ',' || c == '}' || c == ']'):
				if s.w.pos += i; !some {
					return s.brokenDocument()
				}
				return nil
			case c == '}', c == ']':
				depth--
			case c > ' ':
				some = true
			}
		}
		s.w.pos = len(s.w.buf)
		if s.w.eof {
			return s.brokenDocument()
		}
		if err := s.w.more(); err != nil {
			return err
		}
	}
}

// leave goes to the end of the document behind the list: it must be whole.
func (s *jsonSplitter) leave() error {
	for len(s.steps) > 0 {
		c, err := s.peek()
		switch {
		case err != nil:
			return err
		case c == '}':
			s.w.pos++
			s.steps = s.steps[:len(s.steps)-1]
		case c == ',':
			s.w.pos++
			if c, err := s.peek(); err != nil || c != '"' {
				return s.brokenDocument()
			}
			name, err := s.name()
			if err != nil {
				return err
			}
			if name == s.steps[len(s.steps)-1] { // which of the two has the rows?
				return s.brokenDocument()
			}
			if c, err := s.peek(); err != nil || c != ':' {
				return s.brokenDocument()
			}
			s.w.pos++
			if err := s.pass(); err != nil {
				return err
			}
		default:
			return s.brokenDocument()
		}
	}
	return nil
}

var unpointer = strings.NewReplacer("~1", "/", "~0", "~")

// spread says whether the first object of a file takes several lines, as printed
// ones do: then objects follow one another, whatever the lines.
func spread(b []byte) bool {
	line, _, more := bytes.Cut(b, []byte("\n"))
	line = bytes.TrimSpace(line)
	return more && len(line) > 0 && line[0] == '{' && (len(line) == 1 || line[len(line)-1] == ',' || line[len(line)-1] == '{' || line[len(line)-1] == '[') && !json.Valid(line)
}

// object reads one of objects that follow one another.
func (s *jsonSplitter) object(c *Chunk) error {
	first, err := s.peek()
	if err != nil || first == 0 {
		s.done = true
		return err
	}
	for first == '{' {
		b := s.w.rest()
		end := scanObject(b)
		if end > 0 {
			row := b[:end]
			if len(row) > MaxRowBytes || !s.w.isText(row) || !json.Valid(row) {
				break
			}
			s.add(c, row, s.line)
			s.line += int64(bytes.Count(row, []byte("\n")))
			s.w.pos += end
			if next, err := s.peek(); err != nil || next != ',' {
				return err
			}
			break // a list without brackets
		}
		if s.w.eof || len(b) > MaxRowBytes {
			break
		}
		if err := s.w.more(); err != nil {
			return err
		}
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "the JSON objects are broken at number %d, which begins in line %d", s.row+1, s.line).
		WithFix("correct the file, or write one object a line: then only broken lines are rejected")
}

// scanObject is the length of the object at the start of b, 0 if it does not end
// in it.
func scanObject(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := textEnd(b[i:])
			if i+n >= len(b) {
				return 0
			}
			i += n - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
