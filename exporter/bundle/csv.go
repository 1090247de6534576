package bundle

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/text"
)

// encodeCSV writes RFC 4180 with two additions for the spreadsheets that open
// it. A byte order mark comes first: without it Excel reads Chinese text in
// the system's code page. And a text cell that a spreadsheet could take for a
// formula gets an apostrophe in front. A text that starts with an apostrophe
// gets one too, so a reader that drops one leading apostrophe of every quoted
// cell has the value back. Texts are always quoted, numbers never; the column
// names are of a form that needs neither. Lines end in CR LF.
func encodeCSV(c *release.Content) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	for i, col := range c.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(col.Name)
	}
	b.WriteString("\r\n")
	for _, row := range c.Rows {
		for i, v := range row {
			if i > 0 {
				b.WriteByte(',')
			}
			switch v := v.(type) {
			case string:
				b.WriteString(`"` + strings.ReplaceAll(harmless(v), `"`, `""`) + `"`)
			case int64:
				b.WriteString(strconv.FormatInt(v, 10))
			case float64:
				b.Write(decimal(v))
			}
		}
		b.WriteString("\r\n")
	}
	return b.Bytes()
}

// decimal is the shortest text that reads back as v, as in result.json: an
// exponent only for the very small and the very large.
func decimal(v float64) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // not finite: checkContent lets none through
	}
	return b
}

// harmless puts an apostrophe before a text that a spreadsheet could take for a
// formula, and before one that begins with an apostrophe.
func harmless(s string) string {
	if strings.HasPrefix(s, "'") || text.Formula(s) {
		return "'" + s
	}
	return s
}
