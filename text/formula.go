package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Formula says whether a spreadsheet could take a text of a CSV file for a
// formula: one that begins with =, +, -, @, also in their full-width, small and
// raised forms, as spreadsheets of East Asia read them; or after spaces, quotes
// and characters that do not show, which some programs take away when they open
// a file or when a cell is copied from one to another. A text that begins with a
// tab or a line end is one, since what comes after it may become another cell.
func Formula(s string) bool {
	if s != "" && strings.ContainsRune("\t\r\n", rune(s[0])) {
		return true
	}
	rest := strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.In(r, unicode.Quotation_Mark, unicode.Zs) || r == '`' || hidden(r)
	})
	if rest == "" {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest)
	form := norm.NFKC.String(string(r))
	return strings.ContainsAny(form[:1], "=+-@") || strings.HasPrefix(form, "\u2212")
}

// Cell is a text as a cell of a CSV file that spreadsheets open: an apostrophe
// comes before one that they could take for a formula, and before one that begins
// with an apostrophe, so that whoever takes one away has the text back.
func Cell(s string) string {
	if strings.HasPrefix(s, "'") || Formula(s) {
		return "'" + s
	}
	return s
}
