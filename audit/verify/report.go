package verify

import (
	"fmt"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"
)

// MaxProblems is how many problems a report lists; more are counted.
const MaxProblems = 10_000

// Report is what a check of a log found. All its texts can be shown on a screen,
// whatever the log, the database and the names of files hold.
type Report struct {
	Origin string // the log's name, from the checkpoint
	Size   uint64 // entries that the checkpoint signs
	Root   string // the signed root hash, base64
	Signed []byte // the checkpoint as it is stored; nil: none that is good
	// Unsigned is how many entries lie in the tree beyond the checkpoint:
	// their writer was killed before it signed them. They are checked like
	// the others, but only the unsigned tree state vouches for them.
	Unsigned uint64
	Read     uint64 // entries read and decoded
	Files    int    // files compared with what the entries make them
	First    string // time of the first entry
	Last     string // time of the last entry
	// Leftovers names temporary files of a writer that was killed. No reader
	// of the log looks at them.
	Leftovers []string
	Problems
}

// Problem is one thing that is wrong.
type Problem struct {
	Where string // file within the folder, "entry N", or a subject
	What  string
}

// String prints "where: what".
func (p Problem) String() string { return p.Where + ": " + p.What }

// Problems is a list of them.
type Problems struct {
	List []Problem
	More int // beyond MaxProblems
}

// OK says that nothing is wrong.
func (p *Problems) OK() bool { return len(p.List) == 0 }

// Err is nil if nothing is wrong, else a CodeInvalid error that counts the
// problems and names the first.
func (p *Problems) Err() error {
	if p.OK() {
		return nil
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "%d problems, the first: %s", len(p.List)+p.More, p.List[0]).
		WithFix("compare with a backup; nothing in the log may be repaired by hand")
}

func (p *Problems) add(where, format string, a ...any) {
	if len(p.List) >= MaxProblems {
		p.More++
		return
	}
	p.List = append(p.List, Problem{text.Printed(where), text.Printed(fmt.Sprintf(format, a...))})
}
