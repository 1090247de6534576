package evidence

import "strings"

// Cell is a text as a cell of a table that spreadsheets open: what they would
// take for a formula begins with an apostrophe.
func Cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
