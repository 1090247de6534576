package filter

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/duck"
)

// kind is the type of an expression, as far as the checker cares.
type kind int

const (
	kindNull kind = iota
	kindBool
	kindInt
	kindFloat
	kindText
	kindDate
	kindToken
)

func (k kind) String() string {
	return [...]string{"null", "true or false", "a whole number", "a number", "a text", "a date", "a token"}[k]
}

var kinds = map[glovebox.Type]kind{
	glovebox.String: kindText, glovebox.Int32: kindInt, glovebox.Int64: kindInt, glovebox.Float64: kindFloat,
	glovebox.Bool: kindBool, glovebox.Date: kindDate, glovebox.Decimal: kindFloat, glovebox.DateTime: kindDate, glovebox.Token: kindToken,
}

// expr is a compiled expression: its canonical SQL, in parentheses where it
// needs them, and its kind. A constant text or number also has its value.
type expr struct {
	sql  string
	kind kind
	text *string
	num  *float64
	inf  bool // a number that may be infinite
	at   int
}

// compiler turns DuckDB's tree into canonical SQL. It knows few nodes and
// refuses the rest, and it refuses a known node with a field that it does not
// know: what DuckDB adds later is refused too.
type compiler struct {
	text  string
	cols  map[string]glovebox.Column
	used  map[string]bool
	nodes int
	texts int  // functions that make a text
	guard bool // write what runs, not the canonical text
}

// nodeHead is what every node has.
type nodeHead struct {
	Class string  `json:"class"`
	Type  string  `json:"type"`
	Alias string  `json:"alias"`
	At    float64 `json:"query_location"`
}

func (k *compiler) fail(at int, format string, a ...any) (expr, error) {
	return expr{}, filterError(k.text, at, format, a...)
}

func (k *compiler) compile(raw json.RawMessage, depth int) (expr, error) {
	var h nodeHead
	if err := json.Unmarshal(raw, &h); err != nil {
		return k.fail(-1, "a part of it is not understood")
	}
	at := -1
	if h.At >= 7 && h.At < 1<<20 {
		at = int(h.At) - len("SELECT ")
	}
	if k.nodes++; k.nodes > MaxNodes || depth > MaxDepth {
		return k.fail(at, "more than %d parts, or deeper than %d", MaxNodes, MaxDepth)
	}
	if h.Alias != "" {
		return k.fail(at, "a name for a part of it is not allowed")
	}
	f := map[string]func(json.RawMessage, int, int) (expr, error){
		"COLUMN_REF": k.column, "CONSTANT": k.constant, "COMPARISON": k.comparison, "CONJUNCTION": k.conjunction,
		"OPERATOR": k.operator, "BETWEEN": k.between, "CASE": k.caseWhen, "CAST": k.cast, "FUNCTION": k.function,
	}[h.Class]
	if f == nil {
		return k.fail(at, "%s is not allowed in a filter", strings.ToLower(strings.ReplaceAll(h.Class, "_", " ")))
	}
	e, err := f(raw, at, depth+1)
	e.at = at
	return e, err
}

