package catalog

import (
	"strings"
	"testing"
)

// TestTitlesAreToldApart: titles that people decide by hold no look-alikes, in
// datasets, scenarios and products, and mixed Han and Latin is everyday.
func TestTitlesAreToldApart(t *testing.T) {
	scenario, dataset := docExamples(t, KindScenario)[0], docExamples(t, KindDataset)[0]
	const product = "title: {en: Care hot spots, zh: 服务需求热点}"
	for _, c := range []struct{ title, want string }{
		{"服务需求热点（2025年版）：PM2.5与GDP", ""},
		{"企业A股数据　第①期《目录》·附件", ""},
		{"C\u0430re", "mixes scripts"},                     // Cyrillic a
		{"\u0421\u0430\u0440\u0435", "looks like a Latin"}, // all Cyrillic
		{"Care\u00a0spots", "a space other"},
		{"\uff23\uff41\uff52\uff45", "a variant form"},
		{"Cafe\u0301", "normal form"},
	} {
		docs := map[string]string{
			"product": string(edit(t, scenario, product, "title: {en: Care hot spots, zh: \""+c.title+"\"}")),
		}
		for kind, doc := range map[string]string{"scenario": scenario, "dataset": dataset} {
			var out []string
			done := false
			for l := range strings.Lines(doc) {
				if !done && strings.HasPrefix(l, "title: ") {
					l, done = "title: {en: x, zh: \""+c.title+"\"}\n", true
				}
				out = append(out, l)
			}
			if !done {
				t.Fatalf("no title in one line: %s", doc)
			}
			docs[kind] = strings.Join(out, "")
		}
		for kind, doc := range docs {
			var err error
			if kind == "dataset" {
				_, err = ParseDataset("x", []byte(doc))
			} else {
				_, err = ParseScenario("x", []byte(doc))
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), "title.zh: the title ") || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s %+q: %v", kind, c.title, err)
			}
		}
	}
}
