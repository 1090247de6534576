package alert

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
)

// often raises an alert at the entry that makes most of one group within a time,
// and at each further multiple of most while that lasts.
func (l *look) often(rule string, all []evidence.Facts, group func(*evidence.Facts) string, most int, within time.Duration) {
	recent := map[string][]time.Time{}
	for i := range all {
		x := &all[i]
		now, err := time.Parse(time.RFC3339, x.Time)
		if err != nil {
			continue // audit verify says so
		}
		g := group(x)
		times := recent[g]
		for len(times) > 0 && now.Sub(times[0]) > within {
			times = times[1:]
		}
		times = append(times, now)
		if recent[g] = times; len(times) < most {
			continue
		}
		a := at(rule, x)
		a.Count = len(times)
		l.add(a)
		recent[g] = nil // the next alert takes as many again
	}
}

func refusals(l *look) error {
	all, err := l.facts(refusalsWithin, evidence.Query{Decision: evidence.Deny})
	if err == nil {
		l.often("refusals", all, func(x *evidence.Facts) string { return x.Actor }, refusalsMost, refusalsWithin)
	}
	return err
}

func reruns(l *look) error {
	all, err := l.facts(rerunsWithin, evidence.Query{Action: verify.ChargeAction}, evidence.Query{Action: "job.repeat"})
	if err == nil {
		l.often("reruns", all, func(x *evidence.Facts) string { return x.Actor + "\n" + x.Scenario + "\n" + x.Product }, rerunsMost, rerunsWithin)
	}
	return err
}

// budget goes by the balances, which audit verify holds to the log, and not by all
// charges since the log began.
func budget(l *look) error {
	for _, b := range l.Balances {
		percent := 0
		for _, x := range [][2]int64{{b.Spent.Loss, b.Total.Loss}, {b.Spent.Delta, b.Total.Delta}} {
			if x[1] > 0 {
				percent = max(percent, int(float64(x[0])/float64(x[1])*100))
			}
		}
		if percent < budgetPercent {
			continue
		}
		a := Alert{Rule: "budget", Time: l.Now.UTC().Format(time.RFC3339), Subject: "space/" + b.Space, Count: percent}
		if b.Space == "" {
			a.Subject = "dataset/" + b.Dataset
		}
		a.ID = "budget/" + a.Subject
		l.add(a)
	}
	return nil
}

// rights are the actions that count at unusual hours: what gives a right or lets
// something in or out.
var rights = []string{"user.add", "user.role_confirm", "user.key_add", "user.key_confirm", "user.key_offer", "user.bind_confirm",
	"scenario.grant", "dataset.load", "release.approve", "release.export", "release.export_again", "domain.rotate", "policy.change", "domain.settings"}

func hours(l *look) error {
	var queries []evidence.Query
	for _, r := range rights {
		queries = append(queries, evidence.Query{Action: r, From: l.From})
	}
	all, err := l.facts(time.Second, queries...)
	for i := range all {
		t, err := time.Parse(time.RFC3339, all[i].Time)
		if err != nil {
			continue
		}
		if h := t.In(Beijing).Hour(); h >= quietFrom || h < quietTo {
			l.add(at("hours", &all[i]))
		}
	}
	return err
}

// decided are the actions of exports that the policy allowed: each says where to.
var decided = []evidence.Query{{Action: "release.export"}, {Action: "release.export_again"}}

func place(l *look) error {
	all, err := l.facts(0, decided...)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	return l.each(all, func(x *evidence.Facts, e *verify.Entry) error {
		var body struct {
			To string `json:"to"`
		}
		if json.Unmarshal(e.Body, &body) != nil || body.To == "" || seen[body.To] {
			return nil //nolint:nilerr // of another form
		}
		seen[body.To] = true
		a := at("place", x)
		a.Other = body.To
		l.add(a)
		return nil
	})
}

