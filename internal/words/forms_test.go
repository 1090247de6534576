package words

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// forms adds what the schemas in dir say that a value looks like: problems
// quote it.
func forms(t *testing.T, dir string, said texts) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas in %s: %v", dir, err)
	}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if s, ok := v["x-form"].(string); ok {
				said[s] = place{at: at}
			}
			for _, x := range v {
				walk(at, x)
			}
		case []any:
			for _, x := range v {
				walk(at, x)
			}
		}
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			t.Fatal(err)
		}
		walk(f, v)
	}
}
