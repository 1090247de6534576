package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxEntry   = 60 << 10
	maxDepth   = 32
	timeLayout = "2006-01-02T15:04:05Z"
)

// Entry is a decoded entry of the log.
type Entry struct {
	Index   uint64
	Seq     uint64
	Time    string
	Actor   string
	Action  string
	Subject string
	State   string
	Body    []byte
	Raw     []byte // the bytes that were hashed
}

// decodeEntry reads the bytes of an entry. It wants the eight members in their
// order, no white space, and members of objects below sorted and unique.
func decodeEntry(raw []byte) (*Entry, error) {
	if len(raw) > maxEntry {
		return nil, errors.New("longer than an entry may be")
	}
	if !utf8.Valid(raw) {
		return nil, errors.New("not UTF-8")
	}
	var tight bytes.Buffer
	if err := json.Compact(&tight, raw); err != nil {
		return nil, errors.New("not JSON")
	}
	if !bytes.Equal(tight.Bytes(), raw) {
		return nil, errors.New("not in canonical form: white space")
	}
	w := walker{d: json.NewDecoder(bytes.NewReader(raw))}
	w.d.UseNumber()
	w.open()
	e := &Entry{Raw: raw}
	if v := w.number("v"); w.err == nil && v != 1 {
		return nil, errors.New("unknown version")
	}
	e.Seq = w.number("seq")
	e.Time = w.text("time")
	e.Actor = w.text("actor")
	e.Action = w.text("action")
	e.Subject = w.text("subject")
	e.State = w.text("state")
	e.Body = w.object("body", raw)
	w.close()
	if w.err != nil {
		return nil, w.err
	}
	if t, err := time.Parse(timeLayout, e.Time); err != nil || t.Format(timeLayout) != e.Time {
		return nil, errors.New("malformed time")
	}
	kind, id, ok := strings.Cut(e.Subject, "/")
	if e.Actor == "" || e.Action == "" || !ok || kind == "" || id == "" {
		return nil, errors.New("actor, action or subject is missing")
	}
	if strings.ContainsFunc(e.Actor+e.Action+e.Subject, unicode.IsControl) {
		return nil, errors.New("control characters in actor, action or subject")
	}
	if e.State != "" && !isDigest(e.State) {
		return nil, errors.New("malformed state digest")
	}
	return e, nil
}

func isDigest(s string) bool {
	hex, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}

// walker reads members one by one and keeps the first error.
type walker struct {
	d   *json.Decoder
	err error
}

func (w *walker) fail(what string) {
	if w.err == nil {
		w.err = errors.New(what)
	}
}

func (w *walker) token() json.Token {
	if w.err != nil {
		return nil
	}
	t, err := w.d.Token()
	if err != nil {
		w.fail("not JSON")
		return nil
	}
	return t
}

func (w *walker) open() {
	if w.token() != json.Delim('{') {
		w.fail("not a JSON object")
	}
}

func (w *walker) close() {
	if w.token() != json.Delim('}') {
		w.fail("more members than an entry has")
	}
	if w.err != nil {
		return
	}
	if _, err := w.d.Token(); err != io.EOF {
		w.fail("bytes after the end")
	}
}

func (w *walker) member(name string) json.Token {
	if w.token() != json.Token(name) {
		w.fail("member " + name + " is not in its place")
	}
	return w.token()
}

func (w *walker) text(name string) string {
	s, ok := w.member(name).(string)
	if !ok {
		w.fail("member " + name + " is not a string")
	}
	return s
}

func (w *walker) number(name string) uint64 {
	s, ok := w.member(name).(json.Number)
	if !ok {
		w.fail("member " + name + " is not a number")
		return 0
	}
	n, err := strconv.ParseUint(string(s), 10, 64)
	if err != nil {
		w.fail("member " + name + " is not a whole number")
	}
	return n
}

func (w *walker) object(name string, raw []byte) []byte {
	if w.member(name) != json.Delim('{') {
		w.fail("member " + name + " is not an object")
		return nil
	}
	start := w.d.InputOffset() - 1
	w.members(1)
	if w.err != nil {
		return nil
	}
	return raw[start:w.d.InputOffset()]
}

// members walks an object that is already open, to its end.
func (w *walker) members(depth int) {
	last, first := "", true
	for w.err == nil && w.d.More() {
		name, ok := w.token().(string)
		if !ok || (!first && name <= last) {
			w.fail("not in canonical form: members are not sorted and unique")
			return
		}
		last, first = name, false
		w.value(depth)
	}
	w.token()
}

func (w *walker) value(depth int) {
	d, ok := w.token().(json.Delim)
	if !ok || w.err != nil {
		return
	}
	if depth == maxDepth {
		w.fail("nested too deep")
		return
	}
	if d == '{' {
		w.members(depth + 1)
		return
	}
	for w.err == nil && w.d.More() {
		w.value(depth + 1)
	}
	w.token()
}
