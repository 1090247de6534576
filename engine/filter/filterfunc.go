package filter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"glovebox.example/glovebox/engine/internal/duck"
	"glovebox.example/glovebox/engine/source"
)

// maxTextArg is the largest whole number that a text function takes.
const maxTextArg = source.MaxTextBytes

// textFunc says how a function is written and what it takes: t a text, c a
// constant text, n a constant whole number from 0 to maxTextArg, p the same
// from 1, f a number (as float64), d a date.
type textFunc struct {
	sql  string
	args string
	out  kind
}

// filterFuncs is the allow-list. A function is on it if, for every argument,
// it cannot fail, takes time and space linear in its arguments, gives a result
// about as large as they are, and reads nothing else: no setting, clock, random
// number, file, or state of the connection. It is a function of DuckDB's own
// and not a macro: nullif is one, and writes its first argument twice, so that
// 60 of them nested are 2^60 long.
//
// So there is no repeat, lpad, rpad, replace, concat or format (they grow), no
// regular expression (a compiled program can be large), no like with a
// wildcard inside (it backtracks), no sqrt, ln or pow (they fail or explode),
// no current_date, and nothing that takes a list, a struct or JSON. Integer
// arithmetic can overflow and is therefore done in float64, where it cannot.
//
// This list, and operators below, is what docs and error messages mean by "the
// allowed functions".
var filterFuncs = map[string]textFunc{
	"length":      {"length", "t", kindInt}, // characters
	"lower":       {"lower", "t", kindText},
	"upper":       {"upper", "t", kindText},
	"trim":        {"trim", "t", kindText},
	"ltrim":       {"ltrim", "t", kindText},
	"rtrim":       {"rtrim", "t", kindText},
	"left":        {"left", "tn", kindText},
	"right":       {"right", "tn", kindText},
	"substring":   {"substring", "tpn", kindText},
	"substr":      {"substring", "tpn", kindText},
	"starts_with": {"starts_with", "tc", kindBool},
	"prefix":      {"starts_with", "tc", kindBool},
	"^@":          {"starts_with", "tc", kindBool},
	"ends_with":   {"suffix", "tc", kindBool},
	"suffix":      {"suffix", "tc", kindBool},
	"contains":    {"contains", "tc", kindBool},
	"abs":         {"abs", "f", kindFloat},
	"floor":       {"floor", "f", kindFloat},
	"ceil":        {"ceil", "f", kindFloat},
	"ceiling":     {"ceil", "f", kindFloat},
	"round":       {"round", "f", kindFloat},
	"year":        {"year", "d", kindInt},
	"quarter":     {"quarter", "d", kindInt},
	"month":       {"month", "d", kindInt},
	"day":         {"day", "d", kindInt},
	"isodow":      {"isodow", "d", kindInt}, // 1 is Monday
}

// arithmetic operators, on float64. x % 0 and x / 0 are not errors; what is not
// a number is null.
var arithmetic = []string{"+", "-", "*", "/", "%"}

