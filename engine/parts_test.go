package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
)

// manyVisits makes rows of visits for a few people, shuffled by seed.
func manyVisits(n int, seed uint64) string {
	rows := make([]string, n)
	for i := range rows {
		h := splitmix64(uint64(i))
		rows[i] = fmt.Sprintf("p%d,%s,%d,%d,2020-01-%02d,%t,%d\n", h%997, []string{"东城", "西城"}[i%2], h>>8%120, i, 1+h>>16%28, h>>30&1 == 0, h>>40%30)
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return visitsHeader + strings.Join(rows, "")
}

// Same rows in another order, other memory limits and part writers: the same
// bytes. Another key: other bytes.
func TestSnapshotIsDeterministic(t *testing.T) {
	v1, v2, v3 := newVault(), newVault(), newVault()
	r1 := mustLoad(t, visits(), manyVisits(20000, 1), testOptions(v1))
	r2 := mustLoad(t, visits(), manyVisits(20000, 2), testOptions(v2))
	if !bytes.Equal(r1.ManifestBytes, r2.ManifestBytes) {
		t.Fatal("the manifest depends on the order of the file")
	}
	for name, b := range v1.files {
		if !bytes.Equal(b.Bytes(), v2.files[name].Bytes()) {
			t.Fatalf("%s differs", name)
		}
	}
	o := testOptions(v3)
	o.UnitKey[0]++
	if r3 := mustLoad(t, visits(), manyVisits(20000, 1), o); bytes.Equal(r3.ManifestBytes, r1.ManifestBytes) {
		t.Fatal("the manifest does not depend on the key")
	}
}

// What the rows of one unit look like depends on that unit alone.
func TestRowOrderWithinUnit(t *testing.T) {
	rowsOf := func(data string) []string {
		v := newVault()
		r := mustLoad(t, visits(), data, testOptions(v))
		var out []string
		for _, row := range readAll(t, v, r.Manifest, PartSpec{Columns: []string{"cost"}, Uncapped: true}) {
			if strings.HasPrefix(row, tokenOf(testKey, "p7")+"|") {
				out = append(out, row)
			}
		}
		return out
	}
	all := manyVisits(20000, 1)
	var only strings.Builder
	for i, line := range strings.SplitAfter(all, "\n") {
		if i == 0 || strings.HasPrefix(line, "p7,") {
			only.WriteString(line)
		}
	}
	a, b := rowsOf(all), rowsOf(only.String())
	if len(a) < 5 || !slices.Equal(a, b) {
		t.Fatalf("with others: %v, alone: %v", a, b)
	}
	if slices.IsSorted(a) {
		t.Fatal("the rows are in the order of their values")
	}
}

// spillFile puts rows aside in a file.
func spillFile(t testing.TB) Spill {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "aside"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestRowsPutAsideAreTheSame: parts have the same bytes whether rows lie in
// memory or aside, and whether a bucket is sorted whole or in pieces, down to
// rows that are equal in all.
func TestRowsPutAsideAreTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	one := strings.Builder{}
	one.WriteString(visitsHeader)
	for i := range 3000 {
		fmt.Fprintf(&one, "p7,东城,%d,,2024-01-01,,\n", i%3*i%100)
	}
	keyed := visits()
	keyed.Key = []string{"person", "cost", "seen"}
	for name, q := range map[string]struct {
		ds   glovebox.Dataset
		data string
	}{"many": {visits(), manyVisits(20000, 1)}, "key": {keyed, manyVisits(20000, 1)}, "one unit": {visits(), one.String()}, "a few": {visits(), manyVisits(3, 1)}} {
		load := func(room, most int64) (map[string]*bytes.Buffer, LoadReport) {
			o, v := testOptions(nil), newVault()
			o.Create, o.Allocator = v.create, rowtest.Checked(t)
			if room == 0 {
				o.Spill, o.Hold = spillFile(t), 1
			}
			if err := o.fill(&q.ds); err != nil {
				t.Fatal(err)
			}
			l, err := newLoader(&q.ds, o)
			if err != nil {
				t.Fatal(err)
			}
			l.sortBytes = most
			if err := l.read(context.Background(), rowtest.TempFile(t, []byte(q.data)), int64(len(q.data))); err != nil {
				t.Fatal(err)
			}
			if _, err := l.write(context.Background()); err != nil {
				t.Fatal(err)
			}
			if spilled := l.aside.blocks > 0; spilled != (room == 0 && len(q.data) > 10_000) {
				t.Fatalf("%s: %d blocks were put aside", name, l.aside.blocks)
			}
			return v.files, l.report
		}
		want, report := load(1<<30, sortBytes)
		for _, most := range []int64{sortBytes, 5000, 300} {
			got, again := load(0, most)
			if !reflect.DeepEqual(again, report) || len(got) != len(want) {
				t.Errorf("%s: %+v, and in memory %+v", name, again, report)
			}
			for f := range want {
				if !bytes.Equal(got[f].Bytes(), want[f].Bytes()) {
					t.Errorf("%s, buckets up to %d bytes: %s differs", name, most, f)
				}
			}
		}
	}
}

func TestLoadLarge(t *testing.T) {
	const n = 200_000
	v := newVault()
	o := testOptions(v)
	o.Allocator = rowtest.Checked(t)
	o.Parts = 64
	var last int64
	o.Progress = func(done, total int64) {
		if done < last || done > total {
			t.Errorf("progress %d after %d of %d", done, last, total)
		}
		last = done
	}
	data := visitsCSV(n)
	// One bad row far into the file: its number must be exact. It takes two lines.
	lines := bytes.SplitAfter(data, []byte("\n"))
	lines[150_000] = []byte("x,\"西\n城\",1,1,2020-01-01,,\n")
	lines[150_001] = []byte("\n")
	lines[160_000] = []byte("x\n")
	lines[170_000] = []byte("x,nowhere,1,1,2020-01-01,,\n")
	r, err := Load(context.Background(), visits(), rowtest.TempFile(t, bytes.Join(lines, nil)), o)
	if err != nil {
		t.Fatal(err)
	}
	want := []Reject{rejected(150_000, "town", source.ReasonValue), rejected(159_999, "", source.ReasonFields), rejected(169_999, "town", source.ReasonValue)}
	if r.Report.Rows != n || !slices.Equal(bare(r.Report), want) || len(r.Manifest.Parts) != 64 || r.Report.First[0].Line != 150_001 || r.Report.First[1].Line != 160_002 {
		t.Fatalf("%+v", r.Report)
	}
	if last == 0 {
		t.Fatal("no progress")
	}
	var units, rows int64
	for i, p := range r.Manifest.Parts {
		rd, err := OpenPart(context.Background(), PartSpec{Manifest: r.Manifest, Index: i, Part: v.open(t, p.Name), Columns: []string{"age"}, Uncapped: true, Allocator: o.Allocator})
		if err != nil {
			t.Fatal(err)
		}
		if err := Units([]array.RecordReader{rd}, func(tok [column.TokenBytes]byte, in [][]Span) error {
			if int(tok[0]>>2) != i {
				t.Fatalf("a token of part %d in part %d", tok[0]>>2, i)
			}
			units++
			for _, s := range in[0] {
				rows += int64(s.To - s.From)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		rd.Release()
	}
	if units != r.Manifest.Units || rows != r.Manifest.Rows || rows != n-1-3 {
		t.Fatalf("%d units of %d, %d rows of %d", units, r.Manifest.Units, rows, r.Manifest.Rows)
	}
}

// Another reader of Parquet sees what docs/formats/snapshot.md says.
func TestPartFormat(t *testing.T) {
	v := newVault()
	r := mustLoad(t, visits(), manyVisits(2000, 1), testOptions(v))
	for name, want := range map[string]string{
		partName(1):   "_unit BLOB, town VARCHAR, age INTEGER, cost DOUBLE, seen DATE, urgent BOOLEAN, doctor BLOB",
		sealedName(1): "_unit BLOB, _row INTEGER, person VARCHAR",
	} {
		f := v.open(t, name)
		d, c, err := duck.Open(context.Background(), duck.SmallMemory, duck.PathOf(f))
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		defer c.Close()
		from := "read_parquet(" + duck.QuoteText(duck.PathOf(f)) + ", file_row_number = true)"
		names, types, err := describe(context.Background(), c, "SELECT * EXCLUDE (file_row_number) FROM "+from)
		if err != nil {
			t.Fatal(err)
		}
		for i := range names {
			names[i] += " " + types[i]
		}
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%s: %s", name, got)
		}
		bad := "SELECT CAST(count(*) AS VARCHAR) || ' ' || CAST(count(*) FILTER (octet_length(_unit) <> 16 OR lag > _unit) AS VARCHAR) FROM (SELECT _unit, lag(_unit) OVER (ORDER BY file_row_number) AS lag FROM " + from + ")"
		if got, _, err := c.Text(context.Background(), bad); err != nil || got != fmt.Sprintf("%d 0", r.Manifest.Parts[1].Rows) {
			t.Errorf("%s: rows and rows out of order: %s, %v", name, got, err)
		}
	}
}

// TestUnitsStayInTheirParts: a part whose units belong to another one is not
// read, although its manifest says that it is the one: who loaded it could have
// spread one unit over several parts, and each would bound it on its own.
func TestUnitsStayInTheirParts(t *testing.T) {
	v := newVault()
	m := *mustLoad(t, visits(), manyVisits(2000, 1), testOptions(v)).Manifest
	m.Parts = slices.Clone(m.Parts)
	name := m.Parts[0].Name
	for _, other := range []int{1, len(m.Parts) - 1} {
		v.files[name] = v.files[m.Parts[other].Name]
		m.Parts[0] = m.Parts[other]
		m.Parts[0].Name = name
		r, err := OpenPart(context.Background(), PartSpec{Manifest: &m, Part: v.open(t, name), Columns: []string{"age"}})
		if err != nil {
			t.Fatal(err)
		}
		for r.Next() {
		}
		if r.Err() == nil {
			t.Errorf("the units of part %d are read as those of part 0", other)
		}
		r.Release()
	}
}

func TestEmptySnapshot(t *testing.T) {
	v := newVault()
	r := mustLoad(t, visits(), visitsHeader, testOptions(v))
	if r.Manifest.Rows != 0 || len(v.files) != 8 {
		t.Fatalf("%+v, %d files", r.Manifest, len(v.files))
	}
	if got := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"person", "age"}, Kept: []string{"person"}}); len(got) != 0 {
		t.Fatal(got)
	}
}

