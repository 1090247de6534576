package find

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/value"
)

// labelled is a column whose kind is known.
type labelled struct {
	kind  Kind // "": none of them
	names []string
	make  func(r *rand.Rand) string
}

func digits(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + r.IntN(10)))
	}
	return b.String()
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func luhn(s string) string {
	for c := range 10 {
		if t := s + fmt.Sprint(c); isBankCard(t) {
			return t
		}
	}
	return s
}

func credit(r *rand.Rand) string {
	s := "9142028" + pick(r, "1", "2", "3") + digits(r, 9)
	for _, c := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if t := s + string(c); source.Formats["cn-uscc"](t) {
			return t
		}
	}
	return s
}

var towns = []string{"还地桥镇", "保安镇", "灵乡镇", "金湖街道", "东岳路街道", "陈贵镇"}

func labelledSet() []labelled {
	given := strings.Split("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰", "")
	date := func(r *rand.Rand) string {
		return fmt.Sprintf("%d-%02d-%02d", 1940+r.IntN(70), 1+r.IntN(12), 1+r.IntN(28))
	}
	return []labelled{
		{ResidentID, []string{"公民身份号码", "证件号码", "c1", "编号"}, func(r *rand.Rand) string {
			b := fmt.Appendf(nil, "990281%d%02d%02d%s", 1940+r.IntN(70), 1+r.IntN(12), 1+r.IntN(28), digits(r, 3))
			return string(append(b, value.ResidentCheck(b)))
		}},
		{ResidentID, []string{"身份证号"}, func(r *rand.Rand) string {
			return fmt.Sprintf("990281%02d%02d%02d%s", 40+r.IntN(50), 1+r.IntN(12), 1+r.IntN(28), digits(r, 3))
		}},
		{CreditCode, []string{"统一社会信用代码", "c2"}, credit},
		{Mobile, []string{"手机号", "联系方式", "c3"}, func(r *rand.Rand) string { return "1" + pick(r, "38", "50", "77", "99") + digits(r, 8) }},
		{Landline, []string{"固定电话", "传真"}, func(r *rand.Rand) string { return "0714-" + pick(r, "8", "6") + digits(r, 6) }},
		{BankCard, []string{"银行卡号", "c4"}, func(r *rand.Rand) string { return luhn("62" + digits(r, 16)) }},
		{Passport, []string{"护照号"}, func(r *rand.Rand) string { return pick(r, "E", "G") + digits(r, 8) }},
		{Officer, []string{"军官证号"}, func(r *rand.Rand) string { return "军字第" + digits(r, 7) + "号" }},
		{Driving, []string{"驾驶证档案编号"}, func(r *rand.Rand) string { return "4202" + digits(r, 8) }},
		{Plate, []string{"车牌", "c5"}, func(r *rand.Rand) string { return "鄂" + pick(r, "A", "B", "L") + digits(r, 5) }},
		{Email, []string{"邮箱", "c6"}, func(r *rand.Rand) string { return "u" + digits(r, 5) + "@example.com" }},
		{IP, []string{"登录IP", "c7"}, func(r *rand.Rand) string {
			return fmt.Sprintf("10.%d.%d.%d", r.IntN(256), r.IntN(256), r.IntN(256))
		}},
		{MAC, []string{"MAC地址", "c8"}, func(r *rand.Rand) string {
			return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256))
		}},
		{GPS, []string{"经度", "latitude"}, func(r *rand.Rand) string { return fmt.Sprintf("%.6f", 30+r.Float64()) }},
		{Diagnosis, []string{"诊断编码", "c9"}, func(r *rand.Rand) string {
			return fmt.Sprintf("%s%02d.%d", pick(r, "E", "I", "J"), r.IntN(99), r.IntN(9))
		}},
		{Birth, []string{"出生日期", "birth_date"}, date},
		{Address, []string{"家庭住址", "c10"}, func(r *rand.Rand) string {
			return "湖北省大冶市" + pick(r, towns...) + pick(r, "人民路", "新冶大道") + fmt.Sprint(1+r.IntN(200)) + "号" + fmt.Sprint(1+r.IntN(9)) + "栋"
		}},
		{Name, []string{"姓名", "户主", "c11"}, func(r *rand.Rand) string {
			return pick(r, strings.Split("王李张刘陈杨黄赵吴周徐孙", "")...) + pick(r, given...) + pick(r, append(given, "", "")...)
		}},
		// What looks alike and is none.
		{"", []string{"订单号", "流水号"}, func(r *rand.Rand) string { return "8" + digits(r, 17) }},
		{"", []string{"序列号"}, func(r *rand.Rand) string { return "1" + digits(r, 15) }},
		{"", []string{"金额", "amount"}, func(r *rand.Rand) string { return fmt.Sprintf("%d.%02d", r.IntN(100_000), r.IntN(100)) }},
		{"", []string{"签约日期", "更新时间"}, date},
		{"", []string{"乡镇街道", "辖区"}, func(r *rand.Rand) string { return pick(r, towns...) }},
		{"", []string{"企业名称"}, func(r *rand.Rand) string {
			return "大冶市" + pick(r, "宏达", "金泰", "长江") + "贸易有限公司"
		}},
		{"", []string{"产品", "类别"}, func(r *rand.Rand) string {
			return pick(r, "高血压", "白糖", "黄色", "金属", "方便面", "电梯房")
		}},
		{"", []string{"货架"}, func(r *rand.Rand) string { return pick(r, "A", "B") + fmt.Sprintf("%02d", r.IntN(99)) }},
		{"", []string{"版本"}, func(r *rand.Rand) string { return fmt.Sprintf("%d.%d.%d", r.IntN(9), r.IntN(20), r.IntN(99)) }},
		{"", []string{"比率"}, func(r *rand.Rand) string { return fmt.Sprintf("%.4f", r.Float64()) }},
		{"", []string{"备注"}, func(r *rand.Rand) string { return pick(r, "note", "已核实", "电梯房", "一居室") }},
		{"", []string{"性别"}, func(r *rand.Rand) string { return pick(r, "男", "女") }},
		{"", []string{"面积"}, func(r *rand.Rand) string { return fmt.Sprintf("%.1f", 20+100*r.Float64()) }},
		{"", []string{"年份"}, func(r *rand.Rand) string { return fmt.Sprint(1950 + r.IntN(70)) }},
	}
}

