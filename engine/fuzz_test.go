//go:build duckdb_arrow

package engine

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

// What the checker lets through is a fixed point, and DuckDB runs it over
// extreme values without an error.
func FuzzCheckFilter(f *testing.F) {
	for _, s := range []string{
		"age > 5 and town = 'x'", "1) FROM x --", "age in (1,2,3) or urgent", "seen between '2020-01-01' and date '2021-01-01'", "case when age > 1 then urgent else null end",
		"try_cast(town as bigint) * -cost % 3 >= length(trim(town))", "year(seen) = 2020 and town like '%a'", "try_cast(cost / 0 as varchar) = try_cast(try_cast(town as boolean) as varchar) or least(cost % age, 1) in (0 / 0, age * (1 / cost))", "coalesce(age, big, 1.5) < greatest(cost, 1e10)", "person = doctor or person is null",
		"repeat(town, 99) = ''", "(select 1) = 1", "age > 1; select 1", "lower(town) in ('a', 'b''c')", "x -> y", "age::int > 1", "\"select\" = 0x10", "a.b.c", "$1", "-(-(-(1))) = age", "not not urgent is true",
	} {
		f.Add(s)
	}
	c := filterConn(f)
	if err := c.exec(context.Background(), `CREATE TABLE x AS SELECT * FROM (VALUES ('', 0, 0, 0.0::DOUBLE, DATE '1970-01-01', true, NULL::BLOB, '\x00'::BLOB, 1),
		('-9223372036854775808', 2147483647, 9223372036854775807, 1.7e308, DATE '9999-12-31', false, '\xFF'::BLOB, '\xFF'::BLOB, 2), ('infinity', -2147483648, -9223372036854775808, -1.7e308, DATE '0001-01-01', NULL, '\x00'::BLOB, NULL, 3),
		('2020-02-30', -1, -1, 5e-324, DATE '2020-02-29', true, NULL, NULL, NULL), ('a%_\é城', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) t(town, age, big, cost, seen, urgent, person, doctor, "select")`); err != nil {
		f.Fatal(err)
	}
	types := storedTypes(filterColumns)
	f.Fuzz(func(t *testing.T, s string) {
		ctx := context.Background()
		got, err := c.checkFilter(ctx, s, types)
		if err != nil {
			if glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		again, err := c.checkFilter(ctx, got.SQL, types)
		if err != nil && len(got.SQL) <= MaxFilterBytes && !strings.Contains(err.Error(), "deeper than") || err == nil && (again.SQL != got.SQL || !slices.Equal(again.Columns, got.Columns)) {
			t.Fatalf("%q: canonical %s becomes %s, %v", s, got.SQL, again.SQL, err)
		}
		if _, _, err := c.text(ctx, "SELECT CAST(count(*) FILTER ("+got.run+") AS VARCHAR) FROM x"); err != nil {
			t.Fatalf("%q: %s fails on a row: %v", s, got.SQL, err)
		}
	})
}

// A load of any bytes ends, blames the file and nothing else, accounts for
// every row and keeps what it accepted. DuckDB and the splitter see the same
// rows.
func FuzzLoadCSV(f *testing.F) {
	for _, s := range []string{
		visitsHeader + "a,东城,7,1.5,2020-01-31,true,12\n", visitsHeader + "a,\"O'Hare\",+08,-1e3,2020-02-29,0,\r\n\r\nb", "\uFEFF" + visitsHeader + "\"a\"\"b\",\"东\n城\",1,,2020-01-01,,\n",
		"person,town\n", "", visitsHeader + "a\x00,,,,,,\n,\xff,,,,,\n\"a\"b,,,,,,\n\"", visitsHeader + ",,,,,,\n\n\n,,,,,,\r,\n",
		visitsHeader + "'a',#x,\\,1_0,infinity,t,9223372036854775808\n",
	} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte, gb bool) {
		if len(data) > 1<<16 {
			return
		}
		p := filepath.Join(dir, "fuzz.csv")
		if err := os.WriteFile(p, data, 0o600); err != nil {
			t.Fatal(err)
		}
		src, err := os.Open(p)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		ds := visits()
		ds.Columns[1].Values, ds.Columns[1].Nullable = nil, true
		if gb {
			ds.Source.Encoding = "gb18030"
		}
		o := testOptions(newVault())
		o.Parts = 1
		r, err := Load(context.Background(), ds, src, o)
		if err != nil {
			if glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Fatal(err)
			}
			return
		}
		if r.Report.Rows != r.Report.Accepted+r.Report.Rejected || r.Manifest.Rows != r.Report.Accepted {
			t.Fatalf("%+v", r.Report)
		}
	})
}

