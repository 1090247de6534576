package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"golang.org/x/text/encoding/simplifiedchinese"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
)

// enterprises is a dataset with every format and a key.
func enterprises() glovebox.Dataset {
	text := func(name, format string) glovebox.Column {
		return glovebox.Column{Name: name, Type: glovebox.String, Class: glovebox.ClassSensitive, Nullable: true, Format: format, MaxBytes: 60}
	}
	d := glovebox.Dataset{
		Code:       "enterprises",
		Source:     glovebox.Source{Format: "csv"},
		Unit:       glovebox.Unit{Space: "enterprise", Column: "uscc", MaxRows: 10},
		MaxRejects: 1,
		Key:        []string{"uscc", "year"},
		Columns: []glovebox.Column{
			text("uscc", "cn-uscc"), {Name: "year", Type: glovebox.Int32, Min: "1990", Max: "2030"},
			text("boss", "cn-name"), text("id", "cn-resident-id"), text("phone", "cn-mobile"),
			{Name: "short", Type: glovebox.String, Nullable: true, MaxBytes: 4},
		},
		Quality: []glovebox.Quality{
			{Name: "boss-has-phone", Check: "boss is null or phone is not null"},
			{Name: "old", Check: "year > 1990 or short is null"},
		},
	}
	d.Columns[0].Class, d.Columns[0].Nullable = glovebox.ClassIdentifier, false
	d.Columns[3].Class = glovebox.ClassIdentifier
	return d
}

const uscc = "91350100M000100Y43"

func TestRejectReasons(t *testing.T) {
	rows := []struct {
		line string
		want source.Reason
		at   string
	}{
		{uscc + ",2001,张三,11010519491231002X,13800138000,甲", "", ""},
		{strings.ToLower(uscc) + " ,2002,阿卜杜拉·买买提,11010519491231002x,,", source.ReasonQuality, "boss-has-phone"},
		{uscc + ",2001,,,,", source.ReasonDuplicate, ""},
		{strings.ToLower(uscc) + ",02001,,,,", source.ReasonDuplicate, ""},
		{uscc[:17] + "4,2002,,,,", source.ReasonFormat, "uscc"},
		{" ,2002,,,,", source.ReasonNull, "uscc"},
		{",2002,,,,", source.ReasonNull, "uscc"},
		{uscc + ",,,,,", source.ReasonNull, "year"},
		{uscc + ",20o3,,,,", source.ReasonType, "year"},
		{uscc + ",2003.0,,,,", source.ReasonType, "year"},
		{uscc + ",2_003,,,,", source.ReasonType, "year"},
		{uscc + ",0x7D3,,,,", source.ReasonType, "year"},
		{uscc + ",99999999999,,,,", source.ReasonType, "year"},
		{uscc + ",1989,,,,", source.ReasonBounds, "year"},
		{uscc + ",2031,,,,", source.ReasonBounds, "year"},
		{uscc + ",2003,张,,13800138000,", source.ReasonFormat, "boss"},
		{uscc + ",2003,张·,,13800138000,", source.ReasonFormat, "boss"},
		{uscc + ",2003,Zhang,,13800138000,", source.ReasonFormat, "boss"},
		{uscc + ",2003,,110105194912310021,,", source.ReasonFormat, "id"},
		{uscc + ",2003,,110105194902300020,,", source.ReasonFormat, "id"},
		{uscc + ",2003,,,12800138000,", source.ReasonFormat, "phone"},
		{uscc + ",2003,,,1380013800,", source.ReasonFormat, "phone"},
		{uscc + ",2003,,,,甲乙", source.ReasonMaxBytes, "short"},
		{uscc + ",1990,,,,x", source.ReasonQuality, "old"},
		{uscc + ",2003,,,", source.ReasonFields, ""},
		{uscc + ",2003,,,,,", source.ReasonFields, ""},
		{"   ", source.ReasonFields, ""},
		{uscc + ",2003,\"a\"b,,,", source.ReasonQuote, ""},
		{uscc + ",2003,a\"b,,,", source.ReasonQuote, ""},
		{uscc + ",2003,\xff,,,", source.ReasonEncoding, ""},
		{uscc + ",2003,a\x00b,,,", source.ReasonEncoding, ""},
		{uscc + ",2003,,,,a\r\r", source.ReasonEncoding, ""},
		{uscc + ",2003,,,," + strings.Repeat("x", source.MaxRowBytes), source.ReasonLong, ""},
		{uscc + ",2004,,,,\"a\nb\"", "", ""},
		{uscc + ",2004,,,,", source.ReasonDuplicate, ""},
		{uscc + ",2005,,,,\"\"", "", ""},
		{"\"" + uscc + ",2006,,,,", source.ReasonQuote, ""},
	}
	var data strings.Builder
	data.WriteString("\uFEFFuscc,year,boss,id,phone,short\n")
	var want []Reject
	byReason := map[source.Reason]int64{}
	for i, r := range rows {
		data.WriteString(r.line + []string{"\n", "\r\n", "\n\n"}[i%3])
		if r.want != "" {
			want = append(want, rejected(int64(i+1), r.at, r.want))
			byReason[r.want]++
		}
	}
	res := mustLoad(t, enterprises(), data.String(), testOptions(newVault()))
	for i, w := range want {
		if i >= len(res.Report.First) || bare(res.Report)[i] != w {
			t.Fatalf("reject %d: got %+v, want %+v (line %.60q)", i, res.Report.First[i:min(i+1, len(res.Report.First))], w, rows[w.Row-1].line)
		}
	}
	r := res.Report
	if r.Rows != int64(len(rows)) || r.Rejected != int64(len(want)) || r.Accepted != r.Rows-r.Rejected || len(r.First) != len(want) || res.Manifest.Rows != r.Accepted {
		t.Fatalf("report %+v", r)
	}
	for why, n := range byReason {
		if r.ByReason[why] != n {
			t.Errorf("%s: %d, want %d", why, r.ByReason[why], n)
		}
	}
}

