package desk

import (
	"slices"
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
)

// MaxPage is the most elements that a server answers a list with.
const MaxPage = 1000

// Page is a part of a list: Look answers with one where its arguments have a
// limit.
type Page struct {
	Items any
	// Next is the id of the last element, to ask for those after it; "": there are
	// no more.
	Next string
}

// window is what part of a list is asked for: those after an element, so many; 0:
// all.
type window struct {
	after string
	limit int
}

// window reads the arguments limit and after.
func (q *question) window() (w window, err error) {
	w.after = q.look.Args["after"]
	s := q.look.Args["limit"]
	if s == "" {
		return w, nil
	}
	w.limit, err = strconv.Atoi(s)
	if err != nil || w.limit < 1 || w.limit > MaxPage {
		return w, glovebox.Invalid("limit", "not a whole number from 1 to %d", MaxPage).WithFix("write limit=100, and ask again with after= for more")
	}
	return w, nil
}

// most is how many elements to read: one more than asked for tells whether there
// are more.
func (w window) most() int {
	if w.limit == 0 {
		return 0
	}
	return w.limit + 1
}

// Paged says whether a question is a list that is answered in pages.
func Paged(name string) bool { return pages[name] != nil }

// pages are the lists that are answered in pages, and what cuts them.
var pages = map[string]func(v any, w window) (any, error){
	"users":     whole(func(x *glovebox.User) string { return x.Name }),
	"orgs":      whole(func(x *glovebox.Org) string { return x.Name }),
	"keys":      whole(func(x *domain.KeyDoc) string { return x.Key.ID }),
	"bindings":  whole(func(x *domain.BindingDoc) string { return x.ID }),
	"sessions":  whole(func(x *Session) string { return x.ID }),
	"tokens":    whole(func(x *domain.TokenDoc) string { return x.ID }),
	"datasets":  whole(func(x *domain.DatasetDoc) string { return x.Record.Code }),
	"snapshots": whole(func(x *glovebox.Snapshot) string { return strconv.Itoa(x.Version) }),
	"spaces":    whole(func(x *domain.SpaceView) string { return x.Name }),
	"scenarios": whole(func(x *domain.ScenarioView) string { return x.Code }),
	"products":  whole(func(x *domain.ProductDoc) string { return x.Code }),
	"tickets":   whole(func(x *domain.TicketView) string { return x.ID }),
	"modules":   whole(func(x *domain.ModuleDoc) string { return x.Digest }),
	"incidents": whole(func(x *domain.IncidentDoc) string { return x.ID }),
	"jobs":      cut(func(x *job.Doc) string { return x.ID }),
	"releases":  cut(func(x *job.ReleaseDoc) string { return x.ID }),
}

// whole cuts a list that was read whole.
func whole[T any](id func(*T) string) func(any, window) (any, error) {
	then := cut(id)
	return func(v any, w window) (any, error) {
		all := v.([]T)
		if w.after != "" {
			i := slices.IndexFunc(all, func(x T) bool { return id(&x) == w.after })
			if i < 0 {
				return nil, lost()
			}
			all = all[i+1:]
		}
		return then(all, w)
	}
}

// cut cuts a list that begins where it should.
func cut[T any](id func(*T) string) func(any, window) (any, error) {
	return func(v any, w window) (any, error) {
		all := v.([]T)
		if w.limit == 0 {
			return all, nil
		}
		p := Page{Items: all}
		if len(all) > w.limit {
			p.Items, p.Next = all[:w.limit], id(&all[w.limit-1])
		}
		return p, nil
	}
}

func lost() error {
	return glovebox.Invalid("after", "not an element of this list").WithFix("begin again without it")
}
