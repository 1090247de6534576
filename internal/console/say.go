package console

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/words"
)

// funcs are what templates call, in a language.
func (c *Console) funcs(l glovebox.Lang) template.FuncMap {
	return template.FuncMap{
		"t":        func(en string, parts ...any) string { return say(l, en, parts...) },
		"w":        func(en any) string { return word(l, fmt.Sprint(en)) },
		"did":      func(action string) string { return did(l, action) },
		"in":       func(t glovebox.Text) string { return t.In(l) },
		"lang":     func() string { return map[glovebox.Lang]string{glovebox.Chinese: "zh-CN", glovebox.English: "en"}[l] },
		"static":   func(name string) string { return "/static/" + c.version + "/" + name },
		"json":     asJSON,
		"when":     when,
		"day":      day,
		"num":      func(f any) string { return number(f) },
		"short":    short,
		"join":     join(l),
		"todoPath": todoPath,
		"loss":     loss,
		"deltaOf":  func(n int64) string { return number(float64(n) * glovebox.DeltaUnit) },
		"share":    share,
		"sentence": func(en string) string { return sentence(l, en) },
		"maskOf":   func(m *glovebox.Mask) string { return maskWords(l, m) },
		"tone":     tone,
		"add":      func(a, b float64) float64 { return a + b },
		"ledger":   ledgerPath,
		"masks":    func() []string { return masks },
		"dict":     dict,
		"brief":    brief,
		"list":     func(all ...any) []any { return all },
	}
}

// format puts parts in place of the verbs of a text.
func format(text string, parts []any) string {
	if len(parts) == 0 {
		return text
	}
	return fmt.Sprintf(text, parts...)
}

// when is a time as pages show it: Beijing time, to the minute. Texts that are no
// time stay as they are.
func when(at any) string { return clock(at, "2006-01-02 15:04") }

// day is the same without the hour.
func day(at any) string { return clock(at, "2006-01-02") }

func clock(at any, layout string) string {
	switch x := at.(type) {
	case time.Time:
		return x.In(beijing).Format(layout)
	case string:
		t, err := time.Parse(time.RFC3339, x)
		if err != nil {
			return x
		}
		return t.In(beijing).Format(layout)
	}
	return fmt.Sprint(at)
}

// number writes a number with thousands apart: at most six digits that count for
// one that is not whole.
func number(x any) string {
	switch n := x.(type) {
	case int:
		return grouped(strconv.Itoa(n))
	case int64:
		return grouped(strconv.FormatInt(n, 10))
	case uint64:
		return grouped(strconv.FormatUint(n, 10))
	case float64:
		return real(n)
	case string:
		if f, err := strconv.ParseFloat(n, 64); err == nil {
			return real(f)
		}
	case nil:
		return "–"
	}
	return fmt.Sprint(x)
}

func real(f float64) string {
	switch a := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return "–"
	case a == math.Trunc(a) && a < 1e15:
		return grouped(strconv.FormatFloat(f, 'f', -1, 64))
	case a >= 1e15 || a < 1e-4:
		return power(f)
	case a >= 1e4:
		return grouped(strconv.FormatFloat(f, 'f', 1, 64))
	default:
		return grouped(strconv.FormatFloat(f, 'g', 6, 64))
	}
}

// grouped puts a comma before each three digits of the whole part, and a sign of
// its own before what is negative.
func grouped(s string) string {
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	whole, rest, dot := strings.Cut(s, ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if dot {
		whole += "." + rest
	}
	if neg {
		return "−" + whole
	}
	return whole
}

func minus(s string) string { return strings.Replace(s, "-", "−", 1) }

// short is the beginning of a digest.
func short(s any) string {
	d := strings.TrimPrefix(fmt.Sprint(s), "sha256:")
	if len(d) > 12 {
		return d[:12] + "…"
	}
	return d
}

// brief is a subject of the log as a list shows it: a digest in it is cut short.
func brief(subject string) string {
	kind, of, ok := strings.Cut(subject, "/sha256:")
	if !ok {
		return subject
	}
	return kind + "/" + short(of)
}

// join puts names into one text, as the language does.
func join(l glovebox.Lang) func(any) string {
	sep := ", "
	if l == glovebox.Chinese {
		sep = "、"
	}
	return func(all any) string {
		var out []string
		switch x := all.(type) {
		case []string:
			out = x
		case []glovebox.Role:
			for _, r := range x {
				out = append(out, word(l, string(r)))
			}
		default:
			return fmt.Sprint(all)
		}
		return strings.Join(out, sep)
	}
}

// dict gives a template several things under names.
func dict(pairs ...any) (map[string]any, error) {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		out[name] = pairs[i+1]
	}
	return out, nil
}

