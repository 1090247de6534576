package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// isJSON says whether data is one JSON object or list. YAML reads most of
// JSON, but not its surrogate escapes nor its tabs.
func isJSON(data []byte) bool {
	t := bytes.TrimLeft(data, " \t\r\n")
	return len(t) > 0 && (t[0] == '{' || t[0] == '[') && json.Valid(data)
}

// fromJSON builds nodes of data that isJSON accepted.
func fromJSON(data []byte, ps *Problems) *node {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return (&jsonReader{ps: ps, dec: dec, data: data, line: 1, col: 1}).node(nil, 0)
}

type jsonReader struct {
	ps        *Problems
	dec       *json.Decoder
	data      []byte
	off       int // line and col are those of data[off]
	line, col int
	tooDeep   bool
}

// next returns the next token and where it starts.
func (j *jsonReader) next() (t json.Token, line, col int) {
	to := int(j.dec.InputOffset())
	for to < len(j.data) && bytes.IndexByte([]byte(" \t\r\n,:"), j.data[to]) >= 0 {
		to++
	}
	for j.off < to {
		r, n := utf8.DecodeRune(j.data[j.off:])
		j.off += n
		j.col++
		if r == '\n' {
			j.line, j.col = j.line+1, 1
		}
	}
	t, _ = j.dec.Token() // the data is valid JSON
	return t, j.line, j.col
}

// node reads one value. P is a stack shared by all values being read: it is
// printed at once where a problem is noted, never kept.
func (j *jsonReader) node(p Path, depth int) *node {
	t, line, col := j.next()
	n := &node{line: line, col: col}
	switch v := t.(type) {
	case bool:
		n.kind, n.truth = kindBool, v
	case string:
		n.kind, n.text = kindText, v
	case json.Number:
		s, ok := number(v.String())
		if !ok {
			j.ps.at(line, col, p, numberFix, numberMsg)
		}
		s.line, s.col = line, col
		return &s
	case json.Delim:
		if depth >= MaxDepth {
			if !j.tooDeep {
				j.ps.at(line, col, p, fmt.Sprintf("nest at most %d levels", MaxDepth), "nested too deeply")
				j.tooDeep = true
			}
			j.skip()
			return n
		}
		if v == '[' {
			n.kind = kindList
			for j.dec.More() {
				n.items = append(n.items, j.node(append(p, len(n.items)), depth+1))
			}
		} else {
			n.kind = kindMap
			for j.dec.More() {
				j.field(n, p, depth)
			}
		}
		j.next() // the closing bracket
	}
	return n
}

// skip reads on to the end of a list or map whose bracket is read.
func (j *jsonReader) skip() {
	for open := 1; open > 0; {
		t, err := j.dec.Token()
		switch {
		case err != nil:
			return
		case t == json.Delim('[') || t == json.Delim('{'):
			open++
		case t == json.Delim(']') || t == json.Delim('}'):
			open--
		}
	}
}

func (j *jsonReader) field(n *node, p Path, depth int) {
	t, line, col := j.next()
	name, _ := t.(string) // the data is valid JSON
	q := append(p, name)
	if !n.put(key{name, line, col}, j.node(q, depth+1)) {
		j.ps.at(line, col, q, "keep one of the two", "field "+Name(name)+" is given twice")
	}
}
