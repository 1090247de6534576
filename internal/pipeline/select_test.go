package pipeline

import (
	"os"
	"strings"
	"testing"
)

// TestSelectWrittenOut: a job that names what would select its keys anyway is the
// same job, and is not charged again; one that names something else is another.
func TestSelectWrittenOut(t *testing.T) {
	d, file := pumsDomain(t)
	p := New(d, nil)
	text := strings.Replace(string(read(t, file)), `public: [no diploma, high school, some college, degree]`, "private: true", 1)
	text = strings.Replace(text, "rho: 0.125", "rho: 0.125, delta: 1e-7", 1)
	repeated := func(selects string) bool {
		if err := os.WriteFile(file, []byte(strings.Replace(text, "  metrics:", selects+"  metrics:", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		return run(t, p, file, "wang").Repeated
	}
	for i, c := range []struct {
		selects string
		want    bool
	}{{"", false}, {"  select: people\n", true}, {"  select: own-share\n", false}, {"  select: own-share\n", true}} {
		if got := repeated(c.selects); got != c.want {
			t.Errorf("%d: repeated %v", i, got)
		}
	}
}
