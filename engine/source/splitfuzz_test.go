package source

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"testing"

	"glovebox.example/glovebox"
)

// What the splitter keeps is what encoding/csv reads, record for record.
func FuzzSplitCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a,b\r\n\"1\n\",\"2\"\"\"\r\n", "a,b\n\"x", "a,b\n1\n\n\n1,2,3\n\"a\"b,1\n3,4", "\uFEFFa\n\"\"\n,\n", "a,b\n1,\r\n\r2,3\n\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := &Window{r: bytes.NewReader(data), raw: &countReader{}}
		s, err := NewCSV(w, glovebox.Source{}, nil, nil, func([]string, int) (Layout, error) { return Layout{}, nil })
		if err != nil {
			return
		}
		var c Chunk
		more, err := s.Fill(&c)
		if glovebox.CodeOf(err) == glovebox.CodeInvalid { // such as a text of another encoding
			return
		}
		if more || err != nil {
			t.Fatal(more, err)
		}
		r := csv.NewReader(bytes.NewReader(c.Data))
		r.FieldsPerRecord = s.fields
		n := 0
		for ; ; n++ {
			if _, err := r.Read(); err != nil {
				if n != len(c.Rows) || len(c.Data) > 0 && r.InputOffset() != int64(len(c.Data)) {
					t.Fatalf("%d records, %d kept, %v", n, len(c.Rows), err)
				}
				break
			}
		}
		last := int64(0)
		for _, row := range c.Rows {
			if row.Row <= last {
				t.Fatalf("row %d after %d", row.Row, last)
			}
			last = row.Row
		}
		if int64(len(c.Rows)+len(c.Bad)) != s.row {
			t.Fatalf("%d kept, %d bad, %d seen", len(c.Rows), len(c.Bad), s.row)
		}
	})
}

// What the splitter keeps is one valid object a line.
func FuzzSplitJSON(f *testing.F) {
	for _, s := range []string{"{\"a\":1}\n{\"a\":2}\n", "[{\"a\":1},\n{\"a\":\"]\\\"\"}]", "[]", "[[]]", "{\"a\":1}\nx\n[]\n", " [ 1 , {} ] ", "[{}", "{\"a\n\":1}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := &Window{r: bytes.NewReader(data), raw: &countReader{}}
		s, err := NewJSON(w, glovebox.Source{}, nil, nil)
		if err != nil {
			return
		}
		var c Chunk
		_, err = s.Fill(&c)
		if err != nil && glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Fatal(err)
		}
		lines := bytes.Split(c.Data, []byte("\n"))
		if len(lines) != len(c.Rows)+1 || len(lines[len(c.Rows)]) != 0 {
			t.Fatalf("%d lines, %d rows", len(lines), len(c.Rows))
		}
		for _, l := range lines[:len(c.Rows)] {
			var m map[string]any
			if err := json.Unmarshal(l, &m); err != nil || m == nil {
				if e := (*json.UnmarshalTypeError)(nil); !errors.As(err, &e) { // a number out of range
					t.Fatalf("%q: %v", l, err)
				}
			}
		}
	})
}
