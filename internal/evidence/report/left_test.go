package report

import (
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/evidence"
)

// TestWhatLeftStaysListed: a product that left in the period stays in every table
// of products when its scenario names it no more; one of which nothing happened
// does not, and one that is named again comes once.
func TestWhatLeftStaysListed(t *testing.T) {
	b := newBook(nil, &Order{Lang: "en", Scope: evidence.Scope{All: true}}, time.UTC)
	named := func(codes ...string) {
		var s glovebox.Scenario
		for _, c := range codes {
			s.Products = append(s.Products, glovebox.Product{Code: c, Registration: "R-" + c})
		}
		b.rename("s", s)
		b.scenarios["s"] = s
	}
	named("a", "b", "c")
	named("a")
	named("a", "c")
	b.events = []event{{Facts: evidence.Facts{Action: "release.exported", Scenario: "s", Product: "b"}}}
	for name, table := range map[string]table{"products": products(b), "listed": listed(b), "used": used(b)} {
		if len(table.rows) != 3 {
			t.Errorf("%s: %q", name, table.rows)
		}
	}
	if r := used(b).rows[2]; r[1] != "R-b" || r[3] != "1" {
		t.Errorf("%q", r)
	}
	b.events = nil
	if n := len(used(b).rows); n != 2 {
		t.Errorf("%d rows", n)
	}
}
