package source

import (
	"bytes"
	"encoding/json"
)

// jsonObject makes one JSON object ready for DuckDB: it refuses a name that
// comes twice, of which DuckDB would take the first, and writes numbers as
// texts, because DuckDB reads a number as a double where a text is wanted, and
// 9007199254740993.0 would become another one, 250.00 become 250.0.
type jsonObject struct {
	out   []byte
	names map[string]struct{}
}

// clean returns the object on one line, or why the row is rejected. The result
// is valid until the next call.
func (o *jsonObject) clean(row []byte) ([]byte, Reason) {
	if len(row) == 0 || row[0] != '{' || !json.Valid(row) {
		return nil, ReasonObject
	}
	if o.names == nil {
		o.names = map[string]struct{}{}
	}
	clear(o.names)
	o.out = o.out[:0]
	depth, name := 0, false // name: the next text at depth 1 is a member's name
	for i := 0; i < len(row); {
		switch c := row[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
		case '"':
			to := i + textEnd(row[i:])
			if depth == 1 && name {
				if !o.add(row[i:to]) {
					return nil, ReasonTwice
				}
				name = false
			}
			o.out = append(o.out, row[i:to]...)
			i = to
		case '{', '[', '}', ']', ',', ':':
			switch c {
			case '{', '[':
				depth++
				name = depth == 1
			case '}', ']':
				depth--
			case ',':
				name = depth == 1
			}
			o.out = append(o.out, c)
			i++
		default: // a number, true, false or null
			to := i + 1
			for to < len(row) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(row[to])) {
				to++
			}
			if number := c == '-' || c >= '0' && c <= '9'; number && depth == 1 {
				o.out = append(append(append(o.out, '"'), row[i:to]...), '"')
			} else {
				o.out = append(o.out, row[i:to]...)
			}
			i = to
		}
	}
	return o.out, ""
}

// add remembers a member's name, as it is written in JSON, and says whether it
// is new.
func (o *jsonObject) add(quoted []byte) bool {
	name := string(quoted[1 : len(quoted)-1])
	if bytes.IndexByte(quoted, '\\') >= 0 && json.Unmarshal(quoted, &name) != nil {
		return false
	}
	_, known := o.names[name]
	o.names[name] = struct{}{}
	return !known
}

// textEnd returns the length of the JSON text at the start of b, with its
// quotes.
func textEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}
