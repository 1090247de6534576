package desk

import (
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/internal/evidence/alert"
)

// alertsFor is how long an alert is shown where nobody says from when.
const alertsFor = 7 * 24 * time.Hour

// lookAlerts applies the rules of package alert to the log, for whoever may read
// all of it. Args: from, to (as entries have time); without from, the last week.
func lookAlerts(q *question) (any, error) {
	if err := q.reader(); err != nil {
		return nil, err
	}
	return listed(q.alerts(q.look.Args["from"], q.look.Args["to"]))
}

func (q *question) alerts(from, to string) (out []alert.Alert, err error) {
	now, err := time.Parse(time.RFC3339, q.d.Stamp())
	if err != nil {
		return nil, err
	}
	if from == "" {
		from = now.Add(-alertsFor).Format(time.RFC3339)
	}
	for _, t := range []string{from, to} {
		if _, err := time.Parse("2006-01-02T15:04:05Z", t); err != nil && t != "" {
			return nil, glovebox.Invalid("from", "is not a time as entries have it").WithFix("write a time such as 2026-03-15T00:00:00Z")
		}
	}
	if err := q.d.SignAll(q); err != nil {
		return nil, err
	}
	b, err := q.d.Budget(q, *q.u, "")
	if err != nil {
		return nil, err
	}
	err = q.finding(func(find evidence.Finder) error {
		out, err = alert.Find(q, q.d, find, &alert.Asked{From: from, To: to, Now: now, Balances: b.Balances, Witnessed: q.d.Witnessed()})
		return err
	})
	return out, err
}

// alerts are what the rules found lately, for whoever may read the whole log.
func alerts(q *question, v *access.Viewer) (out []api.Todo, err error) {
	if !v.Log() {
		return nil, nil
	}
	all, err := q.alerts("", "")
	for _, a := range all {
		out = append(out, api.Todo{Kind: "alert", Subject: a.Subject, About: a.Rule, From: a.Actor, Since: a.Time})
	}
	return out, err
}
