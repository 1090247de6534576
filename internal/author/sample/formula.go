package sample

import (
	"glovebox.example/glovebox"
	shown "glovebox.example/glovebox/text"
)

// Formulas says whether a spreadsheet could take a text of the sample for a
// formula. A sample has the form of its provider's files, in which nothing is put
// before such a text.
func (t *Table) Formulas() bool {
	for _, c := range t.Record.Columns {
		if shown.Formula(c.SourceName()) {
			return true
		}
	}
	for _, r := range t.Rows {
		for i, c := range r {
			if !c.Null && t.Record.Columns[i].Type == glovebox.String && shown.Formula(c.Text) {
				return true
			}
		}
	}
	return false
}
