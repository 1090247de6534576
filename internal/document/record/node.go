package record

import (
	"encoding/json"
	"strconv"
)

type kind int

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindText
	kindList
	kindMap
)

// node is a value of a document with its position. For a number, text is its
// JSON spelling.
type node struct {
	kind      kind
	line, col int
	text      string
	truth     bool
	keys      []key   // of a map, one per item
	items     []*node // of a list or a map
	names     map[string]int
}

type key struct {
	name      string
	line, col int
}

// index returns the place of a field in a map, -1 if it is not there.
func (n *node) index(name string) int {
	if i, ok := n.names[name]; ok {
		return i
	}
	return -1
}

// put adds a field to a map and reports a second one of the same name.
func (n *node) put(k key, v *node) (ok bool) {
	if n.names == nil {
		n.names = map[string]int{}
	}
	if _, dup := n.names[k.name]; dup {
		return false
	}
	n.names[k.name] = len(n.items)
	n.keys = append(n.keys, k)
	n.items = append(n.items, v)
	return true
}

// mark says at which byte of the written JSON a scalar ends.
type mark struct {
	end  int
	node *node
}

// appendJSON writes the node as JSON and notes where its scalars end.
func (n *node) appendJSON(b []byte, marks *[]mark) []byte {
	switch n.kind {
	case kindNull:
		b = append(b, "null"...)
	case kindBool:
		b = strconv.AppendBool(b, n.truth)
	case kindNumber:
		b = append(b, n.text...)
	case kindText:
		b = appendText(b, n.text)
	case kindList:
		b = append(b, '[')
		for i, it := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = it.appendJSON(b, marks)
		}
		return append(b, ']')
	case kindMap:
		b = append(b, '{')
		for i, it := range n.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, n.keys[i].name), ':')
			b = it.appendJSON(b, marks)
		}
		return append(b, '}')
	}
	*marks = append(*marks, mark{len(b), n})
	return b
}

func appendText(b []byte, s string) []byte {
	q, err := json.Marshal(s)
	if err != nil { // a string always marshals
		q = []byte(`""`)
	}
	return append(b, q...)
}
