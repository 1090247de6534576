package find

import (
	"fmt"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
)

// Todo stands where a provider has to decide: what is public about the data must
// not be read off it. A record that holds it is refused.
const Todo = "TODO"

// Record writes what was seen as a record, in YAML, with the evidence beside each
// column. What a look cannot or must not know is Todo.
func (s *Seen) Record(code string, lang glovebox.Lang) string {
	var b strings.Builder
	say := func(en, zh string) string {
		if lang == glovebox.Chinese {
			return zh
		}
		return en
	}
	names := s.names()
	unit, space := s.unit(), "person"
	fmt.Fprintf(&b, "# %s\n", fmt.Sprintf(say("Proposed from %d rows. Fill in what says TODO: bounds, values and totals are public, so they are declared and not read off the data.",
		"依据 %d 行数据提出。请填写标有 TODO 的各项：范围、取值和总额均属公开信息，须由提供单位声明，不得由数据得出。"), s.Rows))
	fmt.Fprintf(&b, "code: %s\ntitle: {en: %s, zh: %s}\nprovider: %s\nupdate: %s # realtime, day, week, month, quarter, year, irregular\n", code, Todo, Todo, Todo, Todo)
	b.WriteString("source:\n")
	s.source(&b)
	b.WriteString("unit:\n")
	if unit >= 0 {
		if f := s.Columns[unit].Found; f != nil && f.Kind == CreditCode {
			space = "enterprise"
		}
		fmt.Fprintf(&b, "  space: %s\n  column: %s\n", space, names[unit])
	} else {
		fmt.Fprintf(&b, "  space: %s\n  column: %s # %s\n", Todo, Todo, say("no column was found that names a person or an enterprise", "未发现指明个人或企业的字段"))
	}
	fmt.Fprintf(&b, "  max_rows: %s\nledger:\n  kind: pure\n  epsilon: %s\n", Todo, Todo)
	if unit >= 0 && s.Columns[unit].Unlike == 100 {
		fmt.Fprintf(&b, "key: [%s] # %s\n", names[unit], say("no value came twice", "没有重复的取值"))
	}
	b.WriteString("columns:\n")
	for i := range s.Columns {
		s.column(&b, i, names[i], i == unit, say)
	}
	return b.String()
}

// source writes the section of that name.
func (s *Seen) source(b *strings.Builder) {
	d := s.Source
	for _, f := range [][2]string{{"format", d.Format}, {"encoding", d.Encoding}, {"compression", d.Compression}, {"entry", d.Entry}, {"delimiter", d.Delimiter}, {"header", d.Header},
		{"quote", d.Quote}, {"at", d.At}, {"ragged", d.Ragged}, {"extra", d.Extra}, {"sheet", d.Sheet}, {"merged", d.Merged}, {"table", d.Table}} {
		if f[1] != "" {
			fmt.Fprintf(b, "  %s: %s\n", f[0], quoted(f[1]))
		}
	}
	if d.Skip > 0 {
		fmt.Fprintf(b, "  skip: %d\n", d.Skip)
	}
	if len(d.Drop) > 0 {
		var list []string
		for _, w := range d.Drop {
			list = append(list, quoted(w))
		}
		fmt.Fprintf(b, "  drop: [%s]\n", strings.Join(list, ", "))
	}
	null := []string{`""`}
	for _, c := range s.Columns {
		for _, n := range c.Null {
			if q := quoted(n); !slices.Contains(null, q) && len(null) < 16 {
				null = append(null, q)
			}
		}
	}
	if len(null) > 1 && (d.Format == "csv" || d.Format == "xlsx") {
		fmt.Fprintf(b, "  \"null\": [%s]\n", strings.Join(null, ", "))
	}
}

// quoted writes a text so that YAML reads it as one.
func quoted(s string) string {
	plain := s != ""
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '/' || r == '.' || r >= 0x4E00 && r <= 0x9FFF) {
			plain = false
		}
	}
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "y", "n", "on", "off", "nan", "inf", "none":
		plain = false
	}
	if plain && s[0] != '-' && s[0] != '.' && (s[0] < '0' || s[0] > '9') {
		return s
	}
	return fmt.Sprintf("%q", s)
}

