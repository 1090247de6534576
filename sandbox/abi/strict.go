package abi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// maxDepth bounds how deep JSON may nest.
const maxDepth = 16

// object is a decoded JSON object whose fields are taken one by one.
type object struct {
	path   string
	fields map[string]any
}

// failure is what strict decoding panics with; decodeStrict recovers it.
type failure struct{ err *glovebox.Error }

func fail(path, format string, a ...any) {
	e := glovebox.Errorf(glovebox.CodeModule, format, a...)
	e.Field = path
	panic(failure{e})
}

// decodeStrict reads exactly one JSON object: UTF-8, no key twice, nothing
// after it, and hands it to f.
func decodeStrict(data []byte, f func(o *object)) (err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case failure:
			err = e.err
		default:
			panic(e)
		}
	}()
	if !utf8.Valid(data) {
		fail("", "manifest is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v := value(d, "", 0)
	if _, err := d.Token(); err != io.EOF {
		fail("", "something follows the manifest's object")
	}
	o, ok := v.(map[string]any)
	if !ok {
		fail("", "manifest is not a JSON object")
	}
	f(&object{"", o})
	return nil
}

func token(d *json.Decoder, path string) json.Token {
	t, err := d.Token()
	if err != nil {
		fail(path, "not JSON at byte %d", d.InputOffset())
	}
	return t
}

func value(d *json.Decoder, path string, depth int) any {
	if depth > maxDepth {
		fail(path, "nested too deep")
	}
	t := token(d, path)
	switch t {
	case json.Delim('{'):
		o := map[string]any{}
		for d.More() {
			key, _ := token(d, path).(string)
			at := join(path, key)
			if _, twice := o[key]; twice {
				fail(at, "field is there twice")
			}
			o[key] = value(d, at, depth+1)
		}
		token(d, path)
		return o
	case json.Delim('['):
		list := []any{}
		for d.More() {
			list = append(list, value(d, fmt.Sprintf("%s[%d]", path, len(list)), depth+1))
		}
		token(d, path)
		return list
	}
	return t
}

// join makes the path of a field. Names are cut so that an error stays short.
func join(path, key string) string {
	if len(key) > 64 {
		key = key[:64]
	}
	key = fmt.Sprintf("%+q", key)
	key = key[1 : len(key)-1]
	if path == "" {
		return key
	}
	if len(path) > 256 {
		path = path[:256]
	}
	return path + "." + key
}

// take removes a field.
func (o *object) take(key string) (any, string, bool) {
	v, ok := o.fields[key]
	delete(o.fields, key)
	return v, join(o.path, key), ok && v != nil
}

// end fails if a field was not taken.
func (o *object) end() {
	first := ""
	for k := range o.fields {
		if first == "" || k < first {
			first = k
		}
	}
	if len(o.fields) > 0 {
		fail(join(o.path, first), "unknown field")
	}
}

// text takes a required string that matches re.
func (o *object) text(key string, re *regexp.Regexp) string {
	v, at, ok := o.take(key)
	s, isString := v.(string)
	switch {
	case !ok:
		fail(at, "missing")
	case !isString || !re.MatchString(s):
		fail(at, "not a string of the form %s", re)
	}
	return s
}

// integer takes a required integer within [lo, hi].
func (o *object) integer(key string, lo, hi int64) int64 {
	v, at, ok := o.take(key)
	if !ok {
		fail(at, "missing")
	}
	n, err := toInt64(v)
	if err != nil || n < lo || n > hi {
		fail(at, "not an integer from %d to %d", lo, hi)
	}
	return n
}

// boolean takes an optional boolean.
func (o *object) boolean(key string) bool {
	v, at, ok := o.take(key)
	if !ok {
		return false
	}
	b, isBool := v.(bool)
	if !isBool {
		fail(at, "not true or false")
	}
	return b
}

// list takes a list of lo to hi elements. It may be missing if lo is 0.
func (o *object) list(key string, lo, hi int) ([]any, string) {
	v, at, ok := o.take(key)
	if !ok {
		if lo > 0 {
			fail(at, "missing")
		}
		return nil, at
	}
	l, isList := v.([]any)
	if !isList || len(l) < lo || len(l) > hi {
		fail(at, "not a list of %d to %d elements", lo, hi)
	}
	return l, at
}

// objects takes a list of objects and calls f for each.
func (o *object) objects(key string, lo, hi int, f func(*object)) {
	l, at := o.list(key, lo, hi)
	for i, v := range l {
		p := fmt.Sprintf("%s[%d]", at, i)
		fields, ok := v.(map[string]any)
		if !ok {
			fail(p, "not an object")
		}
		e := &object{p, fields}
		f(e)
		e.end()
	}
}

// toInt64 reads an integer from what JSON, YAML or Go code may hold.
func toInt64(v any) (int64, error) {
	switch n := v.(type) {
	case int:
		return int64(n), nil
	case int64:
		return n, nil
	case uint64:
		if n <= math.MaxInt64 {
			return int64(n), nil
		}
	case float64:
		if n == math.Trunc(n) && n >= -(1<<53) && n <= 1<<53 {
			return int64(n), nil
		}
	case json.Number:
		return n.Int64()
	}
	return 0, fmt.Errorf("not an integer")
}

// toFloat64 reads a finite number.
func toFloat64(v any) (float64, error) {
	var f float64
	switch n := v.(type) {
	case int:
		f = float64(n)
	case int64:
		f = float64(n)
	case uint64:
		f = float64(n)
	case float64:
		f = n
	case json.Number:
		var err error
		if f, err = n.Float64(); err != nil {
			return 0, err
		}
	default:
		return 0, fmt.Errorf("not a number")
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("not finite")
	}
	return f, nil
}