// TestPrecisionAndRecall: of the labelled columns every one is found as what it
// is, and no other is found as anything, with a tenth of the values spoilt.
func TestPrecisionAndRecall(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	found, right, there := 0, 0, 0
	for _, l := range labelledSet() {
		for _, name := range l.names {
			var texts []string
			for i := range 300 {
				v := l.make(r)
				if l.kind != "" && i%10 == 9 {
					v = v[:len(v)/2]
				}
				texts = append(texts, v)
			}
			f, ok := Judge(name, texts)
			if l.kind != "" {
				there++
			}
			if ok {
				found++
			}
			if f.Kind != l.kind {
				t.Errorf("%s (%s) is found as %q, %d %%", name, l.kind, f.Kind, f.Share)
			} else if ok {
				right++
			}
		}
	}
	t.Logf("precision %d of %d, recall %d of %d columns", right, found, right, there)
	if there < 25 {
		t.Errorf("only %d columns: the test sees little", there)
	}
}

func look(t *testing.T, text string) *Seen {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := Look(context.Background(), f, int64(len(text)), glovebox.Source{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestProposedRecord: a proposal holds no value, is refused while it says TODO,
// and is a record once that is filled in.
func TestProposedRecord(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	set := labelledSet()
	var b strings.Builder
	b.WriteString("2024年备案表;;;;;\n公民身份号码;姓名;金额;签约日期;金额;备注\n")
	secrets := []string{}
	for i := range 60 {
		id, name := set[0].make(r), "王"+pick(r, "秘密", "隐私")
		secrets = append(secrets, id, name)
		fmt.Fprintf(&b, "%s;%s;￥%d,%03d.5;2024/%d/%d;%d%%;%s\n", id, name, 1+i, i, 1+i%12, 1+i%28, i, pick(r, "无", "备注甲", "备注乙"))
	}
	s := look(t, b.String())
	if !s.Valid() || s.Source.Skip != 1 || s.Source.Delimiter != ";" || s.Rows != 60 {
		t.Fatalf("%+v", s.Source)
	}
	for _, lang := range []glovebox.Lang{glovebox.English, glovebox.Chinese} {
		text := s.Record("rent", lang)
		for _, x := range append(secrets, "备注甲") {
			if strings.Contains(text, x) {
				t.Fatalf("the record holds a value: %s", text)
			}
		}
		_, err := catalog.ParseDataset("rent.yaml", []byte(text))
		if err == nil || strings.Count(err.Error(), "\n") < 8 {
			t.Errorf("with TODO: %v", err)
		}
		text = strings.NewReplacer("update: TODO", "update: day", "max_rows: TODO", "max_rows: 2", "epsilon: TODO", "epsilon: 1",
			"    min: TODO\n", "", "    max: TODO\n", "", "    values: TODO\n", "", "TODO", "Office").Replace(text)
		d, err := catalog.ParseDataset("rent.yaml", []byte(text))
		if err != nil {
			t.Fatalf("filled in: %v\n%s", err, text)
		}
		want := map[string]string{"id_card": "cn-resident-id", "amount": "thousands currency", "signed": "YYYY/M/D", "amount_2": "percent"}
		for _, c := range d.Columns {
			have := c.Format
			if have == "" {
				have = strings.Join(c.Written, " ")
			}
			w, ok := want[c.Name]
			if words := strings.Fields(have); ok && len(words) != len(strings.Fields(w)) || ok && !strings.Contains(w, words[0]) {
				t.Errorf("%s is written %s, want %s", c.Name, have, w)
			}
			delete(want, c.Name)
		}
		if len(want) > 0 || d.Columns[2].Place != 3 || d.Columns[4].Place != 5 {
			t.Errorf("missing %v, or without places\n%s", want, text)
		}
	}
}

// TestLookAtEverydayForms: what stands above, around and below the rows of a
// table is found, and how its values are written.
func TestLookAtEverydayForms(t *testing.T) {
	id := func(n int) string {
		b := fmt.Appendf(nil, "9902811960%02d%02d%03d", 1+n%12, 1+n%28, n)
		return string(append(b, value.ResidentCheck(b)))
	}
	rows := func(head, form string, tail ...string) string {
		var b strings.Builder
		b.WriteString(head)
		for n := range 30 {
			fmt.Fprintf(&b, form, id(n), []string{"保安镇", "灵乡镇"}[n%2], 20+n)
		}
		return b.String() + strings.Join(tail, "")
	}
	const form = "%s,%s,%d.5\n"
	wide := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= 'Z' {
				r += 0xFEE0
			}
			return r
		}, s)
	}
	for _, q := range []struct {
		name, text string
		want       glovebox.Source
		columns    string // names with places and ways of writing
	}{
		{"two rows of a header", rows("居民,,房屋\n证件号码,乡镇,面积\n", form), glovebox.Source{Format: "csv", Skip: 1}, "证件号码 1, 乡镇 2, 面积 3"},
		{"a header that only both rows make", rows("居民,,房屋\n证件号码,乡镇,\n", form), glovebox.Source{Format: "csv", Header: "none", Skip: 2}, "居民/证件号码 1, 居民/乡镇 2, 房屋 3"},
		{"units under the header", rows("证件号码,乡镇,面积\n,,平方米\n", form), glovebox.Source{Format: "csv", Header: "none", Skip: 2}, "证件号码 1, 乡镇 2, 面积/平方米 3"},
		{"numbers under the header", rows("证件号码,乡镇,面积\n甲,乙,1\n", form), glovebox.Source{Format: "csv", Header: "none", Skip: 2}, "证件号码 1, 乡镇 2, 面积 3"},
		{"a count of rows", rows("证件号码,乡镇,面积\n", form, "(30 rows affected)\n"), glovebox.Source{Format: "csv", Drop: []string{"("}}, "证件号码 1, 乡镇 2, 面积 3"},
		{"towns that begin as a count does", rows("乡镇,证件号码,面积\n", "共和镇,%s,%s%d.5\n", "共30条,,\n"), glovebox.Source{Format: "csv"}, "乡镇 1, 证件号码 2, 面积 3"},
		{"titles", rows("备案表,,\n单位：某局,,\n证件号码,乡镇,面积\n", form), glovebox.Source{Format: "csv", Skip: 2}, "证件号码 1, 乡镇 2, 面积 3"},
		{"sums and notes", rows("证件号码,乡镇,面积\n", form, "合计,,9\n", "制表人：某,,\n"), glovebox.Source{Format: "csv", Drop: []string{"合计", "制表"}}, "证件号码 1, 乡镇 2, 面积 3"},
		{"joined files", rows("证件号码,乡镇,面积\n", form, "\uFEFF证件号码,乡镇,面积\n"), glovebox.Source{Format: "csv", Drop: []string{"证件号码"}}, "证件号码 1, 乡镇 2, 面积 3"},
		{"a state that begins as a note does", "证件号码,状态,面积\n" + strings.Repeat("审核通过,是,1\n", 30), glovebox.Source{Format: "csv"}, "证件号码 1, 状态 2 是/否, 面积 3"},
		{"an empty column and one of numbers", rows("证件号码,乡镇,面积,\n", "%s,%s,%d.5,\n"), glovebox.Source{Format: "csv", Extra: "ignore"}, "证件号码 1, 乡镇 2, 面积 3"},
		{"an unnamed column", rows("证件号码,,面积\n", form), glovebox.Source{Format: "csv", Header: "none", Skip: 1}, "证件号码 1,  2, 面积 3"},
		{"bars around", rows("|证件号码|乡镇|面积|\n", "|%s|%s|%d.5|\n"), glovebox.Source{Format: "csv", Delimiter: "|", Extra: "ignore"}, "证件号码 2, 乡镇 3, 面积 4"},
		{"carets", rows("证件号码^乡镇^面积\n", "%s^%s^%d.5\n"), glovebox.Source{Format: "csv", Delimiter: "^"}, "证件号码 1, 乡镇 2, 面积 3"},
		{"single quotes", rows("'证件号码','乡镇','面积'\n", "'%s','%s','%d.5'\n"), glovebox.Source{Format: "csv", Quote: "single"}, "证件号码 1, 乡镇 2, 面积 3"},
		{"formulas", rows("证件号码,乡镇,面积\n", "=\"%s\",%s,%d.5\n"), glovebox.Source{Format: "csv", Quote: "none"}, "证件号码 1 excel-text, 乡镇 2, 面积 3"},
		{"full-width", wide(rows("证件号码,乡镇,面积\n", form)), glovebox.Source{Format: "csv"}, "证件号码 1 full-width, 乡镇 2, 面积 3 full-width"},
		{"spaces in ids and a unit of measure", strings.ReplaceAll(rows("证件号码,乡镇,面积\n", "%s,%s,%d.5㎡\n"), "9902811960", "990281 1960"), glovebox.Source{Format: "csv"}, "证件号码 1 no-spaces, 乡镇 2, 面积 3 measure"},
		{"days as digits", "证件号码,签约日期\n" + id(1) + ",20240318\n" + id(2) + ",20240319\n", glovebox.Source{Format: "csv"}, "证件号码 1, 签约日期 2 YYYYMMDD"},
		{"days as numbers of a spreadsheet", "证件号码,签约日期\n" + id(1) + ",45369\n" + id(2) + ",45370\n", glovebox.Source{Format: "csv"}, "证件号码 1, 签约日期 2 serial"},
		{"a first row that is short", "证件号码,乡镇,面积,备注\n" + id(1) + ",保安镇,1\n" + id(2) + ",灵乡镇,2,x\n", glovebox.Source{Format: "csv", Ragged: "pad"}, "证件号码 1, 乡镇 2, 面积 3, 备注 4"},
		{"a document", `{"data": {"total": 2, "rows": [{"id": "` + id(1) + `", "tags": ["x"]}, {"id": "` + id(2) + `"}]}}`, glovebox.Source{Format: "json", At: "/data/rows", Extra: "ignore"}, "id 1"},
		{"objects of several lines", "{\n\"id\": \"" + id(1) + "\"\n}\n{\n\"id\": \"" + id(2) + "\"\n}\n", glovebox.Source{Format: "json"}, "id 1"},
	} {
		f := rowtest.TempFile(t, []byte(q.text))
		s, err := Look(context.Background(), f, int64(len(q.text)), glovebox.Source{})
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
			continue
		}
		var got []string
		for _, c := range s.Columns {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %d %s", c.Name, c.Place, strings.Join(c.Written, " "))))
		}
		if fmt.Sprint(s.Source) != fmt.Sprint(q.want) || strings.Join(got, ", ") != strings.ReplaceAll(q.columns, ",  2", ", 2") {
			t.Errorf("%s: %+v with %s", q.name, s.Source, strings.Join(got, ", "))
		}
	}
	for name, text := range map[string]string{
		"text with spaces":       rows("证件号码  乡镇  面积\n", "%s  %s  %d.5\n"),
		"full-width commas":      rows("证件号码，乡镇，面积\n", "%s，%s，%d.5\n"),
		"a PDF file":             "%PDF-1.4\n1 0 obj\n<<\n/Type, /Catalog\n>>\n",
		"an RTF file":            "{\\rtf1 a, b\n}",
		"or no text":             "\x03\x7c\x01\x01" + strings.Repeat("id\x00\x00\x00|area\x00\x00\n", 30),
		"SQL":                    "INSERT INTO rent VALUES ('1', 2);\n",
		"control characters":     rows("证件号码\x01乡镇\x01面积\n", "%s\x01%s\x01%d.5\n"),
		"carriage return":        strings.ReplaceAll(rows("证件号码,乡镇,面积\n", form), "\n", "\r"),
		"no list of rows":        `{"id": ["1", "2"], "area": [1, 2]}`,
		"NaN and Infinity":       `[{"id": "1", "area": NaN}]`,
		"has each name once":     `[["1", 2], ["2", 3]]`,
		"2 lists of objects":     `{"a": [{"x": 1}], "b": [{"x": 1}]}`,
		"holds nothing":          "  \r\n \r\n",
		"the file is a web page": "<html><table><tr><td>1</td></tr></table></html>",
	} {
		if _, err := Look(context.Background(), rowtest.TempFile(t, []byte(text)), int64(len(text)), glovebox.Source{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