func TestRejectLimit(t *testing.T) {
	ds := visits()
	data := visitsHeader + "a,东城,1,,2020-01-01,,\na,nowhere,2,,2020-01-01,,\na,东城,3,,2020-01-01,,\na,东城,-4,,2020-01-01,,\n"
	for share, ok := range map[float64]bool{0: false, 0.49: false, 0.5: true, 1: true} {
		v := newVault()
		ds.MaxRejects = share
		_, err := Load(context.Background(), ds, rowtest.TempFile(t, []byte(data)), testOptions(v))
		if ok != (err == nil) {
			t.Fatalf("share %g: %v", share, err)
		}
		if ok {
			continue
		}
		var re *RejectsError
		if !errors.As(err, &re) || re.Report.Rejected != 2 || bare(re.Report)[1] != rejected(4, "age", source.ReasonBounds) || glovebox.CodeOf(err) != glovebox.CodeInvalid || len(v.files) != 0 {
			t.Fatalf("%v, %+v, %d parts", err, re, len(v.files))
		}
		if want := "dataset visits: 2 of 4 rows rejected, " + fmt.Sprint(share*100) + " % allowed: 1 bounds, 1 value; first at line 3, town"; err.Error() != want {
			t.Fatalf("got %q, want %q", err, want)
		}
	}
}

func TestReportIsBounded(t *testing.T) {
	r := mustLoad(t, visits(), visitsHeader+strings.Repeat("a,x,1,,2020-01-01,,\nbad\n", 500), testOptions(newVault())).Report
	if r.Rejected != 1000 || len(r.First) != MaxFirstRejects || bare(r)[99] != rejected(100, "", source.ReasonFields) || r.First[98].Row != 99 {
		t.Fatalf("%+v", r)
	}
}

