package crew

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/engine/source"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/text"
)

// maxText bounds what a loader says about an error, in bytes.
const maxText = 1000

// validReport says whether a report can be shown.
func validReport(r *engine.LoadReport) bool {
	if len(r.First) > engine.MaxFirstRejects || len(r.ByReason) > maxReasons || r.Rows < 0 || r.Accepted < 0 || r.Rejected < 0 {
		return false
	}
	for why := range r.ByReason {
		if clean(string(why)) != string(why) {
			return false
		}
	}
	for _, f := range r.First {
		if clean(f.Column) != f.Column || clean(f.Source) != f.Source || clean(string(f.Reason)) != string(f.Reason) {
			return false
		}
	}
	return true
}

// maxReasons is more than there are reasons to reject a row.
const maxReasons = 64

// refusal is the error that a loader sent.
func refusal(payload []byte) error {
	var doc role.Refused
	if err := strict(payload, &doc); err != nil {
		return jail.ErrFrame
	}
	if e := doc.Rejects; e != nil {
		if !validReport(&e.Report) || clean(e.Dataset) != e.Dataset || len(e.Advice) > 2*source.MaxColumns {
			return jail.ErrFrame
		}
		for _, a := range e.Advice {
			if clean(a) != a {
				return jail.ErrFrame
			}
		}
		return e
	}
	if doc.Code != glovebox.CodeInvalid {
		doc.Code = glovebox.CodeInternal
	}
	e := &glovebox.Error{Code: doc.Code, Field: clean(doc.Field), Col: max(doc.Col, 0), Msg: clean(doc.Msg)}
	if doc.Fix != "" {
		return e.WithFix("%s", clean(doc.Fix))
	}
	return e
}

// strict decodes one JSON document, which ends where the payload does.
func strict(payload []byte, doc any) error {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(doc); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return jail.ErrFrame
	}
	return nil
}

// clean makes a worker's text fit to print.
func clean(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxText)], "?")
	return strings.Map(func(c rune) rune {
		if !text.Shown(c) {
			return '?'
		}
		return c
	}, s)
}
