package source

import (
	"fmt"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/duck"
)

// Columns of the check query's result, ahead of the dataset's own. Their names
// cannot be those of a column.
const (
	whyColumn  = "#why"  // 0, or what is wrong with the row: 16*column + reason
	ruleColumn = "#rule" // 0, or the first quality rule that says no, from 1
)

// whyReasons are the reasons that SQL finds, by their number in whyColumn.
var whyReasons = [...]Reason{1: ReasonEncoding, 2: ReasonObject, 3: ReasonExtra, 4: ReasonNull, 5: ReasonType, 6: ReasonMaxBytes, 7: ReasonValue, 8: ReasonBounds, whyRounded: ReasonRounded}

// whyRow marks a reason that belongs to no column.
const whyRow = MaxColumns + 1

// DecodeWhy takes a whyColumn value apart.
func DecodeWhy(v int32, cols []glovebox.Column) (column string, why Reason) {
	if i := int(v) / 16; i < len(cols) {
		column = cols[i].Name
	}
	return column, whyReasons[v%16]
}

// rawColumn is a column as the file gives it, before its declared type.
type rawColumn struct {
	expr  string // SQL over the source's row
	typed bool   // the file has a type of its own: expr is not text
	bad   string // SQL that is true where the file holds no scalar; may be empty
	why   string // SQL that is the number of a reason in whyReasons, 0 for none; may be empty
	nul   bool   // a text may hold a NUL
}

// RawSource is where a check query reads from.
type RawSource struct {
	From  string // SQL after FROM
	extra string // SQL over the source's row that is true if it has undeclared fields; may be empty
	gone  string // SQL over the source's row that is true if it could not be read; may be empty
	cols  []rawColumn
}

// CSVSource reads clean records whose fields lie as the layout says.
func CSVSource(path string, src glovebox.Source, l Layout, cols []glovebox.Column) RawSource {
	var decl []string
	for i := range l.Width {
		decl = append(decl, fmt.Sprintf("'f%d': 'VARCHAR'", i))
	}
	delim := src.Delimiter
	if delim == "" {
		delim = ","
	}
	s := RawSource{From: fmt.Sprintf(`read_csv(%s, auto_detect = false, header = false, delim = %s, quote = '"', escape = '"', new_line = '\n', nullstr = '', columns = {%s})`,
		duck.QuoteText(path), duck.QuoteText(delim), strings.Join(decl, ", "))}
	for i := range cols {
		e := fmt.Sprintf("f%d", l.At[i])
		if len(src.Null) > 0 {
			var null []string
			for _, n := range src.Null {
				null = append(null, duck.QuoteText(n))
			}
			// DuckDB reads an empty field as NULL; here it is a text like any other.
			e = fmt.Sprintf("CASE WHEN coalesce(%s, '') NOT IN (%s) THEN coalesce(%s, '') END", e, strings.Join(null, ", "), e)
		}
		s.cols = append(s.cols, rawColumn{expr: e})
	}
	return s
}

// whiteSpace is an SQL constant: what strings.TrimSpace takes away, but for the
// line breaks and tabs of ASCII, which cannot be written in every place.
const whiteSpace = "chr(9) || chr(10) || chr(11) || chr(12) || chr(13) || ' " +
	"\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'"

// pointer escapes a name for a JSON pointer (RFC 6901).
var pointer = strings.NewReplacer("~", "~0", "/", "~1")

// JSONSource reads one object a line, made ready by jsonObject.
func JSONSource(path string, src glovebox.Source, cols []glovebox.Column) RawSource {
	var paths, names []string
	for _, c := range cols {
		paths = append(paths, duck.QuoteText("/"+pointer.Replace(c.SourceName())))
		names = append(names, duck.QuoteText(c.SourceName()))
	}
	list := "[" + strings.Join(paths, ", ") + "]"
	s := RawSource{
		From: fmt.Sprintf(`(SELECT json_extract_string(json, %s) AS v, json_type(json, %s) AS k, json_keys(json) AS n FROM read_json_objects(%s, format = 'newline_delimited', ignore_errors = true))`,
			list, list, duck.QuoteText(path)),
		extra: fmt.Sprintf("NOT list_has_all([%s], n)", strings.Join(names, ", ")),
		gone:  "n IS NULL",
	}
	if src.Extra == "ignore" {
		s.extra = ""
	}
	for i, c := range cols {
		none := "'OBJECT', 'ARRAY'"
		if c.Type == glovebox.String {
			none += ", 'BOOLEAN'" // true is no text; a number is, as it is written
		}
		s.cols = append(s.cols, rawColumn{
			expr: fmt.Sprintf("v[%d]", i+1),
			bad:  fmt.Sprintf("k[%d] IN (%s)", i+1, none),
			nul:  true,
		})
	}
	return s
}

