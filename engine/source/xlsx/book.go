package xlsx

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/unpack"
)

// Bounds.
const (
	maxPart    = 16 << 20  // of a small part: workbook, relations, styles
	maxShared  = 256 << 20 // of the texts that cells share
	maxSheet   = 8 << 30   // of a sheet's XML
	maxRatio   = 500       // of a part to its packed size, beyond maxPart
	maxColumns = 16_384
	maxMerged  = 100_000
	maxFormats = 100_000
)

const fixSave = "open it in a spreadsheet program and save it again as .xlsx, or the sheet as CSV (UTF-8)"

func damaged() *glovebox.Error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the Excel workbook is damaged, or made in a way that is not read here").WithFix("%s", fixSave)
}

// book is an open workbook.
type book struct {
	parts    map[string]*zip.File
	sheets   []sheetRef
	shared   texts
	formats  []format // by the number of a cell's style
	from1904 bool
}

// sheetRef is a sheet of a workbook.
type sheetRef struct {
	name, part string
	table      bool // no chart or dialog
}

func openBook(f io.ReaderAt, size int64) (*book, error) {
	z, err := unpack.ReadZip(f, size)
	if err != nil {
		return nil, damaged()
	}
	b := &book{parts: map[string]*zip.File{}}
	for _, p := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(p.Name, `\`, "/"), "/"))
		if b.parts[name] != nil {
			return nil, damaged() // two parts of one name: readers differ on which counts
		}
		b.parts[name] = p
	}
	if b.parts["xl/workbook.bin"] != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is a binary Excel workbook (.xlsb)").WithFix("%s", fixSave)
	}
	if b.parts["encryptedpackage"] != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the Excel workbook is encrypted").WithFix("save it without a password")
	}
	main := "xl/workbook.xml"
	root, err := b.relations("")
	if err != nil {
		return nil, err
	}
	for _, r := range root {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			main = r.target("")
		}
	}
	return b, b.workbook(main)
}

// workbook reads the list of sheets and what they share.
func (b *book) workbook(main string) error {
	var doc struct {
		Props struct {
			From1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name string `xml:"name,attr"`
			// In either of the two namespaces that relations have.
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := b.document(main, &doc, true); err != nil {
		return err
	}
	b.from1904 = doc.Props.From1904 == "1" || doc.Props.From1904 == "true"
	rel, err := b.relations(main)
	if err != nil {
		return err
	}
	for _, s := range doc.Sheets {
		ref := sheetRef{name: s.Name}
		for _, a := range s.Attrs {
			if a.Name.Local != "id" {
				continue
			}
			for _, r := range rel {
				if r.ID == a.Value && strings.HasSuffix(r.Type, "/worksheet") {
					ref.part, ref.table = r.target(main), true
				}
			}
		}
		b.sheets = append(b.sheets, ref)
	}
	for _, r := range rel {
		switch {
		case strings.HasSuffix(r.Type, "/sharedStrings"):
			err = b.readShared(r.target(main))
		case strings.HasSuffix(r.Type, "/styles"):
			err = b.readStyles(r.target(main))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// relation is a link from one part to another.
type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
}

// target is the part that a relation of part from names.
func (r relation) target(from string) string {
	t := strings.ReplaceAll(r.Target, `\`, "/")
	if !strings.HasPrefix(t, "/") {
		t = path.Join(path.Dir("/"+from), t)
	}
	return strings.ToLower(strings.TrimPrefix(path.Clean(t), "/"))
}

// relations reads the links of a part; "" is the workbook as a whole.
func (b *book) relations(part string) ([]relation, error) {
	var doc struct {
		List []relation `xml:"Relationship"`
	}
	name := path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
	if part == "" {
		name = "_rels/.rels"
	}
	return doc.List, b.document(name, &doc, part != "")
}

// document reads a small part.
func (b *book) document(name string, doc any, needed bool) error {
	if b.parts[name] == nil && !needed {
		return nil
	}
	r, err := b.open(name, maxPart)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := xml.NewDecoder(r).Decode(doc); err != nil {
		return damagedBy(err)
	}
	return nil
}

// open opens a part of at most so many bytes.
func (b *book) open(name string, most int64) (io.ReadCloser, error) {
	p := b.parts[name]
	if p == nil || p.Flags&1 != 0 {
		return nil, damaged()
	}
	r, err := p.Open()
	if err != nil {
		return nil, damaged()
	}
	return &part{ReadCloser: r, left: min(most, maxPart+maxRatio*int64(min(p.CompressedSize64, 1<<40)))}, nil
}

// part bounds what a part unpacks to.
type part struct {
	io.ReadCloser
	left int64
}

func (p *part) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if p.left -= int64(n); p.left < 0 {
		return 0, tooLarge()
	}
	return n, err
}

func tooLarge() *glovebox.Error {
	return glovebox.Errorf(glovebox.CodeInvalid, "a part of the Excel workbook unpacks to more than is read here").
		WithFix("save the sheet as CSV (UTF-8) and load that")
}

// damagedBy is an error of reading a part, without what it says.
func damagedBy(err error) error {
	if e, ok := errors.AsType[*glovebox.Error](err); ok {
		return e
	}
	return damaged()
}
