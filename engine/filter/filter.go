package filter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/internal/duck"
)

// Bounds on a filter.
const (
	MaxBytes = 8192 // of text
	MaxNodes = 1000 // of its syntax tree
	MaxDepth = 64
	// MaxTexts is how many functions of a filter may make a text: DuckDB's
	// memory limit does not count what they make.
	MaxTexts = 16
)

// Filter is a row filter that was checked.
type Filter struct {
	// SQL is the canonical text: checking it again gives the same text.
	SQL string
	// Columns are the columns that it reads, sorted.
	Columns []string
	// run is what runs: the canonical text, with what DuckDB would do otherwise
	// spelled out (filterguard.go).
	run string
}

// Check checks a row filter over the given columns, at the types they
// have when the filter runs: an identifier is a token. It fails with code
// invalid and the column of the text at fault.
//
// Allowed are: the given columns, constants, and, or, not, comparisons,
// [not] between, [not] in (a list), is [not] null, is [not] distinct from,
// case, + - * / %, try_cast, [not] like with % at the ends only, and the
// functions in filterFuncs.
//
// A row is kept if the filter is true. Arithmetic is done in float64, so that
// no row can make it fail; whole numbers are exact up to 2^53. What is not a
// number (0/0) is null, and try_cast takes what a load takes.
func Check(ctx context.Context, expr string, cols []glovebox.Column) (Filter, error) {
	d, c, err := duck.Open(ctx, duck.SmallMemory)
	if err != nil {
		return Filter{}, err
	}
	defer d.Close()
	defer c.Close()
	return checkFilter(ctx, c, expr, storedColumns(cols))
}

// storedColumns maps column names to the columns as they are in the vault: an
// identifier is a token.
func storedColumns(cols []glovebox.Column) map[string]glovebox.Column {
	m := make(map[string]glovebox.Column, len(cols))
	for _, c := range cols {
		if c.Class == glovebox.ClassIdentifier {
			c.Type = glovebox.Token
		}
		m[c.Name] = c
	}
	return m
}

// CompileRules checks quality rules, which see columns as they are declared.
func CompileRules(ctx context.Context, c *duck.Conn, cols []glovebox.Column, rules []glovebox.Quality) ([]string, error) {
	types := make(map[string]glovebox.Column, len(cols))
	for _, col := range cols {
		types[col.Name] = col
	}
	var out []string
	for i, r := range rules {
		f, err := checkFilter(ctx, c, r.Check, types)
		if err != nil {
			if e, ok := err.(*glovebox.Error); ok {
				e.Field = fmt.Sprintf("quality[%d].check", i)
			}
			return nil, err
		}
		out = append(out, f.run)
	}
	return out, nil
}

// filterError makes the error of a filter; at is a byte offset, or -1.
func filterError(expr string, at int, format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, "filter: "+format, a...)
	if at >= 0 && at <= len(expr) {
		e.Col = utf8.RuneCountInString(expr[:at]) + 1
		e.Msg = fmt.Sprintf("%s (at character %d)", e.Msg, e.Col)
	}
	return e.WithFix("write one true-or-false expression over the columns, such as age >= 25; docs/formats/job.md has all that is allowed")
}

func checkFilter(ctx context.Context, c *duck.Conn, text string, cols map[string]glovebox.Column) (Filter, error) {
	if len(text) > MaxBytes {
		return Filter{}, filterError(text, -1, "longer than %d bytes", MaxBytes)
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return Filter{}, filterError(text, -1, "not text in UTF-8")
	}
	root, err := parseExpr(ctx, c, text)
	if err != nil {
		return Filter{}, err
	}
	k := &compiler{text: text, cols: cols, used: map[string]bool{}}
	e, err := k.compile(root, 0)
	if err != nil {
		return Filter{}, err
	}
	if e.kind != kindBool {
		return Filter{}, filterError(text, -1, "the result is %s, not true or false", e.kind)
	}
	guarded, err := (&compiler{text: text, cols: cols, used: map[string]bool{}, guard: true}).compile(root, 0)
	if err != nil {
		return Filter{}, err
	}
	f := Filter{SQL: e.sql, run: guarded.sql}
	for name := range k.used {
		f.Columns = append(f.Columns, name)
	}
	slices.Sort(f.Columns)
	return f, bindFilter(ctx, c, f, cols)
}

// bindFilter has DuckDB bind a canonical filter over no rows, as a second
// opinion on its names and types.
func bindFilter(ctx context.Context, c *duck.Conn, f Filter, cols map[string]glovebox.Column) error {
	from := "(SELECT 1)"
	if len(f.Columns) > 0 {
		var nulls []string
		for _, n := range f.Columns {
			nulls = append(nulls, fmt.Sprintf("CAST(NULL AS %s) AS %s", duck.Types[cols[n].Type.Plain()], duck.QuoteName(n)))
		}
		from = "(SELECT " + strings.Join(nulls, ", ") + ")"
	}
	r, err := c.Query(ctx, "SELECT "+f.run+" FROM "+from+" WHERE false")
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return filterError("", -1, "DuckDB does not accept it")
	}
	defer r.Release()
	if r.Schema().Field(0).Type.ID() != arrow.BOOL {
		return filterError("", -1, "the result is not true or false")
	}
	return nil
}

// parseExpr has DuckDB parse a text as an expression and returns its tree. The
// text is a string constant here and never part of a statement.
func parseExpr(ctx context.Context, c *duck.Conn, text string) (json.RawMessage, error) {
	const head = "SELECT "
	tree, isNull, err := c.Text(ctx, "SELECT CAST(json_serialize_sql("+duck.QuoteText(head+text)+", skip_default := true, skip_empty := true, skip_null := true) AS VARCHAR)")
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, filterError(text, -1, "DuckDB cannot parse it")
	}
	var doc struct {
		Error      bool   `json:"error"`
		Position   string `json:"position"`
		Statements []struct {
			Node json.RawMessage `json:"node"`
		} `json:"statements"`
	}
	if err := json.Unmarshal([]byte(tree), &doc); isNull || err != nil {
		return nil, filterError(text, -1, "DuckDB cannot parse it")
	}
	if doc.Error {
		at := -1
		if p, err := strconv.Atoi(doc.Position); err == nil {
			at = p - len(head)
		}
		return nil, filterError(text, at, "not a scalar SQL expression")
	}
	var node struct {
		Type       string            `json:"type"`
		SelectList []json.RawMessage `json:"select_list"`
		From       struct {
			Type string `json:"type"`
		} `json:"from_table"`
		Aggregate string `json:"aggregate_handling"`
	}
	if len(doc.Statements) != 1 || strict(doc.Statements[0].Node, &node) != nil ||
		node.Type != "SELECT_NODE" || len(node.SelectList) != 1 || node.From.Type != "EMPTY" || node.Aggregate != "STANDARD_HANDLING" {
		return nil, filterError(text, -1, "one expression and nothing else is wanted: no FROM, no list, no second statement")
	}
	return node.SelectList[0], nil
}

// strict decodes JSON and fails on every field that the type does not name.
func strict(p []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(p))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return io.ErrUnexpectedEOF
	}
	return nil
}
