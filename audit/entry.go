package audit

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/canonical"
)

const (
	// Version is the entry format that this package writes and reads.
	Version = 1
	// MaxEntry is the longest encoded entry in bytes. The tile format ends at
	// 65,535; large documents are entered by digest.
	MaxEntry = 60 << 10
	// TimeLayout is the one form of an entry's time: RFC 3339, UTC, to the
	// second. All times have the same width, so they compare as text.
	TimeLayout = "2006-01-02T15:04:05Z"
)

// Entry is one line of the domain's history.
type Entry struct {
	// Seq is the number of the entry in the domain's outbox: 1, 2, 3, ...
	// Its index in the tree is Seq-1.
	Seq uint64
	// Time is when the step was taken, in TimeLayout, never before the time of
	// the entry before it: a writer whose clock went back repeats the last time.
	Time string
	// Actor is the user who took the step; 1 to 128 bytes, no control characters.
	Actor string
	// Action names the step, such as "dataset.add", "job.admit" or "job.charge".
	Action string
	// Subject is what the step was about, "kind/ID", such as "job/7f3a".
	Subject string
	// State is the digest ("sha256:" and 64 hex digits) of the subject's
	// document in the domain database after the step; "" if the step did not
	// change the document.
	State string
	// Body is a JSON object with what else there is to know. Encode puts it
	// into canonical form. nil: {}.
	Body json.RawMessage
}

var (
	actionForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}(\.[a-z][a-z0-9_]{0,31}){1,3}$`)
	})
	subjectForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}/`) })
	stateForm   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(sha256:[0-9a-f]{64})?$`) })
)

// wireEntry is the order of the members in the encoding.
type wireEntry struct {
	V       int             `json:"v"`
	Seq     uint64          `json:"seq"`
	Time    string          `json:"time"`
	Actor   string          `json:"actor"`
	Action  string          `json:"action"`
	Subject string          `json:"subject"`
	State   string          `json:"state"`
	Body    json.RawMessage `json:"body"`
}

// Encode returns the canonical bytes of e (docs/formats/audit-log.md). It
// fails with CodeInvalid and the field at fault if e is not an entry.
func (e *Entry) Encode() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	body, err := canonicalObject(e.Body)
	if err != nil {
		return nil, err
	}
	data, err := canonical.Encode(wireEntry{Version, e.Seq, e.Time, e.Actor, e.Action, e.Subject, e.State, body})
	if err != nil {
		return nil, badEntry("body", "cannot be encoded")
	}
	if len(data) > MaxEntry {
		return nil, badEntry("body", "the entry has %d bytes, more than %d", len(data), MaxEntry).WithFix("enter large documents by digest")
	}
	return data, nil
}

// DecodeEntry reads an entry and accepts only the bytes that Encode makes of
// it. It fails with CodeInvalid.
func DecodeEntry(data []byte) (*Entry, error) {
	if len(data) > MaxEntry {
		return nil, badEntry("", "%d bytes, more than %d", len(data), MaxEntry)
	}
	var w wireEntry
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return nil, badEntry("", "not a JSON object of an entry")
	}
	if w.V != Version {
		return nil, badEntry("v", "version %d is not known", w.V)
	}
	e := &Entry{w.Seq, w.Time, w.Actor, w.Action, w.Subject, w.State, w.Body}
	again, err := e.Encode()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(data, again) {
		return nil, badEntry("", "not in canonical form")
	}
	return e, nil
}

func (e *Entry) check() error {
	switch {
	case e.Seq == 0 || e.Seq > 1<<53:
		return badEntry("seq", "outside 1 to 2^53")
	case !validTime(e.Time):
		return badEntry("time", "not of the form %s", TimeLayout)
	case !validText(e.Actor, 128):
		return badEntry("actor", "not 1 to 128 bytes of UTF-8 without control characters")
	case !actionForm().MatchString(e.Action):
		return badEntry("action", "not of the form area.step")
	case !subjectForm().MatchString(e.Subject) || !validText(e.Subject[strings.IndexByte(e.Subject, '/')+1:], 200):
		return badEntry("subject", "not of the form kind/ID")
	case !stateForm().MatchString(e.State):
		return badEntry("state", `neither empty nor "sha256:" and 64 hex digits`)
	}
	return nil
}

func validTime(s string) bool {
	t, err := time.Parse(TimeLayout, s)
	return err == nil && t.Format(TimeLayout) == s
}

func validText(s string, limit int) bool {
	return s != "" && len(s) <= limit && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

func badEntry(field, format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
	e.File, e.Field = "audit entry", field
	return e
}
