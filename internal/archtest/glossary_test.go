package archtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// otherWords are words that were once used for what docs/glossary.md calls
// otherwise, with its word.
var otherWords = []struct{ word, term string }{
	{"私有键", "私密键"}, {"私有字段", "私密字段"}, {"归并", "泛化"}, {"数据提供者", "数据提供单位"},
	{"参考表", "参照表"}, {"扣费", "记账"}, {"复位", "复原"}, {"标识符", "标识"}, {"审批", "批准"},
	{"审核人 ", "批准人"}, {"分界点", "边界"}, {"黄金文件", "基准文件"}, {"预算凭据", "支出凭证"},
	{"记账凭据", "支出凭证"}, {"哈希", "散列"}, {"map 方式", "map 模式"}, {"blocks 方式", "blocks 模式"},
	{"train 方式", "train 模式"}, {"的列 {column}", "的字段 {column}"}, {"监管进程", "主管进程"},
	{"数据库房", "保险库"}, {"入库", "载入"}, {"标识空间", "单元空间"}, {"候选值", "候选项"}, {"排名", "名次"}, {"沙盒", "沙箱"},
}

// TestChineseTerms: one word for one thing, in Chinese pages, translations,
// reasons of the policy and texts of the commands.
func TestChineseTerms(t *testing.T) {
	lines := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != "../.." {
			return fs.SkipDir
		}
		switch {
		case d.IsDir(), strings.HasSuffix(path, "_test.go"), path == "../../internal/author/trial/neighbours.go": // its texts are in stored reports
			return nil
		case strings.HasSuffix(path, ".md") && !strings.HasSuffix(path, "glossary.md"), strings.HasSuffix(path, "schema/job.json"), strings.HasSuffix(path, ".rego"), strings.HasSuffix(path, ".go"),
			strings.HasSuffix(path, ".txt") && strings.Contains(path, "/words/zh/"):
		default:
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n := 0
		for line := range strings.Lines(string(b)) {
			n++
			if !ideogram.MatchString(line) {
				continue
			}
			lines++
			for _, o := range otherWords {
				if strings.Contains(line, o.word) {
					t.Errorf("%s:%d: %s is called %s in docs/glossary.md", strings.TrimPrefix(path, "../../"), n, o.word, o.term)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if lines < 4000 {
		t.Fatalf("only %d Chinese lines found", lines)
	}
}

// TestGlossary: each term once, in order, in both languages.
func TestGlossary(t *testing.T) {
	seen, before, n := map[string]bool{}, "", 0
	for _, m := range regexp.MustCompile(`(?m)^\|(.*)\|$`).FindAllStringSubmatch(page(t, "docs/glossary.md"), -1)[2:] {
		n++
		cells := strings.Split(m[1], "|")
		if len(cells) != 4 {
			t.Fatalf("the row%shas %d cells", cells[0], len(cells))
		}
		for i, c := range cells {
			if c = strings.TrimSpace(c); c == "" || ideogram.MatchString(c) != (i%2 == 1) && i != 2 {
				t.Errorf("cell %d of%s: %q", i+1, cells[0], c)
			}
		}
		term := strings.TrimSpace(cells[0])
		if seen[term] {
			t.Errorf("%s is there twice", term)
		}
		if strings.ToLower(term) < before {
			t.Errorf("%s stands behind %s", term, before)
		}
		seen[term], before = true, strings.ToLower(term)
	}
	if n < 60 {
		t.Fatalf("only %d terms found", n)
	}
}
