package act

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep objects and arrays of what is read here may nest.
const maxDepth = 32

// canonicalObject returns the one form of a JSON object, that of the bodies of
// the log: members sorted by the bytes of their names, each name once; no white
// space; strings with the shortest escapes; integers as they are within int64;
// other numbers as the shortest decimal that reads back as the same float64.
func canonicalObject(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 {
		return json.RawMessage("{}"), nil
	}
	r := reader{file: "act", field: "params", limit: MaxAct, number: canonicalNumber}
	m, err := r.object(raw)
	if err != nil {
		return nil, err
	}
	out, err := encodeJSON(m)
	if err != nil {
		return nil, badAct("params", "cannot be encoded")
	}
	return out, nil
}

// strictObject reads a JSON object that others wrote in a form of their own: of
// at most limit bytes, with no name twice in any object, not even in other case,
// which some readers take for the same.
func strictObject(file string, raw []byte, limit int) (map[string]any, error) {
	r := reader{file: file, limit: limit, fold: true, number: func(s string) (json.Number, string) { return json.Number(s), "" }}
	return r.object(raw)
}

// reader reads one JSON object and refuses what can be read in two ways.
type reader struct {
	file, field string
	limit       int
	fold        bool                                 // names that differ in case alone are one
	number      func(s string) (json.Number, string) // the number's form, or what is wrong with it

	d *json.Decoder
}

func (r *reader) object(raw []byte) (map[string]any, error) {
	if len(raw) > r.limit {
		return nil, refused(r.file, r.field, "%d bytes, more than %d", len(raw), r.limit)
	}
	if !utf8.Valid(raw) {
		return nil, refused(r.file, r.field, "not UTF-8")
	}
	r.d = json.NewDecoder(bytes.NewReader(raw))
	r.d.UseNumber()
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, refused(r.file, r.field, "not a JSON object")
	}
	if _, err := r.d.Token(); err != io.EOF {
		return nil, refused(r.file, r.field, "bytes after its end")
	}
	return m, nil
}

func (r *reader) value(depth int) (any, error) {
	t, err := r.d.Token()
	if err != nil {
		return nil, refused(r.file, r.field, "not JSON")
	}
	switch t := t.(type) {
	case json.Delim:
		if depth == maxDepth {
			return nil, refused(r.file, r.field, "nested deeper than %d", maxDepth)
		}
		if t == '{' {
			return r.members(depth + 1)
		}
		return r.elements(depth + 1)
	case json.Number:
		n, wrong := r.number(string(t))
		if wrong != "" {
			return nil, refused(r.file, r.field, "%s", wrong).WithFix("write it as a string")
		}
		return n, nil
	case string:
		return t, r.text(t)
	default:
		return t, nil
	}
}

func (r *reader) members(depth int) (any, error) {
	m, seen := map[string]any{}, map[string]bool{}
	for r.d.More() {
		k, err := r.d.Token()
		if err != nil {
			return nil, refused(r.file, r.field, "not JSON")
		}
		name := k.(string) // the decoder lets nothing else stand here
		if err := r.text(name); err != nil {
			return nil, err
		}
		once := name
		if r.fold {
			once = folded(name)
		}
		if seen[once] {
			return nil, refused(r.file, r.field, "an object has a member twice")
		}
		seen[once] = true
		if m[name], err = r.value(depth); err != nil {
			return nil, err
		}
	}
	return m, r.closing()
}

func (r *reader) elements(depth int) (any, error) {
	a := []any{}
	for r.d.More() {
		v, err := r.value(depth)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	return a, r.closing()
}

func (r *reader) closing() error {
	if _, err := r.d.Token(); err != nil {
		return refused(r.file, r.field, "not JSON")
	}
	return nil
}

// text refuses the replacement character: the decoder puts it where an escape
// was half a surrogate pair, and two texts must not become one.
func (r *reader) text(s string) error {
	if strings.ContainsRune(s, utf8.RuneError) {
		return refused(r.file, r.field, "a string has a broken character")
	}
	return nil
}

// folded is a name as encoding/json compares it: without case. The way up and
// down again takes along what is beside ASCII: ſ is an s, the Kelvin sign a k.
func folded(s string) string { return strings.ToLower(strings.ToUpper(s)) }

const (
	outOfRange    = "a number is out of range"
	intOutOfRange = "an integer is out of range"
)

func canonicalNumber(s string) (json.Number, string) {
	if !strings.ContainsAny(s, ".eE") {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return json.Number(strconv.FormatInt(n, 10)), ""
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return "", outOfRange
	}
	if f == 0 {
		return "0", ""
	}
	out, err := json.Marshal(f)
	if err != nil {
		return "", outOfRange
	}
	if !strings.ContainsAny(string(out), ".e") {
		// An integer after all, such as 1.0 or 1e3: it must not lose digits.
		if n, err := strconv.ParseInt(string(out), 10, 64); err == nil && math.Abs(f) <= 1<<53 {
			return json.Number(strconv.FormatInt(n, 10)), ""
		}
		return "", intOutOfRange
	}
	if !strings.ContainsAny(s, ".eE") {
		return "", intOutOfRange
	}
	return json.Number(out), ""
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
