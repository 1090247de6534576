//go:build !glovebox_verify

package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"sync"
	"unicode/utf16"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
)

// What one sheet of a workbook holds, as Excel documents it.
const (
	sheetRows    = 1_048_576
	sheetColumns = 16_384
	cellUnits    = 32_767 // UTF-16 code units of one text
	exactWhole   = 1 << 53
)

// parts of a workbook that are the same in each: one sheet, no styles, no macros,
// no links.
var bookParts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="result" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
}

// encodeXLSX writes one sheet: names in the first row, then the rows. A text is an
// inline string, which no spreadsheet takes for a formula, whatever it begins
// with. It refuses what a sheet would change: whole numbers beyond 2^53, which
// spreadsheets round, texts that are too long, more rows or columns than a sheet
// has. The bytes are the same every time.
func encodeXLSX(c *release.Content) ([]byte, error) {
	if len(c.Rows)+1 > sheetRows || len(c.Columns) > sheetColumns {
		return nil, noSheet("release %s has more rows or columns than a sheet of Excel", c.ID)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range bookParts {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = io.WriteString(w, xml.Header+p.text)
		}
		if err != nil {
			return nil, wrong("release %s cannot be written as XLSX", c.ID)
		}
	}
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, wrong("release %s cannot be written as XLSX", c.ID)
	}
	if err := writeSheet(w, c); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, wrong("release %s cannot be written as XLSX", c.ID)
	}
	return out.Bytes(), nil
}

func writeSheet(w io.Writer, c *release.Content) error {
	line := []byte(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">`)
	var err error
	for _, col := range c.Columns {
		if line, err = textCell(line, col.Name); err != nil {
			return err
		}
	}
	line = append(line, "</row>"...)
	for n, row := range c.Rows {
		if _, err := w.Write(line); err != nil {
			return wrong("release %s cannot be written as XLSX", c.ID)
		}
		line = append(line[:0], `<row r="`...)
		line = append(strconv.AppendInt(line, int64(n)+2, 10), `">`...)
		for i, v := range row {
			switch v := v.(type) {
			case string:
				if line, err = textCell(line, v); err != nil {
					return noSheet("row %d of column %s of release %s has a text that a cell of Excel cannot hold", n+1, c.Columns[i].Name, c.ID)
				}
			case int64:
				if v > exactWhole || v < -exactWhole {
					return noSheet("row %d of column %s of release %s has a number that Excel would round", n+1, c.Columns[i].Name, c.ID)
				}
				line = append(strconv.AppendInt(append(line, "<c><v>"...), v, 10), "</v></c>"...)
			case float64:
				line = append(append(append(line, "<c><v>"...), decimal(v)...), "</v></c>"...)
			}
		}
		line = append(line, "</row>"...)
	}
	if _, err := w.Write(append(line, "</sheetData></worksheet>"...)); err != nil {
		return wrong("release %s cannot be written as XLSX", c.ID)
	}
	return nil
}

// coded is what spreadsheets read as a character's code, in a text.
var coded = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`_(x[0-9A-Fa-f]{4}_)`) })

// textCell adds a text as a cell. It fails for one that would not come back as it
// is: too long, or with a character that XML has not.
func textCell(line []byte, s string) ([]byte, error) {
	units := 0
	for _, r := range s {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return nil, wrong("a character that XML has not")
		}
		units += utf16.RuneLen(r)
	}
	if units > cellUnits {
		return nil, wrong("a text that is too long")
	}
	b := bytes.NewBuffer(append(line, `<c t="inlineStr"><is><t xml:space="preserve">`...))
	if err := xml.EscapeText(b, coded().ReplaceAll([]byte(s), []byte("_x005F_$1"))); err != nil {
		return nil, err
	}
	b.WriteString("</t></is></c>")
	return b.Bytes(), nil
}

func noSheet(format string, a ...any) error {
	return glovebox.Errorf(glovebox.CodeInvalid, format, a...).WithFix("take it as csv or parquet")
}