func (k *compiler) function(raw json.RawMessage, at, depth int) (expr, error) {
	var n struct {
		nodeHead
		Name     string            `json:"function_name"`
		Schema   string            `json:"schema"`
		Children []json.RawMessage `json:"children"`
		Order    struct {
			Type string `json:"type"`
		} `json:"order_bys"`
		Operator bool `json:"is_operator"`
	}
	if strict(raw, &n) != nil || n.Schema != "" && n.Schema != "main" {
		return k.fail(at, "a function is called by its bare name, with plain arguments")
	}
	es, err := k.all(n.Children, depth)
	if err != nil {
		return expr{}, err
	}
	name := strings.ToLower(n.Name)
	switch {
	case slices.Contains(arithmetic, name) && len(es) == 2:
		for i := range es {
			if es[i], err = k.toFloat(es[i]); err != nil {
				return expr{}, err
			}
		}
		return k.arithmetic(name, es[0], es[1]), nil
	case name == "-" && len(es) == 1:
		e, err := k.toFloat(es[0])
		if err != nil {
			return expr{}, err
		}
		if e.num != nil {
			return floatConst(-*e.num), nil
		}
		return expr{sql: "(- " + e.sql + ")", kind: kindFloat, inf: e.inf}, nil
	case (name == "~~" || name == "!~~") && len(es) == 2:
		return k.like(es, name == "!~~", at)
	case (name == "greatest" || name == "least") && len(es) >= 1:
		t, err := k.unify(es)
		if err != nil {
			return expr{}, err
		}
		if t == kindBool || t == kindToken {
			return k.fail(at, "%s has no order", t)
		}
		return expr{sql: name + "(" + join(es, ", ") + ")", kind: t, inf: anyInf(es)}, nil
	case name == "date_part" && len(es) == 2 && es[0].text != nil:
		name, es = strings.ToLower(*es[0].text), es[1:]
		if f := filterFuncs[name]; f.args != "d" {
			return k.fail(at, "of a date there are year, quarter, month, day and isodow")
		}
	}
	f, ok := filterFuncs[name]
	if !ok {
		e := filterError(k.text, at, "this function or operator is not allowed in a filter")
		return expr{}, e.WithFix("allowed are + - * / %% and %s", allowedFuncs())
	}
	if f.out == kindText {
		if k.texts++; k.texts > MaxTexts {
			return k.fail(at, "more than %d functions that make a text", MaxTexts)
		}
	}
	if len(es) != len(f.args) {
		return k.fail(at, "%s takes %d arguments", f.sql, len(f.args))
	}
	for i := range es {
		if es[i], err = k.arg(f, es[i], f.args[i]); err != nil {
			return expr{}, err
		}
	}
	return expr{sql: f.sql + "(" + join(es, ", ") + ")", kind: f.out, inf: f.out == kindFloat && anyInf(es)}, nil
}

// arg checks one argument of a function.
func (k *compiler) arg(f textFunc, e expr, want byte) (expr, error) {
	switch want {
	case 't':
		if e.kind == kindText {
			return e, nil
		}
		return k.fail(e.at, "%s wants a text, not %s", f.sql, e.kind)
	case 'c':
		if e.text != nil {
			return e, nil
		}
		return k.fail(e.at, "%s wants a constant text here", f.sql)
	case 'n', 'p':
		if e.kind == kindInt && e.num != nil && *e.num <= maxTextArg && (*e.num >= 1 || want == 'n' && *e.num >= 0) {
			return e, nil
		}
		return k.fail(e.at, "%s wants a constant whole number up to %d here", f.sql, maxTextArg)
	case 'd':
		if e.kind == kindDate {
			return e, nil
		}
		if e.text != nil {
			return k.toDate(e)
		}
		return k.fail(e.at, "%s wants a date, not %s", f.sql, e.kind)
	}
	return k.toFloat(e)
}

// like turns a pattern with % at its ends only into the function that it
// stands for. Other patterns make DuckDB backtrack.
func (k *compiler) like(es []expr, not bool, at int) (expr, error) {
	if es[0].kind != kindText || es[1].text == nil {
		return k.fail(at, "like compares a text with a constant pattern")
	}
	p := *es[1].text
	core := strings.TrimSuffix(strings.TrimPrefix(p, "%"), "%")
	if strings.ContainsAny(core, `%_\`) {
		e := filterError(k.text, at, "this pattern can be slow")
		return expr{}, e.WithFix("use %% at the start or the end of a pattern only, and no _")
	}
	first, last := strings.HasPrefix(p, "%"), len(p) > 1 && strings.HasSuffix(p, "%")
	sql := ""
	switch c := duck.QuoteText(core); {
	case first && last, p == "%":
		sql = fmt.Sprintf("contains(%s, %s)", es[0].sql, c)
	case first:
		sql = fmt.Sprintf("suffix(%s, %s)", es[0].sql, c)
	case last:
		sql = fmt.Sprintf("starts_with(%s, %s)", es[0].sql, c)
	default:
		sql = fmt.Sprintf("(%s = %s)", es[0].sql, c)
	}
	if not {
		sql = "(NOT " + sql + ")"
	}
	return expr{sql: sql, kind: kindBool}, nil
}

// allowedFuncs lists the allowed functions for a message.
func allowedFuncs() string {
	var names []string
	for n := range filterFuncs {
		if n[0] != '^' {
			names = append(names, n)
		}
	}
	names = append(names, "coalesce", "greatest", "least")
	slices.Sort(names)
	return strings.Join(names, ", ")
}
