package filter

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

var comparisons = map[string]string{
	"COMPARE_EQUAL": "=", "COMPARE_NOTEQUAL": "<>", "COMPARE_LESSTHAN": "<", "COMPARE_GREATERTHAN": ">",
	"COMPARE_LESSTHANOREQUALTO": "<=", "COMPARE_GREATERTHANOREQUALTO": ">=",
	"COMPARE_DISTINCT_FROM": "IS DISTINCT FROM", "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
}

func (k *compiler) comparison(raw json.RawMessage, at, depth int) (expr, error) {
	var n struct {
		nodeHead
		Left  json.RawMessage `json:"left"`
		Right json.RawMessage `json:"right"`
	}
	op := ""
	if strict(raw, &n) == nil {
		op = comparisons[n.Type]
	}
	if op == "" {
		return k.unknown(at)
	}
	es, err := k.all([]json.RawMessage{n.Left, n.Right}, depth)
	if err != nil {
		return expr{}, err
	}
	t, err := k.unify(es)
	if err != nil {
		return expr{}, err
	}
	if (t == kindBool || t == kindToken) && strings.ContainsAny(op, "<>") && op != "<>" {
		return k.fail(at, "%s has no order", t)
	}
	return expr{sql: fmt.Sprintf("(%s %s %s)", es[0].sql, op, es[1].sql), kind: kindBool}, nil
}

func (k *compiler) conjunction(raw json.RawMessage, at, depth int) (expr, error) {
	var n struct {
		nodeHead
		Children []json.RawMessage `json:"children"`
	}
	if strict(raw, &n) != nil || len(n.Children) < 2 || n.Type != "CONJUNCTION_AND" && n.Type != "CONJUNCTION_OR" {
		return k.unknown(at)
	}
	es, err := k.bools(n.Children, depth)
	if err != nil {
		return expr{}, err
	}
	return expr{sql: "(" + join(es, " "+strings.TrimPrefix(n.Type, "CONJUNCTION_")+" ") + ")", kind: kindBool}, nil
}

// bools compiles nodes that must be true or false.
func (k *compiler) bools(raw []json.RawMessage, depth int) ([]expr, error) {
	es, err := k.all(raw, depth)
	for _, e := range es {
		if e.kind != kindBool && e.kind != kindNull {
			_, err = k.fail(e.at, "a condition is wanted, not %s", e.kind)
		}
	}
	return es, err
}

func join(es []expr, sep string) string {
	var b strings.Builder
	for i, e := range es {
		if i > 0 {
			b.WriteString(sep)
		}
		b.WriteString(e.sql)
	}
	return b.String()
}

func (k *compiler) operator(raw json.RawMessage, at, depth int) (expr, error) {
	var n struct {
		nodeHead
		Children []json.RawMessage `json:"children"`
	}
	if strict(raw, &n) != nil || len(n.Children) == 0 {
		return k.unknown(at)
	}
	switch n.Type {
	case "OPERATOR_NOT":
		es, err := k.bools(n.Children, depth)
		if err != nil || len(es) != 1 {
			return expr{}, err
		}
		return expr{sql: "(NOT " + es[0].sql + ")", kind: kindBool}, nil
	case "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL":
		es, err := k.all(n.Children, depth)
		if err != nil || len(es) != 1 {
			return expr{}, err
		}
		return expr{sql: "(" + es[0].sql + map[bool]string{true: " IS NULL)", false: " IS NOT NULL)"}[n.Type == "OPERATOR_IS_NULL"], kind: kindBool}, nil
	case "COMPARE_IN", "COMPARE_NOT_IN":
		es, err := k.all(n.Children, depth)
		if err != nil {
			return expr{}, err
		}
		if _, err := k.unify(es); err != nil || len(es) < 2 {
			return expr{}, err
		}
		op := map[bool]string{true: " IN (", false: " NOT IN ("}[n.Type == "COMPARE_IN"]
		return expr{sql: "(" + es[0].sql + op + join(es[1:], ", ") + "))", kind: kindBool}, nil
	case "OPERATOR_COALESCE":
		es, err := k.all(n.Children, depth)
		if err != nil {
			return expr{}, err
		}
		t, err := k.unify(es)
		return expr{sql: "coalesce(" + join(es, ", ") + ")", kind: t, inf: anyInf(es)}, err
	}
	return k.fail(at, "%s is not allowed in a filter", strings.ToLower(strings.ReplaceAll(n.Type, "_", " ")))
}