// The caller's writer fails, at every call.
func TestCreateFails(t *testing.T) {
	full := errors.New("no space left")
	data := []byte(manyVisits(300, 1))
	for _, after := range []int{0, 1, 3, 5, 8, 40} {
		for _, at := range []string{"create", "write", "close"} {
			left := after
			o := testOptions(nil)
			o.Allocator = rowtest.Checked(t)
			fail := func(where string) error {
				if where != at {
					return nil
				}
				if left--; left >= 0 {
					return nil
				}
				return full
			}
			o.Parts = 1 // one writer at a time
			o.Create = func(string) (io.WriteCloser, error) { return failing{fail}, fail("create") }
			_, err := Load(context.Background(), visits(), rowtest.TempFile(t, data), o)
			if err != nil && (!errors.Is(err, full) || glovebox.CodeOf(err) != glovebox.CodeInternal) {
				t.Errorf("%s after %d: %v", at, after, err)
			}
			if err == nil && after == 0 {
				t.Errorf("%s after %d: no error", at, after)
			}
		}
	}
}

type failing struct{ fail func(string) error }

func (f failing) Write(p []byte) (int, error) { return len(p), f.fail("write") }
func (f failing) Close() error                { return f.fail("close") }

func TestLoadCancelled(t *testing.T) {
	data := rowtest.TempFile(t, visitsCSV(100_000))
	before := openFiles(t)
	for _, when := range []float64{0, 0.2, 0.6} {
		ctx, cancel := context.WithCancel(context.Background())
		o := testOptions(newVault())
		o.Allocator = rowtest.Checked(t)
		o.Progress = func(done, total int64) {
			if float64(done) >= when*float64(total) {
				cancel()
			}
		}
		if _, err := Load(ctx, visits(), data, o); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled at %g: %v", when, err)
		}
		cancel()
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d files open before, %d after", before, after)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	es, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(es)
}

