package alert

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence"
)

// book is a log in memory.
type book struct {
	entries []*verify.Entry
	kept    map[string][]byte
}

func (b *book) From(_ context.Context, index uint64, fn func(*verify.Entry) error) error {
	for _, e := range b.entries[index:] {
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}

func (b *book) Entries(ctx context.Context, fn func(*verify.Entry) error) error {
	return b.From(ctx, 0, fn)
}

func (b *book) Kept(_ context.Context, digest string) ([]byte, error) {
	if d, ok := b.kept[digest]; ok {
		return d, nil
	}
	return nil, glovebox.Errorf(glovebox.CodeNotFound, "nothing is kept under that digest")
}

// add writes an entry at a time of Beijing, "02 15:04" of March 2026.
func (b *book) add(at, actor, action, subject string, body map[string]any, doc any) {
	t, err := time.ParseInLocation("2006-01-02 15:04", "2026-03-"+at, Beijing)
	if err != nil {
		panic(err)
	}
	data, _ := json.Marshal(body)
	state := ""
	if doc != nil {
		raw, _ := json.Marshal(doc)
		state = glovebox.Digest(raw)
		b.kept[state] = raw
	}
	b.entries = append(b.entries, &verify.Entry{Index: uint64(len(b.entries)), Time: t.UTC().Format(time.RFC3339), Actor: actor, Action: action, Subject: subject, Body: data, State: state, Raw: data})
}

func (b *book) found(t *testing.T, a Asked) string {
	t.Helper()
	find := func(ctx context.Context, s evidence.Scope, q *evidence.Query) ([]evidence.Facts, bool, error) {
		return evidence.Find(ctx, b, s, q)
	}
	list, err := Find(context.Background(), b, find, &a)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, x := range list {
		s := x.ID + " " + x.Subject
		if x.Other != "" {
			s += " " + x.Other
		}
		if x.Count > 0 {
			s += fmt.Sprintf(" x%d", x.Count)
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

type object = map[string]any

// TestEveryRuleFinds: each rule finds what it says at its threshold, and nothing
// one short of it.
func TestEveryRuleFinds(t *testing.T) {
	march := Asked{From: "2026-03-01T00:00:00Z", Now: time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC)}
	tried := map[string]bool{}
	for _, c := range []struct {
		rule  string
		fill  func(b *book, more bool) // more: what it takes, and not one less
		want  string
		asked func(more bool) Asked
	}{
		{"refusals", func(b *book, more bool) {
			for i := range 5 {
				at := fmt.Sprintf("02 10:%02d", 14*i)
				if i == 4 && !more {
					at = "02 11:01" // more than an hour after the first
				}
				b.add(at, "wang", "act.refuse", "user/wang", nil, nil)
			}
		}, "refusals/4 user/wang x5", nil},
		{"reruns", func(b *book, more bool) {
			b.add("01 09:00", "wang", "job.submit", "job/j", nil, object{"scenario": "s", "product": "p"})
			for i := range 20 {
				actor := "wang"
				if i == 7 && !more {
					actor = "wu"
				}
				b.add(fmt.Sprintf("02 %02d:00", i+1), actor, "job.repeat", "job/j", nil, nil)
			}
		}, "reruns/20 job/j x20", nil},
		{"budget", nil, "budget/space/person space/person x90", func(more bool) Asked {
			a := march
			b := glovebox.Balance{Space: "person", Total: glovebox.Amount{Loss: 1000}, Spent: glovebox.Amount{Loss: 899}}
			if more {
				b.Spent.Loss = 900
			}
			a.Balances = []glovebox.Balance{b, {Dataset: "d", Total: glovebox.Amount{Loss: 10}}}
			return a
		}},
		{"hours", func(b *book, more bool) {
			b.add("02 21:59", "zhao", "scenario.grant", "grant/s", nil, nil)
			if more {
				b.add("02 22:00", "zhao", "scenario.grant", "grant/s", nil, nil)
				b.add("03 05:59", "zhao", "release.approve", "release/r", nil, nil)
			}
			b.add("03 06:00", "zhao", "scenario.grant", "grant/s", nil, nil)
		}, "hours/1 grant/s; hours/2 release/r", nil},
		{"place", func(b *book, more bool) {
			b.add("01 01:00", "liu", "job.submit", "job/j", nil, nil)
			for _, to := range []string{"out", "out"} {
				b.add("01 03:00", "liu", "release.export", "release/r", object{"to": to}, nil) // of February still, in UTC
			}
			to := "out"
			if more {
				to = "elsewhere"
			}
			b.add("02 10:00", "liu", "release.export_again", "release/r", object{"to": to}, nil)
		}, "place/3 release/r elsewhere", nil},
		{"key", func(b *book, more bool) {
			b.add("02 09:00", "wang", "user.key_add", "key/a", object{"user": "wang", "key": object{"public": "AA=="}}, nil)
			b.add("02 10:00", "wang", "user.key_add", "key/a", object{"user": "wang", "key": object{"public": "AA=="}}, nil)
			b.add("02 10:00", "reg", "user.bind", "binding/a", object{"user": "wang", "issuer": "https://i", "subject": "1"}, nil)
			b.add("02 10:00", "wu", "act.refuse", "user/wu", object{"asked": "user.key_add", "code": "denied"}, nil)
			if more {
				b.add("02 11:00", "wu", "user.key_offer", "key/b", object{"user": "wu", "key": object{"public": "AA=="}}, nil)
				b.add("02 12:00", "reg", "user.bind", "binding/b", object{"user": "wu", "issuer": "https://i", "subject": "1"}, nil)
				b.add("02 13:00", "wu", "act.refuse", "user/wu", object{"asked": "user.key_add", "code": "conflict"}, nil)
			}
		}, "key/4 key/b wang; key/5 binding/b wang; key/6 user/wu", nil},
		{"witness", func(b *book, more bool) {
			seen := object{"to": "out", "witness": object{"names": []string{"w"}, "covers": !more}}
			b.add("01 08:00", "liu", "job.submit", "job/j", nil, nil)
			b.add("01 07:00", "liu", "release.export", "release/r", object{"to": "out"}, nil) // before the time
			b.add("02 10:00", "liu", "release.export", "release/r", seen, nil)
		}, "witness/2 release/r", func(bool) Asked {
			a := march
			a.Witnessed = true
			return a
		}},
		{"check", func(b *book, more bool) {
			found := 0
			if more {
				found = 2
			}
			b.add("02 10:00", "owner", "domain.checked", "domain/city", object{"problems": found}, nil)
		}, "check/0 domain/city x2", nil},
		{"ticket", func(b *book, more bool) {
			b.add("02 09:00", "wang", "ticket.open", "ticket/t-1", nil, object{"state": "open", "due": "2026-03-23", "owner": "office"})
			b.add("02 09:00", "wang", "ticket.open", "ticket/t-2", nil, object{"state": "open", "due": "2026-03-31", "owner": "office"})
			if !more {
				b.add("20 09:00", "chen", "ticket.answer", "ticket/t-1", nil, object{"state": "answered", "due": "2026-03-23", "owner": "office"})
			}
		}, "ticket/t-1/2026-03-23 ticket/t-1 office", nil},
	} {
		tried[c.rule] = true
		for _, more := range []bool{true, false} {
			b, asked, want := &book{kept: map[string][]byte{}}, march, ""
			if c.fill != nil {
				c.fill(b, more)
			}
			if c.asked != nil {
				asked = c.asked(more)
			}
			if more {
				want = c.want
			}
			if got := b.found(t, asked); got != want {
				t.Errorf("%s, %v: %q, not %q", c.rule, more, got, want)
			}
		}
	}
	for _, r := range Rules {
		if !tried[r.Name] || r.Text.EN == "" || r.Text.ZH == "" {
			t.Errorf("rule %s is not tried, or not said in both languages", r.Name)
		}
	}
}