// sentence is what an act does, as a title has it.
func sentence(l glovebox.Lang, en string) string {
	s := words.In(l, en)
	if l == glovebox.English && s != "" {
		return strings.ToUpper(s[:1]) + s[1:]
	}
	return s
}

// maskWords says what is done to a column.
func maskWords(l glovebox.Lang, m *glovebox.Mask) string {
	switch {
	case m == nil:
		return say(l, "by the policy")
	case m.Kind == "generalise" && m.To != "":
		return say(l, "rounded to the %s", word(l, m.To))
	case m.Kind == "generalise":
		return say(l, "rounded down to steps of %s", number(m.Step))
	case m.Kind == "redact":
		return say(l, "first %d and last %d characters kept", m.KeepFirst, m.KeepLast)
	case m.Kind == "token" && m.Shared:
		return say(l, "token, the same in the whole scenario")
	case m.Kind == "token":
		return say(l, "token")
	case m.Kind == "suppress":
		return say(l, "left out")
	case m.Kind == "none":
		return say(l, "as it is")
	}
	return m.Kind
}

// text is a name of any type of string.
func text(x any) string { return fmt.Sprint(x) }

// tone is the colour of a state; its word stands beside.
func tone(state any) string {
	switch fmt.Sprint(state) {
	case "done", "recovered", "closed", "open", "approved", "exported", "active", "granted", "allow", "current", "trusted":
		return "good"
	case "pending", "returned", "paused", "reported", "handling", "superseded", "asked", "proposed", "running", "charged", "admitted", "under_way":
		return "wait"
	case "refused", "deny", "suspended", "withdrawn", "frozen", "rejected", "revoked", "ended", "failed":
		return "bad"
	}
	return ""
}

// ledgerPath is the page of a ledger.
func ledgerPath(dataset, space string) string {
	if space != "" {
		return "/budget/space/" + id(space)
	}
	return "/budget/dataset/" + id(dataset)
}

// power writes a very large or small number with a power of ten: 2.5×10⁻⁶.
func power(f float64) string {
	m, e, _ := strings.Cut(strconv.FormatFloat(f, 'e', 3, 64), "e")
	if strings.Contains(m, ".") {
		m = strings.TrimRight(strings.TrimRight(m, "0"), ".")
	}
	n, err := strconv.Atoi(e)
	if err != nil {
		return minus(m)
	}
	up := strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strconv.Itoa(n))
	if m == "1" {
		return "10" + up
	}
	return minus(m) + "×10" + up
}

// word is a value of a field, or a state, as people say it.
func word(l glovebox.Lang, en string) string {
	if s := words.Page(l, en); s != en {
		return s
	}
	return words.In(l, en)
}

// did is the action of an entry as people say it.
func did(l glovebox.Lang, action string) string {
	if s := word(l, action); s != action {
		return s
	}
	if row, ok := access.Find(action); ok {
		return sentence(l, row.Text)
	}
	return action
}

// fieldValues are the values of fields that pages show as words.
func fieldValues() []string {
	return []string{"public", "personal", "sensitive", "business", "identifier", "work_secret", "state_secret", "input", "filter", "key", "year", "quarter", "month", "week", "day", "realtime", "irregular",
		"bureau", "firm", "other", "local", "asked", "revoked", "trusted", "under_way", "failed", "act.begin", "act.refuse"}
}

// asJSON is x for a script, which finds it in an attribute.
func asJSON(x any) (string, error) {
	b, err := json.Marshal(x)
	return string(b), err
}
