package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
)

// notes is a dataset of a person, a note and a number.
func notes() glovebox.Dataset {
	return glovebox.Dataset{
		Code: "notes", Source: glovebox.Source{Format: "csv"}, MaxRejects: 1,
		Unit: glovebox.Unit{Space: "person", Column: "id", MaxRows: 10},
		Columns: []glovebox.Column{
			{Name: "id", Type: glovebox.String, Class: glovebox.ClassIdentifier, Keep: true},
			{Name: "note", Type: glovebox.String, Nullable: true, MaxBytes: source.MaxTextBytes},
			{Name: "n", Type: glovebox.Int32},
		},
	}
}

// loadedIDs loads a file and returns the report and the ids of the rows.
func loadedIDs(t *testing.T, ds glovebox.Dataset, data string) (LoadReport, []string) {
	t.Helper()
	v := newVault()
	r := mustLoad(t, ds, data, testOptions(v))
	var ids []string
	for _, row := range readAll(t, v, r.Manifest, PartSpec{Columns: []string{"id"}, Kept: []string{"id"}, Uncapped: true}) {
		ids = append(ids, row[strings.LastIndex(row, "|")+1:])
	}
	slices.Sort(ids)
	if n := r.Report.Accepted; n != int64(len(ids)) || r.Report.Rows != n+r.Report.Rejected {
		t.Fatalf("%d rows for %+v", len(ids), r.Report)
	}
	return r.Report, ids
}

// TestCellsHideNoRows: a reject counts for every line that it takes, and no
// line inside a cell becomes a row.
func TestCellsHideNoRows(t *testing.T) {
	long := strings.Repeat("长", source.MaxRowBytes/3)
	for _, q := range []struct {
		name, data string
		rejected   int64
		ids        string
	}{
		{"two stray quotes", "a,x,1\nb,\"y,2\nc,z,3\nd,w\"w,4\ne,v,5\n", 3, "a e"},
		{"two stray quotes that fit", "a,x,1\nb,\"y,2\nc,z,3\nd,w\",4\ne,v,5\n", 3, "a e"},
		{"two stray quotes and the right number of fields", "a,1,\"x\nb,2,3\nc,4,y\"\nd,v,5\n", 3, "d"},
		{"a stray quote before a quoted cell", "a,x,1\nb,\"y,2\nc,z,3\nd,\"w\",4\ne,v,5\n", 3, "a e"},
		{"a stray quote before a cell of several lines", "b,\"y,2\nd,\"w\ng,ghost,9\nw\",4\ne,v,5\n", 4, "e"},
		{"a stray quote before a cell that is the last", "b,\"y,2\nd,\"w\ng,ghost,9\nw\",4", 4, ""},
		{"two stray quotes at the start of cells", "a,x,1\nb,\"y,2\nc,z,3\nd,\"w,4\ne,v,5\n", 3, "a e"},
		{"never closed", "a,x,1\nb,\"y,2\nc,z,3\nd,w,4\n", 3, "a"},
		{"a long cell", "a,x,1\nb,\"" + long + "\ng,ghost,9\nh,ghost,9\n" + long + "\",2\ne,v,5\n", 4, "a e"},
		{"a long cell with quotes inside", "a,x,1\nb,\"" + long + "\"\"\ng,\"\"ghost\"\",9\n\",2\ne,v,5\n", 3, "a e"},
		{"a long cell and a quote in the wrong place", "b,\"" + long + "\ng,ghost,9\n\"x,2\ne,v,5\n", 3, "e"},
		{"a long cell that is never closed", "a,x,1\nb,\"" + long + "\ng,ghost,9\n\n" + long, 3, "a"},
		{"a long line", "a,x,1\nb," + long + long + ",2\ne,v,5", 1, "a e"},
		{"a cell too long for its column", "a,x,1\nb,\"" + strings.Repeat("line\n", 1000) + "\",2\ne,v,5\n", 1001, "a e"},
		{"lines of a wrong number", "a,\"x\ny\",z\ne,v,5\n", 2, "e"},
		{"one row between two bad lines", "a,\"x\nb,y,2\nc,w\",3\ne,v,5\n", 3, "e"},
		{"a bare carriage return between two rows", "a,x,1\rb,y,2\ne,v,5\n", 2, "e"},
		{"carriage returns between two stray quotes", "a,\"x,1\rb,y,2\rc,w\",3\ne,v,5\n", 3, "e"},
		{"a carriage return in a reject for its quotes", "a,\"x\rb,y,2\r\nc,\"w\",3\ne,v,5\n", 3, "e"},
		{"a note with commas", "a,\"x\nfirst, second, and third\ny\",1\ne,v,5\n", 0, "a e"},
		{"a note of two lines", "a,\"x\r\n\r\ny, z\",1\ne,v,5\n", 0, "a e"},
	} {
		r, ids := loadedIDs(t, notes(), "id,note,n\n"+q.data)
		if r.Rejected != q.rejected || strings.Join(ids, " ") != q.ids {
			t.Errorf("%s: %+v, %q", q.name, r, ids)
		}
		sum := int64(0)
		for _, n := range r.ByReason {
			sum += n
		}
		if sum != r.Rejected {
			t.Errorf("%s: the reasons add up to %d", q.name, sum)
		}
	}
	if r, _ := loadedIDs(t, notes(), "id,note,n\na,\"x\r\n\r\ny, z\",1\n"); r.Inside != 1 {
		t.Errorf("lines inside a cell: %+v", r)
	}
}