func TestHeader(t *testing.T) {
	for name, q := range map[string][2]string{
		"missing":   {"person,town,cost,seen,urgent,doctor\n", "lacks the columns age"},
		"extra":     {"person,town,age,secret name,cost,seen,urgent,doctor\n", "number 4"},
		"twice":     {"person,town,age,cost,seen,urgent,doctor,age\n", "number 3, 8"},
		"no header": {"secret,x,1,2,3,4,5\n", "header: none"},
		"empty":     {"", "holds nothing"},
		"blank":     {"\n\n", "holds nothing"},
		"quote":     {"\"person,town\n", "no header line"},
		"utf-16":    {"\xff\xfep\x00e\x00", "text in UTF-16"},
	} {
		_, err := Load(context.Background(), visits(), rowtest.TempFile(t, []byte(q[0])), testOptions(newVault()))
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), q[1]) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDelimiterNullAndOrder(t *testing.T) {
	ds := visits()
	ds.Source = glovebox.Source{Format: "csv", Delimiter: "\t", Null: []string{"NA", "无"}}
	ds.Columns[1].Values = nil
	v := newVault()
	r := mustLoad(t, ds, "doctor\turgent\tseen\tcost\tage\ttown\tperson\nNA\t无\t2020-01-01\tNA\t1\t\ta,b\n\tt\t2020-01-01\tNA\t1\tx\tb\n", testOptions(v))
	if r.Report.Rejected != 1 || bare(r.Report)[0] != rejected(2, "doctor", source.ReasonType) {
		t.Fatalf("%+v", r.Report)
	}
	got := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"town", "cost", "urgent", "doctor", "person"}, Kept: []string{"person"}})
	if len(got) != 1 || !strings.HasSuffix(got[0], "||-|-|-|a,b") {
		t.Fatalf("%q", got)
	}
}

func TestGB18030(t *testing.T) {
	ds := visits()
	ds.Source.Encoding = "gb18030"
	ds.Columns[1].Values = nil
	// 㐂 and 𠮷 take four bytes; the trailing byte of 卋 is an ASCII letter's.
	utf := visitsHeader + "甲,東城卋㐂𠮷,1,,2020-01-01,,\n乙,x,2,,2020-01-01,,\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(utf)
	if err != nil {
		t.Fatal(err)
	}
	gb += "\x81,x,1,,2020-01-01,,\n" // half a character
	v := newVault()
	r := mustLoad(t, ds, gb, testOptions(v))
	if r.Report.Rejected != 1 || r.Report.First[0].Reason != source.ReasonEncoding || r.Report.First[0].Row != 3 {
		t.Fatalf("%+v", r.Report)
	}
	got := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"town"}})
	want := []string{tokenOf(testKey, "甲") + "|東城卋㐂𠮷", tokenOf(testKey, "乙") + "|x"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if _, err := Load(context.Background(), visits(), rowtest.TempFile(t, []byte(gb)), testOptions(newVault())); glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "GB 18030") {
		t.Fatal(err) // as UTF-8 the header is fine and no row is
	}
}

