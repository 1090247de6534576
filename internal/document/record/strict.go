package record

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// strict looks at the text of a parsed document for what YAML 1.2 forbids and
// the parser takes: it finds each value by its place, and reads what stands
// there once more.
type strict struct {
	y      *yamlReader
	data   []byte
	starts []int              // where each line begins
	quoted map[int]*yaml.Node // by offset

	line, col, off int // the last place that offset found: nodes come in their order
}

// newStrict indexes data, which holds no line breaks other than CR and LF.
func newStrict(y *yamlReader, data []byte) *strict {
	return &strict{y: y, data: data, starts: lineStarts(data), quoted: map[int]*yaml.Node{}}
}

// lineStarts is where each line begins.
func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, c := range data {
		if c == '\n' || c == '\r' && (i+1 == len(data) || data[i+1] != '\n') {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// offset is where a node's text begins, len(data) for none.
func (s *strict) offset(n *yaml.Node) int {
	if n.Line < 1 || n.Line > len(s.starts) {
		return len(s.data)
	}
	if n.Line != s.line || n.Column < s.col {
		s.line, s.col, s.off = n.Line, 1, s.starts[n.Line-1]
	}
	for ; s.col < n.Column; s.col++ {
		_, size := utf8.DecodeRune(s.data[s.off:])
		s.off += size
	}
	return s.off
}

// lineEnd is where the line that holds offset i ends.
func lineEnd(data []byte, i int) int {
	for i < len(data) && data[i] != '\n' && data[i] != '\r' {
		i++
	}
	return i
}

// at is the byte at an offset, a line feed behind the end.
func (s *strict) at(i int) byte {
	if i < 0 || i >= len(s.data) {
		return '\n'
	}
	return s.data[i]
}

// tagged says whether a tag stands before the node. The parser drops the tag !.
func (s *strict) tagged(n *yaml.Node) bool {
	return n.Style&yaml.TaggedStyle != 0 || s.at(s.offset(n)) == '!'
}

// document checks a whole document.
func (s *strict) document(root *yaml.Node) {
	s.findQuoted(root)
	s.node(root, 0, 0)
}

func (s *strict) findQuoted(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		s.quoted[s.offset(n)] = n
	}
	for _, c := range n.Content {
		s.findQuoted(c)
	}
}

// node checks a value outside of brackets. Indent is how many spaces the lines
// that it goes on in begin with at least.
func (s *strict) node(n *yaml.Node, indent, depth int) {
	at := s.offset(n)
	if depth > MaxDepth || s.at(at) == '&' || s.at(at) == '!' || s.at(at) == '*' {
		return // refused already
	}
	switch {
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		s.closed(n, s.quote(n, at, indent))
	case n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		s.block(n, at, indent)
	case n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle != 0:
		s.closed(n, s.flow(n, at, indent))
		s.plainIn(n)
	case n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode:
		for _, c := range n.Content {
			s.node(c, n.Column, depth+1)
		}
	}
}

func (s *strict) bad(n *yaml.Node, fix, msg string) { s.y.ps.at(n.Line, n.Column, nil, fix, msg) }

// closed checks what follows a closing quote or bracket.
func (s *strict) closed(n *yaml.Node, end int) {
	if s.at(end) == '#' {
		s.bad(n, "put a space before the #", "a comment follows a value without a space")
	}
}

// newline returns the first offset of the next line if a line ends at i, and
// checks that line's indent, unless it is blank or, among brackets, a comment.
func (s *strict) newline(n *yaml.Node, i, indent int, comments bool) (next int, ok bool) {
	if s.at(i) == '\r' && s.at(i+1) == '\n' {
		i++
	}
	i++
	spaces := i
	for s.at(spaces) == ' ' {
		spaces++
	}
	text := spaces
	for s.at(text) == ' ' || s.at(text) == '\t' {
		text++
	}
	c := s.at(text)
	if spaces-i < indent && c != '\n' && c != '\r' && !(comments && c == '#') {
		s.bad(n, "begin these lines with more spaces than the field that the value belongs to", "a value goes on in lines with too little indent")
		return len(s.data), false
	}
	return i, true
}

// quote reads a quoted text from its opening quote and returns where it ends.
func (s *strict) quote(n *yaml.Node, i, indent int) int {
	mark := s.at(i)
	for i++; i < len(s.data); {
		switch c := s.data[i]; {
		case c == mark && c == '\'' && s.at(i+1) == mark:
			i += 2
		case c == mark:
			return i + 1
		case c == '\\' && mark == '"' && s.at(i+1) == '\'':
			s.bad(n, `write ' without the backslash`, "a quoted text holds an escape that YAML does not know")
			i += 2
		case c == '\\' && mark == '"' && s.at(i+1) != '\n' && s.at(i+1) != '\r':
			i += 2
		case c == '\n' || c == '\r':
			var ok bool
			if i, ok = s.newline(n, i, indent, false); !ok {
				return i
			}
		default:
			i++
		}
	}
	return i
}

// flow reads a list or map in brackets and returns where it ends.
func (s *strict) flow(n *yaml.Node, i, indent int) int {
	open, plain, fresh := 0, false, true // fresh: right behind a bracket, comma or quote
	for i < len(s.data) {
		c := s.data[i]
		if q := s.quoted[i]; q != nil && !plain {
			i, fresh = s.quote(q, i, indent), true
			continue
		}
		switch {
		case c == '#' && fresh:
			s.bad(n, "put a space before the #", "a comment follows a value without a space")
			return len(s.data)
		case c == '#' && bytes.IndexByte([]byte(" \t\r\n"), s.at(i-1)) >= 0:
			i = lineEnd(s.data, i)
			plain = false
			continue
		case c == '\n' || c == '\r':
			var ok bool
			if i, ok = s.newline(n, i, indent, true); !ok {
				return i
			}
			fresh = false
			continue
		case c == '[' || c == '{':
			open++
		case c == ']' || c == '}':
			if open--; open == 0 {
				return i + 1
			}
		}
		next := s.at(i + 1)
		switch {
		case c == '?' && !plain && strings.IndexByte(" \t\r\n", next) < 0,
			c == ':' && plain && strings.IndexByte(",[]{}", next) >= 0:
			s.bad(n, "put texts that begin with ? or end with : in quotes", "a text in brackets can be read in two ways")
			return len(s.data)
		case strings.IndexByte(",[]{}", c) >= 0:
			plain, fresh = false, true
		case c == ':' && fresh: // right behind a quoted name
		case c == ' ' || c == '\t':
			fresh = false
			plain = plain && s.at(i-1) != ':'
		default:
			plain, fresh = true, false
		}
		i++
	}
	return i
}

// plainIn checks the plain texts of a list or map in brackets.
func (s *strict) plainIn(n *yaml.Node) {
	for _, c := range n.Content {
		if c.Kind == yaml.ScalarNode && c.Style == 0 && (c.Value == "-" || strings.HasPrefix(c.Value, "- ")) {
			s.bad(c, "put the text in quotes", "a text in brackets is a mark of a list alone")
		}
		s.plainIn(c)
	}
}

// block checks the head of a literal or folded text and the empty lines that
// it begins with.
func (s *strict) block(n *yaml.Node, i, indent int) {
	explicit := false
	for i++; strings.IndexByte("+-123456789", s.at(i)) >= 0; i++ {
		explicit = explicit || s.at(i) >= '1'
	}
	s.closed(n, i)
	if explicit {
		return
	}
	most := 0
	for line := n.Line; line < len(s.starts); line++ {
		text := s.starts[line]
		for s.at(text) == ' ' {
			text++
		}
		spaces := text - s.starts[line]
		if c := s.at(text); c != '\n' && c != '\r' {
			if spaces >= indent && spaces < most {
				s.bad(n, "remove the spaces in the empty lines before the text", "an empty line before a text is indented deeper than the text")
			}
			return
		}
		most = max(most, spaces)
	}
}