// all compiles several nodes.
func (k *compiler) all(raw []json.RawMessage, depth int) ([]expr, error) {
	out := make([]expr, len(raw))
	for i, r := range raw {
		e, err := k.compile(r, depth)
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

func (k *compiler) unknown(at int) (expr, error) {
	return k.fail(at, "this form is not allowed in a filter")
}

func (k *compiler) column(raw json.RawMessage, at, _ int) (expr, error) {
	var n struct {
		nodeHead
		Names []string `json:"column_names"`
	}
	if strict(raw, &n) != nil {
		return k.unknown(at)
	}
	if len(n.Names) != 1 {
		return k.fail(at, "a column is named without a table")
	}
	c, ok := k.cols[n.Names[0]]
	if !ok || kinds[c.Type] == kindNull {
		return k.fail(at, "unknown column")
	}
	k.used[n.Names[0]] = true
	e := expr{sql: duck.QuoteName(n.Names[0]), kind: kinds[c.Type]}
	if k.guard { // the canonical text names the column; what runs reads its number
		switch c.Type {
		case glovebox.Decimal: // both are exact up to 2^53, so the quotient is the nearest
			e.sql = fmt.Sprintf("(CAST(%s AS DOUBLE) / 1e%d)", e.sql, c.Scale)
		case glovebox.DateTime:
			e.sql = fmt.Sprintf("CAST(make_timestamp(%s) AS DATE)", e.sql)
		}
	}
	return e, nil
}

func (k *compiler) constant(raw json.RawMessage, at, _ int) (expr, error) {
	var n struct {
		nodeHead
		Value struct {
			Type struct {
				ID   string `json:"id"`
				Info *struct {
					Type  string `json:"type"`
					Width int    `json:"width"`
					Scale int    `json:"scale"`
				} `json:"type_info"`
			} `json:"type"`
			IsNull bool            `json:"is_null"`
			Value  json.RawMessage `json:"value"`
		} `json:"value"`
	}
	if strict(raw, &n) != nil {
		return k.unknown(at)
	}
	v := n.Value
	if v.IsNull {
		return expr{sql: "NULL", kind: kindNull}, nil
	}
	switch v.Type.ID {
	case "VARCHAR":
		s := ""
		if v.Value != nil && json.Unmarshal(v.Value, &s) != nil || strings.ContainsRune(s, 0) {
			return k.unknown(at)
		}
		return textConst(s), nil
	case "BOOLEAN":
		return expr{sql: strconv.FormatBool(string(v.Value) == "true"), kind: kindBool}, nil
	case "INTEGER", "BIGINT":
		i, err := strconv.ParseInt(string(v.Value), 10, 64)
		if err != nil {
			return k.unknown(at)
		}
		return intConst(i), nil
	case "DOUBLE":
		f, err := strconv.ParseFloat(string(v.Value), 64)
		if err != nil {
			return k.fail(at, "the number is out of range")
		}
		return floatConst(f), nil
	case "DECIMAL":
		i, err := strconv.ParseInt(string(v.Value), 10, 64)
		if err != nil || v.Type.Info == nil || v.Type.Info.Scale < 0 || v.Type.Info.Scale > 38 {
			return k.fail(at, "the number has more than 18 digits")
		}
		f, _ := new(big.Rat).SetFrac(big.NewInt(i), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(v.Type.Info.Scale)), nil)).Float64()
		return floatConst(f), nil
	case "HUGEINT", "UHUGEINT", "UBIGINT":
		return k.fail(at, "the number is out of range")
	}
	return k.fail(at, "a constant of type %s is not allowed", strings.ToLower(v.Type.ID))
}

func textConst(s string) expr { return expr{sql: duck.QuoteText(s), kind: kindText, text: &s} }

func intConst(i int64) expr {
	f := float64(i)
	return expr{sql: strconv.FormatInt(i, 10), kind: kindInt, num: &f}
}

func floatConst(f float64) expr {
	if f == 0 {
		f = 0 // no negative zero
	}
	return expr{sql: duck.Float(f), kind: kindFloat, num: &f}
}

// toFloat makes a number a float64.
func (k *compiler) toFloat(e expr) (expr, error) {
	switch {
	case e.kind == kindFloat:
		return e, nil
	case e.kind == kindInt && e.num != nil:
		return floatConst(*e.num), nil
	case e.kind == kindInt || e.kind == kindNull:
		return expr{sql: "CAST(" + e.sql + " AS DOUBLE)", kind: kindFloat, at: e.at}, nil
	}
	return k.fail(e.at, "a number is wanted, not %s", e.kind)
}

// unify gives several expressions one kind, so that they can be compared or
// stand for one another.
func (k *compiler) unify(es []expr) (kind, error) {
	out := kindNull
	for _, e := range es {
		switch {
		case e.kind == out || e.kind == kindNull:
		case out == kindNull:
			out = e.kind
		case e.kind == kindInt && out == kindFloat:
		case e.kind == kindFloat && out == kindInt:
			out = kindFloat
		case e.kind == kindText && e.text != nil && out == kindDate:
		case e.kind == kindDate && out == kindText:
			out = kindDate // if every text is a constant; seen below
		default:
			_, err := k.fail(e.at, "%s and %s do not go together", out, e.kind)
			return 0, err
		}
	}
	for i, e := range es {
		var err error
		switch {
		case out == kindFloat && e.kind == kindInt:
			es[i], err = k.toFloat(e)
		case out == kindDate && e.kind == kindText:
			es[i], err = k.toDate(e)
		}
		if err != nil {
			return 0, err
		}
	}
	return out, nil
}

// toDate makes a constant text a date.
func (k *compiler) toDate(e expr) (expr, error) {
	if e.text == nil || !duck.IsDate(*e.text) {
		return k.fail(e.at, "a date is wanted, as '2024-12-31'")
	}
	return expr{sql: "DATE " + duck.QuoteText(*e.text), kind: kindDate, at: e.at}, nil
}
