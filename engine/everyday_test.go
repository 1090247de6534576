package engine

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	_ "modernc.org/sqlite"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/value"
)

// rent is the record of rent contracts as an office's plain file has them.
func rent() glovebox.Dataset {
	return glovebox.Dataset{
		Code: "rent", Source: glovebox.Source{Format: "csv", Null: []string{""}}, Unit: glovebox.Unit{Space: "person", Column: "id", MaxRows: 5},
		Columns: []glovebox.Column{
			{Name: "id", Source: "公民身份号码", Type: glovebox.String, Class: glovebox.ClassIdentifier, Format: "cn-resident-id", MaxBytes: 18, Keep: true},
			{Name: "town", Source: "乡镇街道", Type: glovebox.String, Class: glovebox.ClassPersonal},
			{Name: "rent", Source: "月租金(元)", Type: glovebox.Float64, Class: glovebox.ClassPersonal},
			{Name: "signed", Source: "签约日期", Type: glovebox.Date, Class: glovebox.ClassPersonal},
			{Name: "note", Source: "备注", Type: glovebox.String, Class: glovebox.ClassPersonal, Nullable: true},
		},
	}
}

// contract is a row, and nobodyID an id of nobody: region 99.
type contract struct {
	id, town  string
	rent      float64
	y, m, day int
	note      string
}

func nobodyID(n int) string {
	b := fmt.Appendf(nil, "990281%04d%02d%02d%03d", 1950+n%50, 1+n%12, 1+n%28, n%1000)
	return string(append(b, value.ResidentCheck(b)))
}

func contracts() (out []contract) {
	for i := range 40 {
		out = append(out, contract{nobodyID(i), []string{"还地桥镇", "东岳路街道", "保安镇"}[i%3], 500.5 + 1000*float64(i%7), 2020 + i%5, 1 + i%12, 1 + i%28, []string{"", "note", "电梯房"}[i%3]})
	}
	return out
}

// numeral writes a number below a hundred, or the digits of a larger one, in
// Chinese.
func numeral(n int, tens bool) string {
	list := strings.Split("〇一二三四五六七八九", "")
	out := ""
	switch {
	case tens && n >= 10:
		if n >= 20 {
			out = list[n/10]
		}
		if out += "十"; n%10 > 0 {
			out += list[n%10]
		}
	default:
		for _, c := range fmt.Sprint(n) {
			out += list[c-'0']
		}
	}
	return out
}

// lines writes the contracts as a CSV file with other texts in it.
func lines(header string, row func(c contract) string) string {
	var b strings.Builder
	b.WriteString(header)
	for _, c := range contracts() {
		b.WriteString(row(c))
		b.WriteString("\r\n")
	}
	return b.String()
}

const rentHeader = "公民身份号码,乡镇街道,月租金(元),签约日期,备注\r\n"

func plainRow(c contract) string {
	return fmt.Sprintf("%s,%s,%g,%04d-%02d-%02d,%s", c.id, c.town, c.rent, c.y, c.m, c.day, c.note)
}

