package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/text"
)

// writeCSV writes RFC 4180 with two additions for the spreadsheets that open
// it. A byte order mark comes first: without it Excel reads Chinese text in
// the system's code page. And a text cell that a spreadsheet could take for a
// formula gets an apostrophe in front. A text that starts with an apostrophe
// gets one too, so a reader that drops one leading apostrophe of every quoted
// cell has the value back. Texts are always quoted, numbers never; the column
// names are of a form that needs neither. Lines end in CR LF.
//
// w is handed a row at a time, and nothing is kept: an error is w's own.
func writeCSV(w io.Writer, c *release.Content) error {
	line := []byte("\ufeff")
	for i, col := range c.Columns {
		if i > 0 {
			line = append(line, ',')
		}
		line = append(line, col.Name...)
	}
	if _, err := w.Write(append(line, "\r\n"...)); err != nil {
		return err
	}
	for _, row := range c.Rows {
		line = line[:0]
		for i, v := range row {
			if i > 0 {
				line = append(line, ',')
			}
			switch v := v.(type) {
			case string:
				line = append(line, '"')
				line = append(line, strings.ReplaceAll(text.Cell(v), `"`, `""`)...)
				line = append(line, '"')
			case int64:
				line = strconv.AppendInt(line, v, 10)
			case float64:
				line = append(line, decimal(v)...)
			}
		}
		if _, err := w.Write(append(line, "\r\n"...)); err != nil {
			return err
		}
	}
	return nil
}

// encodeCSV is what writeCSV writes. It writes twice, to know how much it is.
func encodeCSV(c *release.Content) []byte {
	n := counter(0)
	_ = writeCSV(&n, c) // a counter takes all
	b := bytes.NewBuffer(make([]byte, 0, n))
	_ = writeCSV(b, c) // and so does a buffer
	return b.Bytes()
}

// sameCSV says whether data is what writeCSV writes.
func sameCSV(data []byte, c *release.Content) bool {
	left := expected(data)
	return writeCSV(&left, c) == nil && len(left) == 0
}

type counter int64

func (n *counter) Write(p []byte) (int, error) {
	*n += counter(len(p))
	return len(p), nil
}

// expected takes the bytes that it holds, in their order, and nothing else.
type expected []byte

func (e *expected) Write(p []byte) (int, error) {
	rest, ok := bytes.CutPrefix(*e, p)
	if !ok {
		return 0, errOther
	}
	*e = rest
	return len(p), nil
}

var errOther = errors.New("other bytes")

// decimal is the shortest text that reads back as v, as in result.json: an
// exponent only for the very small and the very large.
func decimal(v float64) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // not finite: checkContent lets none through
	}
	return b
}
