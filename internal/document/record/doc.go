// Package record reads the documents that people write for a domain (dataset
// records, scenarios, grants, jobs), in YAML or JSON, and says where they are
// wrong.
//
// It promises that a document that Decode accepts fits its JSON Schema and its
// Go type, that every problem of a refused one is reported at once with file,
// line, column, field and what to write instead, and that no text of a problem
// repeats a value of the document: field names and the allowed options are all
// that is printed. Every text shows: none holds a control character, a mark of
// direction or anything else that package text does not let through, as bytes
// or as an escape. Input is bounded in size and depth; aliases, anchors, tags,
// duplicate fields and second documents are refused, and so is all that YAML
// 1.2 forbids or that readers of YAML 1.1 and 1.2 understand in two ways;
// nothing is fetched.
//
// It does not promise that a document makes sense: that a named column exists
// or that a minimum is below its maximum is checked by internal/document/catalog.
package record

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"
)

// Limits of a document. They are fixed: a record is written by hand.
const (
	MaxSize  = 1 << 20 // bytes
	MaxDepth = 64      // lists and maps inside one another
)

// Doc is a parsed document that remembers where each of its parts stands.
type Doc struct {
	file string
	root *node
}

// Parse reads one document. Data that is one JSON value is read as JSON, all
// else as YAML 1.2 with its core scalars in their JSON spelling: dates, yes,
// no, 0x1F, 007 and 1_000 stay texts. File is the name used in errors.
func Parse(file string, data []byte) (*Doc, error) {
	bad := func(line int, msg, fix string) error {
		return &glovebox.Error{Code: glovebox.CodeInvalid, File: file, Line: line, Msg: msg, Fix: fix}
	}
	if len(data) > MaxSize {
		return nil, bad(0, "document is too large", fmt.Sprintf("a document has at most %d bytes", MaxSize))
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return nil, bad(1+bytes.Count(data[:i], []byte("\n")), "document holds a NUL byte", "save it as UTF-8 text")
	}
	if i := invalidUTF8(data); i >= 0 {
		return nil, bad(1+bytes.Count(data[:i], []byte("\n")), "document is not UTF-8", "save it as UTF-8 text")
	}
	if line := loneReturn(data); line > 0 {
		return nil, bad(line, "a line ends in a carriage return alone", "end lines with a line feed (LF or CR LF): save the document again in an editor of today")
	}
	if line, wrong := textFault(data); wrong != "" {
		e := glovebox.Errorf(glovebox.CodeInvalid, "the document %s", wrong).WithFix(text.Advice)
		e.File, e.Line = file, line
		return nil, e
	}
	d := &Doc{file: file}
	p := NewProblems(d)
	if isJSON(data) {
		d.root = fromJSON(data, p)
	} else {
		root, err := fromYAML(file, data, p)
		if err != nil {
			return nil, err
		}
		d.root = root
	}
	d.root.shows(p, nil)
	if err := p.Err(); err != nil {
		return nil, err
	}
	return d, nil
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// loneReturn is the first line that ends in a carriage return without a line feed,
// as those of old Macintosh programs do; 0: none.
func loneReturn(data []byte) int {
	for i, c := range data {
		if c == '\r' && (i+1 == len(data) || data[i+1] != '\n') {
			return 1 + bytes.Count(data[:i], []byte("\n"))
		}
	}
	return 0
}

// File is the name that the document was parsed under.
func (d *Doc) File() string { return d.file }

// Has says whether the document holds a value other than null at p.
func (d *Doc) Has(p Path) bool {
	n, depth := d.find(p)
	return depth == len(p) && n.kind != kindNull
}

// Pos is where the value at p starts, 1-based, or where the nearest part of
// the document around it starts if there is no such value.
func (d *Doc) Pos(p Path) (line, col int) {
	n, _ := d.find(p)
	return n.line, n.col
}

// KeyPos is where the name of the field at p stands, or Pos if p ends in an
// index or is not there.
func (d *Doc) KeyPos(p Path) (line, col int) {
	if len(p) > 0 {
		if name, ok := p[len(p)-1].(string); ok {
			parent, depth := d.find(p[:len(p)-1])
			if i := parent.index(name); depth == len(p)-1 && i >= 0 {
				return parent.keys[i].line, parent.keys[i].col
			}
		}
	}
	return d.Pos(p)
}

// find follows p as far as the document goes and says how far that was.
func (d *Doc) find(p Path) (*node, int) {
	n := d.root
	for i, step := range p {
		var next *node
		switch s := step.(type) {
		case string:
			if j := n.index(s); j >= 0 {
				next = n.items[j]
			}
		case int:
			if n.kind == kindList && s >= 0 && s < len(n.items) {
				next = n.items[s]
			}
		}
		if next == nil {
			return n, i
		}
		n = next
	}
	return n, len(p)
}
