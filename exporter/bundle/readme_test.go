package bundle_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/exporter/bundle"
)

// TestReadmeSaysWhatFailed: a model of mode train whose update failed says so on
// the page that people read first.
func TestReadmeSaysWhatFailed(t *testing.T) {
	for facts, want := range map[string][]string{
		`{"train":{"rounds":3},"failed_updates":3}`: {"failed in 3 of 3 rounds", "nothing was learned", "3 轮中有 3 轮失败", "未从数据中学到任何内容"},
		`{"train":{"rounds":3},"failed_updates":1}`: {"failed in 1 of 3 rounds", "3 轮中有 1 轮失败"},
		`{"train":{"rounds":3}}`:                    nil,
		`{"mode":"map"}`:                            nil,
	} {
		c := content()
		c.Facts = json.RawMessage(facts)
		files := build(t, c, evidence(t, c))
		i := slices.IndexFunc(files, func(f bundle.File) bool { return f.Name == bundle.ReadmeFile })
		page := string(files[i].Data)
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s: README.txt does not say %q", facts, text)
			}
		}
		if len(want) < 4 && (strings.Contains(page, "learned") || len(want) == 0 && strings.Contains(page, "failed")) {
			t.Errorf("%s: README.txt says that the update failed", facts)
		}
	}
}
