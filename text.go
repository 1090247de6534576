package glovebox

// Lang is a language that people read Glovebox in.
type Lang string

// The two languages of every text that a person reads.
const (
	English Lang = "en"
	Chinese Lang = "zh" // Simplified Chinese
)

// Text is one message in both languages. It holds names, positions and
// counts, never a cell value.
type Text struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// In returns the text in l, or the other language where l is missing.
func (t Text) In(l Lang) string {
	if (l == Chinese && t.ZH != "") || t.EN == "" {
		return t.ZH
	}
	return t.EN
}