// TestSwallowedLinesFailALoad: 1,490 of 2,000 lines are above any small share.
func TestSwallowedLinesFailALoad(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,note,n\n")
	for i := range 2000 {
		quote := ""
		if i == 9 || i == 1499 {
			quote = `"`
		}
		fmt.Fprintf(&b, "p%d,%snote %d,%d\n", i, quote, i, i)
	}
	ds := notes()
	ds.MaxRejects = 0.01
	_, err := Load(context.Background(), ds, rowtest.TempFile(t, []byte(b.String())), testOptions(newVault()))
	var re *RejectsError
	if !errors.As(err, &re) || re.Report.Rejected != 1491 || re.Report.Rows != 2000 || re.Report.First[0] != (Reject{Row: 10, Line: 11, Lines: 1491, Reason: source.ReasonQuote}) ||
		!strings.Contains(err.Error(), "first at line 11, with 1491 lines") {
		t.Fatalf("%v, %+v", err, re)
	}
}

// TestStrayQuotesAmongBadLines: two stray quotes hide no rows because a line
// between them, or each other one, is wrong itself.
func TestStrayQuotesAmongBadLines(t *testing.T) {
	row := func(i int) string { return fmt.Sprintf("p%d,note,%d\n", i, i) }
	for _, q := range []struct {
		name, first, last string
		between           func(i int) string
		rejected          int64
	}{
		{"one short line", "a,\"x,1\n", "z,y\",1\n", func(i int) string { return []string{row(i), "x\n"}[max(0, i-148)] }, 152},
		{"one long line", "a,\"x,1\n", "z,y\",1\n", func(i int) string { return []string{row(i), "a,b,c,d\n"}[max(0, i-148)] }, 152},
		{"two bad of three", "a,\"x,1\n", "z,y\",1\n", func(i int) string { return []string{row(i), "x\n", "a,b,c,d\n"}[i%3] }, 152},
		{"only bad lines", "a,\"x,1\n", "z,y\",1\n", func(int) string { return "x\n" }, 152},
		{"bad at both ends", "a,\"x\n", "y\",1\n", func(i int) string { return []string{row(i), "x\n", "a,b,c,d\n"}[i%3] }, 152},
		{"few rows and bad ends", "a,\"x\n", "y\",1\n", func(i int) string { return []string{row(i), "x\n"}[min(1, i/15)] }, 152},
		{"one row and bad ends", "a,\"x\n", "y\",1\n", func(i int) string { return []string{row(i), "x\n"}[min(1, i)] }, 152},
		{"one row, and only the last end bad", "a,\"x,1\n", "y\",1\n", func(i int) string { return []string{"x\n", row(i)}[i/149] }, 152},
		{"a list in a note", "a,\"x\n", "y\",1\n", func(i int) string { return []string{"p, q, and r\n", "x\n"}[min(1, i/15)] }, 0},
	} {
		var b strings.Builder
		for i := range 150 {
			b.WriteString(q.between(i))
		}
		r, ids := loadedIDs(t, notes(), "id,note,n\n"+q.first+b.String()+q.last+"e,v,5\n")
		if want := "e"; r.Rejected != q.rejected || r.ByReason[source.ReasonQuote] != q.rejected || q.rejected > 0 && strings.Join(ids, " ") != want {
			t.Errorf("%s: %d rejected, %d lines inside, %q", q.name, r.Rejected, r.Inside, ids)
		}
	}
}

// TestLinesAreThoseOfTheFile: every form of a file, with what shifts rows
// against lines, and a column that has another name in the file.
func TestLinesAreThoseOfTheFile(t *testing.T) {
	ds := notes()
	ds.Columns = slices.Clone(ds.Columns)
	ds.Columns[2].Source = "数"
	for _, q := range []struct {
		format, data string
		line         int64
	}{
		{"csv", "\r\n\nid,note,数\n\na,\"x\n\ny\",1\n\nb,x,?\n", 9},
		{"json", "\n{\"id\":\"a\",\"数\":1}\n\n{\"id\":\"b\",\"数\":\"?\"}\n", 4},
		{"json", "\n[\n{\"id\":\"a\",\n\"数\":1}\n,\n\n{\"id\":\"b\",\n\"数\":\"?\"}]\n", 7},
	} {
		ds.Source.Format = q.format
		r, ids := loadedIDs(t, ds, q.data)
		want := Reject{Row: 2, Line: q.line, Column: "n", Source: "数", Reason: source.ReasonType}
		if len(ids) != 1 || len(r.First) != 1 || r.First[0] != want {
			t.Errorf("%q: %+v", q.data, r)
		}
	}
}

// TestIdentifiersAreTrimmedFirst: white space around an id counts neither for
// its length nor for its token, its original or its key.
func TestIdentifiersAreTrimmedFirst(t *testing.T) {
	ds := notes()
	ds.Columns = slices.Clone(ds.Columns)
	ds.Columns[0].MaxBytes = 3
	ds.Key = []string{"id"}
	r, ids := loadedIDs(t, ds, "id,note,n\n  abc \t ,x,1\n\u3000甲\u00a0\u2003,x,2\n甲,x,3\nabcd,x,4\n \u3000 ,x,5\n\"\n\t\u2028ab\v\",x,6\n")
	if !slices.Equal(ids, []string{"ab", "abc", "甲"}) || !slices.Equal(bare(r), []Reject{rejected(3, "", source.ReasonDuplicate), rejected(4, "id", source.ReasonMaxBytes), rejected(5, "id", source.ReasonNull)}) {
		t.Fatalf("%q, %+v", ids, r)
	}
}
