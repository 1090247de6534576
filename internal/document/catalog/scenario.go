package catalog

import (
	"maps"
	"slices"

	"glovebox.example/glovebox"
)

func checkScenario(c *checker, s *glovebox.Scenario) {
	c.title(s.Title, at("title"))
	var codes, registrations []string
	for i, p := range s.Products {
		c.title(p.Title, at("products", i, "title"))
		codes = append(codes, p.Code)
		registrations = append(registrations, p.Registration)
	}
	c.unique(codes, fields(at("products"), "code"), "product")
	first := map[string]int{}
	for i, r := range registrations {
		c.name(r, at("products", i, "registration"))
		if j, ok := first[r]; ok {
			c.Add(at("products", i, "registration"), "each product has a registration code of its own", "is that of entry %d already", j+1)
			continue
		}
		first[r] = i
	}
	for _, code := range slices.Sorted(maps.Keys(s.Needs)) {
		p := at("needs", code)
		c.unique(s.Needs[code], entries(p), "column")
		for i, name := range s.Needs[code] {
			c.reserved(name, p.With(i))
		}
	}
}
