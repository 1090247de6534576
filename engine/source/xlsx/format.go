package xlsx

import (
	"strconv"
	"strings"
)

// format is what the number format of a cell says of its number.
type format struct {
	date bool // a day or a time
	day  bool // with a year, month or day: not a time of day alone
	pad  int  // whole numbers are shown with so many digits at least
}

// styles is the part with the formats.
type styles struct {
	Formats []struct {
		ID   int    `xml:"numFmtId,attr"`
		Code string `xml:"formatCode,attr"`
	} `xml:"numFmts>numFmt"`
	Cells []struct {
		Format int `xml:"numFmtId,attr"`
	} `xml:"cellXfs>xf"`
}

// readStyles reads what format each style of a cell has.
func (b *book) readStyles(name string) error {
	var doc styles
	if err := b.document(name, &doc, true); err != nil {
		return err
	}
	if len(doc.Cells) > maxFormats || len(doc.Formats) > maxFormats {
		return damaged()
	}
	own := map[int]format{}
	for _, f := range doc.Formats {
		own[f.ID] = formatOf(f.Code)
	}
	for _, c := range doc.Cells {
		f, ok := own[c.Format]
		if !ok {
			f = builtIn(c.Format)
		}
		b.formats = append(b.formats, f)
	}
	return nil
}

// builtIn is a format that workbooks know by its number; 27 to 36 and 50 to 58
// are those of Chinese, Japanese and Korean versions.
func builtIn(id int) format {
	switch {
	case id >= 14 && id <= 17, id == 22, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id >= 57 && id <= 58:
		return format{date: true, day: true}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id == 55, id == 56:
		return format{date: true}
	}
	return format{}
}

// formatOf reads a format code: its first section, without texts, colours and
// escapes.
func formatOf(code string) format {
	var f format
	zeros := true
	text := false
	for i := 0; i < len(code); i++ {
		c := code[i]
		switch {
		case c == '"':
			text = !text
			continue
		case text:
			continue
		case c == '\\' || c == '_' || c == '*':
			i++
			zeros = false
			continue
		case c == '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return f
			}
			switch strings.ToLower(code[i+1 : i+end]) { // time that has passed
			case "h", "hh", "m", "mm", "s", "ss":
				f.date = true
			}
			i += end
			continue
		case c == ';':
			if zeros && f.pad > 0 && !f.date {
				return f
			}
			f.pad = 0
			return f
		}
		switch c | 0x20 {
		case 'y', 'd':
			f.date, f.day = true, true
		case 'm': // a month or a minute, as its neighbours say
			f.date = true
			if !strings.ContainsAny(strings.ToLower(code), "hs") {
				f.day = true
			}
		case 'h', 's':
			f.date = true
		case 'g', 'e':
			// General, E+00 and eras: g and e begin no date alone.
			if strings.HasPrefix(strings.ToLower(code[i:]), "general") {
				return format{}
			}
		}
		if c == '0' {
			f.pad++
		} else {
			zeros = false
		}
	}
	if !zeros || f.date {
		f.pad = 0
	}
	return f
}

// styleOf reads a cell's style attribute.
func (b *book) styleOf(s string) format {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n >= len(b.formats) {
		return format{}
	}
	return b.formats[n]
}
