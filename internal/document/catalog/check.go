package catalog

import (
	"errors"
	"iter"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
	"glovebox.example/glovebox/text"
)

// checker collects the problems of one document. Doc is nil where the thing
// checked was not read from one.
type checker struct {
	*record.Problems
	doc *record.Doc
}

// at is short for a path.
func at(steps ...any) record.Path { return record.Path(steps) }

// given says whether the author wrote the field.
func (c *checker) given(p record.Path) bool { return c.doc.Has(p) }

// unique reports each name that an earlier one equals, case not counted:
// the query engine folds case. Path leads to the i-th name.
func (c *checker) unique(names []string, path func(i int) record.Path, what string) {
	for i, j := range repeats(names) {
		c.Add(path(i), "rename one of the two", "%s %s is the name of entry %d already; case does not count", what, record.Name(names[i]), j+1)
	}
}

// repeats yields the index of each name that an earlier one equals, case not
// counted, and the index of the first such one.
func repeats(names []string) iter.Seq2[int, int] {
	return func(yield func(i, first int) bool) {
		seen := map[string]int{}
		for i, n := range names {
			folded := strings.ToLower(n)
			if j, ok := seen[folded]; !ok {
				seen[folded] = i
			} else if !yield(i, j) {
				return
			}
		}
	}
}

// entries is a path function for the i-th entry of a list of names.
func entries(list record.Path) func(int) record.Path {
	return func(i int) record.Path { return list.With(i) }
}

// fields is a path function for a field of the i-th entry of a list.
func fields(list record.Path, field string) func(int) record.Path {
	return func(i int) record.Path { return list.With(i, field) }
}

// refused reports what another package says of the value at p.
func (c *checker) refused(p record.Path, err error) {
	fix := "correct it"
	if e, ok := errors.AsType[*glovebox.Error](err); ok {
		if e.Fix != "" {
			fix = e.Fix
		}
		c.Add(p, fix, "%s", e.Msg)
		return
	}
	c.Add(p, fix, "is not right")
}

// reserved reports a name, the value at p, that starts with the host's own
// prefix.
func (c *checker) reserved(name string, p record.Path) {
	if strings.HasPrefix(name, "_") {
		c.Add(p, reservedFix, reservedMsg)
	}
}

// reservedKey does the same for the name of the field that p leads to.
func (c *checker) reservedKey(name string, p record.Path) {
	if strings.HasPrefix(name, "_") {
		c.AddKey(p, reservedFix, reservedMsg)
	}
}

const (
	reservedMsg = "names that start with _ are reserved"
	reservedFix = "start it with a letter"
)

// name reports a text that is no name: of an organisation, of a value.
func (c *checker) name(s string, p record.Path) {
	if wrong := text.Name(s); s != "" && wrong != "" {
		c.Add(p, text.Advice, "the name %s", wrong)
	}
}

// title reports a title, in both languages, that could be taken for another.
func (c *checker) title(t glovebox.Text, p record.Path) {
	for _, f := range []struct{ lang, text string }{{"zh", t.ZH}, {"en", t.EN}} {
		if wrong := text.Title(f.text); wrong != "" {
			c.Add(p.With(f.lang), text.Advice, "the title %s", wrong)
		}
	}
}

// near words a fix that points at the candidate that name is a slip for.
func near(name string, candidates []string, otherwise string) string {
	if n := record.Nearest(name, candidates); n != "" {
		return "did you mean " + record.Name(n) + "?"
	}
	return otherwise
}

// absent reports a field that the author wrote but that has no meaning here.
func (c *checker) absent(p record.Path, why string) {
	if c.given(p) {
		c.AddKey(p, "remove it", "%s", why)
	}
}
