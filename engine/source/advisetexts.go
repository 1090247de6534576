package source

import (
	"fmt"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/rows"
	"glovebox.example/glovebox/value"
)

// adviseColumn proposes ways of writing for a column's texts and says which texts
// are values in none, and how many are values as declared.
func adviseColumn(c glovebox.Column, texts [][]byte) (written, left []string, taken int) {
	most := MaxBytes(c)
	check := Formats[c.Format]
	fits := func(v value.Value) bool {
		if c.Type != glovebox.String {
			return true
		}
		id := NormaliseID(c.Format, string(v.T))
		return len(id) <= most && (check == nil || check(id))
	}
	kept := slices.DeleteFunc(slices.Clone(texts), func(t []byte) bool { return slices.Contains(value.NoValues, string(t)) })
	now, err := value.Compile(c)
	if err != nil {
		return nil, nil, 0
	}
	for _, t := range kept {
		if v, f := now.Parse(t); f == value.None && fits(v) {
			taken++
		}
	}
	var w []string
	if n := 0; len(kept) > 0 {
		if w, n = value.Propose(c, kept, fits); n <= taken || 2*n < len(kept) {
			w = nil
		}
	}
	for _, t := range texts {
		if v, f := now.Parse(t); f != value.None || !fits(v) {
			left = append(left, string(t))
		}
	}
	return w, left, taken
}

// noText says whether a text stands for no value, or for one that a spreadsheet
// had no room to show.
func noText(t string) bool {
	return slices.Contains(value.NoValues, t) || strings.Trim(t, "#") == ""
}

// quoteYAML writes ways of writing so that YAML reads texts.
func quoteYAML(list []string) []string {
	out := slices.Clone(list)
	for i, s := range out {
		if strings.ContainsAny(s, " :#,[]{}&*!|>'\"%@`") || s == "" || strings.HasPrefix(s, "-") {
			out[i] = `"` + s + `"`
		}
	}
	return out
}

func quoteAll(list []string) []string {
	out := slices.Clone(list)
	for i, s := range out {
		out[i] = fmt.Sprintf("%q", s)
	}
	return out
}

// looked is what was seen of a column.
type looked struct {
	texts [][]byte
	kinds map[rows.Kind]int
}

// often says whether a value is missing in a twentieth of the rows or more: one
// that is missing in a row of sums is no reason to allow it.
func (l *looked) often(null []string) bool {
	missing, all := l.kinds[rows.Missing], 0
	for _, n := range l.kinds {
		all += n
	}
	for _, t := range l.texts {
		if slices.Contains(null, string(t)) || len(t) == 0 {
			missing++
		}
	}
	return 20*missing >= max(all, len(l.texts))
}