func packed(t *testing.T, how, s string) []byte {
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	var err error
	switch how {
	case "zstd":
		w, err = zstd.NewWriter(&b)
	case "zip":
		z := zip.NewWriter(&b)
		var e io.Writer
		if e, err = z.Create("rent.csv"); err == nil {
			_, err = e.Write([]byte(s))
		}
		if err = errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if err == nil {
		_, err = w.Write([]byte(s))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encoded(t *testing.T, b []byte, err error) []byte {
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// arrowRent and sqliteRent are the contracts in these forms.
func arrowRent(t *testing.T) []byte {
	d := rent()
	types := []arrow.DataType{arrow.BinaryTypes.String, &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Timestamp_us, arrow.BinaryTypes.LargeString}
	types[3] = &arrow.TimestampType{Unit: arrow.Microsecond}
	var fields []arrow.Field
	for i, c := range d.Columns {
		fields = append(fields, arrow.Field{Name: c.Source, Type: types[i], Nullable: true})
	}
	rb := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer rb.Release()
	for _, c := range contracts() {
		for i, s := range []string{c.id, c.town, fmt.Sprint(c.rent), fmt.Sprintf("%04d-%02d-%02d 00:00:00", c.y, c.m, c.day), c.note} {
			if i == 4 && s == "" {
				rb.Field(i).AppendNull()
			} else if err := rb.Field(i).AppendValueFromString(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	batch := rb.NewRecordBatch()
	defer batch.Release()
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(batch.Schema()))
	if err := errors.Join(w.Write(batch), w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sqliteRent(t *testing.T) []byte {
	path := filepath.Join(t.TempDir(), "rent.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = db.Exec(`CREATE TABLE 备案 (公民身份号码 TEXT, 乡镇街道 TEXT, "月租金(元)" REAL, 签约日期 TEXT, 备注 TEXT)`); err == nil {
		for _, c := range contracts() {
			if _, e := db.Exec(`INSERT INTO 备案 VALUES (?, ?, ?, ?, nullif(?, ''))`, c.id, c.town, c.rent, fmt.Sprintf("%04d-%02d-%02d", c.y, c.m, c.day), c.note); e != nil {
				err = e
			}
		}
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	return encoded(t, b, err)
}

// everyday is a form in which offices send the contracts.
type everyday struct {
	name    string
	data    []byte
	declare func(*glovebox.Dataset) // nil: the plain record reads it
	refusal string                  // of the plain record
	fix     string                  // in that refusal: the line to add; "": there is none
}

func everydayFiles(t *testing.T) []everyday {
	plain := lines(rentHeader, plainRow)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(plain))
	gb = encoded(t, gb, err)
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(plain))
	wide = encoded(t, wide, err)
	bare, err := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(plain))
	bare = encoded(t, bare, err)
	src := func(f func(*glovebox.Source)) func(*glovebox.Dataset) {
		return func(d *glovebox.Dataset) { f(&d.Source) }
	}
	written := func(col int, w ...string) func(*glovebox.Dataset) {
		return func(d *glovebox.Dataset) { d.Columns[col].Written = w }
	}
	day := func(form string) func(contract) string {
		return func(c contract) string {
			return fmt.Sprintf("%s,%s,%g,%s,%s", c.id, c.town, c.rent, fmt.Sprintf(form, c.y, c.m, c.day), c.note)
		}
	}
	sum := func(form func(float64) string) func(contract) string {
		return func(c contract) string {
			return fmt.Sprintf("%s,%s,%s,%04d-%02d-%02d,%s", c.id, c.town, form(c.rent), c.y, c.m, c.day, c.note)
		}
	}
	id := func(form func(string) string) func(contract) string {
		return func(c contract) string { c.id = form(c.id); return plainRow(c) }
	}
	json := func(row string) string {
		return lines("", func(c contract) string {
			note := `"` + c.note + `"`
			if c.note == "" {
				note = "null"
			}
			return fmt.Sprintf(row, c.id, c.town, fmt.Sprint(c.rent), fmt.Sprintf("%04d-%02d-%02d", c.y, c.m, c.day), note)
		})
	}
	noNull := func(f func(*glovebox.Source)) func(*glovebox.Dataset) {
		return func(d *glovebox.Dataset) { d.Source.Null = nil; f(&d.Source) }
	}
	fullWidth := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r + 0xFEE0
			}
			return r
		}, s)
	}
	return []everyday{
		{name: "plain", data: []byte(plain)},
		{name: "byte order mark", data: []byte("\uFEFF" + plain)},
		{name: "small x and spaces", data: []byte(lines(rentHeader, id(func(s string) string { return " " + strings.ToLower(s) + "　" })))},
		{name: "spaces in the header", data: []byte(strings.ReplaceAll(plain, "乡镇街道,", " 乡镇街道 ,"))},
		{name: "gb18030", data: gb, declare: src(func(s *glovebox.Source) { s.Encoding = "gb18030" }), refusal: "GB 18030", fix: "encoding: gb18030"},
		{name: "utf-16", data: wide, declare: src(func(s *glovebox.Source) { s.Encoding = "utf-16" }), refusal: "UTF-16", fix: "encoding: utf-16`"},
		{name: "utf-16 without a mark", data: bare, declare: src(func(s *glovebox.Source) { s.Encoding = "utf-16be" }), refusal: "UTF-16", fix: "encoding: utf-16be`"},
		{name: "semicolons", data: []byte(strings.ReplaceAll(plain, ",", ";")), declare: src(func(s *glovebox.Source) { s.Delimiter = ";" }), refusal: "semicolons", fix: `delimiter: ";"`},
		{name: "tabs", data: []byte(strings.ReplaceAll(plain, ",", "\t")), declare: src(func(s *glovebox.Source) { s.Delimiter = "\t" }), refusal: "tabs", fix: `delimiter: "\t"`},
		{name: "bars", data: []byte(strings.ReplaceAll(plain, ",", "|")), declare: src(func(s *glovebox.Source) { s.Delimiter = "|" }), refusal: "vertical bars", fix: `delimiter: "|"`},
		{name: "gzip", data: packed(t, "gzip", plain), declare: src(func(s *glovebox.Source) { s.Compression = "gzip" }), refusal: "gzip", fix: "compression: gzip"},
		{name: "zstd", data: packed(t, "zstd", plain), declare: src(func(s *glovebox.Source) { s.Compression = "zstd" }), refusal: "Zstandard", fix: "compression: zstd"},
		{name: "zip", data: packed(t, "zip", plain), declare: src(func(s *glovebox.Source) { s.Compression = "zip" }), refusal: "zip", fix: "compression: zip"},
		{name: "a title row", data: []byte("2024年房屋租赁备案表,,,,\r\n" + plain), declare: src(func(s *glovebox.Source) { s.Skip = 1 }), refusal: "lacks the columns", fix: "skip: 1"},
		{name: "titles of one field", data: []byte("备案表\r\n填报单位：某局\r\n\r\n" + plain), declare: src(func(s *glovebox.Source) { s.Skip = 2 }), refusal: "lacks the columns", fix: "skip: 2"},
		{name: "no header", data: []byte(lines("", plainRow)), declare: src(func(s *glovebox.Source) { s.Header = "none" }), refusal: "lacks the columns", fix: "header: none"},
		{name: "a title for a header", data: []byte(lines("2024年备案表,,,,\r\n", plainRow)), declare: src(func(s *glovebox.Source) { s.Header, s.Skip = "none", 1 }), refusal: "lacks the columns", fix: "`header: none` and `skip: 1`"},
		{name: "a column too many", data: []byte(lines(strings.TrimSpace(rentHeader)+",联系电话\r\n", func(c contract) string { return plainRow(c) + ",13800000000" })), declare: src(func(s *glovebox.Source) { s.Extra = "ignore" }), refusal: "number 6", fix: "extra: ignore"},
		{name: "named twice", data: []byte(lines(strings.Replace(rentHeader, "备注", "乡镇街道", 1), plainRow)), declare: func(d *glovebox.Dataset) {
			d.Columns[1].Place, d.Columns[4].Place, d.Columns[4].Source = 2, 5, "乡镇街道"
		}, refusal: "number 2, 5", fix: "place: N"},
		{name: "short rows", data: []byte(lines(rentHeader, func(c contract) string { return strings.TrimSuffix(plainRow(c), ",") })), declare: src(func(s *glovebox.Source) { s.Ragged = "pad" }), refusal: "fields", fix: "ragged: pad"},
		{name: "empty fields at the end", data: []byte(lines(rentHeader, func(c contract) string { return plainRow(c) + ",," })), declare: src(func(s *glovebox.Source) { s.Ragged = "pad" }), refusal: "fields", fix: "ragged: pad"},
		{name: "rows without a value", data: []byte(plain + ",,,,\r\n , ,,,\r\n\x1a")},
		{name: "characters that do not show in the header", data: []byte(strings.ReplaceAll(plain, "乡镇街道,", "\u200b乡镇街道\u00a0,"))},
		{name: "a line break in the header", data: []byte(strings.ReplaceAll(plain, "乡镇街道,", "\"乡镇\n街道\","))},
		{name: "sums and notes", data: []byte("" + plain + "合计,,1,,\r\n制表人：某,,,,\r\n注：见说明\r\n"), declare: src(func(s *glovebox.Source) { s.Drop = []string{"合计", "制表", "注："} }), refusal: "rejected", fix: "drop: [合计, 制表, 注：]"},
		{name: "the header again", data: []byte(lines(rentHeader, plainRow) + "\uFEFF" + rentHeader), declare: src(func(s *glovebox.Source) { s.Drop = []string{"公民身份号码"} }), refusal: "rejected", fix: "drop: [公民身份号码]"},
		{name: "ids in formulas", data: []byte(lines(rentHeader, id(func(s string) string { return `="` + s + `"` }))), declare: func(d *glovebox.Dataset) {
			d.Source.Quote, d.Columns[0].Written = "none", []string{"excel-text"}
		}, refusal: "quote", fix: "quote: none"},
		{name: "single quotes", data: []byte(strings.ReplaceAll(lines(rentHeader, func(c contract) string { return "'" + strings.ReplaceAll(plainRow(c), ",", "','") + "'" }), rentHeader, "'"+strings.ReplaceAll(strings.TrimSpace(rentHeader), ",", "','")+"'\r\n")), declare: src(func(s *glovebox.Source) { s.Quote = "single" })},
		{name: "ids with characters that do not show", data: []byte(lines(rentHeader, id(func(s string) string { return "\u202a" + s + "\u200b" }))), declare: written(0, "no-invisible"), refusal: "", fix: "written: [no-invisible]"},
		{name: "ids with hyphens", data: []byte(lines(rentHeader, id(func(s string) string { return s[:6] + "-" + s[6:14] + "-" + s[14:] }))), declare: written(0, "no-hyphens"), refusal: "", fix: "written: [no-hyphens]"},
		{name: "units of measure", data: []byte(lines(rentHeader, sum(func(f float64) string { return fmt.Sprintf("%g 平方米", f) }))), declare: written(2, "measure"), refusal: "type", fix: "written: [measure]"},
		{name: "a first row that is short", data: []byte(lines("", func(c contract) string { return strings.TrimSuffix(plainRow(c), ",") })), declare: src(func(s *glovebox.Source) { s.Header, s.Ragged = "none", "pad" })},
		{name: "json of several lines", data: []byte(json("{\n \"公民身份号码\": \"%s\",\n \"乡镇街道\": \"%s\", \"月租金(元)\": %s, \"签约日期\": \"%s\", \"备注\": %s\n}")), declare: noNull(func(s *glovebox.Source) { s.Format = "json" })},
		{name: "a json document", data: []byte(`{"code": 0, "page": {"n": [1, {"x": "}"}]}, "data": {"total": 40, "rows": [` + strings.TrimSuffix(strings.TrimSpace(json(`{"公民身份号码": "%s", "乡镇街道": "%s", "月租金(元)": %s, "签约日期": "%s", "备注": %s},`)), ",") + `], "more": [false]}}` + "\n"), declare: noNull(func(s *glovebox.Source) { s.Format, s.At = "json", "/data/rows" })},
		{name: "slashes", data: []byte(lines(rentHeader, day("%d/%d/%d"))), declare: written(3, "YYYY/M/D"), refusal: "type", fix: "written: [YYYY/M/D]"},
		{name: "digits", data: []byte(lines(rentHeader, day("%04d%02d%02d"))), declare: written(3, "YYYYMMDD"), refusal: "type", fix: "written: [YYYYMMDD]"},
		{name: "Chinese dates", data: []byte(lines(rentHeader, day("%d年%d月%d日"))), declare: written(3, "YYYY年M月D日"), refusal: "type", fix: "written: [YYYY年M月D日]"},
		{name: "dots", data: []byte(lines(rentHeader, day("%d.%d.%d"))), declare: written(3, "YYYY.M.D"), refusal: "type", fix: "written: [YYYY.M.D]"},
		{name: "thousands", data: []byte(lines(rentHeader, sum(func(f float64) string { return fmt.Sprintf(`"%d,%03d.50"`, int(f)/1000, int(f)%1000) }))), declare: written(2, "thousands"), refusal: "type", fix: "written: [thousands]"},
		{name: "yuan", data: []byte(lines(rentHeader, sum(func(f float64) string { return fmt.Sprintf("￥%g", f) }))), declare: written(2, "currency"), refusal: "type", fix: "written: [currency]"},
		{name: "decimal commas", data: []byte(lines(rentHeader, sum(func(f float64) string { return strings.ReplaceAll(fmt.Sprintf(`"%.2f"`, f), ".", ",") }))), declare: written(2, "decimal-comma"), refusal: "type", fix: "written: [decimal-comma]"},
		{name: "points for thousands", data: []byte(lines(rentHeader, sum(func(f float64) string { return fmt.Sprintf(`"%d.%03d,50"`, int(f)/1000, int(f)%1000) }))), declare: written(2, "thousands", "decimal-comma"), refusal: "type", fix: "written: [thousands, decimal-comma]"},
		{name: "thousands of yuan", data: []byte(lines(rentHeader, sum(func(f float64) string { return fmt.Sprintf("%g千元", f/1000) }))), declare: written(2, "wan", "currency"), refusal: "type", fix: "written: [wan, currency]"},
		{name: "dates in Chinese numerals", data: []byte(lines(rentHeader, func(c contract) string {
			return fmt.Sprintf("%s,%s,%g,%s年%s月%s日,%s", c.id, c.town, c.rent, numeral(c.y, false), numeral(c.m, true), numeral(c.day, true), c.note)
		})), declare: written(3, "YYYY年M月D日", "chinese"), refusal: "type", fix: "written: [YYYY年M月D日, chinese]"},
		{name: "dates with spaces", data: []byte(lines(rentHeader, day("%d 年 %d 月 %d 日"))), declare: written(3, "YYYY年M月D日", "no-spaces"), refusal: "type", fix: "written: [YYYY年M月D日, no-spaces]"},
		{name: "months by name", data: []byte(lines(rentHeader, func(c contract) string {
			return fmt.Sprintf("%s,%s,%g,%s,%s", c.id, c.town, c.rent, time.Date(c.y, time.Month(c.m), c.day, 0, 0, 0, 0, time.UTC).Format("2-Jan-2006"), c.note)
		})), declare: written(3, "D-MMM-YYYY"), refusal: "type", fix: "written: [D-MMM-YYYY]"},
		{name: "a sum with spaces and a count", data: []byte(plain + "合　 计,,1,,\r\n共40条记录\r\n"), declare: src(func(s *glovebox.Source) { s.Drop = []string{"合计", "共"} }), refusal: "rejected", fix: "drop: [合计, 共]"},
		{name: "full-width", data: []byte(lines(rentHeader, sum(func(f float64) string { return fullWidth(fmt.Sprint(f)) }))), declare: written(2, "full-width"), refusal: "type", fix: "written: [full-width]"},
		{name: "ten thousands", data: []byte(lines(rentHeader, sum(func(f float64) string { return fmt.Sprintf("%g万", f/10000) }))), declare: written(2, "wan"), refusal: "type", fix: "written: [wan]"},
		{name: "full-width ids", data: []byte(lines(rentHeader, id(fullWidth))), declare: written(0, "full-width"), refusal: "", fix: "written: [full-width]"},
		{name: "ids as a spreadsheet's text", data: []byte(lines(rentHeader, id(func(s string) string { return "'" + s }))), declare: written(0, "excel-text"), refusal: "", fix: "written: [excel-text]"},
		{name: "rounded ids", data: []byte(lines(rentHeader, id(func(s string) string { return s[:1] + "." + s[1:12] + "E+17" }))), refusal: "rounded", fix: "as text"},
		{name: "json lines", data: []byte(json(`{"公民身份号码": "%s", "乡镇街道": "%s", "月租金(元)": %s, "签约日期": "%s", "备注": %s}`)), declare: noNull(func(s *glovebox.Source) { s.Format = "json" }), refusal: "JSON", fix: "format: json"},
		{name: "nested json", data: []byte(json(`{"person": {"id": "%s", "addr": {"town": "%s", "x": 1}}, "月租金(元)": %s, "签约日期": "%s", "备注": %s}`)), declare: func(d *glovebox.Dataset) {
			d.Source = glovebox.Source{Format: "json", Extra: "ignore"}
			d.Columns[0].Source, d.Columns[1].Source = "/person/id", "/person/addr/town"
		}, refusal: "JSON", fix: "format: json"},
		{name: "arrow", data: arrowRent(t), declare: noNull(func(s *glovebox.Source) { s.Format = "arrow" })},
		{name: "sqlite", data: sqliteRent(t), declare: noNull(func(s *glovebox.Source) { s.Format, s.Table = "sqlite", "备案" }), refusal: "SQLite", fix: "format: sqlite"},
	}
}

// TestAdviceForOtherForms: nested fields, texts that mean nothing and dates in
// Parquet get their line too.
func TestAdviceForOtherForms(t *testing.T) {
	nested := rent()
	nested.Source = glovebox.Source{Format: "json"}
	for i := range nested.Columns {
		nested.Columns[i].Source = ""
	}
	null := rent()
	for _, q := range []struct {
		ds   glovebox.Dataset
		data string
		want []string
	}{
		{nested, lines("", func(c contract) string {
			return fmt.Sprintf(`{"person": {"id": "%s", "home": {"town": "%s"}}, "rent": 1, "signed": "2024-01-01", "note": null}`, c.id, c.town)
		}), []string{"`source: /person/id` (id)", "`source: /person/home/town` (town)"}},
		{nested, `{"code": 0, "data": [{"id": "x"}, {"id": "y"}]}`, []string{"`at: /data` (source)"}},
		{null, lines(rentHeader, func(c contract) string { return c.id + "," + c.town + ",暂无,2024-01-01,x" }), []string{"`\"null\": [\"\", \"暂无\"]` (source)"}},
		{null, lines(rentHeader, func(c contract) string { return c.id + "," + c.town + ",1,2024-01-01 00:00:00,x" }), []string{"`type: datetime` (signed)"}},
		{null, lines(rentHeader, func(c contract) string { return c.id + "," + c.town + ",,2024-01-01,x" }), []string{"`nullable: true` (rent)"}},
		{null, lines(rentHeader, func(c contract) string { return c.id + "," + c.town + ",1,24/03/18,x" }), []string{"`type: string` (signed)"}},
	} {
		_, err := Load(context.Background(), q.ds, rowtest.TempFile(t, []byte(q.data)), testOptions(newVault()))
		e, ok := errors.AsType[*RejectsError](err)
		for _, w := range q.want {
			if !ok || !strings.Contains(strings.Join(e.Advice, "; "), w) || strings.Contains(strings.Join(e.Advice, "; "), "990281") {
				t.Errorf("want %s, got %v", w, err)
				if ok {
					t.Log(e.Advice)
				}
			}
		}
	}
}

// TestNoAdviceForSums: one row of sums does not make a column one that may lack
// values.
func TestNoAdviceForSums(t *testing.T) {
	_, err := Load(context.Background(), rent(), rowtest.TempFile(t, []byte(lines(rentHeader, plainRow)+"合计,,1,,\r\n")), testOptions(newVault()))
	if e, ok := errors.AsType[*RejectsError](err); !ok || len(e.Advice) != 1 || e.Advice[0] != "`drop: [合计]` (source)" || e.Report.Rejected != 1 {
		t.Errorf("%v", err)
	}
	// So is no reason to call a date a time that a few rows say something else, or
	// that one numbers the columns.
	for _, tail := range []string{nobodyID(1) + ",x,1,长期,y\r\n", "1,2,3,4,5\r\n"} {
		_, err = Load(context.Background(), rent(), rowtest.TempFile(t, []byte(lines(rentHeader, plainRow)+tail)), testOptions(newVault()))
		if e, ok := errors.AsType[*RejectsError](err); !ok || len(e.Advice) != 0 || e.Report.Rejected != 1 {
			t.Errorf("%v", err)
		}
	}
	// A value that begins so in rows that are whole is data.
	_, err = Load(context.Background(), rent(), rowtest.TempFile(t, []byte(lines(rentHeader, plainRow)+"审核通过,合计,x,2024-01-01,y\r\n")), testOptions(newVault()))
	if e, ok := errors.AsType[*RejectsError](err); !ok || len(e.Advice) != 0 {
		t.Errorf("%v", err)
	}
}

// TestDroppedRowsAreCounted: rows that are no data are in no count but their own,
// and a cell that is too long is never one of them.
func TestDroppedRowsAreCounted(t *testing.T) {
	ds := rent()
	ds.Source.Drop, ds.MaxRejects = []string{"合计"}, 1
	r, err := Load(context.Background(), ds, rowtest.TempFile(t, []byte(lines(rentHeader, plainRow)+"合计,,1,,\r\n,,,,\r\n"+nobodyID(1)+",x,1,2024-01-01,"+strings.Repeat("x", 3<<20)+"\r\n")), testOptions(newVault()))
	if err != nil || r.Report.Dropped != 1 || r.Report.Rows != 41 || r.Report.Rejected != 1 || r.Report.First[0].Row != 41 {
		t.Errorf("%v, %+v", err, r)
	}
}

// TestEverydayFiles loads the same contracts in every form. With the lines that
// declare it a file gives the same snapshot, byte for byte; without them it is
// refused by name, with the line to add.
func TestEverydayFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	want := ""
	for _, q := range everydayFiles(t) {
		f := rowtest.TempFile(t, q.data)
		v := newVault()
		_, err := Load(context.Background(), rent(), f, testOptions(v))
		if q.declare == nil && q.refusal == "" && err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
		if q.refusal != "" || q.declare != nil && q.fix != "" {
			said := ""
			if err != nil {
				said = err.Error()
				if e, ok := errors.AsType[*RejectsError](err); ok {
					said += " " + e.Unwrap().Error()
				}
			}
			if !strings.Contains(said, q.refusal) || !strings.Contains(said, q.fix) || strings.Contains(said, "990281") {
				t.Errorf("%s: refused with %q, which lacks %q or %q", q.name, said, q.refusal, q.fix)
			}
		}
		ds := rent()
		if q.declare != nil {
			q.declare(&ds)
		} else if q.refusal != "" {
			continue
		}
		r, err := Load(context.Background(), ds, f, testOptions(newVault()))
		if err != nil || r.Report.Accepted != 40 {
			t.Errorf("%s, declared: %v", q.name, err)
			continue
		}
		got := ""
		for _, p := range r.Manifest.Parts {
			got += p.SHA256 + " "
			if p.Sealed != nil && q.name != "small x and spaces" { // the original as it was written
				got += p.Sealed.SHA256 + " "
			}
		}
		if q.name == "small x and spaces" || strings.Contains(q.name, "ids") {
			continue
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s gives another snapshot than the plain file", q.name)
		}
	}
}
