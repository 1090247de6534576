package sample_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/author/sample"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/document/files"
)

func record(t testing.TB, text string) *glovebox.Dataset {
	t.Helper()
	rec, err := catalog.ParseDataset("record.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// examples are the records of the examples.
func examples(t testing.TB) map[string]*glovebox.Dataset {
	t.Helper()
	paths, err := filepath.Glob("../../../examples/*/records/*.yaml")
	if err != nil || len(paths) < 5 {
		t.Fatal(paths, err)
	}
	out := map[string]*glovebox.Dataset{}
	for _, p := range append(paths, "../../../examples/pums/dataset.yaml") {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		rec := record(t, string(b))
		out[rec.Code] = rec
	}
	return out
}

func generate(t testing.TB, rec *glovebox.Dataset, o *sample.Options) *sample.Table {
	t.Helper()
	tab, err := sample.Generate(t.Context(), rec, o)
	if err != nil {
		t.Fatalf("%s: %v", rec.Code, err)
	}
	return tab
}

func written(t testing.TB, tab *sample.Table) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tab.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// load loads a file as `dataset load` does and wants every row accepted.
func load(t testing.TB, rec *glovebox.Dataset, data []byte) int64 {
	t.Helper()
	f, err := files.Memory("sample", data)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	res, err := engine.Load(t.Context(), *rec, f, engine.LoadOptions{
		UnitKey: [32]byte{1}, Parts: 1, Create: func(string) (io.WriteCloser, error) { return discard{io.Discard}, nil },
		IdentKey: func(glovebox.Column) [32]byte { return [32]byte{2} },
	})
	if err != nil {
		t.Fatalf("%s: %v", rec.Code, err)
	}
	if res.Report.Rejected != 0 {
		t.Fatalf("%s: rejected %+v", rec.Code, res.Report.First)
	}
	return res.Report.Accepted
}

type discard struct{ io.Writer }

func (discard) Close() error { return nil }

// TestSamplesLoad: what is generated for the examples' records, in their own
// formats, loads without a rejected row: bounds, lists, check digits, keys and
// quality rules hold.
func TestSamplesLoad(t *testing.T) {
	for code, rec := range examples(t) {
		tab := generate(t, rec, &sample.Options{Units: 300, Seed: 7})
		if tab.Dropped != 0 || len(tab.Units()) != 300 {
			t.Errorf("%s: %d rows dropped, %d units", code, tab.Dropped, len(tab.Units()))
		}
		if n := load(t, rec, written(t, tab)); int(n) != len(tab.Rows) {
			t.Errorf("%s: %d of %d rows loaded", code, n, len(tab.Rows))
		}
	}
}

// TestSamplesJoin: the same units, with the same ids, are in all datasets of a
// space, whatever their other columns; and their numbers agree with their
// dates of birth.
func TestSamplesJoin(t *testing.T) {
	all := examples(t)
	want := generate(t, all["population"], nil)
	for _, code := range []string{"elderly", "disability", "health", "settlements"} {
		if got := generate(t, all[code], nil); !slices.Equal(got.Units(), want.Units()) {
			t.Errorf("%s has other units than population", code)
		}
	}
	id, born, sex := want.Column("resident_id"), want.Column("birth_date"), want.Column("sex")
	for i, r := range want.Rows {
		day := strings.ReplaceAll(r[born].Text, "-", "")
		if r[id].Text[6:14] != day || (r[id].Text[16]%2 == 1) != (r[sex].Text == "男") {
			t.Fatalf("row %d: number, date of birth and sex disagree", i)
		}
		if r[id].Text[:2] != "99" {
			t.Fatal("a sample number begins with a region that exists")
		}
	}
}

// TestSampleIsDeterministic: options decide every byte.
func TestSampleIsDeterministic(t *testing.T) {
	for code, rec := range examples(t) {
		a, b := written(t, generate(t, rec, &sample.Options{Seed: 3})), written(t, generate(t, rec, &sample.Options{Seed: 3}))
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two runs differ", code)
		}
		if bytes.Equal(a, written(t, generate(t, rec, &sample.Options{Seed: 4}))) {
			t.Errorf("%s: two seeds give the same", code)
		}
	}
	few, many := generate(t, examples(t)["population"], &sample.Options{Units: 5}), generate(t, examples(t)["population"], &sample.Options{Units: 50})
	if !slices.Equal(few.Units(), many.Units()[:5]) {
		t.Error("a larger sample does not begin with the smaller one")
	}
}

const enterprises = `
code: taxes
title: {zh: 企业纳税}
provider: 市税务局
update: month
source: {format: csv, delimiter: ";", null: ["NULL"]}
unit: {space: enterprise, column: uscc, max_rows: 12}
ledger: {kind: pure, epsilon: 1}
key: [uscc, month]
columns:
  - {name: uscc, source: 统一社会信用代码, type: string, class: identifier, grade: 3, format: cn-uscc}
  - {name: month, type: int32, class: business, grade: 2, min: 1, max: 12}
  - {name: owner, type: string, class: identifier, grade: 4, format: cn-resident-id, nullable: true}
  - {name: phone, type: string, class: personal, grade: 3, format: cn-mobile}
  - {name: boss, type: string, class: personal, grade: 3, format: cn-name}
  - {name: code, type: string, class: business, grade: 2, max_bytes: 2}
  - {name: tax, type: float64, class: business, grade: 3, min: -5, max: 1000000, nullable: true}
  - {name: late, type: bool, class: business, grade: 2}
  - {name: paid, type: date, class: business, grade: 2, max: "1999-12-31"}
  - {name: staff, type: int64, class: business, grade: 2, min: 5}
  - {name: debt, type: int32, class: business, grade: 2, max: -3}
quality:
  - {name: late-pays, check: "not late or tax > 100 or tax is null"}
`

// TestEveryKindOfColumn: formats, one-sided bounds, composite keys, missing
// values and rules.
func TestEveryKindOfColumn(t *testing.T) {
	rec := record(t, enterprises)
	tab := generate(t, rec, &sample.Options{Units: 400})
	if n := load(t, rec, written(t, tab)); int(n) != len(tab.Rows) || len(tab.Rows) < 800 {
		t.Fatalf("%d of %d rows loaded", n, len(tab.Rows))
	}
	nulls := 0
	for _, r := range tab.Rows {
		if r[tab.Column("tax")].Null {
			nulls++
		}
	}
	if nulls == 0 || nulls == len(tab.Rows) {
		t.Errorf("%d of %d values are missing", nulls, len(tab.Rows))
	}
	if tab := generate(t, rec, &sample.Options{Rows: 33}); len(tab.Rows) != 33 {
		t.Errorf("%d rows, not 33", len(tab.Rows))
	}
}

// TestListsOfJobs: a job's public keys become the values of a column that has
// no list of its own, as far as it can hold them.
func TestListsOfJobs(t *testing.T) {
	rec := examples(t)["population"]
	tab := generate(t, rec, &sample.Options{Lists: map[string][]string{"township": {"保安镇", strings.Repeat("长", 30)}, "sex": {"x"}, "name": {"y"}}})
	for _, r := range tab.Rows {
		if r[tab.Column("township")].Text != "保安镇" || r[tab.Column("sex")].Text == "x" || r[tab.Column("name")].Text == "y" {
			t.Fatal("a list went where it should not, or not where it should")
		}
	}
}

// TestWhatCannotBeMade: a rule that nothing meets, and an identifier with too
// few values.
func TestWhatCannotBeMade(t *testing.T) {
	never := strings.Replace(enterprises, "not late or tax > 100 or tax is null", "staff < 0", 1)
	narrow := strings.Replace(enterprises, "type: string, class: identifier, grade: 3, format: cn-uscc", "type: int32, class: identifier, grade: 3, min: 1, max: 9", 1)
	for name, c := range map[string]struct {
		record string
		o      sample.Options
	}{
		"rule":   {never, sample.Options{}},
		"narrow": {narrow, sample.Options{Units: 10}},
		"units":  {enterprises, sample.Options{Units: sample.MaxUnits + 1}},
		"rows":   {enterprises, sample.Options{Rows: -1}},
	} {
		if _, err := sample.Generate(t.Context(), record(t, c.record), &c.o); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if tab := generate(t, record(t, narrow), &sample.Options{Units: 9}); len(tab.Units()) != 9 {
		t.Error("nine ids do not tell nine units apart")
	}
}

// TestReadBack: what is written as CSV is read back as it was.
func TestReadBack(t *testing.T) {
	for code, rec := range examples(t) {
		tab := generate(t, rec, &sample.Options{Units: 20})
		var b bytes.Buffer
		if err := tab.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		back, err := sample.ReadCSV(rec, &b)
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		for i := range tab.Rows {
			for c := range tab.Rows[i] {
				if x, y := tab.Rows[i][c], back.Rows[i][c]; x.Null != y.Null || !x.Null && x.Text != y.Text {
					t.Fatalf("%s: row %d column %d changed", code, i, c)
				}
			}
		}
	}
}

// FuzzReadCSV: no bytes make it panic, and no error holds a value.
func FuzzReadCSV(f *testing.F) {
	rec := record(f, strings.Replace(enterprises, "csv, ", "csv, encoding: gb18030, ", 1))
	f.Add([]byte("a;b\n1;2\n"))
	f.Add([]byte("\uFEFF"))
	f.Add([]byte("\"secretmarker\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		tab, err := sample.ReadCSV(rec, bytes.NewReader(p))
		if err == nil && len(tab.Rows) == 0 {
			t.Fatal("neither rows nor an error")
		}
		if err != nil && strings.Contains(err.Error(), "secretmarker") {
			t.Fatal("an error holds a value")
		}
	})
}

// TestOddRecords: rows of a record whose files are odd have the plain form of
// the record, and load by it.
func TestOddRecords(t *testing.T) {
	rec := glovebox.Dataset{
		Code: "odd", Source: glovebox.Source{Format: "xlsx", Header: "none", Null: []string{"无"}}, Unit: glovebox.Unit{Space: "person", Column: "id", MaxRows: 3}, Ledger: glovebox.LedgerDef{Kind: glovebox.LedgerPure, Epsilon: 1},
		Columns: []glovebox.Column{
			{Name: "id", Source: "号码", Place: 1, Type: glovebox.String, Class: glovebox.ClassIdentifier, Format: "cn-resident-id", MaxBytes: 18, Written: []string{"excel-text"}},
			{Name: "rent", Source: "号码", Place: 2, Type: glovebox.Decimal, Scale: 2, Min: "500", Max: "9999.5", Class: glovebox.ClassPersonal, Written: []string{"currency"}},
			{Name: "seen", Type: glovebox.DateTime, Min: "2024-01-01", Max: "2024-12-31 12:00:00", Class: glovebox.ClassPersonal, Nullable: true, Written: []string{"YYYY/M/D h:m"}},
			{Name: "day", Type: glovebox.Date, Class: glovebox.ClassPersonal, Written: []string{"YYYY年M月D日"}},
			{Name: "loss", Type: glovebox.Decimal, Class: glovebox.ClassPersonal},
		},
		Quality: []glovebox.Quality{{Name: "cheap", Check: "rent < 9000.25 and (seen is null or year(seen) = 2024)"}},
	}
	tab := generate(t, &rec, &sample.Options{Seed: 3, Units: 50})
	if n := load(t, sample.Plain(&rec), written(t, tab)); n < 50 {
		t.Errorf("%d rows", n)
	}
}
