package value

import (
	"slices"

	"glovebox.example/glovebox"
)

// NoValues are texts by which people write that there is no value.
var NoValues = []string{"", "-", "--", "—", "——", "/", "\\", "\\N", "NULL", "null", "Null", "None", "none", "NA", "N/A", "n/a", "#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "0000-00-00", "0000-00-00 00:00:00", "NaN", "nan", "无", "空", "暂无", "不详", "未知", "待补", "待定"}

// patterns are the ways of writing dates, the likely ones first, and clocks
// those of the time behind them.
var patterns = []string{"YYYY-MM-DD", "YYYY/M/D", "YYYY-M-D", "YYYYMMDD", "YYYY年M月D日", "YYYY.M.D", "YYYY M D", "YYYY年M月D号", "D/M/YYYY", "M/D/YYYY", "D-M-YYYY", "M-D-YYYY", "D.M.YYYY", "MM/DD/YYYY", "D-MMM-YYYY", "D MMM YYYY", "MMM D, YYYY"}

// months are the ways of writing a month, whose first day a date then is.
var months = []string{"YYYY年M月", "YYYY-MM", "YYYY/MM", "YYYYMM"}

var clocks = []string{" hh:mm:ss", " h:m", " h:m:s", "Thh:mm:ss", " hh:mm:ss.f", "Thh:mm:ss.f", " hh:mm:ssZ", "Thh:mm:ssZ", "Thh:mm:ss.fZ", " h:m A", " Ah:m", " Ah:m:s", " h时m分s秒", " h时m分", "h时m分s秒", "h:m", "h:m:s", "hhmmss", ""}

// pairForms are the ways of writing yes and no.
var pairForms = []string{"是/否", "有/无", "Y/N", "y/n", "1/0", "true/false", "TRUE/FALSE", "True/False", "T/F", "真/假", "对/错", "√/×", "已/未", "yes/no", "Yes/No", "YES/NO"}

// wordsFor are the words to try for a type, percent apart.
func wordsFor(c glovebox.Column) []string {
	switch c.Type {
	case glovebox.String:
		w := []string{NoHyphens, NoInvisible, FullWidth, ExcelText, NoSpaces, Trim}
		if c.Format == "cn-resident-id" {
			w = append(w, ID15)
		}
		return w
	case glovebox.Int32, glovebox.Int64:
		return []string{NoInvisible, FullWidth, ExcelText, Trim, NoSpaces, Parentheses, Measure, Wan, Currency, Thousands, ZeroDecimals}
	case glovebox.Float64, glovebox.Decimal:
		return []string{NoInvisible, FullWidth, ExcelText, Trim, NoSpaces, Parentheses, Measure, Wan, Currency, Thousands}
	}
	return []string{NoInvisible, FullWidth, ExcelText, Trim}
}

// formsFor are the patterns and pairs to try for a type.
func formsFor(c glovebox.Column) []string {
	switch c.Type {
	case glovebox.Bool:
		return pairForms
	case glovebox.Date:
		return append(append(slices.Clone(patterns), months...), Serial)
	case glovebox.DateTime:
		var out []string
		for _, t := range clocks {
			for _, d := range patterns {
				out = append(out, d+t)
			}
		}
		return append(out, Serial, Unix, UnixMillis)
	}
	return nil
}

// Propose finds the fewest ways of writing in which as many of the texts as can
// be are values of the column's type, whatever ways it lists, and how many are.
// fits is asked about a value beyond that, such as its format; it may be nil.
// Where two readings take as many texts and differ (a day before a month), none
// is proposed.
func Propose(c glovebox.Column, texts [][]byte, fits func(Value) bool) (written []string, taken int) {
	count := func(w []string) int {
		c.Written = w
		p, err := Compile(c)
		if err != nil {
			return -1
		}
		n := 0
		for _, t := range texts {
			if v, f := p.Parse(t); f == None && (fits == nil || fits(v)) {
				n++
			}
		}
		return n
	}
	best, most := []string(nil), count(nil)
	for _, words := range attempts(c) {
		if most == len(texts) {
			break
		}
		if w, n := propose(c, words, count); n > most {
			best, most = w, n
		}
	}
	return best, most
}

// attempts are sets of words to try, the likely ones first: words of one set may
// change what those of another mean.
func attempts(c glovebox.Column) [][]string {
	words := wordsFor(c)
	with := func(more string, without ...string) []string {
		return append(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(without, w) }), more)
	}
	switch c.Type {
	case glovebox.Date:
		return [][]string{words, with(NoSpaces, Trim), with(Chinese)}
	case glovebox.DateTime:
		return [][]string{words, with(Chinese)}
	case glovebox.Int32, glovebox.Int64:
		return [][]string{words, with(Chinese, Measure)}
	case glovebox.Float64, glovebox.Decimal:
		return [][]string{words, with(DecimalComma), with(Chinese, Measure)}
	}
	return [][]string{words}
}

// propose tries one set of words.
func propose(c glovebox.Column, words []string, count func([]string) int) (best []string, most int) {
	most = count(nil)
	start := slices.Clone(words)
	if c.Type == glovebox.Float64 || c.Type == glovebox.Decimal {
		if n := count(append(slices.Clone(words), Percent)); n > count(words) {
			start = append(start, Percent)
		}
	}
	forms := cover(start, formsFor(c), count)
	all := append(slices.Clone(forms), start...)
	if n := count(all); n > most {
		best, most = all, n
	}
	// What takes nothing is left out, the later ones first.
	for i := len(best) - 1; i >= 0; i-- {
		if less := slices.Delete(slices.Clone(best), i, i+1); count(less) >= most {
			best = less
		}
	}
	return best, most
}

// cover adds one form after another, each the one that takes most of what is
// left.
func cover(words, forms []string, count func([]string) int) (out []string) {
	have := 0
	for len(out) < 4 {
		form, n, twice := "", have, false
		for _, f := range forms {
			if slices.Contains(out, f) {
				continue
			}
			switch got := count(append(append(slices.Clone(out), f), words...)); {
			case got > n:
				form, n, twice = f, got, false
			case got == n && form != "" && swapped(form, f):
				twice = true
			}
		}
		if form == "" || twice {
			return out
		}
		out, have = append(out, form), n
	}
	return out
}

// swapped says whether two patterns give one text two values.
func swapped(a, b string) bool {
	p, err1 := compilePattern(a, true)
	q, err2 := compilePattern(b, true)
	return err1 == nil && err2 == nil && clash(p, q)
}
