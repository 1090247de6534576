package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// pageSize is how many rows of a list one page shows.
const pageSize = 50

// list is a part of a list, with the way to the others.
type list[T any] struct {
	Rows        []T
	From, Total int // of the first row shown, from 1
	Prev, Next  string
	Q           string // what was searched for
	Filters     url.Values
}

// paged is the page of a list that ?p names, of what keep wants.
func paged[T any](v *view, all []T, keep func(T, string) bool) *list[T] {
	args := v.r.URL.Query()
	q := strings.ToLower(strings.TrimSpace(args.Get("q")))
	if q != "" && keep != nil {
		all = slices.DeleteFunc(all, func(x T) bool { return !keep(x, q) })
	}
	n, err := strconv.Atoi(args.Get("p"))
	if err != nil || n < 1 {
		n = 1
	}
	from := min((n-1)*pageSize, max(0, (len(all)-1)/pageSize*pageSize))
	n = from/pageSize + 1
	to := min(from+pageSize, len(all))
	l := &list[T]{Rows: all[from:to], From: from + 1, Total: len(all), Q: args.Get("q"), Filters: args}
	at := func(p int) string {
		a := v.r.URL.Query()
		a.Set("p", strconv.Itoa(p))
		a.Del("lang")
		return v.Path() + "?" + a.Encode()
	}
	if from > 0 {
		l.Prev = at(n - 1)
	}
	if to < len(all) {
		l.Next = at(n + 1)
	}
	return l
}

// few is the beginning of a list that has no pages of its own, and how many more
// there are.
func few[T any](all []T) ([]T, int) {
	n := min(len(all), pageSize)
	return all[:n], len(all) - n
}

// To is the number of the last row shown.
func (l *list[T]) To() int { return l.From + len(l.Rows) - 1 }

// has says whether one of the texts has what was searched for, in lower case.
func has(q string, texts ...string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(strings.ToLower(s), q) })
}
