package filter

import (
	"fmt"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/duck"
)

// What runs differs from the canonical text in two things, so that it means
// what docs/formats/job.md says:
//
// DuckDB orders NaN above all numbers, so 0/0 > 100 would be true. An operation
// that can give what is not a number gives null instead: then no comparison, in
// whatever form, ever sees one. Columns and constants are finite.
//
// DuckDB's try_cast is generous: '1.5' is the integer 2, '1_0' is 10. Here it
// takes what a load takes.

// guarded is the name of a value in letSQL; no column has it.
const guarded = `"#x"`

// letSQL writes body, which says guarded for a value, over an expression, which
// so stands there once: a text that wrote it twice would double with every
// level.
func letSQL(e, body string) string {
	return "list_transform([" + e + "], lambda " + guarded + ": " + body + ")[1]"
}

// arithmetic writes an operation on two numbers.
func (k *compiler) arithmetic(op string, a, b expr) expr {
	out := expr{sql: fmt.Sprintf("(%s %s %s)", a.sql, op, b.sql), kind: kindFloat}
	nan := false
	switch divisor := b.num != nil && *b.num != 0; op {
	case "+", "-":
		nan, out.inf = a.inf && b.inf, true
	case "*":
		nan, out.inf = a.inf || b.inf, true
	case "/":
		nan, out.inf = !divisor || b.inf, true
	case "%":
		nan = !divisor || a.inf
	}
	if nan && k.guard {
		out.sql = letSQL(out.sql, fmt.Sprintf("CASE WHEN isnan(%s) THEN NULL ELSE %s END", guarded, guarded))
	}
	return out
}

// anyInf says whether one of several numbers may be infinite.
func anyInf(es []expr) bool {
	for _, e := range es {
		if e.inf {
			return true
		}
	}
	return false
}

// tryCast writes a cast that gives null where it fails.
func (k *compiler) tryCast(e expr, target string, to kind, at int) (expr, error) {
	out := expr{sql: fmt.Sprintf("TRY_CAST(%s AS %s)", e.sql, target), kind: to, inf: e.inf && to == kindFloat}
	if e.kind == kindText { // letSQL holds the text once more
		if k.texts++; k.texts > MaxTexts {
			return k.fail(at, "more than %d functions that make a text", MaxTexts)
		}
	}
	if !k.guard {
		return out, nil
	}
	switch {
	case e.kind == kindText:
		for t, name := range duck.Types {
			if name == target && t != glovebox.Token {
				out.sql = letSQL(e.sql, duck.Typed(guarded, t, false))
			}
		}
	case e.kind == kindFloat && to == kindInt: // a whole number or none
		out.sql = letSQL(e.sql, fmt.Sprintf("CASE WHEN %s = floor(%s) THEN TRY_CAST(%s AS %s) END", guarded, guarded, guarded, target))
	case e.kind == kindFloat && to == kindText: // zero has no sign
		out.sql = letSQL(e.sql, fmt.Sprintf("TRY_CAST(CASE WHEN %s = 0 THEN 0e0 ELSE %s END AS VARCHAR)", guarded, guarded))
	}
	return out, nil
}
