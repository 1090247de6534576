package index

import (
	"context"
	_ "embed"
	"encoding/json"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"glovebox.example/glovebox/internal/evidence"
)

// Entries is how many entries the index has.
func (x *Index) Entries(ctx context.Context) (uint64, error) {
	n, _, err := x.end(ctx)
	if err != nil {
		return 0, unusable(err)
	}
	return n, nil
}

// Find answers a query. More says that the page is not the last.
func (x *Index) Find(ctx context.Context, s evidence.Scope, q *evidence.Query) (out []evidence.Facts, more bool, err error) {
	if err := q.Check(); err != nil {
		return nil, false, err
	}
	where, args := conditions(s, q)
	order := "ASC"
	if q.Newest {
		order = "DESC"
	}
	//nolint:gosec // of constants: every value is an argument
	text := `SELECT facts FROM entry WHERE ` + strings.Join(where, ` AND `) + ` ORDER BY idx ` + order
	if q.Limit > 0 {
		text += ` LIMIT ?`
		args = append(args, q.Limit+1)
	}
	rows, err := x.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, false, unusable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		var f evidence.Facts
		if err := rows.Scan(&text); err != nil {
			return nil, false, unusable(err)
		}
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			return nil, false, unusable(err)
		}
		out = append(out, f)
	}
	if err := rows.Err(); err != nil {
		return nil, false, unusable(err)
	}
	if q.Limit > 0 && len(out) > q.Limit {
		out, more = out[:q.Limit], true
	}
	if q.Newest {
		slices.Reverse(out)
	}
	return out, more, nil
}

// conditions are a query as SQL. Times become bounds of indexes, since both rise
// together.
func conditions(s evidence.Scope, q *evidence.Query) (where []string, args []any) {
	add := func(text string, v ...any) {
		where, args = append(where, text), append(args, v...)
	}
	add("1")
	for _, c := range []struct{ column, value string }{
		{"actor", q.Actor}, {"org", q.Org}, {"scenario", q.Scenario}, {"product", q.Product}, {"subject", q.Subject},
	} {
		if c.value != "" {
			add(c.column+" = ?", c.value)
		}
	}
	if q.Subjects != nil {
		marks := make([]string, len(q.Subjects))
		for i, s := range q.Subjects {
			marks[i], args = "?", append(args, s)
		}
		add("subject IN (" + strings.Join(marks, ", ") + ")")
	}
	if q.Kind != "" {
		add("subject >= ? AND subject < ?", q.Kind+"/", q.Kind+"0") // "0" follows "/"
	}
	if q.Person != "" {
		add("(actor = ? OR subject = ?)", q.Person, "user/"+q.Person)
	}
	switch {
	case strings.HasSuffix(q.Action, "."):
		add("action >= ? AND action < ?", q.Action, strings.TrimSuffix(q.Action, ".")+"/") // "/" follows "."
	case q.Action != "":
		add("action = ?", q.Action)
	}
	switch q.Decision {
	case "":
	case "any":
		add("decision <> ''")
	default:
		add("decision = ?", q.Decision)
	}
	if q.Dataset != "" {
		add("idx IN (SELECT idx FROM entry_dataset WHERE dataset = ?)", q.Dataset)
	}
	if q.From != "" {
		add("idx >= (SELECT coalesce(min(idx), 9223372036854775807) FROM entry WHERE time >= ?)", q.From)
	}
	if q.To != "" {
		add("idx < (SELECT coalesce(min(idx), 9223372036854775807) FROM entry WHERE time >= ?)", q.To)
	}
	if q.After != nil {
		add("idx > ?", int64(*q.After))
	}
	if s.All {
		return where, args
	}
	// What a subject is known by may have changed since the entry; who answers
	// for it does not.
	var seen []string
	if s.Developer != "" {
		seen, args = append(seen, "actor = ?"), append(args, s.Developer)
	}
	if s.Operator != "" {
		seen, args = append(seen, "scenario <> '' AND 'scenario/' || scenario IN (SELECT name FROM subject WHERE operator = ?)"), append(args, s.Operator)
	}
	if s.Provider != "" {
		seen, args = append(seen, "idx IN (SELECT d.idx FROM subject s JOIN entry_dataset d ON s.name = 'dataset/' || d.dataset WHERE s.provider = ?)"), append(args, s.Provider)
	}
	return append(where, "("+strings.Join(seen, " OR ")+")"), args
}
