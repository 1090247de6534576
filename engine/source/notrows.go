package source

import (
	"bytes"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/value"
)

// noQuote stands for a quote that no text holds: a row with a NUL is none.
const noQuote = 0

// quoteOf is what stands around the texts of a CSV file.
func quoteOf(def glovebox.Source) byte {
	switch def.Quote {
	case "none":
		return noQuote
	case "single":
		return '\''
	}
	return '"'
}

// quoted says whether a quote is in b.
func (s *csvSplitter) quoted(b []byte) bool {
	return s.quote != noQuote && bytes.IndexByte(b, s.quote) >= 0
}

// blank says whether a record holds delimiters, spaces and quotes alone, or the
// mark of DOS for the end of a file: it has no value, so it names nobody, and
// spreadsheets write many such rows.
func (s *csvSplitter) blank(text []byte) bool {
	some := false
	for _, c := range text {
		some = some || c == s.delim || c == 0x1a
		if c != s.delim && c != 0x1a && c != ' ' && c != '\t' && c != '\r' && (c != s.quote || s.quote == noQuote) {
			return false
		}
	}
	return some
}

// firstOf is the first value of a record, and how many it has.
func (s *csvSplitter) firstOf(text []byte) (first string, filled int) {
	for _, f := range s.split(text) {
		if t := bare(f); t != "" {
			if filled++; filled == 1 {
				first = t
			}
		}
	}
	return first, filled
}

// bare is a text without the white space and the characters that do not show
// around it.
func bare(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return value.Invisible(r) || strings.ContainsRune(" \t\r\n\u00a0\u3000", r) })
}

// Dropped says whether a row with that first value is no data, as its record
// says. White space does not count: 合  计 is 合计.
func Dropped(def glovebox.Source, first string) bool {
	for _, d := range def.Drop {
		if strings.HasPrefix(squeezed(first), squeezed(d)) {
			return true
		}
	}
	return false
}
