package evidence

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// Query asks for entries. The zero value asks for all.
type Query struct {
	Actor, Org, Dataset, Scenario, Product, Subject string
	// Subjects asks for entries about any of these; nil: of all.
	Subjects []string
	// Kind asks for subjects of a kind, such as user.
	Kind string
	// Person asks for what a person did, and what was done to their account.
	Person string
	// Action is an action, or the beginning of some: "job." for all of jobs.
	Action string
	// Decision is allow, deny, or any: entries that record one.
	Decision string
	// From and To bound the time, as entries have it; To is not included.
	From, To string
	// After is the entry behind which the page begins; nil: at the first.
	After *uint64
	// Limit is how many entries a page has; 0: all.
	Limit int
	// Newest asks for the last Limit entries, and not for the first.
	Newest bool
}

// Check fails with CodeInvalid for a question that has no answer.
func (q *Query) Check() error {
	if !slices.Contains([]string{"", Allow, Deny, "any"}, q.Decision) {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--decision", Msg: "not a decision"}).WithFix("use allow, deny or any")
	}
	if q.Limit < 0 {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--limit", Msg: "not a number of entries"}).WithFix("use a whole number from 1 on; 0: all")
	}
	return nil
}

// Matches says whether an entry is asked for, but for its place on the page.
func (q *Query) Matches(x *Facts) bool {
	is := func(want, has string) bool { return want == "" || want == has }
	return is(q.Actor, x.Actor) && is(q.Org, x.Org) && is(q.Scenario, x.Scenario) && is(q.Product, x.Product) && is(q.Subject, x.Subject) &&
		(q.Subjects == nil || slices.Contains(q.Subjects, x.Subject)) && (q.Kind == "" || strings.HasPrefix(x.Subject, q.Kind+"/")) &&
		(q.Person == "" || x.Actor == q.Person || x.Subject == "user/"+q.Person) && (q.Dataset == "" || slices.Contains(x.Datasets, q.Dataset)) &&
		(is(q.Action, x.Action) || strings.HasSuffix(q.Action, ".") && strings.HasPrefix(x.Action, q.Action)) &&
		(is(q.Decision, x.Decision) || q.Decision == "any" && x.Decision != "") &&
		x.Time >= q.From && (q.To == "" || x.Time < q.To)
}

// Scope is the part of a log that somebody may see.
type Scope struct {
	All       bool   `json:"all"`
	Operator  string `json:"operator,omitempty"`  // of the entry's scenario
	Provider  string `json:"provider,omitempty"`  // of one of the entry's datasets
	Developer string `json:"developer,omitempty"` // the actor
}

// ScopeOf is what a user may see of the log: whoever may read the log all of it,
// an operator what is about a scenario of theirs, a provider what is about a
// dataset of their organisation, a developer what they did. It fails with
// CodeDenied for whoever may see nothing.
func ScopeOf(u glovebox.User, all bool) (Scope, error) {
	s := Scope{All: all}
	for _, r := range u.Roles {
		switch r {
		case glovebox.RoleOperator:
			s.Operator = u.Name
		case glovebox.RoleProvider:
			s.Provider = u.Org
		case glovebox.RoleDeveloper:
			s.Developer = u.Name
		}
	}
	if s == (Scope{}) {
		return s, glovebox.Errorf(glovebox.CodeDenied, "%s may not read the log", u.Name).WithFix("act as an auditor or the authority")
	}
	return s, nil
}

// Sees says whether the scope has an entry, as far as the log goes.
func (f *Fold) Sees(s Scope, x *Facts) (bool, error) {
	if s.All || s.Developer != "" && x.Actor == s.Developer {
		return true, nil
	}
	if s.Operator != "" && x.Scenario != "" {
		sc, err := f.Subject("scenario/" + x.Scenario)
		if err != nil || sc != nil && sc.Operator == s.Operator {
			return err == nil, err
		}
	}
	if s.Provider != "" {
		for _, code := range x.Datasets {
			d, err := f.Subject("dataset/" + code)
			if err != nil || d != nil && d.Provider == s.Provider {
				return err == nil, err
			}
		}
	}
	return false, nil
}

// Find answers a query from the source alone, entry by entry.
func Find(ctx context.Context, src Source, s Scope, q *Query) (out []Facts, more bool, err error) {
	if err := q.Check(); err != nil {
		return nil, false, err
	}
	f := NewFold(src)
	err = src.Entries(ctx, func(e *verify.Entry) error {
		x, err := f.Facts(ctx, e)
		if err != nil || !q.Matches(&x) || q.After != nil && x.Index <= *q.After {
			return err
		}
		sees, err := f.Sees(s, &x)
		if err != nil || !sees {
			return err
		}
		switch {
		case q.Limit == 0 || len(out) < q.Limit:
		case !q.Newest:
			more = true
			return nil
		default:
			out, more = out[1:], true
		}
		out = append(out, x)
		return nil
	})
	return out, more, err
}

// EntryName is how an entry is called in texts.
func EntryName(index uint64) string { return "#" + strconv.FormatUint(index, 10) }