func TestRecordRefusals(t *testing.T) {
	change := func(f func(*glovebox.Dataset)) glovebox.Dataset {
		d := visits()
		f(&d)
		return d
	}
	cases := map[string]glovebox.Dataset{
		"columns":              change(func(d *glovebox.Dataset) { d.Columns = nil }),
		"columns[1].name":      change(func(d *glovebox.Dataset) { d.Columns[1].Name = `a"b` }),
		"columns[2].name":      change(func(d *glovebox.Dataset) { d.Columns[2].Name = "TOWN" }),
		"columns[3].name":      change(func(d *glovebox.Dataset) { d.Columns[3].Name = "_Unit" }),
		"columns[1].type":      change(func(d *glovebox.Dataset) { d.Columns[1].Type = glovebox.Token }),
		"columns[6].type":      change(func(d *glovebox.Dataset) { d.Columns[6].Type = glovebox.Date }),
		"columns[1].keep":      change(func(d *glovebox.Dataset) { d.Columns[1].Keep = true }),
		"columns[2]":           change(func(d *glovebox.Dataset) { d.Columns[2].Values = []string{"1"} }),
		"columns[1].values":    change(func(d *glovebox.Dataset) { d.Columns[1].Values = make([]string, source.MaxValues+1) }),
		"columns[0].format":    change(func(d *glovebox.Dataset) { d.Columns[0].Format = "cn-passport" }),
		"columns[2].min":       change(func(d *glovebox.Dataset) { d.Columns[2].Min = "1); --" }),
		"columns[3].max":       change(func(d *glovebox.Dataset) { d.Columns[3].Max = "inf" }),
		"columns[4].min":       change(func(d *glovebox.Dataset) { d.Columns[4].Min = "2020-02-30" }),
		"columns[5].max":       change(func(d *glovebox.Dataset) { d.Columns[5].Max = "1" }),
		"source.format":        change(func(d *glovebox.Dataset) { d.Source.Format = "xls" }),
		"source.encoding":      change(func(d *glovebox.Dataset) { d.Source.Encoding = "big5" }),
		"source":               change(func(d *glovebox.Dataset) { d.Source = glovebox.Source{Format: "json", Delimiter: ";"} }),
		"source.delimiter":     change(func(d *glovebox.Dataset) { d.Source.Delimiter = "||" }),
		"unit.column":          change(func(d *glovebox.Dataset) { d.Unit.Column = "town" }),
		"unit.space":           change(func(d *glovebox.Dataset) { d.Unit.Space = "" }),
		"unit.max_rows":        change(func(d *glovebox.Dataset) { d.Unit.MaxRows = 0 }),
		"key[1]":               change(func(d *glovebox.Dataset) { d.Key = []string{"age", "age"} }),
		"max_rejects":          change(func(d *glovebox.Dataset) { d.MaxRejects = 1.5 }),
		"quality[0].check":     change(func(d *glovebox.Dataset) { d.Quality = []glovebox.Quality{{Name: "x", Check: "age > 1) or (true"}} }),
		"columns[1].max_bytes": change(func(d *glovebox.Dataset) { d.Columns[1].MaxBytes = -1 }),
	}
	for _, field := range slices.Sorted(maps.Keys(cases)) {
		_, err := Load(context.Background(), cases[field], rowtest.TempFile(t, []byte(visitsHeader)), testOptions(newVault()))
		e, ok := errors.AsType[*glovebox.Error](err)
		if at := strings.TrimSuffix(field, ".max_bytes"); !ok || e.Code != glovebox.CodeInvalid || e.Field != field && !strings.HasPrefix(e.Field, at) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for name, f := range map[string]func(*LoadOptions){
		"key": func(o *LoadOptions) { o.UnitKey = [32]byte{} }, "parts": func(o *LoadOptions) { o.Parts = 3 }, "create": func(o *LoadOptions) { o.Create = nil },
		"memory": func(o *LoadOptions) { o.Memory = 1 }, "ident": func(o *LoadOptions) { o.IdentKey = nil },
	} {
		o := testOptions(newVault())
		f(&o)
		if _, err := Load(context.Background(), visits(), rowtest.TempFile(t, []byte(visitsHeader)), o); glovebox.CodeOf(err) != glovebox.CodeInternal {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := Load(context.Background(), visits(), r, testOptions(newVault())); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("a pipe: %v", err)
	}
}

// TestOldSnapshotsAreRead: parts of format 1 differ in how tokens were made and
// in nothing that a reader looks at; what no format is is refused.
func TestOldSnapshotsAreRead(t *testing.T) {
	v := newVault()
	r := mustLoad(t, visits(), manyVisits(50, 1), testOptions(v))
	want := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"cost"}})
	for format, good := range map[int]bool{0: false, 1: true, 2: true, 3: false} {
		m := *r.Manifest
		m.Format = format
		b, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeManifest(b)
		if (err == nil) != good {
			t.Errorf("format %d: %v", format, err)
		}
		if good && !slices.Equal(readAll(t, v, got, PartSpec{Columns: []string{"cost"}}), want) {
			t.Errorf("format %d has other rows", format)
		}
	}
}
