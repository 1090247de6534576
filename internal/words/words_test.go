package words

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"glovebox.example/glovebox"
)

// apart holds texts that no error of ours says: an operating system's and
// libraries', and words of tables.
var apart = []string{"zh/foreign.txt", "zh/terms.txt"}

// TestEveryTextIsTranslated: each message and fix that the sources can say has
// an entry, and each entry is still said.
func TestEveryTextIsTranslated(t *testing.T) {
	said := collect(t, "../..")
	forms(t, "../document/catalog/schema", said)
	if len(said) < 1000 {
		t.Fatalf("only %d texts found in the sources", len(said))
	}
	list, err := read(sources)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, e := range list {
		if known[e.en] {
			t.Errorf("%s:%d: %q is there twice", e.file, e.line, e.en)
		}
		known[e.en] = true
		if _, ok := said[e.en]; !ok && !slices.Contains(apart, e.file) {
			t.Errorf("%s:%d: nothing says %q", e.file, e.line, e.en)
		}
	}
	for en, where := range said {
		if !known[en] && !where.name {
			t.Errorf("%s: no translation of %q", strings.TrimPrefix(where.at, "../../"), en)
		}
	}
}

// TestTranslationsFit: the same parts on both sides, and Chinese on the
// Chinese one.
func TestTranslationsFit(t *testing.T) {
	list, err := read(sources)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if en, zh := verbs(e.en), verbs(e.zh); !slices.Equal(en, zh) {
			t.Errorf("%s:%d: parts %d in English, %d in Chinese", e.file, e.line, en, zh)
		}
		if !strings.ContainsFunc(e.zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s:%d: %q is not Chinese", e.file, e.line, e.zh)
		}
	}
}

// verbs lists which parts a format names, in order of the parts.
func verbs(format string) []int {
	var out []int
	next := 0
	for _, m := range verb().FindAllStringSubmatch(format, -1) {
		if m[0] == "%%" {
			continue
		}
		if m[1] != "" {
			next = int(m[1][1] - '1')
		}
		out = append(out, next)
		next++
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestEveryEntryIsFound: a text made from an entry's format is said in
// Chinese, whatever stands in its parts.
func TestEveryEntryIsFound(t *testing.T) {
	list, err := read(sources)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		en := verb().ReplaceAllStringFunc(e.en, func(v string) string {
			switch v[len(v)-1] {
			case '%':
				return "%"
			case 'd':
				return "7"
			}
			return "x7"
		})
		got := In(glovebox.Chinese, en)
		if got == en || regexp.MustCompile(`%[a-z]`).MatchString(strings.ReplaceAll(got, "%%", "")) {
			t.Errorf("%s:%d: %q becomes %q", e.file, e.line, en, got)
		}
	}
}

func TestErrorInBothLanguages(t *testing.T) {
	e := glovebox.Errorf(glovebox.CodeInvalid, "the file is empty").WithFix("correct it").Because(errors.New("permission denied"))
	e.File, e.Line, e.Field = "a.csv", 3, "columns[0]"
	if got := Error(glovebox.English, e); got != e.Error() {
		t.Errorf("English: %s", got)
	}
	got := Error(glovebox.Chinese, e)
	if !strings.HasPrefix(got, "a.csv:3: columns[0]: ") || strings.ContainsFunc(strings.TrimPrefix(got, "a.csv:3: columns[0]: "), func(r rune) bool { return r >= 'a' && r <= 'z' }) {
		t.Errorf("Chinese: %s", got)
	}
	if unknown := "no text of ours"; In(glovebox.Chinese, unknown) != unknown {
		t.Error("an unknown text was changed")
	}
}

// TestJoinedTexts: texts that are put together where they arise are Chinese
// throughout.
func TestJoinedTexts(t *testing.T) {
	for en, want := range map[string]string{
		"the file lacks the columns v; the record does not declare, or the file names twice, the file's columns number 1": "文件缺少列 v；文件的第 1 列未在记录中声明，或在文件中重名",
		"dataset d: 2 of 2 rows rejected, 0 % allowed: 1 quote, 1 type; first at line 2, v":                               "数据资源 d：2 行中拒绝 2 行，允许 0%：1 quote, 1 type；首处在第 2 行，字段 v",
		"dataset d: 1 of 9 rows rejected, 0.5 % allowed: 1 type; first at row 2":                                          "数据资源 d：9 行中拒绝 1 行，允许 0.5%：1 type；首处在第 2 条记录",
		"glovebox module new wants NAME, not 0 arguments":                                                                 "glovebox module new 需要 NAME，而不是 0 个参数",
		"glovebox dataset load wants CODE FILE, not 1 argument":                                                           "glovebox dataset load 需要 CODE FILE，而不是 1 个参数",
		"the remembered checkpoint cannot be used: not signed by t's key":                                                 "所记的检查点无法使用：未由 t 的密钥签名",
		"filter: a whole number and a text do not go together (at character 5)":                                           "过滤条件：整数与文本不能一起运算（第 5 个字符处）",
		"filter: this function or operator is not allowed in a filter (at character 1)":                                   "过滤条件：过滤条件中不允许此函数或运算符（第 1 个字符处）",
		"filter: the result is a whole number, not true or false":                                                         "过滤条件：结果为整数，不是真或假",
		"add it: {en: ..., zh: ...}, at least one of the two, on one line each":                                           "请添加：{en: ..., zh: ...}，至少写其一，各占一行",
		"add it: a list of 1 to 512 entries":                                                                              "请添加：列表，1 至 512 项",
		"unknown flag: --frob":                                                                                            "没有选项 --frob",
		"wang is not provider and may not load a dataset":                                                                 "wang 不是 provider，不得载入数据资源",
		"filter: subquery is not allowed in a filter (at character 5)":                                                    "过滤条件：过滤条件中不允许 subquery（第 5 个字符处）",
		"filter: a token and a text do not go together (at character 6)":                                                  "过滤条件：令牌与文本不能一起运算（第 6 个字符处）",
		"remove the tag; put a text in quotes":                                                                            "去掉标签；文本请加引号",
		"the file is 7z, and its record declares csv":                                                                     "文件是 7z，而其记录声明的是 csv",
		`dataset "the file is empty" exists`:                                                                              `数据资源 "the file is empty" 已存在`,
	} {
		if got := In(glovebox.Chinese, en); got != want {
			t.Errorf("%s\n got %s\nwant %s", en, got, want)
		}
	}
}