// column writes one column and the evidence for it.
func (s *Seen) column(b *strings.Builder, i int, name string, isUnit bool, say func(en, zh string) string) {
	c := &s.Columns[i]
	class, grade, format, mask := glovebox.ClassPersonal, 2, "", ""
	if f := c.Found; f != nil {
		p := proposals[f.Kind]
		class, grade, format, mask = p.class, p.grade, p.format, p.mask
		if class == glovebox.ClassIdentifier && c.Type != glovebox.String && c.Type != glovebox.Int64 {
			class = glovebox.ClassSensitive
		}
	}
	if isUnit && class != glovebox.ClassIdentifier {
		class = glovebox.ClassIdentifier
	}
	line := func(format string, a ...any) { fmt.Fprintf(b, "    "+format+"\n", a...) }
	fmt.Fprintf(b, "  - name: %s", name)
	fmt.Fprintf(b, " # %s\n", c.evidence(mask, say))
	if c.Name != "" && c.Name != name && len([]rune(c.Name)) <= 128 {
		line("source: %s", quoted(c.Name))
	}
	again := c.Name != "" && slices.ContainsFunc(s.Columns, func(o Column) bool { return o.Place != c.Place && strings.EqualFold(o.Name, c.Name) })
	if (again || s.Source.Header == "none") && (s.Source.Format == "csv" || s.Source.Format == "xlsx") {
		line("place: %d", c.Place)
	}
	line("type: %s", c.Type)
	line("class: %s", class)
	line("grade: %d", grade)
	if len(c.Written) > 0 {
		var list []string
		for _, w := range c.Written {
			list = append(list, quoted(w))
		}
		line("written: [%s]", strings.Join(list, ", "))
	}
	if c.Scale > 0 {
		line("scale: %d", c.Scale)
	}
	if c.Missing > 0 && !isUnit {
		line("nullable: true")
	}
	switch {
	case c.Type == glovebox.String:
		if format != "" {
			line("format: %s", format)
		}
		if c.Long {
			line("max_bytes: %s", Todo)
		}
		if c.Found == nil && !isUnit && c.Unlike <= 5 && c.Missing < 100 {
			line("values: %s", Todo)
		}
	case c.Type != glovebox.Bool && class != glovebox.ClassIdentifier:
		line("min: %s", Todo)
		line("max: %s", Todo)
	}
}

// evidence says in shares why a column is proposed as it is.
func (c *Column) evidence(mask string, say func(en, zh string) string) string {
	var out []string
	add := func(en, zh string, a ...any) { out = append(out, fmt.Sprintf(say(en, zh), a...)) }
	if f := c.Found; f != nil {
		add("%s: %d %% of the values", "%s：占取值的 %d%%", f.Kind.In(glovebox.Lang(say("en", "zh"))), f.Share)
		if f.Checked {
			add("by their check digits", "校验位相符")
		}
		if f.Word {
			add("so says its name", "列名亦如此")
		}
	}
	if c.Fits < 100 {
		add("%d %% fit the type", "%d%% 符合类型", c.Fits)
	}
	add("%d %% missing", "缺失 %d%%", c.Missing)
	add("%d %% of the values unlike", "不同取值占 %d%%", c.Unlike)
	if c.Rounded > 0 {
		add("%d %% are numbers that a spreadsheet rounded: export it as text", "%d%% 是被表格软件改写的数：请以文本格式导出", c.Rounded)
	}
	if mask != "" {
		add("mask: %s", "脱敏：%s", mask)
	}
	return strings.Join(out, say("; ", "；"))
}

// unit is the column that names whom a row is about, -1 if none does: the first
// resident number, else the first credit code.
func (s *Seen) unit() int {
	for _, k := range []Kind{ResidentID, CreditCode, Passport, Officer} {
		for i, c := range s.Columns {
			if c.Found != nil && c.Found.Kind == k && c.Missing < 100 {
				return i
			}
		}
	}
	return -1
}

// english are names for columns whose headers are Chinese.
var english = [][2]string{{"公民身份号码", "id_card"}, {"身份证", "id_card"}, {"信用代码", "credit_code"}, {"姓名", "full_name"}, {"性别", "sex"}, {"民族", "ethnicity"}, {"出生", "birth_date"}, {"年龄", "age"},
	{"手机", "mobile"}, {"电话", "phone"}, {"邮箱", "email"}, {"地址", "address"}, {"住址", "address"}, {"乡镇", "township"}, {"街道", "township"}, {"村", "village"}, {"区县", "district"}, {"租金", "rent"}, {"面积", "area"},
	{"签约", "signed"}, {"备注", "note"}, {"金额", "amount"}, {"工资", "wage"}, {"收入", "income"}, {"日期", "date"}, {"时间", "time"}, {"学历", "education"}, {"婚姻", "marital_status"}, {"职业", "occupation"},
	{"单位名称", "employer"}, {"企业", "enterprise"}, {"类型", "kind"}, {"类别", "category"}, {"状态", "state"}, {"数量", "quantity"}, {"比例", "share"}, {"名称", "title"}, {"编号", "number"}, {"诊断", "diagnosis"}, {"车牌", "plate"}, {"户主", "householder"}, {"户号", "household"}}

// names are the columns' names in a record: ASCII, each there once.
func (s *Seen) names() []string {
	taken := map[string]bool{}
	var out []string
	for _, c := range s.Columns {
		name := ""
		base := c.Name
		if s.Source.Format == "json" && strings.HasPrefix(base, "/") {
			base = base[strings.LastIndexByte(base, '/')+1:]
		}
		if source.ColumnName().MatchString(base) && base[0] != '_' {
			name = strings.ToLower(base)
		}
		for _, e := range english {
			if name == "" && strings.Contains(base, e[0]) {
				name = e[1]
			}
		}
		if name == "" {
			name = fmt.Sprintf("column_%d", c.Place)
		}
		for n, first := 2, name; taken[name]; n++ {
			name = fmt.Sprintf("%s_%d", first[:min(len(first), 58)], n)
		}
		taken[name] = true
		out = append(out, name)
	}
	return out
}

// Proposed is the class, grade and mask that a finding suggests.
func (f *Found) Proposed() (class glovebox.Class, grade int, mask string) {
	p := proposals[f.Kind]
	return p.class, p.grade, p.mask
}
