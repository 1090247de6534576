package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
)

// blocksDomain is pumsDomain with the spread example's job and module.
func blocksDomain(t *testing.T, change ...string) (*domain.Domain, string) {
	t.Helper()
	d, file := pumsDomain(t)
	dir := filepath.Dir(file)
	job := strings.NewReplacer(change...).Replace(string(read(t, "../../examples/spread/job.yaml")))
	for name, data := range map[string][]byte{"job.yaml": []byte(job), "spread.wasm": read(t, "../../examples/spread/spread.wasm")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d, file
}

// TestBlocks: a job of mode blocks is charged, answered, and answered again from
// the store; its facts say how it was made. Groups are of
// several blocks for one part.
func TestBlocks(t *testing.T) {
	for _, count := range []string{"64", "8"} {
		d, file := blocksDomain(t, "count: 64", "count: "+count)
		p := New(d, nil)
		rep, err := p.Check(t.Context(), submit(file), user(t, d, "wang").User)
		if err != nil || !rep.Decision.Allow || rep.Prices[0].Price.Price.Loss != 250_000_000 || len(rep.Privacy.Combined) != 3 {
			t.Fatalf("%v, %+v", err, rep)
		}
		o := run(t, p, file, "wang")
		if spent := balance(t, d, "pums").Spent; spent.Loss != 250_000_000 || spent.Delta != 0 {
			t.Errorf("spent %+v", spent)
		}
		c := o.Content
		var names []string
		for _, col := range c.Columns {
			names = append(names, col.Name)
		}
		if strings.Join(names, " ") != "median_income per_step schooling" || len(c.Rows) != 1 {
			t.Fatalf("columns %v, %d rows", names, len(c.Rows))
		}
		income, perStep, most := c.Rows[0][0].(float64), c.Rows[0][1].(float64), c.Rows[0][2].(string)
		if income < 0 || income > 1e6 || perStep < -50000 || perStep > 50000 || !strings.Contains("no diploma high school some college degree", most) {
			t.Errorf("%v %v %v", income, perStep, most)
		}
		for _, want := range []string{`"mode":"blocks"`, `"blocks":{"count":` + count, `"combined":[{"of":"median_income"`, `"permute_and_flip"`} {
			if !strings.Contains(string(c.Facts), want) {
				t.Errorf("the facts lack %s: %s", want, c.Facts)
			}
		}
		if again := run(t, p, file, "wang"); !again.Repeated || again.Content.Rows[0][0] != c.Rows[0][0] {
			t.Errorf("repeated %v: %v", again.Repeated, again.Content.Rows[0])
		}
	}
}

// TestBlocksRefused: what a job of mode blocks gets wrong is named, and costs
// nothing.
func TestBlocksRefused(t *testing.T) {
	for _, c := range []struct{ field, from, to string }{
		{"blocks.count", "count: 64", "count: auto"},
		{"blocks.metrics", "per_step:", "slope:"},
		{"mode", "module: spread.wasm", "module: income.wasm"},
		{"blocks.count", "count: 64", "count: 131072"},
	} {
		d, file := blocksDomain(t, c.from, c.to)
		_, err := New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang"))
		var e *glovebox.Error
		if !errors.As(err, &e) || e.Code != glovebox.CodeInvalid || e.Field != c.field && !strings.Contains(err.Error(), c.field) {
			t.Errorf("%s: %v", c.to, err)
		}
		if spent := balance(t, d, "pums").Spent; spent.Loss != 0 {
			t.Errorf("%s: spent %+v", c.to, spent)
		}
	}
	d, file := pumsDomain(t)
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "income.wasm"), read(t, "../../examples/spread/spread.wasm"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang")); glovebox.CodeOf(err) != glovebox.CodeInvalid || !strings.Contains(err.Error(), "mode") {
		t.Errorf("mode map with a function of kind blocks: %v", err)
	}
}