func (k *compiler) between(raw json.RawMessage, at, depth int) (expr, error) {
	var n struct {
		nodeHead
		Input json.RawMessage `json:"input"`
		Lower json.RawMessage `json:"lower"`
		Upper json.RawMessage `json:"upper"`
	}
	if strict(raw, &n) != nil {
		return k.unknown(at)
	}
	es, err := k.all([]json.RawMessage{n.Input, n.Lower, n.Upper}, depth)
	if err != nil {
		return expr{}, err
	}
	t, err := k.unify(es)
	if err != nil {
		return expr{}, err
	}
	if t == kindBool || t == kindToken {
		return k.fail(at, "%s has no order", t)
	}
	return expr{sql: fmt.Sprintf("(%s BETWEEN %s AND %s)", es[0].sql, es[1].sql, es[2].sql), kind: kindBool}, nil
}

func (k *compiler) caseWhen(raw json.RawMessage, at, depth int) (expr, error) {
	var n struct {
		nodeHead
		Checks []struct {
			When json.RawMessage `json:"when_expr"`
			Then json.RawMessage `json:"then_expr"`
		} `json:"case_checks"`
		Else json.RawMessage `json:"else_expr"`
	}
	if strict(raw, &n) != nil || len(n.Checks) == 0 {
		return k.unknown(at)
	}
	var when, then []json.RawMessage
	for _, c := range n.Checks {
		when, then = append(when, c.When), append(then, c.Then)
	}
	ws, err := k.bools(when, depth)
	if err != nil {
		return expr{}, err
	}
	ts, err := k.all(append(then, n.Else), depth)
	if err != nil {
		return expr{}, err
	}
	t, err := k.unify(ts)
	if err != nil {
		return expr{}, err
	}
	sql := "(CASE"
	for i, w := range ws {
		sql += " WHEN " + w.sql + " THEN " + ts[i].sql
	}
	return expr{sql: sql + " ELSE " + ts[len(ws)].sql + " END)", kind: t, inf: anyInf(ts)}, nil
}

// castKinds are the types that try_cast may aim at, and from which kinds.
var castKinds = map[string]struct {
	to   kind
	from []kind
}{
	"INTEGER": {kindInt, []kind{kindInt, kindFloat, kindText}},
	"BIGINT":  {kindInt, []kind{kindInt, kindFloat, kindText}},
	"DOUBLE":  {kindFloat, []kind{kindInt, kindFloat, kindText}},
	"VARCHAR": {kindText, []kind{kindInt, kindFloat, kindDate, kindBool}},
	"DATE":    {kindDate, []kind{kindText}},
	"BOOLEAN": {kindBool, []kind{kindText, kindBool}},
}

func (k *compiler) cast(raw json.RawMessage, at, depth int) (expr, error) {
	var n struct {
		nodeHead
		Child json.RawMessage `json:"child"`
		Type2 struct {
			ID string `json:"id"`
		} `json:"cast_type"`
		Try bool `json:"try_cast"`
	}
	if strict(raw, &n) != nil {
		return k.fail(at, "a cast to this type is not allowed")
	}
	e, err := k.compile(n.Child, depth)
	if err != nil {
		return expr{}, err
	}
	if !n.Try {
		switch {
		// What the parser makes of date '2024-12-31', true and "is true".
		case n.Type2.ID == "DATE" && e.text != nil:
			return k.toDate(e)
		case n.Type2.ID == "BOOLEAN" && e.text != nil && (*e.text == "t" || *e.text == "f"):
			return expr{sql: strconv.FormatBool(*e.text == "t"), kind: kindBool}, nil
		case n.Type2.ID == "BOOLEAN" && e.kind == kindBool:
			return e, nil
		// What this compiler writes for a whole number among others.
		case n.Type2.ID == "DOUBLE" && (e.kind == kindInt || e.kind == kindNull):
			return k.toFloat(e)
		}
		er := filterError(k.text, at, "a cast can fail on a row")
		return expr{}, er.WithFix("write try_cast(... as ...): it gives null instead")
	}
	c, ok := castKinds[n.Type2.ID]
	if !ok {
		return k.fail(at, "a cast to this type is not allowed")
	}
	for _, from := range append(c.from, kindNull) {
		if e.kind == from {
			return k.tryCast(e, n.Type2.ID, c.to, at)
		}
	}
	return k.fail(at, "%s cannot be cast to this type", e.kind)
}
