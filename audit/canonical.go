package audit

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

// maxDepth is how deep objects and arrays of a body may nest.
const maxDepth = 32

// canonicalObject returns the one form of a JSON object: members sorted by
// the bytes of their names, each name once; no white space; strings with the
// shortest escapes; integers as they are within int64; other numbers as the
// shortest decimal that reads back as the same float64.
func canonicalObject(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 {
		return json.RawMessage("{}"), nil
	}
	if len(raw) > MaxEntry {
		return nil, badEntry("body", "%d bytes, more than %d", len(raw), MaxEntry)
	}
	if !utf8.Valid(raw) {
		return nil, badEntry("body", "not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := canonicalValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, badEntry("body", "not a JSON object")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, badEntry("body", "bytes after its end")
	}
	out, err := encodeJSON(v)
	if err != nil {
		return nil, badEntry("body", "cannot be encoded")
	}
	return out, nil
}

func canonicalValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, badEntry("body", "not JSON")
	}
	switch t := t.(type) {
	case json.Delim:
		if depth == maxDepth {
			return nil, badEntry("body", "nested deeper than %d", maxDepth)
		}
		if t == '{' {
			return canonicalMembers(d, depth+1)
		}
		return canonicalElements(d, depth+1)
	case json.Number:
		return canonicalNumber(string(t))
	case string:
		return t, checkString(t)
	default:
		return t, nil
	}
}

func canonicalMembers(d *json.Decoder, depth int) (any, error) {
	m := map[string]any{}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, badEntry("body", "not JSON")
		}
		name := k.(string) // the decoder lets nothing else stand here
		if err := checkString(name); err != nil {
			return nil, err
		}
		if _, twice := m[name]; twice {
			return nil, badEntry("body", "an object has a member twice")
		}
		if m[name], err = canonicalValue(d, depth); err != nil {
			return nil, err
		}
	}
	return m, closing(d)
}

func canonicalElements(d *json.Decoder, depth int) (any, error) {
	a := []any{}
	for d.More() {
		v, err := canonicalValue(d, depth)
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	return a, closing(d)
}

func closing(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return badEntry("body", "not JSON")
	}
	return nil
}

// checkString refuses the replacement character: the decoder puts it where an
// escape was half a surrogate pair, and two texts must not become one.
func checkString(s string) error {
	if strings.ContainsRune(s, utf8.RuneError) {
		return badEntry("body", "a string has a broken character")
	}
	return nil
}

func canonicalNumber(s string) (json.Number, error) {
	if !strings.ContainsAny(s, ".eE") {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return json.Number(strconv.FormatInt(n, 10)), nil
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		return "", badEntry("body", "a number is out of range")
	}
	if f == 0 {
		return "0", nil
	}
	out, err := json.Marshal(f)
	if err != nil {
		return "", badEntry("body", "a number is out of range")
	}
	if !strings.ContainsAny(string(out), ".e") {
		// An integer after all, such as 1.0 or 1e3: it must not lose digits.
		if n, err := strconv.ParseInt(string(out), 10, 64); err == nil && math.Abs(f) <= 1<<53 {
			return json.Number(strconv.FormatInt(n, 10)), nil
		}
		return "", badEntry("body", "an integer is out of range").WithFix("write it as a string")
	}
	if !strings.ContainsAny(s, ".eE") {
		return "", badEntry("body", "an integer is out of range").WithFix("write it as a string")
	}
	return json.Number(out), nil
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

// internal makes the error of a failure that the user did not cause. The
// cause may name files and sizes; nothing below this package prints entries.
func internal(err error, format string, a ...any) error {
	return glovebox.Errorf(glovebox.CodeInternal, format, a...).Because(err)
}
