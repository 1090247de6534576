package filter

import (
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox/engine/internal/duck"
)

// Pins lists the values that a column of type string, int32 or int64 has in
// every row that a filter keeps, sorted, each once: those of a condition
// "column = value" or "column in (value, ...)" that stands alone or among others
// joined by and. Whole numbers are in digits. nil: the filter does not say.
//
// It reads the canonical text alone, which is what runs, so that whatever made
// the filter cannot say one thing and do another. Two values that differ as texts
// differ for DuckDB, whose comparisons of texts are by bytes.
func Pins(sql, column string) []string {
	for _, term := range conjuncts(sql) {
		if values := pinned(term, duck.QuoteName(column)); values != nil {
			return values
		}
	}
	return nil
}

// conjuncts are the conditions that all hold where a canonical filter does.
func conjuncts(sql string) []string {
	inner, ok := unwrap(sql)
	if !ok {
		return nil
	}
	terms := splitTop(inner, " AND ")
	if len(terms) == 1 {
		return []string{sql}
	}
	var out []string
	for _, t := range terms {
		out = append(out, conjuncts(t)...)
	}
	return out
}

// pinned are the values of a condition that is an equation, or a list, of column.
func pinned(term, column string) (out []string) {
	inner, ok := unwrap(term)
	if !ok {
		return nil
	}
	add := func(s string) bool {
		v, ok := constantText(s)
		out = append(out, v)
		return ok
	}
	if rest, ok := strings.CutPrefix(inner, column+" IN "); ok {
		list, ok := unwrap(rest)
		if !ok {
			return nil
		}
		for _, s := range splitTop(list, ", ") {
			if !add(s) {
				return nil
			}
		}
	} else {
		s, ok := strings.CutPrefix(inner, column+" = ")
		if !ok {
			s, ok = strings.CutSuffix(inner, " = "+column)
		}
		if !ok || !add(s) {
			return nil
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// constantText is the value of a canonical constant text or whole number.
func constantText(s string) (string, bool) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return strconv.FormatInt(i, 10), true
	}
	if len(s) < 2 || s[0] != '\'' || quoted(s) != len(s) {
		return "", false
	}
	return strings.ReplaceAll(s[1:len(s)-1], "''", "'"), true
}

// unwrap takes off the parentheses around all of s.
func unwrap(s string) (string, bool) {
	if len(s) < 2 || s[0] != '(' || s[len(s)-1] != ')' {
		return "", false
	}
	inner := s[1 : len(s)-1]
	return inner, len(splitTop(inner, "\x00")) == 1
}

// splitTop cuts s at each sep that stands in no quotes and no parentheses. It
// gives nothing where parentheses do not match.
func splitTop(s, sep string) (out []string) {
	depth, from := 0, 0
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\'' || c == '"':
			n := quoted(s[i:])
			if n == 0 {
				return nil
			}
			i += n
			continue
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth < 0 {
				return nil
			}
		case depth == 0 && strings.HasPrefix(s[i:], sep):
			out = append(out, s[from:i])
			i += len(sep)
			from = i
			continue
		}
		i++
	}
	if depth != 0 {
		return nil
	}
	return append(out, s[from:])
}

// quoted is the length of the quoted text that s begins with, in which the quote
// is written twice; 0 if it does not end.
func quoted(s string) int {
	q := s[0]
	for i := 1; i < len(s); i++ {
		if s[i] != q {
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			i++
			continue
		}
		return i + 1
	}
	return 0
}