func witness(l *look) error {
	if !l.Witnessed {
		return nil
	}
	all, err := l.facts(time.Second, decided...)
	if err != nil {
		return err
	}
	return l.each(all, func(x *evidence.Facts, e *verify.Entry) error {
		var body struct {
			Witness struct {
				Names  []string
				Covers bool
			}
		}
		if err := json.Unmarshal(e.Body, &body); err != nil || len(body.Witness.Names) == 0 || !body.Witness.Covers {
			l.add(at("witness", x))
		}
		return nil
	})
}

func check(l *look) error {
	all, err := l.facts(time.Second, evidence.Query{Action: "domain.checked"})
	if err != nil {
		return err
	}
	return l.each(all, func(x *evidence.Facts, e *verify.Entry) error {
		var body struct{ Problems int }
		if err := json.Unmarshal(e.Body, &body); err != nil || body.Problems > 0 {
			a := at("check", x)
			a.Count = body.Problems
			l.add(a)
		}
		return nil
	})
}

// key finds keys and accounts that are handed in for two persons: by what the
// entries hold, whatever the domain made of them, and by handing in what another
// handed in, which the domain refuses.
func key(l *look) error {
	all, err := l.facts(0, evidence.Query{Action: "user.key_add"}, evidence.Query{Action: "user.key_enrol"}, evidence.Query{Action: "user.key_offer"},
		evidence.Query{Action: "user.bind"}, evidence.Query{Action: "act.refuse"})
	if err != nil {
		return err
	}
	owner := map[string]string{}
	return l.each(all, func(x *evidence.Facts, e *verify.Entry) error {
		var body struct {
			User, Issuer, Subject string
			Asked                 string
			Code                  glovebox.Code
			Key                   struct{ Public string }
		}
		if json.Unmarshal(e.Body, &body) != nil {
			return nil //nolint:nilerr // of another form
		}
		if x.Action == "act.refuse" {
			if body.Code == glovebox.CodeConflict && (body.Asked == "user.key_add" || body.Asked == "user.bind") {
				l.add(at("key", x))
			}
			return nil
		}
		of := body.Key.Public
		if of == "" {
			of = body.Issuer + "\n" + body.Subject
		}
		if of == "\n" || body.User == "" {
			return nil
		}
		if first := owner[of]; first != "" && first != body.User {
			a := at("key", x)
			a.Other = first
			l.add(a)
			return nil
		}
		owner[of] = body.User
		return nil
	})
}

func ticket(l *look) error {
	all, err := l.facts(0, evidence.Query{Kind: "ticket"})
	if err != nil {
		return err
	}
	last := map[string]evidence.Facts{} // by subject
	doc := map[string]string{}
	err = l.each(all, func(x *evidence.Facts, e *verify.Entry) error {
		if e.State != "" {
			last[x.Subject], doc[x.Subject] = *x, e.State
		}
		return nil
	})
	if err != nil {
		return err
	}
	now := l.Now.In(Beijing)
	for i := range all {
		x := all[i]
		if last[x.Subject].Index != x.Index {
			continue
		}
		raw, err := l.log.Kept(l, doc[x.Subject])
		var e *glovebox.Error
		if errors.As(err, &e) && e.Code == glovebox.CodeNotFound {
			continue // of a log older than kept documents
		}
		if err != nil {
			return err
		}
		var t struct{ State, Due, Owner string }
		due, perr := time.Time{}, json.Unmarshal(raw, &t)
		if perr == nil {
			due, perr = time.ParseInLocation(time.DateOnly, t.Due, Beijing)
		}
		if perr != nil || t.State != string(glovebox.TicketOpen) || now.Before(due.AddDate(0, 0, 1)) {
			continue
		}
		a := at("ticket", &x)
		a.ID, a.Actor, a.Other = "ticket/"+strings.TrimPrefix(x.Subject, "ticket/")+"/"+t.Due, "", t.Owner
		a.Time = due.AddDate(0, 0, 1).UTC().Format(time.RFC3339)
		l.add(a)
	}
	return nil
}
