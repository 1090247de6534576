package evidence

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
)

// Holder is a person who could act in a role at a moment, with how they came to
// it and lost it.
type Holder struct {
	User  string        `json:"user"`
	Full  string        `json:"full_name,omitempty"`
	Org   string        `json:"org,omitempty"`
	Role  glovebox.Role `json:"role"`
	Holds bool          `json:"holds"` // at the moment that was asked about, and was active
	Steps []Step        `json:"steps"` // in the order of the log
}

// Step is one change of a person's role.
type Step struct {
	Entry uint64 `json:"entry"`
	Time  string `json:"time"`
	By    string `json:"by"`
	Key   string `json:"key,omitempty"` // that signed the act; "": it was not signed
	Did   string `json:"did"`           // got, lost, asked, suspended, resumed
}

// Holders lists who ever held a role ("": any), and whether they could act in it
// at a moment, as entries have time; "": now, that is after the last entry.
// It reads the entries about people and no others.
func Holders(ctx context.Context, log Log, find Finder, role glovebox.Role, moment string) ([]Holder, error) {
	type key struct {
		user string
		role glovebox.Role
	}
	found := map[key]*Holder{}
	var order []key
	last := map[string]glovebox.User{}
	about, _, err := find(ctx, Scope{All: true}, &Query{Kind: "user"})
	if err != nil {
		return nil, err
	}
	err = Read(ctx, log, about, func(_ *Facts, e *verify.Entry) error {
		name, ok := strings.CutPrefix(e.Subject, "user/")
		if !ok || e.State == "" {
			return nil
		}
		raw, err := log.Kept(ctx, e.State)
		if err != nil {
			return err
		}
		var u glovebox.User
		if json.Unmarshal(raw, &u) != nil {
			return nil //nolint:nilerr // of another form
		}
		old := last[name]
		last[name] = u
		for _, r := range glovebox.Roles {
			if role != "" && r != role {
				continue
			}
			did := step(old, u, r)
			k := key{name, r}
			if did != "" && found[k] == nil {
				found[k] = &Holder{User: name, Role: r}
				order = append(order, k)
			}
			h := found[k]
			if h == nil {
				continue
			}
			h.Full, h.Org = u.Full, u.Org
			if did != "" {
				h.Steps = append(h.Steps, Step{Entry: e.Index, Time: e.Time, By: e.Actor, Key: KeyOf(e), Did: did})
			}
			if moment == "" || e.Time < moment {
				h.Holds = slices.Contains(u.Roles, r) && u.State == glovebox.UserActive
			}
		}
		return nil
	})
	out := []Holder{}
	for _, k := range order {
		out = append(out, *found[k])
	}
	slices.SortStableFunc(out, func(a, b Holder) int { return strings.Compare(string(a.Role), string(b.Role)) })
	return out, err
}

// step says what became of a role between two versions of a person's document.
func step(old, now glovebox.User, r glovebox.Role) string {
	had, has := slices.Contains(old.Roles, r), slices.Contains(now.Roles, r)
	asks := func(u glovebox.User) bool {
		return slices.ContainsFunc(u.Asked, func(a glovebox.RoleAsked) bool { return a.Role == r })
	}
	switch {
	case !had && has:
		return "got"
	case had && !has:
		return "lost"
	case !asks(old) && asks(now):
		return "asked"
	case has && old.State != now.State && now.State != glovebox.UserActive:
		return "suspended"
	case has && old.State != now.State:
		return "resumed"
	}
	return ""
}
