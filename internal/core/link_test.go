package core

import (
	"testing"
	"time"

	"glovebox.example/glovebox/internal/access"
)

// TestLinksEnd: a link is good for a minute, once, and so many at a time.
func TestLinksEnd(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := links{now: func() time.Time { return now }}
	code := func(who string) string {
		t.Helper()
		x, err := l.make(who, ScopeAct, access.ProofKey, grounds{})
		if err != nil {
			t.Fatal(err)
		}
		return x.Code
	}
	a := code("wang")
	now = now.Add(linkFor - time.Second)
	if x := l.take(a); x == nil || x.user != "wang" || x.proof != access.ProofKey {
		t.Errorf("%+v", x)
	}
	if l.take(a) != nil {
		t.Error("a link was used twice")
	}
	b := code("wang")
	now = now.Add(linkFor)
	if l.take(b) != nil {
		t.Error("a link is good after its minute")
	}
	first, other := code("wang"), code("li")
	now = now.Add(time.Second)
	for range maxLinks {
		code("wang")
	}
	if l.take(first) != nil || l.take(other) == nil || len(l.by) != maxLinks {
		t.Errorf("%d links", len(l.by))
	}
}
