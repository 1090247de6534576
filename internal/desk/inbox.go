package desk

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
)

// How many working days, Monday to Friday, each kind of step is due within: a
// figure to sort by, which nothing is refused for.
const (
	confirmWithin = 3
	reviewWithin  = 5
	exportWithin  = 5
	grantWithin   = 20
)

// refusedFor is how long a refused job stands in its submitter's inbox.
const refusedFor = 7 * 24 * time.Hour

// lookInbox lists what waits for whoever asks, the most urgent first. It decides
// nothing: a step that stands here can still be refused.
func lookInbox(q *question) (any, error) {
	v, err := q.viewer()
	if err != nil {
		return nil, err
	}
	var out []api.Todo
	for _, of := range []func(*question, *access.Viewer) ([]api.Todo, error){people, scenarios, releases, jobs, loads, alerts} {
		some, err := of(q, v)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortStableFunc(out, func(a, b api.Todo) int {
		return cmp.Or(cmp.Compare(orLast(a.Due), orLast(b.Due)), cmp.Compare(a.Since, b.Since), cmp.Compare(a.Subject, b.Subject))
	})
	return listed(out, nil)
}

func orLast(day string) string {
	if day == "" {
		return "9"
	}
	return day
}

// due is the last of so many working days after a moment, on the clock of Beijing.
func due(since string, within int) string {
	t, err := time.Parse(time.RFC3339, since)
	if err != nil {
		return ""
	}
	t = t.In(time.FixedZone("", 8*60*60))
	for within > 0 {
		t = t.AddDate(0, 0, 1)
		if d := t.Weekday(); d != time.Saturday && d != time.Sunday {
			within--
		}
	}
	return t.Format(time.DateOnly)
}

func may(v *access.Viewer, act string) bool {
	row, ok := access.Find(act)
	if !ok {
		return false
	}
	_, err := row.Role(v.User, "")
	return err == nil
}

// people are roles and keys that a second person has to confirm.
func people(q *question, v *access.Viewer) (out []api.Todo, err error) {
	if !may(v, "user.role_confirm") {
		return nil, nil
	}
	all, err := q.d.Users(q)
	if err != nil {
		return nil, err
	}
	for _, u := range all {
		for _, a := range u.Asked {
			if a.By != v.Name && u.Name != v.Name {
				out = append(out, api.Todo{Kind: "role", Act: "user.role_confirm", Subject: "user/" + u.Name, About: u.Name, Role: string(a.Role), From: a.By})
			}
		}
	}
	keys, err := q.d.Keys(q, "")
	for _, k := range keys {
		if k.State == domain.KeyAsked && k.By != v.Name && k.User != v.Name {
			out = append(out, api.Todo{Kind: "key", Act: "user.key_confirm", Subject: "key/" + k.Key.ID, About: k.User, From: k.By, Since: k.Added, Due: due(k.Added, confirmWithin)})
		}
	}
	return out, err
}

// scenarios are proposals that nobody granted yet.
func scenarios(q *question, v *access.Viewer) (out []api.Todo, err error) {
	if !may(v, "scenario.grant") {
		return nil, nil
	}
	all, err := q.d.Scenarios(q)
	for _, s := range all {
		if s.Scenario.State == glovebox.ScenarioProposed {
			since := q.entered("scenario/" + s.Scenario.Code)
			out = append(out, api.Todo{Kind: "scenario", Act: "scenario.grant", Subject: "scenario/" + s.Scenario.Code, About: s.Scenario.Code, From: s.Scenario.Operator, Since: since, Due: due(since, grantWithin)})
		}
	}
	return out, err
}

// entered is when the log first names a subject; "" where that cannot be said.
func (q *question) entered(subject string) string {
	var all []Entry
	v, err := lookEntries(&question{q.Context, q.Desk, q.u, Look{Args: map[string]string{"subject": subject, "limit": "1"}}})
	if err == nil {
		all, _ = v.([]Entry)
	}
	if len(all) == 0 {
		return ""
	}
	return all[0].Time
}

// releases are those that wait for an approval in a role of whoever asks, and
// approved ones that its operator has not exported.
func releases(q *question, v *access.Viewer) (out []api.Todo, err error) {
	all, err := q.pipeline().ReleasesIn(q, *q.u, job.Pending, job.Approved)
	if err != nil {
		return nil, err
	}
	for i := range all {
		r := &all[i]
		todo := api.Todo{Subject: "release/" + r.ID, About: r.Product, Since: r.Made}
		switch {
		case r.State == job.Pending:
			role := waits(v, r)
			if role == "" {
				continue
			}
			todo.Kind, todo.Act, todo.Role, todo.Due = "review", "release.approve", string(role), due(r.Made, reviewWithin)
		case r.State == job.Approved && slices.Contains(v.Roles, glovebox.RoleOperator):
			at := r.Made
			for _, a := range r.Approvals {
				at = max(at, a.At)
			}
			todo.Kind, todo.Act, todo.Since, todo.Due = "export", "release.export", at, due(at, exportWithin)
		default:
			continue
		}
		out = append(out, todo)
	}
	return out, nil
}

// waits is a role in which a release waits for v's approval; "": none.
func waits(v *access.Viewer, r *job.ReleaseDoc) glovebox.Role {
	if slices.ContainsFunc(r.Approvals, func(a job.Approval) bool { return a.User == v.Name }) {
		return ""
	}
	for _, role := range r.Needed {
		given := slices.ContainsFunc(r.Approvals, func(a job.Approval) bool {
			return a.Role == role && (role != glovebox.RoleProvider || a.Org == v.Org)
		})
		if slices.Contains(v.Roles, role) && !given {
			return role
		}
	}
	return ""
}

// jobs are those of whoever asks that were refused lately.
func jobs(q *question, v *access.Viewer) (out []api.Todo, err error) {
	if !slices.Contains(v.Roles, glovebox.RoleDeveloper) {
		return nil, nil
	}
	all, err := q.pipeline().JobsOf(q, *q.u, "", 0, func(j *job.Doc) bool { return j.State == job.Refused && j.Submitter == v.Name })
	now, nerr := time.Parse(time.RFC3339, q.d.Stamp())
	for i := range all {
		j := &all[i]
		at, perr := time.Parse(time.RFC3339, j.Submitted)
		if perr == nil && nerr == nil && j.State == job.Refused && j.Submitter == v.Name && now.Sub(at) < refusedFor {
			out = append(out, api.Todo{Kind: "refused", Subject: "job/" + j.ID, About: strings.TrimSpace(j.Scenario + " " + j.Product), Since: j.Submitted})
		}
	}
	return out, err
}
