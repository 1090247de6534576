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
)

// UserStates lists the states of a user.
var UserStates = []UserState{UserActive, UserSuspended}

var userExits = map[UserState][]UserState{
	"":            {UserActive},
	UserActive:    {UserSuspended},
	UserSuspended: {UserActive},
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
	OrgSuspended OrgState = "suspended" // takes on nobody and nothing new
)

// OrgStates lists the states of an institution.
var OrgStates = []OrgState{OrgActive, OrgSuspended}

var orgExits = map[OrgState][]OrgState{
	"":           {OrgActive},
	OrgActive:    {OrgSuspended},
	OrgSuspended: {OrgActive},
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
	ScenarioProposed  ScenarioState = "proposed"  // filed; nobody granted it yet
	ScenarioGranted   ScenarioState = "granted"   // has rights; granting again replaces them
	ScenarioSuspended ScenarioState = "suspended" // nothing runs or leaves until it is granted again
	ScenarioEnded     ScenarioState = "ended"     // for good
)

// ScenarioStates lists the states of a scenario.
var ScenarioStates = []ScenarioState{ScenarioProposed, ScenarioGranted, ScenarioSuspended, ScenarioEnded}

var scenarioExits = map[ScenarioState][]ScenarioState{
	"":                {ScenarioProposed},
	ScenarioProposed:  {ScenarioGranted, ScenarioEnded},
	ScenarioGranted:   {ScenarioGranted, ScenarioSuspended, ScenarioEnded},
	ScenarioSuspended: {ScenarioGranted, ScenarioEnded},
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

// DatasetState is where a record of the catalogue stands.
type DatasetState string

const (
	DatasetActive    DatasetState = "active"
	DatasetWithdrawn DatasetState = "withdrawn" // by its provider; no load and no job any more
)

// DatasetStates lists the states of a dataset.
var DatasetStates = []DatasetState{DatasetActive, DatasetWithdrawn}

var datasetExits = map[DatasetState][]DatasetState{
	"":               {DatasetActive},
	DatasetActive:    {DatasetWithdrawn},
	DatasetWithdrawn: {},
}

// To returns next, or fails with CodeConflict where the dataset of that code,
// which is in state s, cannot get there.
func (s DatasetState) To(next DatasetState, code string) (DatasetState, error) {
	if !slices.Contains(datasetExits[s], next) {
		return s, Errorf(CodeConflict, "dataset %q is %s and cannot become %s", code, s, next)
	}
	return next, nil
}

// SnapshotState is where one load of a dataset stands.
type SnapshotState string

const (
	SnapshotCurrent   SnapshotState = "current"   // what jobs read
	SnapshotReplaced  SnapshotState = "replaced"  // by a later load; its parts are still there
	SnapshotDestroyed SnapshotState = "destroyed" // its keys are gone, its parts cannot be read
)

// SnapshotStates lists the states of a snapshot.
var SnapshotStates = []SnapshotState{SnapshotCurrent, SnapshotReplaced, SnapshotDestroyed}

var snapshotExits = map[SnapshotState][]SnapshotState{
	"":                {SnapshotCurrent},
	SnapshotCurrent:   {SnapshotReplaced, SnapshotDestroyed},
	SnapshotReplaced:  {SnapshotDestroyed},
	SnapshotDestroyed: {},
}

// To moves a snapshot to a state, or fails with CodeConflict.
func (s *Snapshot) To(next SnapshotState) error {
	if !slices.Contains(snapshotExits[s.State], next) {
		return Errorf(CodeConflict, "snapshot %d of dataset %q is %s and cannot become %s", s.Version, s.Dataset, s.State, next)
	}
	s.State = next
	return nil
}