// CheckSQL builds the query that gives every row of a source its declared
// types and says what is wrong with it. rules are checked filter expressions.
func CheckSQL(s RawSource, cols []glovebox.Column, rules []string) string {
	var raw, typed, named []string
	var why strings.Builder
	when := func(cond string, column, reason int) {
		if cond != "" {
			fmt.Fprintf(&why, " WHEN %s THEN %d", cond, 16*column+reason)
		}
	}
	raw = append(raw, orFalse(s.gone)+" AS gone", orFalse(s.extra)+" AS extra")
	when("gone", whyRow, 2)
	when("extra", whyRow, 3)
	for i, c := range cols {
		rc := s.cols[i]
		r, v, b := fmt.Sprintf("r%d", i), fmt.Sprintf("v%d", i), fmt.Sprintf("b%d", i)
		raw = append(raw, rc.expr+" AS "+r, orFalse(rc.bad)+" AS "+b)
		t := duck.Typed(r, c.Type.Plain(), rc.typed)
		if c.Type == glovebox.String && c.Class == glovebox.ClassIdentifier {
			t = "trim(" + t + ", " + whiteSpace + ")" // as NormaliseID does
		}
		typed = append(typed, t+" AS "+v)
		named = append(named, v+" AS "+duck.QuoteName(c.Name))
		if rc.why != "" {
			w := fmt.Sprintf("w%d", i)
			raw = append(raw, rc.why+" AS "+w)
			when(fmt.Sprintf("%s = %d", w, whyType), i, whyType)
			when(fmt.Sprintf("%s = %d", w, whyRounded), i, whyRounded)
		}
		if !c.Nullable {
			when(r+" IS NULL", i, 4)
		}
		when(b, i, 5)
		when(fmt.Sprintf("%s IS NOT NULL AND %s IS NULL", r, v), i, 5)
		if c.Type == glovebox.String {
			if rc.nul {
				when(fmt.Sprintf("contains(%s, chr(0))", v), i, 1)
			}
			when(fmt.Sprintf("strlen(%s) > %d", v, MaxBytes(c)), i, 6)
		}
		if len(c.Values) > 0 {
			var vs []string
			for _, t := range c.Values {
				vs = append(vs, duck.QuoteText(t))
			}
			when(fmt.Sprintf("%s NOT IN (%s)", v, strings.Join(vs, ", ")), i, 7)
		}
		// CheckRecord has made sure that the bounds are good.
		if lo, _ := boundSQL(c, c.Min); lo != "" {
			when(v+" < "+lo, i, 8)
		}
		if hi, _ := boundSQL(c, c.Max); hi != "" {
			when(v+" > "+hi, i, 8)
		}
	}
	rule := "0"
	if len(rules) > 0 {
		rule = "CASE"
		for i, r := range rules {
			rule += fmt.Sprintf(" WHEN NOT coalesce(%s, true) THEN %d", r, i+1)
		}
		rule += " ELSE 0 END"
	}
	const whyName, ruleName = `"` + whyColumn + `"`, `"` + ruleColumn + `"`
	return "SELECT CAST(" + whyName + " AS INTEGER) AS " + whyName + ", CAST(" + rule + " AS INTEGER) AS " + ruleName + ", * EXCLUDE (" + whyName + ")" +
		" FROM (SELECT CASE" + why.String() + " ELSE 0 END AS " + whyName + ", " + strings.Join(named, ", ") +
		" FROM (SELECT *, " + strings.Join(typed, ", ") +
		" FROM (SELECT " + strings.Join(raw, ", ") + " FROM " + s.From + ")))"
}

func orFalse(cond string) string {
	if cond == "" {
		return "false"
	}
	return "(" + cond + ")"
}
