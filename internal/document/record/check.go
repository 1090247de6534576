package record

import (
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// Validate checks the document against s and reports every problem. It never
// prints what the document holds, only what the schema allows.
func (d *Doc) Validate(s *Schema) error {
	c := &checker{doc: d, ps: NewProblems(d)}
	c.check(s.root, d.root, nil)
	return c.ps.Err()
}

type checker struct {
	doc *Doc
	ps  *Problems
}

// check notes all that is wrong with n, the value at p. A value of the wrong
// type, and one that is none of those allowed, is wrong in no other way.
func (c *checker) check(r *rule, n *node, p Path) {
	switch {
	case len(r.types) > 0 && !slices.ContainsFunc(r.types, n.is):
		c.wrongType(r, n, p)
		return
	case len(r.enum) > 0 && (n.kind != kindText || !slices.Contains(r.enum, n.text)):
		c.notListed(r, n, p)
		return
	}
	if r.ref != nil {
		c.check(r.ref, n, p)
	}
	switch n.kind {
	case kindMap:
		c.fields(r, n, p)
	case kindList:
		c.entries(r, n, p)
	case kindText:
		c.text(r, n, p)
	case kindNumber:
		c.number(r, n, p)
	}
	if r.never {
		fix := r.says()
		if fix == "" {
			fix = "leave it out"
		}
		c.ps.AddKey(p, fix, "cannot be given here")
	}
}

// add notes that the value at p does not meet r.
func (c *checker) add(r *rule, p Path, what string) {
	c.ps.Add(p, "write "+r.expected(), "%s", what)
}

func (c *checker) wrongType(r *rule, n *node, p Path) {
	fix := "write " + r.expected()
	if slices.Equal(r.types, []string{"string"}) && (n.kind == kindNumber || n.kind == kindBool) {
		fix = "put it in quotes: a text is wanted"
	}
	c.ps.Add(p, fix, "is %s, not %s", noun(n.jsonType()), nouns(r.types))
}

func (c *checker) notListed(r *rule, n *node, p Path) {
	fix := "write " + r.expected()
	if n.kind == kindText {
		near, said := r.means[strings.ToLower(n.text)]
		if !said {
			near = Nearest(n.text, r.enum)
		}
		if near != "" {
			fix += "; did you mean " + Name(near) + "?"
		}
	}
	c.ps.Add(p, fix, "is none of the values allowed")
}

func (c *checker) fields(r *rule, n *node, p Path) {
	c.count(r, len(n.items), r.minFields, r.maxFields, p)
	for _, name := range r.required {
		if n.index(name) >= 0 {
			continue
		}
		fix := "add it"
		if sub := r.properties[name]; sub != nil {
			fix = "add it: " + sub.expected()
		}
		c.ps.Add(p, fix, "field %s is missing", Name(name))
	}
	for i, k := range n.keys {
		q, known := p.With(k.name), false
		if sub := r.properties[k.name]; sub != nil {
			known = true
			c.check(sub, n.items[i], q)
		}
		for _, f := range r.patterns {
			if f.name.MatchString(k.name) {
				known = true
				c.check(f.rule, n.items[i], q)
			}
		}
		if !known && r.closed {
			c.unknown(r, k.name, q)
		}
	}
}

func (c *checker) entries(r *rule, n *node, p Path) {
	c.count(r, len(n.items), r.minItems, r.maxItems, p)
	first := map[string]int{}
	for i, it := range n.items {
		if r.items != nil {
			c.check(r.items, it, p.With(i))
		}
		if !r.unique || it.kind != kindText {
			continue
		}
		if j, ok := first[it.text]; ok {
			c.ps.Add(p.With(i), "keep one of the two", "is the same as entry %d of the list", j+1)
			continue
		}
		first[it.text] = i
	}
}

// count holds a number of entries or fields to its bounds.
func (c *checker) count(r *rule, got int, low, high *int, p Path) {
	if low != nil && got < *low {
		c.add(r, p, "has too few entries")
	}
	if high != nil && got > *high {
		c.add(r, p, "has too many entries")
	}
}

func (c *checker) text(r *rule, n *node, p Path) {
	length := utf8.RuneCountInString(n.text)
	if r.minLength != nil && length < *r.minLength {
		c.add(r, p, "is too short")
	}
	if r.maxLength != nil && length > *r.maxLength {
		c.add(r, p, "is too long")
	}
	if r.pattern != nil && !r.pattern.MatchString(n.text) {
		c.add(r, p, "does not have the expected form")
	}
}

func (c *checker) number(r *rule, n *node, p Path) {
	if r.minimum == nil && r.aboveMin == nil && r.maximum == nil {
		return
	}
	v := n.number()
	if r.minimum != nil && v.Cmp(r.minimum) < 0 || r.aboveMin != nil && v.Cmp(r.aboveMin) <= 0 {
		c.add(r, p, "is too small")
	}
	if r.maximum != nil && v.Cmp(r.maximum) > 0 {
		c.add(r, p, "is too large")
	}
}

// is says whether a node is of a JSON type; 2.0 is an integer.
func (n *node) is(jsonType string) bool {
	if jsonType == "integer" {
		return n.kind == kindNumber && n.number().IsInt()
	}
	return n.jsonType() == jsonType
}

// number is the exact value of a number.
func (n *node) number() *big.Rat {
	r, ok := new(big.Rat).SetString(n.text)
	if !ok { // the text is a JSON number of at most 64 bytes
		return new(big.Rat)
	}
	return r
}

func (n *node) jsonType() string {
	return [...]string{kindNull: "null", kindBool: "boolean", kindNumber: "number", kindText: "string",
		kindList: "array", kindMap: "object"}[n.kind]
}
