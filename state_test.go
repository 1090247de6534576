package glovebox_test

import (
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

// TestEveryArrowOfAState walks every pair of states of everything that has
// them: the arrows of docs/states.md are allowed, all others are refused and
// change nothing.
func TestEveryArrowOfAState(t *testing.T) {
	walk(t, "user", glovebox.UserStates, ">active active>suspended suspended>active active>ended suspended>ended", func(from, to glovebox.UserState) (glovebox.UserState, error) {
		u := glovebox.User{Name: "a", State: from}
		err := u.To(to)
		return u.State, err
	})
	walk(t, "org", glovebox.OrgStates, ">active active>suspended suspended>active active>ended suspended>ended", func(from, to glovebox.OrgState) (glovebox.OrgState, error) {
		o := glovebox.Org{Name: "a", State: from}
		err := o.To(to)
		return o.State, err
	})
	walk(t, "scenario", glovebox.ScenarioStates, `>proposed proposed>proposed proposed>reviewed proposed>returned proposed>refused proposed>granted proposed>ended
		reviewed>proposed reviewed>returned reviewed>refused reviewed>granted reviewed>ended returned>proposed returned>ended
		granted>proposed granted>granted granted>suspended granted>ended suspended>granted suspended>suspended suspended>ended`,
		func(from, to glovebox.ScenarioState) (glovebox.ScenarioState, error) {
			s := glovebox.Scenario{Code: "a", State: from}
			err := s.To(to)
			return s.State, err
		})
	walk(t, "grant", glovebox.GrantStates, ">active active>suspended active>ended suspended>active suspended>ended", func(from, to glovebox.GrantState) (glovebox.GrantState, error) {
		g := glovebox.Grant{Scenario: "a", State: from}
		err := g.To(to)
		return g.State, err
	})
	walk(t, "dataset", glovebox.DatasetStates, ">active active>paused active>withdrawn active>cancelled paused>active paused>paused paused>withdrawn paused>cancelled", func(from, to glovebox.DatasetState) (glovebox.DatasetState, error) {
		return from.To(to, "a")
	})
	walk(t, "snapshot", glovebox.SnapshotStates, ">current current>replaced current>destroyed replaced>current replaced>destroyed", func(from, to glovebox.SnapshotState) (glovebox.SnapshotState, error) {
		s := glovebox.Snapshot{Dataset: "a", Version: 1, State: from}
		err := s.To(to)
		return s.State, err
	})
	walk(t, "incident", glovebox.IncidentStates, ">reported reported>handling reported>recovered reported>closed handling>recovered handling>closed recovered>handling recovered>closed",
		func(from, to glovebox.IncidentState) (glovebox.IncidentState, error) { return from.To(to, "i-1") })
	walk(t, "module", glovebox.ModuleStates, ">registered registered>certified registered>revoked certified>revoked", func(from, to glovebox.ModuleState) (glovebox.ModuleState, error) { return from.To(to, "sha256:0") })
	walk(t, "product", glovebox.ProductStates, ">developing developing>published developing>retired published>running published>retired running>retired",
		func(from, to glovebox.ProductState) (glovebox.ProductState, error) { return from.To(to, "a") })
	walk(t, "ticket", glovebox.TicketStates, ">open open>answered open>closed answered>answered answered>open answered>closed", func(from, to glovebox.TicketState) (glovebox.TicketState, error) { return from.To(to, "t-1") })
	walk(t, "freeze", glovebox.FreezeStates, ">frozen open>frozen frozen>frozen frozen>open", func(from, to glovebox.FreezeState) (glovebox.FreezeState, error) { return from.To(to) })
}

func walk[S ~string](t *testing.T, what string, states []S, allowed string, move func(from, to S) (S, error)) {
	t.Helper()
	arrows := map[string]bool{}
	for _, a := range strings.Fields(allowed) {
		arrows[a] = true
	}
	for _, from := range append([]S{""}, states...) {
		for _, to := range append([]S{""}, states...) {
			now, err := move(from, to)
			if arrows[string(from)+">"+string(to)] {
				if err != nil || now != to {
					t.Errorf("%s: %q -> %q: now %q, %v", what, from, to, now, err)
				}
				continue
			}
			if glovebox.CodeOf(err) != glovebox.CodeConflict || now != from {
				t.Errorf("%s: %q -> %q was not refused: now %q, %v", what, from, to, now, err)
			}
		}
	}
}
