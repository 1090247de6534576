package engine

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/rowtest"
)

func TestReadReference(t *testing.T) {
	mem := rowtest.Checked(t)
	read := func(data string, cols []ReferenceColumn) (arrow.RecordBatch, error) {
		return ReadReference(context.Background(), rowtest.TempFile(t, []byte(data)), cols, &ReferenceOptions{Allocator: mem})
	}
	data := "\uFEFF乡镇,code,\"lat, deg\",open\r\n东风,1,30.5,2020-01-01\r\n\"西\"\"山\",2,,\n"
	for _, q := range []struct {
		cols []ReferenceColumn
		want string
	}{
		{nil, "乡镇 code lat, deg open / 东风 1 30.5 2020-01-01 / 西\"山 2 - -"},
		{[]ReferenceColumn{{"open", glovebox.Date}, {"乡镇", glovebox.String}, {"lat, deg", glovebox.Float64}, {"code", glovebox.Int32}}, "open 乡镇 lat, deg code / 2020-01-01 东风 30.5 1 / - 西\"山 - 2"},
		{[]ReferenceColumn{{"code", glovebox.Int64}}, "code / 1 / 2"},
	} {
		b, err := read(data, q.cols)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		var names []string
		for _, f := range b.Schema().Fields() {
			names = append(names, f.Name)
		}
		got = append(got, strings.Join(names, " "))
		for i := range int(b.NumRows()) {
			var vs []string
			for j, c := range b.Columns() {
				if q.cols != nil && !arrow.TypeEqual(c.DataType(), column.ArrowTypes[q.cols[j].Type]) {
					t.Errorf("column %d has type %s", j, c.DataType())
				}
				vs = append(vs, rowtest.Cell(c, i))
			}
			got = append(got, strings.Join(vs, " "))
		}
		b.Release()
		if s := strings.Join(got, " / "); s != q.want {
			t.Errorf("got %s, want %s", s, q.want)
		}
	}
	for name, q := range map[string]struct {
		data string
		cols []ReferenceColumn
		want string
	}{
		"missing":     {data, []ReferenceColumn{{"name", glovebox.String}}, "lacks the column name"},
		"repeated":    {"a,a\n1,2\n", []ReferenceColumn{{"a", glovebox.String}}, "twice"},
		"all twice":   {"a,A\n1,2\n", nil, "column 2"},
		"no name":     {"a,\n1,2\n", nil, "column 2"},
		"type":        {data, []ReferenceColumn{{"乡镇", glovebox.Int32}}, "line 2 of the reference table: type"},
		"later":       {"a\n1\n2\nx\n", []ReferenceColumn{{"a", glovebox.Int32}}, "a: line 4 of the reference table: type"},
		"fields":      {"a\n1\n2,3\n", nil, "line 3 of the reference table: fields"},
		"token":       {data, []ReferenceColumn{{"code", glovebox.Token}}, "columns[0].type"},
		"no columns":  {data, []ReferenceColumn{}, "1 to 512"},
		"empty":       {"", nil, "no header"},
		"many rows":   {"a\n" + strings.Repeat("1\n", MaxReferenceRows+1), nil, "more than 100000 rows"},
		"many bytes":  {string(bytes.Repeat([]byte("a\n"), MaxReferenceBytes/2+1)), nil, "at most 10 MiB"},
		"encoding":    {"a\n\xff\n", nil, "line 2 of the reference table: encoding"},
		"other kind":  {"PK\x03\x04xxxx", []ReferenceColumn{{"a", glovebox.String}}, "is a zip archive, and a public table is CSV in UTF-8 (save it as CSV in UTF-8,"},
		"gb 18030":    {"a\n\xd6\xd0\xce\xc4\n", []ReferenceColumn{{"a", glovebox.String}}, "is text in GB 18030 or GBK, and a public table is CSV in UTF-8 (save it as"},
		"other names": {"b\nx\ny\n", []ReferenceColumn{{"a", glovebox.String}}, "does not name the columns \"a\" (save it as"},
		"delimiter":   {"a;b\nx;y\nz;u\n", []ReferenceColumn{{"a", glovebox.String}}, "a public table is CSV in UTF-8 (save it as"},
		"hidden name": {"#why\n1\n", nil, "reserved"},
	} {
		b, err := read(q.data, q.cols)
		if err == nil {
			b.Release()
		}
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), q.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b, err := read("key\n", nil)
	if err != nil || b.NumRows() != 0 || b.NumCols() != 1 {
		t.Fatalf("no rows: %v, %v", b, err)
	}
	b.Release()
}
