package pipeline

import (
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/exporter/memexport"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

// TestChannelProductData: a customer takes a product's data once the scenario names
// its institution, the product is published and a release of it left; and no more
// when anything that it stands on is stopped, or the release is taken back.
func TestChannelProductData(t *testing.T) {
	d, file := pumsDomain(t)
	p := New(d, nil)
	r := run(t, p, file, "wang").Release
	for _, who := range []string{"zhao", "census"} {
		if _, err := p.Approve(t.Context(), user(t, d, who), r.ID, ""); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.AddUser(t.Context(), domain.OwnerBy(), domain.NewUser{Name: "wei", Role: glovebox.RoleDeveloper, Org: "Example Bank"}); err != nil {
		t.Fatal(err)
	}
	wei := user(t, d, "wei").User
	takes := func(when string, want glovebox.Code) {
		t.Helper()
		_, err := p.Deliver(t.Context(), wei, r.Product, "", bundle.FormCSV)
		if got := glovebox.CodeOf(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("%s: %v, want %q", when, err, want)
		}
		v, err := p.Versions(t.Context(), wei, r.Product, "newest")
		if want == "" && (err != nil || len(v.Versions) != 1 || len(v.Versions[0].Files) != len(bundle.Forms)) || want != "" && err == nil && len(v.Versions) > 0 {
			t.Errorf("%s: versions %+v, %v", when, v, err)
		}
	}
	takes("not on the list", glovebox.CodeNotFound)
	zhao := user(t, d, "zhao")
	if _, err := d.RegisterProduct(t.Context(), zhao, domain.NewProduct{Code: r.Product, Scenario: r.Scenario, Technique: "x", Security: "x", Business: "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.PublishProduct(t.Context(), zhao, r.Product, false); err != nil {
		t.Fatal(err)
	}
	readers := func(names ...string) {
		t.Helper()
		err := d.Effect(t.Context(), domain.OwnerBy(), func(tx *store.Tx) error {
			var s domain.ScenarioDoc
			if err := domain.Scenarios.Get(tx, r.Scenario, &s); err != nil {
				return err
			}
			for i := range s.Products {
				s.Products[i].Readers = names
			}
			return domain.Scenarios.Put(tx, "scenario.amend", s.Code, s, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	readers("Example Bank")
	takes("approved and not exported", glovebox.CodeNotFound)
	liu := user(t, d, "liu")
	if _, err := p.Export(t.Context(), liu, r.ID, "memory", &memexport.Memory{}, nil); err != nil {
		t.Fatal(err)
	}
	takes("exported", "")
	readers("Other Bank")
	takes("of another institution", glovebox.CodeNotFound)
	readers("Example Bank")
	if _, err := d.PauseDataset(t.Context(), user(t, d, "census"), "pums", domain.Brake{Role: glovebox.RoleProvider, Reason: "a look"}); err != nil {
		t.Fatal(err)
	}
	takes("of paused data", glovebox.CodeNotFound)
}
