package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
)

// jsonTree reads the fields of a record's columns out of JSON objects, nested
// ones too, as they are written: a number keeps its digits.
type jsonTree struct {
	root   *jsonNode
	ignore bool // fields that no column declares
	cells  []rows.Field
	order  []*rows.Field
	turn   uint64 // of the object that is read
	buf    []byte
}

// jsonNode is an object or a field in one.
type jsonNode struct {
	column int // -1: an object
	fields map[string]*jsonNode
	seen   uint64 // the turn in which it was met last
}

// newTree lays out where the columns are: a source that begins with / is a JSON
// pointer, any other the name of a field of the row.
func newTree(cols []glovebox.Column, ignore bool) (*jsonTree, error) {
	t := &jsonTree{root: &jsonNode{column: -1, fields: map[string]*jsonNode{}}, ignore: ignore, cells: make([]rows.Field, len(cols))}
	for i, c := range cols {
		t.order = append(t.order, &t.cells[i])
		path := []string{c.SourceName()}
		if strings.HasPrefix(path[0], "/") {
			path = strings.Split(path[0][1:], "/")
		}
		at := t.root
		for k, name := range path {
			if strings.HasPrefix(c.SourceName(), "/") {
				name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
			}
			next, last := at.fields[name], k == len(path)-1
			if next != nil && (last || next.column >= 0) {
				return nil, Invalid(fmt.Sprintf("columns[%d].source", i), "another column is read from this field, or from one in it")
			}
			if next == nil {
				next = &jsonNode{column: -1}
				if last {
					next.column = i
				} else {
					next.fields = map[string]*jsonNode{}
				}
				at.fields[name] = next
			}
			at = next
		}
	}
	return t, nil
}

// read returns the fields of a row, or why it is rejected. They are valid until
// the next call.
func (t *jsonTree) read(row []byte) ([]*rows.Field, Reason) {
	if len(row) == 0 || row[0] != '{' || !json.Valid(row) {
		return nil, ReasonObject
	}
	t.turn++
	clear(t.cells)
	t.buf = t.buf[:0]
	_, why := t.object(row, t.root)
	return t.order, why
}

// object reads an object at the start of b, which is valid JSON, and returns
// its length.
func (t *jsonTree) object(b []byte, at *jsonNode) (int, Reason) {
	i := 1
	for {
		i += space(b[i:])
		if b[i] == '}' {
			return i + 1, ""
		}
		if b[i] == ',' {
			i++
			continue
		}
		end := i + textEnd(b[i:])
		name, ok := t.text(b[i:end])
		if !ok {
			return 0, ReasonTwice
		}
		i = end + space(b[end:]) + 1 // the colon
		i += space(b[i:])
		node := at.fields[string(name)]
		n := valueEnd(b[i:])
		switch {
		case node == nil && !t.ignore:
			return 0, ReasonExtra
		case node == nil:
		case node.seen == t.turn:
			return 0, ReasonTwice
		case node.column < 0 && b[i] == '{':
			node.seen = t.turn
			if _, why := t.object(b[i:], node); why != "" {
				return 0, why
			}
		case node.column < 0:
			node.seen = t.turn // null or a scalar: its fields are missing; only null is none
			if string(b[i:i+n]) != "null" {
				return 0, ReasonExtra
			}
		default:
			node.seen = t.turn
			t.field(b[i:i+n], &t.cells[node.column])
		}
		i += n
	}
}

// field reads a value.
func (t *jsonTree) field(b []byte, f *rows.Field) {
	switch b[0] {
	case 'n':
	case 't':
		f.Kind, f.Int = rows.Bool, 1
	case 'f':
		f.Kind = rows.Bool
	case '{', '[':
		f.Kind = rows.Other
	case '"':
		text, ok := t.text(b)
		if f.Kind, f.Text = rows.Text, text; !ok || bytes.IndexByte(text, 0) >= 0 {
			f.Kind, f.Text = rows.Garbled, nil
		}
	default:
		f.Kind, f.Text = rows.Text, b
	}
}

// text reads a JSON text.
func (t *jsonTree) text(b []byte) ([]byte, bool) {
	if inner := b[1 : len(b)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return nil, false
	}
	from := len(t.buf)
	t.buf = append(t.buf, s...)
	return t.buf[from:], true
}

// space counts the white space at the start of b.
func space(b []byte) int {
	for i, c := range b {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return i
		}
	}
	return len(b)
}

// valueEnd is the length of the value at the start of b, which is valid JSON.
func valueEnd(b []byte) int {
	switch b[0] {
	case '"':
		return textEnd(b)
	case '{', '[':
		depth := 0
		for i := 0; i < len(b); i++ {
			switch b[i] {
			case '"':
				i += textEnd(b[i:]) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return len(b)
	}
	for i, c := range b {
		switch c {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return i
		}
	}
	return len(b)
}
