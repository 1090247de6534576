package sample

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"glovebox.example/glovebox"
)

// MaxFile is the largest file of rows that is read, in bytes.
const MaxFile = 64 << 20

// ReadCSV reads rows that an author wrote: a CSV file with a header, in the
// record's encoding and with its delimiter where the record is of CSV files,
// as UTF-8 with commas otherwise. Only its form is judged here: whether values
// fit the record is found out when the table is loaded. Errors name lines and
// columns, no values.
func ReadCSV(rec *glovebox.Dataset, r io.Reader) (*Table, error) {
	form := Plain(rec)
	s := form.Source
	if s.Encoding == "gb18030" {
		r = simplifiedchinese.GB18030.NewDecoder().Reader(r)
	}
	c := csv.NewReader(&withoutMark{r: r})
	c.ReuseRecord = true
	if s.Delimiter != "" {
		c.Comma = rune(s.Delimiter[0])
	}
	null := s.Null
	if len(null) == 0 {
		null = []string{""}
	}
	head, err := c.Read()
	if err != nil {
		return nil, csvError(err, 1)
	}
	from, err := match(form, head)
	if err != nil {
		return nil, err
	}
	t := &Table{Record: rec}
	for {
		line, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, csvError(err, len(t.Rows)+2)
		}
		if len(t.Rows) == MaxRows {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file has more than %d rows", MaxRows).WithFix("a sample of some hundred rows shows as much")
		}
		row := make([]Cell, len(from))
		for i, at := range from {
			row[i] = Cell{Text: strings.Clone(line[at]), Null: slices.Contains(null, line[at])}
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file has no row after its header").WithFix("add rows, or let them be generated")
	}
	return t, nil
}

// match finds the record's columns in a header.
func match(rec *glovebox.Dataset, head []string) ([]int, error) {
	var from []int
	var missing []string
	for _, c := range rec.Columns {
		at := slices.Index(head, c.SourceName())
		if at < 0 {
			missing = append(missing, c.SourceName())
		}
		from = append(from, at)
	}
	if len(missing) > 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file lacks the columns %s", strings.Join(missing, ", ")).
			WithFix("`glovebox dataset sample` writes a file with all of them")
	}
	return from, nil
}

// csvError says where a file is not CSV, and not what stands there.
func csvError(err error, row int) error {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		what := "is not CSV: a quote is missing or stands in the wrong place"
		if errors.Is(e, csv.ErrFieldCount) {
			what = "has more or fewer fields than the header"
		}
		return glovebox.Errorf(glovebox.CodeInvalid, "line %d %s", e.Line, what)
	}
	if errors.Is(err, io.EOF) {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file is empty").WithFix("the first line names the columns")
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "the file cannot be read at row %d", row)
}

// withoutMark leaves out the byte order mark that a UTF-8 file may begin with.
type withoutMark struct {
	r    io.Reader
	past bool
}

func (m *withoutMark) Read(p []byte) (int, error) {
	if m.past || len(p) < 3 {
		return m.r.Read(p)
	}
	m.past = true
	n, err := io.ReadFull(m.r, p[:3])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	if n == 3 && string(p[:3]) == "\uFEFF" {
		return 0, err
	}
	return n, err
}
