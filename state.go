package glovebox

import "slices"

// States of people and of what they file, and the only ways from one to the
// next. "" is what is not there yet. Those of jobs, fits and releases are in
// internal/domain/job. docs/states.md has the diagrams of all.

// UserState is where a person stands in the domain.
type UserState string

const (
	UserActive    UserState = "active"
	UserSuspended UserState = "suspended" // may do nothing; what they did stays
	UserEnded     UserState = "ended"     // the same, for good
)

// UserStates lists the states of a user.
var UserStates = []UserState{UserActive, UserSuspended, UserEnded}

var userExits = map[UserState][]UserState{
	"":            {UserActive},
	UserActive:    {UserSuspended, UserEnded},
	UserSuspended: {UserActive, UserEnded},
	UserEnded:     {},
}

// To moves a user to a state, or fails with CodeConflict where no arrow leads.
func (u *User) To(s UserState) error {
	if !slices.Contains(userExits[u.State], s) {
		return Errorf(CodeConflict, "user %q is %s and cannot become %s", u.Name, u.State, s)
	}
	u.State = s
	return nil
}

// OrgState is where an institution stands in the domain.
type OrgState string

const (
	OrgActive    OrgState = "active"
	OrgSuspended OrgState = "suspended" // its people may do nothing
	OrgEnded     OrgState = "ended"     // the same, for good
)

// OrgStates lists the states of an institution.
var OrgStates = []OrgState{OrgActive, OrgSuspended, OrgEnded}

var orgExits = map[OrgState][]OrgState{
	"":           {OrgActive},
	OrgActive:    {OrgSuspended, OrgEnded},
	OrgSuspended: {OrgActive, OrgEnded},
	OrgEnded:     {},
}

// To moves an institution to a state, or fails with CodeConflict.
func (o *Org) To(s OrgState) error {
	if !slices.Contains(orgExits[o.State], s) {
		return Errorf(CodeConflict, "institution %q is %s and cannot become %s", o.Name, o.State, s)
	}
	o.State = s
	return nil
}

// ScenarioState is where a purpose stands.
type ScenarioState string

const (
	ScenarioProposed  ScenarioState = "proposed"  // applied for; nobody decided on it yet
	ScenarioReviewed  ScenarioState = "reviewed"  // its operator reviewed what a developer applied for (初审)
	ScenarioReturned  ScenarioState = "returned"  // sent back with remarks; filing it again proposes it anew
	ScenarioRefused   ScenarioState = "refused"   // for good
	ScenarioGranted   ScenarioState = "granted"   // has rights; granting again replaces them, amending it takes them
	ScenarioSuspended ScenarioState = "suspended" // nothing runs or leaves until whoever stopped it lets go
	ScenarioEnded     ScenarioState = "ended"     // for good
)

// ScenarioStates lists the states of a scenario.
var ScenarioStates = []ScenarioState{ScenarioProposed, ScenarioReviewed, ScenarioReturned, ScenarioRefused, ScenarioGranted, ScenarioSuspended, ScenarioEnded}

var scenarioExits = map[ScenarioState][]ScenarioState{
	"":                {ScenarioProposed},
	ScenarioProposed:  {ScenarioProposed, ScenarioReviewed, ScenarioReturned, ScenarioRefused, ScenarioGranted, ScenarioEnded},
	ScenarioReviewed:  {ScenarioProposed, ScenarioReturned, ScenarioRefused, ScenarioGranted, ScenarioEnded},
	ScenarioReturned:  {ScenarioProposed, ScenarioEnded},
	ScenarioRefused:   {},
	ScenarioGranted:   {ScenarioProposed, ScenarioGranted, ScenarioSuspended, ScenarioEnded},
	ScenarioSuspended: {ScenarioGranted, ScenarioSuspended, ScenarioEnded},
	ScenarioEnded:     {},
}

// To moves a scenario to a state, or fails with CodeConflict.
func (s *Scenario) To(next ScenarioState) error {
	if !slices.Contains(scenarioExits[s.State], next) {
		return Errorf(CodeConflict, "scenario %q is %s and cannot become %s", s.Code, s.State, next)
	}
	s.State = next
	return nil
}

// GrantState is where a scenario's rights stand. Another grant in its place is
// a new one.
type GrantState string

const (
	GrantActive    GrantState = "active"
	GrantSuspended GrantState = "suspended"
	GrantEnded     GrantState = "ended"
)

// GrantStates lists the states of a grant.
var GrantStates = []GrantState{GrantActive, GrantSuspended, GrantEnded}

var grantExits = map[GrantState][]GrantState{
	"":             {GrantActive},
	GrantActive:    {GrantSuspended, GrantEnded},
	GrantSuspended: {GrantActive, GrantEnded},
	GrantEnded:     {},
}

// To moves a grant to a state, or fails with CodeConflict.
func (g *Grant) To(s GrantState) error {
	if !slices.Contains(grantExits[g.State], s) {
		return Errorf(CodeConflict, "the grant of scenario %q is %s and cannot become %s", g.Scenario, g.State, s)
	}
	g.State = s
	return nil
}