func TestJSON(t *testing.T) {
	ds := visits()
	ds.Source = glovebox.Source{Format: "json"}
	good := []string{
		`{"person":"a","town":"东城","age":7,"cost":1.50,"seen":"2020-01-31","urgent":true,"doctor":12}`,
		`{"urgent":null,"seen":"2020-01-31","age":"8","town":"O'Hare","person":"\u0062"}`,
	}
	bad := map[string]Reject{
		`{"person":"c","town":"东城","age":7.5,"seen":"2020-01-31"}`:            rejected(3, "age", source.ReasonType),
		`{"person":"c","town":"东城","age":[7],"seen":"2020-01-31"}`:            rejected(3, "age", source.ReasonType),
		`{"person":{"x":1},"town":"东城","age":7,"seen":"2020-01-31"}`:          rejected(3, "person", source.ReasonType),
		`{"person":"c","town":"东城","age":7}`:                                  rejected(3, "seen", source.ReasonNull),
		`{"person":"c","town":"东城","age":7,"seen":"2020-01-31","secret":1}`:   rejected(3, "", source.ReasonExtra),
		`{"person":"c\u0000","town":"东城","age":7,"seen":"2020-01-31"}`:        rejected(3, "person", source.ReasonEncoding),
		`{"person":"c","town":"东城","age":7,"cost":1e999,"seen":"2020-01-31"}`: rejected(3, "cost", source.ReasonType),
		`"secret"`: rejected(3, "", source.ReasonObject),
		`7`:        rejected(3, "", source.ReasonObject),
	}
	var want []string
	for line, w := range bad {
		for i, data := range []string{
			strings.Join(good, "\n") + "\n" + line,
			"\uFEFF\r\n" + strings.Join(good, "\r\n\r\n") + "\r\n" + line + "\r\n",
			"[" + strings.Join(good, ",") + "," + line + "]",
			" [ \n" + strings.Join(good, "\n ,\n") + ",\n" + strings.ReplaceAll(line, ",", ",\n") + "]\n",
		} {
			v := newVault()
			r := mustLoad(t, ds, data, testOptions(v))
			if r.Report.Rows != 3 || r.Report.Rejected != 1 || bare(r.Report)[0] != w {
				t.Fatalf("%s, form %d: %+v", line, i, r.Report)
			}
			got := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"town", "age", "cost", "seen", "urgent", "person"}, Kept: []string{"person"}})
			if want == nil {
				want = got
			}
			if len(got) != 2 || !slices.Equal(got, want) || !strings.Contains(strings.Join(got, " "), "|O'Hare|8|-|2020-01-31|-|b") {
				t.Fatalf("%s, form %d: %q", line, i, got)
			}
		}
	}
	r := mustLoad(t, ds, good[0]+"\n{\"person\":\"secret\n"+strings.Repeat("x", source.MaxRowBytes+10)+"\n\xff\n{}", testOptions(newVault()))
	if r.Report.Rows != 5 || r.Report.First[0].Reason != source.ReasonObject || r.Report.First[1].Reason != source.ReasonLong || r.Report.First[2].Reason != source.ReasonEncoding || r.Report.First[3].Reason != source.ReasonNull {
		t.Fatalf("%+v", r.Report)
	}
	for _, data := range []string{"[" + good[0] + ",", "[" + good[0] + ",]", "[" + good[0] + "] x", "[{]", "[" + good[0] + " secret]", "[\"secret"} {
		_, err := Load(context.Background(), ds, rowtest.TempFile(t, []byte(data)), testOptions(newVault()))
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", data, err)
		}
	}
	for _, data := range []string{"", "[]", " [ ] \n"} {
		if r := mustLoad(t, ds, data, testOptions(newVault())); r.Report.Rows != 0 || len(r.Manifest.Parts) != 4 {
			t.Errorf("%q: %+v", data, r)
		}
	}
}

// makeParquet has an unlocked DuckDB write a Parquet file.
func makeParquet(t testing.TB, query string) *os.File {
	t.Helper()
	p := filepath.Join(t.TempDir(), "x.parquet")
	rowtest.MakeWithDuckDB(t, "COPY ("+query+") TO "+duck.QuoteText(p)+" (FORMAT parquet, ROW_GROUP_SIZE 2048)")
	f, err := os.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestParquetIsHeld: a file that its caller drops at once, as a jailed loader does,
// stays open while it is read.
func TestParquetIsHeld(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	ds := visits()
	ds.Source = glovebox.Source{Format: "parquet"}
	fd, err := unix.Dup(int(makeParquet(t, `SELECT i AS doctor, 'p' || i % 7 AS person, '东城' AS town, CAST(i % 100 AS BIGINT) AS age, i / 4 AS cost,
		DATE '2020-01-01' AS seen, true AS urgent FROM range(400000) t(i)`).Fd()))
	if err != nil {
		t.Fatal(err)
	}
	o := testOptions(newVault())
	o.Progress = func(int64, int64) { runtime.GC() }
	if r, err := Load(context.Background(), ds, os.NewFile(uintptr(fd), "nobody's"), o); err != nil || r.Report.Rows != 400000 {
		t.Fatal(err)
	}
}

func TestParquet(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	ds := visits()
	ds.Source = glovebox.Source{Format: "parquet"}
	q := `SELECT i AS doctor, 'p' || i % 7 AS person, CASE WHEN i = 3000 THEN 'secret' ELSE '东城' END AS town, CAST(CASE WHEN i = 5000 THEN 5000000000 ELSE i % 100 END AS BIGINT) AS age,
		CASE WHEN i = 6000 THEN 'nan'::DOUBLE ELSE i / 4 END AS cost, DATE '2020-01-01' + CAST(i % 50 AS INTEGER) AS seen, URGENT AS urgent FROM range(140000) t(i)`
	for _, urgent := range []string{"i % 2 = 0", "CASE WHEN i % 2 = 0 THEN 'true' ELSE 'false' END"} {
		v := newVault()
		r, err := Load(context.Background(), ds, makeParquet(t, strings.ReplaceAll(q, "URGENT", urgent)), testOptions(v))
		if err != nil {
			t.Fatal(err)
		}
		want := []Reject{rejected(3001, "town", source.ReasonValue), rejected(5001, "age", source.ReasonType), rejected(6001, "cost", source.ReasonType)}
		if r.Report.Rows != 140000 || !slices.Equal(bare(r.Report), want) || r.Manifest.Units != 7 {
			t.Fatalf("%+v", r.Report)
		}
		got := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"person", "age", "cost", "seen", "urgent"}, Kept: []string{"person"}, Uncapped: true})
		if len(got) != 139997 || !slices.Contains(got, tokenOf(testKey, "p3")+"|p3|3|0.75|2020-01-04|false") {
			t.Fatal(len(got))
		}
	}
	for name, f := range map[string]*os.File{
		"no parquet": rowtest.TempFile(t, []byte("secret,secret\n1,2\n")),
		"empty":      rowtest.TempFile(t, nil),
		"columns":    makeParquet(t, "SELECT 1 AS person, 2 AS secret"),
		"type":       makeParquet(t, strings.ReplaceAll(strings.ReplaceAll(q, "URGENT", "DATE '2020-01-01'"), "140000", "3")),
		"nested":     makeParquet(t, strings.ReplaceAll(strings.ReplaceAll(q, "URGENT", "[true]"), "140000", "3")),
	} {
		_, err := Load(context.Background(), ds, f, testOptions(newVault()))
		if glovebox.CodeOf(err) != glovebox.CodeInvalid || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A file that breaks off, or is damaged in the middle.
	whole, err := os.ReadFile(makeParquet(t, strings.ReplaceAll(strings.ReplaceAll(q, "URGENT", "true"), "140000", "30000")).Name())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		b := slices.Clone(whole)
		if at := len(b) / 20 * i; i%2 == 0 {
			b = append(b[:at], b[at+1:]...)
		} else {
			clear(b[at : at+200])
		}
		if _, err := Load(context.Background(), ds, rowtest.TempFile(t, b), testOptions(newVault())); err != nil && glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("damage %d: %v", i, err)
		}
	}
}