// What the splitter keeps is what encoding/csv reads, record for record.
func FuzzSplitCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a,b\r\n\"1\n\",\"2\"\"\"\r\n", "a,b\n\"x", "a,b\n1\n\n\n1,2,3\n\"a\"b,1\n3,4", "\uFEFFa\n\"\"\n,\n", "a,b\n1,\r\n\r2,3\n\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := &window{r: bytes.NewReader(data), raw: &countReader{}}
		s, err := newCSV(w, "", func([]string) error { return nil })
		if err != nil {
			return
		}
		var c chunk
		if more, err := s.fill(&c); more || err != nil {
			t.Fatal(more, err)
		}
		r := csv.NewReader(bytes.NewReader(c.data))
		r.FieldsPerRecord = s.fields
		n := 0
		for ; ; n++ {
			if _, err := r.Read(); err != nil {
				if n != len(c.rows) || len(c.data) > 0 && r.InputOffset() != int64(len(c.data)) {
					t.Fatalf("%d records, %d kept, %v", n, len(c.rows), err)
				}
				break
			}
		}
		last := int64(0)
		for _, row := range c.rows {
			if row.row <= last {
				t.Fatalf("row %d after %d", row.row, last)
			}
			last = row.row
		}
		if int64(len(c.rows)+len(c.bad)) != s.row {
			t.Fatalf("%d kept, %d bad, %d seen", len(c.rows), len(c.bad), s.row)
		}
	})
}

// What the splitter keeps is one valid object a line.
func FuzzSplitJSON(f *testing.F) {
	for _, s := range []string{"{\"a\":1}\n{\"a\":2}\n", "[{\"a\":1},\n{\"a\":\"]\\\"\"}]", "[]", "[[]]", "{\"a\":1}\nx\n[]\n", " [ 1 , {} ] ", "[{}", "{\"a\n\":1}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := &window{r: bytes.NewReader(data), raw: &countReader{}}
		s, err := newJSON(w)
		if err != nil {
			return
		}
		var c chunk
		_, err = s.fill(&c)
		if err != nil && glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Fatal(err)
		}
		lines := bytes.Split(c.data, []byte("\n"))
		if len(lines) != len(c.rows)+1 || len(lines[len(c.rows)]) != 0 {
			t.Fatalf("%d lines, %d rows", len(lines), len(c.rows))
		}
		for _, l := range lines[:len(c.rows)] {
			var m map[string]any
			if err := json.Unmarshal(l, &m); err != nil || m == nil {
				if e := (*json.UnmarshalTypeError)(nil); !errors.As(err, &e) { // a number out of range
					t.Fatalf("%q: %v", l, err)
				}
			}
		}
	})
}

// A manifest that decodes encodes to the same bytes.
func FuzzDecodeManifest(f *testing.F) {
	r := mustLoad(f, visits(), visitsHeader+"a,东城,7,1.5,2020-01-31,true,12\n", testOptions(newVault()))
	f.Add(r.ManifestBytes)
	ds := visits()
	ds.Columns[0].Keep = false
	f.Add(mustLoad(f, ds, visitsHeader, testOptions(newVault())).ManifestBytes)
	f.Add([]byte(`{"format":1,"dataset":"","space":"","unit":"u","max_rows":1,"columns":[{"name":"u","type":"token"}],"rows":0,"units":0,"parts":[{"name":"part-0000.parquet","bytes":0,"sha256":"` + strings.Repeat("0", 64) + `","rows":0,"units":0}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := DecodeManifest(data)
		if err != nil {
			if glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Fatal(err)
			}
			return
		}
		b, err := m.Encode()
		if err != nil || !bytes.Equal(b, data) {
			t.Fatalf("%q becomes %q, %v", data, b, err)
		}
	})
}
