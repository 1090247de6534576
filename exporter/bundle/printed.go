package bundle

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"glovebox.example/glovebox/text"
)

// printed is a JSON document whose texts and names can be shown on a screen: the
// same bytes where they all can. What is no JSON comes back as it is.
func printed(raw json.RawMessage) json.RawMessage {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return raw
	}
	v, changed := printedValue(v)
	if !changed && utf8.Valid(raw) {
		return raw
	}
	out, err := json.Marshal(v)
	if err != nil {
		return nil // of what was decoded: it cannot fail
	}
	return out
}

func printedValue(v any) (out any, changed bool) {
	switch v := v.(type) {
	case string:
		s := text.Lines(v)
		return s, s != v
	case []any:
		for i := range v {
			x, other := printedValue(v[i])
			v[i], changed = x, changed || other
		}
		return v, changed
	case map[string]any:
		m := make(map[string]any, len(v))
		for name, x := range v {
			x, other := printedValue(x)
			s := text.Printed(name)
			m[s], changed = x, changed || other || s != name
		}
		return m, changed
	}
	return v, false
}