// Names in the file that are not names of columns, in every format.
func TestSourceNames(t *testing.T) {
	odd := []string{"人员 编号", `a"b`, "a/b~1", "a.b[0]", "$", "*", "it's"}
	ds := visits()
	ds.Columns = slices.Clone(ds.Columns)
	var header, keys, as []string
	values := []string{"p", "东城", "7", "1.5", "2020-01-31", "true", "12"}
	for i := range ds.Columns {
		ds.Columns[i].Source = odd[i]
		header = append(header, `"`+strings.ReplaceAll(odd[i], `"`, `""`)+`"`)
		keys = append(keys, fmt.Sprintf("%q:%q", odd[i], values[i]))
		as = append(as, duck.QuoteText(values[i])+" AS "+duck.QuoteName(odd[i]))
	}
	for format, f := range map[string]*os.File{
		"csv":     rowtest.TempFile(t, []byte(strings.Join(header, ",")+"\n"+strings.Join(values, ",")+"\n")),
		"json":    rowtest.TempFile(t, []byte("{"+strings.Join(keys, ",")+"}")),
		"parquet": makeParquet(t, "SELECT "+strings.Join(as, ", ")),
	} {
		v := newVault()
		ds.Source.Format = format
		r, err := Load(context.Background(), ds, f, testOptions(v))
		if err != nil || r.Report.Accepted != 1 {
			t.Fatalf("%s: %+v, %v", format, r, err)
		}
		got := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"person", "town", "age", "cost", "seen", "urgent"}, Kept: []string{"person"}})
		if want := tokenOf(testKey, "p") + "|p|东城|7|1.5|2020-01-31|true"; got[0] != want {
			t.Errorf("%s: got %s, want %s", format, got[0], want)
		}
	}
	ds.Columns[1].Source = "人员 编号"
	if _, err := Load(context.Background(), ds, rowtest.TempFile(t, nil), testOptions(newVault())); err == nil || !strings.Contains(err.Error(), "columns[1].source") {
		t.Errorf("a source name twice: %v", err)
	}
}
