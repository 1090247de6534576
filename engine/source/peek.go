package source

import (
	"context"
	"os"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/engine/source/unpack"
	"glovebox.example/glovebox/value"
)

// PeekedTable is the start of a table that has no record yet.
type PeekedTable struct {
	Source  glovebox.Source // how the file can be read
	Rows    int             // that were looked at
	Columns []Peeked
}

// Peeked is a column of such a table.
type Peeked struct {
	Name  string        // "": the file has no name for it
	Place int           // from 1; 0: of a form whose columns have names
	Type  glovebox.Type // of forms that have types; "": texts
	Texts []string      // that were there, the missing ones left out
	Typed int           // values that are no texts
	Scale int           // of a decimal, as the file declares it
}

// peekCells bounds what is kept of a file that is looked at.
const peekCells = 2_000_000

// Peek reads the first rows of a file of any form, at most so many, and says how
// a record would declare it. hint has what cannot be seen: sheet, table, entry.
func Peek(ctx context.Context, f *os.File, size int64, hint glovebox.Source, most int) (*PeekedTable, error) {
	def := glovebox.Source{Sheet: hint.Sheet, Table: hint.Table, Entry: hint.Entry, Extra: ""}
	head := readHead(f, size)
	if len(head) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file holds nothing").WithFix("export it again; a CSV file holds at least its header")
	}
	k := kindOf(head)
	if k != nil && k.packed == unpack.Zip { // a workbook's own parts tell it from other archives
		if z, err := unpack.ReadZip(f, size); err == nil {
			for _, p := range z.File {
				if strings.HasPrefix(strings.ToLower(p.Name), "xl/") {
					k = &kindOfFile{format: "xlsx"}
					break
				}
			}
		}
	}
	switch {
	case k != nil && k.format != "":
		def.Format = k.format
	case k != nil && k.packed != "":
		def.Compression = k.packed
	case k != nil && (k.sure || k.never || textKind(head) != nil) && !strings.Contains(k.name, "UTF-16"):
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the file is %s", k.name).WithFix("%s", k.fix)
	}
	switch def.Format {
	case "parquet":
		return peekParquet(f, size, def, most)
	case "arrow", "sqlite":
		r, err := OpenTable(ctx, f, size, def)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return collect(def, r.Columns(), r.Width(), most, r.Next)
	case "xlsx":
		return peekSheet(ctx, f, size, def, most)
	}
	return peekText(f, size, def, head, most)
}

// collect takes rows in.
func collect(def glovebox.Source, names []string, width, most int, next func() (*rows.Row, error)) (*PeekedTable, error) {
	t := &PeekedTable{Source: def, Columns: make([]Peeked, width)}
	for i := range names {
		t.Columns[i].Name = strings.TrimSpace(names[i])
	}
	for i := range t.Columns {
		t.Columns[i].Place = i + 1
	}
	kinds := make([]map[rows.Kind]int, width)
	for i := range kinds {
		kinds[i] = map[rows.Kind]int{}
	}
	for t.Rows < most && t.Rows*width < peekCells {
		row, err := next()
		if err != nil {
			return nil, err
		}
		if row == nil {
			break
		}
		t.Rows++
		for i := range t.Columns {
			f, c := &row.Fields[i], &t.Columns[i]
			kinds[i][f.Kind]++
			if f.Kind == rows.Time && f.Int%value.DayMicros == 0 { // a day, as spreadsheets and data frames keep one
				kinds[i][rows.Time]--
				kinds[i][rows.Day]++
			}
			switch {
			case f.Kind == rows.Missing:
			case f.Kind == rows.Text && len(f.Text) <= adviseBytes:
				c.Texts = append(c.Texts, string(f.Text))
			default:
				if v, missing, fault := rows.Cell(nil, &glovebox.Column{Type: glovebox.String}, f); f.Kind != rows.Text && !missing && fault == 0 && v.T != nil {
					c.Texts = append(c.Texts, string(v.T))
				} else {
					c.Typed++
				}
			}
		}
	}
	for i := range t.Columns {
		t.Columns[i].Type = typeOfKinds(kinds[i])
	}
	return t, nil
}

// typeOfKinds is the type of a column whose fields have one; "" where some are
// texts or there are none.
func typeOfKinds(n map[rows.Kind]int) glovebox.Type {
	has := func(k ...rows.Kind) bool {
		return slices.ContainsFunc(k, func(k rows.Kind) bool { return n[k] > 0 })
	}
	switch {
	case has(rows.Text):
		return ""
	case has(rows.Time, rows.Instant):
		return glovebox.DateTime
	case has(rows.Day):
		return glovebox.Date
	case has(rows.Float):
		return glovebox.Float64
	case has(rows.Bool):
		return glovebox.Bool
	}
	return "" // whole numbers and those of sheets are texts of digits here
}
