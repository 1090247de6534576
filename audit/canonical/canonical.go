// Package canonical is the one form of a JSON object in the log: that of the
// bodies of its entries and of the params of acts, which stand in them.
//
// What it reads comes from strangers: sizes are checked before anything is read,
// and errors name fields and never quote a value. audit/verify has a reader of its
// own, since a checker shares no code with what it checks.
package canonical

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// Place is where an object stands, as errors call it, what to do about one that is
// refused, and how many bytes it may have.
type Place struct {
	File, Field, Fix string
	Limit            int
}

// maxDepth is how deep objects and arrays of what is read here may nest.
const maxDepth = 32

// Object returns the one form of a JSON object: members sorted by the bytes of their names, each name once; no white
// space; strings with the shortest escapes; integers as they are within int64;
// other numbers as the shortest decimal that reads back as the same float64. Of
// nothing it makes {}. It fails with CodeInvalid.
func Object(raw json.RawMessage, at Place) (json.RawMessage, error) {
	if len(raw) == 0 {
		return json.RawMessage("{}"), nil
	}
	r := reader{Place: at, number: number}
	m, err := r.object(raw)
	if err != nil {
		return nil, err
	}
	out, err := Encode(m)
	if err != nil {
		return nil, r.refused("cannot be encoded")
	}
	return out, nil
}

// Strict reads a JSON object that others wrote in a form of their own: of
// at most so many bytes, with no name twice in any object, not even in other case,
// which some readers take for the same. It fails with CodeInvalid.
func Strict(raw []byte, at Place) (map[string]any, error) {
	r := reader{Place: at, fold: true, number: func(s string) (json.Number, string) { return json.Number(s), "" }}
	return r.object(raw)
}

// reader reads one JSON object and refuses what can be read in two ways.
type reader struct {
	Place
	fold   bool                                 // names that differ in case alone are one
	number func(s string) (json.Number, string) // the number's form, or what is wrong with it

	d *json.Decoder
}

func (r *reader) object(raw []byte) (map[string]any, error) {
	if len(raw) > r.Limit {
		return nil, r.refused("%d bytes, more than %d", len(raw), r.Limit)
	}
	if !utf8.Valid(raw) {
		return nil, r.refused("not UTF-8")
	}
	r.d = json.NewDecoder(bytes.NewReader(raw))
	r.d.UseNumber()
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, r.refused("not a JSON object")
	}
	if _, err := r.d.Token(); err != io.EOF {
		return nil, r.refused("bytes after its end")
	}
	return m, nil
}

func (r *reader) value(depth int) (any, error) {
	t, err := r.d.Token()
	if err != nil {
		return nil, r.refused("not JSON")
	}
	switch t := t.(type) {
	case json.Delim:
		if depth == maxDepth {
			return nil, r.refused("nested deeper than %d", maxDepth)
		}
		if t == '{' {
			return r.members(depth + 1)
		}
		return r.elements(depth + 1)
	case json.Number:
		n, wrong := r.number(string(t))
		if wrong != "" {
			return nil, r.refused("%s", wrong).WithFix("write it as a string")
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
			return nil, r.refused("not JSON")
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
			return nil, r.refused("an object has a member twice")
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
		return r.refused("not JSON")
	}
	return nil
}

// text refuses the replacement character: the decoder puts it where an escape
// was half a surrogate pair, and two texts must not become one.
func (r *reader) text(s string) error {
	if strings.ContainsRune(s, utf8.RuneError) {
		return r.refused("a string has a broken character")
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

func number(s string) (json.Number, string) {
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

// Encode is the JSON of v: no white space, no HTML escapes.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

func (r *reader) refused(format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
	e.File, e.Field, e.Fix = r.File, r.Field, r.Fix
	return e
}
