package crew

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/engine/filter"
	"glovebox.example/glovebox/internal/worker/role"
)

// TestChannelDeveloperText: filters and tables that are read behind the walls
// give what they give without them, refusals included, from one worker.
func TestChannelDeveloperText(t *testing.T) {
	r := &Reader{}
	defer r.Close()
	cols := loadRecord().Columns
	for _, where := range []string{"cost > 5", "cost between 1 and 2 and phone is not null", "cost >", "secret = 1", "cost + 1", "", strings.Repeat("(", 9000)} {
		got, err := r.Filter(t.Context(), where, cols)
		want, wantErr := filter.Check(t.Context(), where, cols)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || glovebox.CodeOf(err) != glovebox.CodeOf(wantErr) || got.SQL != want.SQL || !slices.Equal(got.Columns, want.Columns) { // what runs is made of SQL where it runs
			t.Errorf("%.20q behind the walls: %v %v\nwithout: %v %v", where, got, err, want, wantErr)
		}
	}
	pid := r.p.Pid()
	for name, text := range map[string]string{"good": "town,n\na,1\n,2\n", "type": "town,n\na,x\n", "column": "town\na\n", "cut": "town,n\n\"a,1\n", "empty": "", "none": "town,n\n", "signs": "town,n\n\"a\"\"b,\t\",-9223372036854775808\n"} {
		path := filepath.Join(t.TempDir(), "t.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		want, wantErr := engine.ReadReference(t.Context(), f, tableColumns(), nil)
		got, err := r.Table(t.Context(), f, tableColumns())
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s behind the walls: %v %v\nwithout: %v %v", name, got, err, want, wantErr)
		}
		if err == nil {
			got.Release()
			want.Release()
		}
	}
	if r.p == nil || r.p.Pid() != pid {
		t.Error("a refusal ended the worker")
	}
}

func tableColumns() []engine.ReferenceColumn {
	return []engine.ReferenceColumn{{Name: "town", Type: glovebox.String}, {Name: "n", Type: glovebox.Int64}}
}

// TestReaderLies: a reader that was broken into neither ends the supervisor nor
// makes it take memory for rows that no table has.
func TestReaderLies(t *testing.T) {
	one := tableColumns()[:1]
	for name, c := range map[string]struct {
		text string
		cols []engine.ReferenceColumn
	}{
		"no columns":         {`{"columns":[]}`, nil},
		"fewer columns":      {`{"columns":[]}`, one},
		"more columns":       {`{"columns":[["a"],["b"]]}`, one},
		"other lengths":      {`{"columns":[["a"],["1","2"]]}`, tableColumns()},
		"a number":           {`{"columns":[[1]]}`, one},
		"a list":             {`{"columns":[[[]]]}`, one},
		"twice":              {`{"columns":[["a"]],"columns":[["b"]]}`, one},
		"something after it": {`{"columns":[["a"]]}{}`, one},
		"cut":                {`{"columns":[["a"]]`, one},
	} {
		if _, err := table([]byte(c.text), c.cols); glovebox.CodeOf(err) != glovebox.CodeInternal {
			t.Errorf("%s: %v", name, err)
		}
	}
	many := []byte(`{"columns":[[` + strings.Repeat(`"",`, 5<<20) + `""]]}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := table(many, one); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Fatalf("too many rows: %v", err)
	}
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > uint64(len(many)) {
		t.Errorf("%d bytes of rows took %d bytes of memory", len(many), after.TotalAlloc-before.TotalAlloc)
	}
	if strict([]byte(`{"sql":""} {"sql":"x"}`), &role.Checked{}) == nil {
		t.Error("a document goes on after its end")
	}
}

// FuzzReaderTable: whatever a reader sends as a table is a table of the asked
// form or an error.
func FuzzReaderTable(f *testing.F) {
	f.Add([]byte(`{"columns":[["a",null],["1","-2"]]}`))
	f.Add([]byte(`{"columns":[["a"],["x"]]}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := table(payload, tableColumns())
		if err != nil {
			return
		}
		asked := tableColumns()
		if int(got.NumCols()) != len(asked) {
			t.Fatalf("%d columns of %d", got.NumCols(), len(asked))
		}
		for i := range int(got.NumCols()) {
			if name := got.ColumnName(i); name != asked[i].Name {
				t.Fatalf("column %d is %q, not %q", i, name, asked[i].Name)
			}
			for row := range int(got.NumRows()) {
				_ = got.Column(i).ValueStr(row)
			}
		}
	})
}
