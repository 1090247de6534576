package find

import (
	"slices"
	"strings"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/value"
)

// days read the ways in which people write a day.
var days = sync.OnceValue(func() (out []*value.Parser) {
	for _, w := range []string{"YYYY-MM-DD", "YYYY/M/D", "YYYYMMDD", "YYYY年M月D日", "YYYY.M.D"} {
		if p, err := value.Compile(glovebox.Column{Type: glovebox.Date, Written: []string{w}}); err == nil {
			out = append(out, p)
		}
	}
	return out
})

// isBirth takes a day of 1896 to 2038.
func isBirth(s string) bool {
	for _, p := range days() {
		if v, f := p.Parse([]byte(s)); f == value.None {
			return v.I > -27_000 && v.I < 25_000
		}
	}
	return false
}

// Found is a kind that a column's values are of.
type Found struct {
	Kind    Kind `json:"kind"`
	Share   int  `json:"share"`   // of the values, in whole per cents
	Word    bool `json:"word"`    // the column's name speaks of it
	Checked bool `json:"checked"` // each by its check digit
}

// Judge says what kind the values of a column of that name are, if they are of
// one.
func Judge(name string, texts []string) (Found, bool) {
	if len(texts) == 0 {
		return Found{}, false
	}
	lower := strings.ToLower(name)
	var best Found
	for _, k := range Kinds {
		info := kinds[k]
		n := 0
		for _, t := range texts {
			if info.is(strings.TrimSpace(t)) {
				n++
			}
		}
		f := Found{Kind: k, Share: 100 * n / len(texts), Checked: info.checked, Word: says(lower, info.words)}
		least := info.alone
		if f.Word && info.withWord < least || least == 0 {
			least = info.withWord
			if !f.Word {
				continue
			}
		}
		if f.Share < least || n == 0 || k == Diagnosis && !f.Word && !dotted(texts) {
			continue
		}
		// A word decides between kinds that look alike, a check digit too.
		if best.Kind == "" || f.Word && !best.Word && f.Share >= best.Share || f.Share > best.Share+20 && (f.Word || !best.Word) {
			best = f
		}
	}
	return best, best.Kind != ""
}

// dotted says whether a third of the texts have a point: A01 is a shelf too.
func dotted(texts []string) bool {
	n := 0
	for _, t := range texts {
		if strings.Contains(t, ".") {
			n++
		}
	}
	return 3*n >= len(texts)
}

// says whether a name holds one of some words. Short ones stand alone.
func says(name string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		if len(w) > 3 || w[0] >= 0x80 {
			return strings.Contains(name, w)
		}
		return slices.Contains(strings.FieldsFunc(name, func(r rune) bool { return r < 'a' || r > 'z' }), w)
	})
}

// proposal is the class, grade, format and mask that a kind suggests. An
// identifier names a person or an enterprise by itself.
type proposal struct {
	class  glovebox.Class
	grade  int
	format string
	mask   string
}

var proposals = map[Kind]proposal{
	ResidentID: {glovebox.ClassIdentifier, 4, "cn-resident-id", "token"},
	CreditCode: {glovebox.ClassIdentifier, 3, "cn-uscc", "token"},
	Mobile:     {glovebox.ClassIdentifier, 4, "", "token"},
	Landline:   {glovebox.ClassIdentifier, 3, "", "token"},
	BankCard:   {glovebox.ClassIdentifier, 4, "", "token"},
	Passport:   {glovebox.ClassIdentifier, 4, "", "token"},
	Officer:    {glovebox.ClassIdentifier, 4, "", "token"},
	Driving:    {glovebox.ClassIdentifier, 4, "", "token"},
	Plate:      {glovebox.ClassIdentifier, 3, "", "token"},
	Email:      {glovebox.ClassIdentifier, 4, "", "token"},
	IP:         {glovebox.ClassIdentifier, 3, "", "token"},
	MAC:        {glovebox.ClassIdentifier, 3, "", "token"},
	Name:       {glovebox.ClassIdentifier, 4, "", "token"},
	Address:    {glovebox.ClassSensitive, 4, "", "suppress"},
	GPS:        {glovebox.ClassSensitive, 4, "", "suppress"},
	Diagnosis:  {glovebox.ClassSensitive, 4, "", "suppress"},
	Birth:      {glovebox.ClassPersonal, 3, "", "generalise"},
}
