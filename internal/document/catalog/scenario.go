package catalog

import (
	"maps"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
)

func checkScenario(c *checker, s *glovebox.Scenario) {
	c.title(s.Title, at("title"))
	var codes, registrations []string
	for i, p := range s.Products {
		c.title(p.Title, at("products", i, "title"))
		codes = append(codes, p.Code)
		registrations = append(registrations, p.Registration)
		c.unique(p.Readers, entries(at("products", i, "readers")), "institution")
		for j, name := range p.Readers {
			c.name(name, at("products", i, "readers", j))
		}
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
	for _, code := range slices.Sorted(maps.Keys(s.Reasons)) {
		for _, name := range slices.Sorted(maps.Keys(s.Reasons[code])) {
			if !slices.Contains(s.Needs[code], name) {
				c.AddKey(at("reasons", code, name), "list the column under `needs`, or leave the reason out", "is a reason for what is not needed")
			}
		}
	}
	if s.Term != nil {
		checkDays(c, at("term"), s.Term.From, s.Term.Until)
	}
	if s.Partner != "" {
		c.name(s.Partner, at("partner"))
	}
}

// CheckApplication checks that a scenario says all that an application has to: a
// reason for each column that it needs, and the days that it is for.
func CheckApplication(s *glovebox.Scenario) error {
	c := &checker{Problems: record.NewProblems(nil)}
	for _, code := range slices.Sorted(maps.Keys(s.Needs)) {
		for _, name := range s.Needs[code] {
			if _, ok := s.Reasons[code][name]; !ok {
				c.Add(at("reasons", code, name), "say in a sentence why the purpose cannot do without it", "is missing")
			}
		}
	}
	if s.Term == nil {
		c.Add(at("term"), "write `term: {from: YYYY-MM-DD, until: YYYY-MM-DD}`", "is missing")
	}
	return c.Err()
}
