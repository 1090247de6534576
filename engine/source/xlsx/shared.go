package xlsx

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// texts are many texts in one piece of memory.
type texts struct {
	all []byte
	end []int
}

func (t *texts) at(i int) ([]byte, bool) {
	if i < 0 || i >= len(t.end) {
		return nil, false
	}
	from := 0
	if i > 0 {
		from = t.end[i-1]
	}
	return t.all[from:t.end[i]], true
}

// readShared reads the texts that cells share.
func (b *book) readShared(name string) error {
	r, err := b.open(name, 4*maxShared)
	if err != nil {
		return err
	}
	defer r.Close()
	d := xml.NewDecoder(r)
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return damagedBy(err)
		}
		s, ok := tok.(xml.StartElement)
		if !ok || s.Name.Local != "si" {
			continue
		}
		if b.shared.all, err = richText(d, "si", b.shared.all); err != nil {
			return err
		}
		if len(b.shared.all) > maxShared {
			return tooLarge()
		}
		b.shared.end = append(b.shared.end, len(b.shared.all))
	}
}

// richText appends the text of an element whose runs have formats, up to its
// end. Readings of Chinese and Japanese words (rPh) are no part of it.
func richText(d *xml.Decoder, until string, out []byte) ([]byte, error) {
	from := len(out)
	in, reading := false, 0
	for {
		tok, err := d.RawToken()
		if err != nil {
			return nil, damagedBy(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "rPh":
				reading++
			case "t":
				in = true
			}
		case xml.EndElement:
			switch t.Name.Local {
			case "rPh":
				reading--
			case "t":
				in = false
			case until:
				return append(out[:from], unescape(out[from:])...), nil
			}
		case xml.CharData:
			if in && reading == 0 {
				out = append(out, t...)
			}
		}
		if len(out)-from > maxPart {
			return nil, tooLarge()
		}
	}
}

// unescape reads _xHHHH_, by which a workbook writes characters that XML cannot
// hold.
func unescape(t []byte) []byte {
	if !strings.Contains(string(t), "_x") {
		return t
	}
	out := t[:0:0]
	for i := 0; i < len(t); i++ {
		if v, ok := escaped(t[i:]); ok {
			out = append(out, string(v)...)
			i += 6
			continue
		}
		out = append(out, t[i])
	}
	return out
}

func escaped(t []byte) (rune, bool) {
	if len(t) < 7 || t[0] != '_' || t[1] != 'x' || t[6] != '_' {
		return 0, false
	}
	var v rune
	for _, c := range t[2:6] {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if c < '0' || d < 0 {
			return 0, false
		}
		v = v<<4 | rune(d)
	}
	return v, true
}
