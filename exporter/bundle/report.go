package bundle

import (
	"encoding/json"
	"fmt"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"
)

// Report is what Verify found. All its texts can be shown on a screen, whatever
// the bundle holds: what does not show in them is written out (package text).
type Report struct {
	Domain      string
	Key         string // "name+hash+key" that everything was checked against
	Fingerprint string // of that key, for people to compare
	Trusted     bool   // the key is Options.TrustedKey, not the bundle's own
	Release     string
	Content     string // digest of the content
	Index       uint64 // of the decision's entry in the log
	Rows        int
	Columns     int
	Product     glovebox.Product
	Decision    glovebox.Decision
	Receipt     glovebox.Receipt
	Facts       json.RawMessage
	Failures    []Failure
}

// Failure is one thing that is wrong with a bundle.
type Failure struct {
	File string
	What string
}

// String prints "file: what".
func (f Failure) String() string { return f.File + ": " + f.What }

// OK says that nothing is wrong.
func (r *Report) OK() bool { return len(r.Failures) == 0 }

// Err is nil if nothing is wrong, else a CodeInvalid error with every failure.
func (r *Report) Err() error {
	if r.OK() {
		return nil
	}
	var all []string
	for _, f := range r.Failures {
		all = append(all, f.String())
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "the bundle does not verify: %s", strings.Join(all, "; ")).
		WithFix("get it again from where it was exported; nothing in it may be edited")
}

func (r *Report) fail(file, format string, a ...any) {
	r.Failures = append(r.Failures, Failure{text.Printed(file[:min(len(file), 200)]), text.Printed(fmt.Sprintf(format, a...))})
}
