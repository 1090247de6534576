package glovebox

import "slices"

// DatasetState is where a record of the catalogue stands.
type DatasetState string

const (
	DatasetActive    DatasetState = "active"
	DatasetPaused    DatasetState = "paused"    // nothing reads it and nothing of it leaves until whoever paused it lets go
	DatasetWithdrawn DatasetState = "withdrawn" // for good: its keys are destroyed
	DatasetCancelled DatasetState = "cancelled" // registered by mistake, and never used
)

// DatasetStates lists the states of a dataset.
var DatasetStates = []DatasetState{DatasetActive, DatasetPaused, DatasetWithdrawn, DatasetCancelled}

var datasetExits = map[DatasetState][]DatasetState{
	"":               {DatasetActive},
	DatasetActive:    {DatasetPaused, DatasetWithdrawn, DatasetCancelled},
	DatasetPaused:    {DatasetActive, DatasetPaused, DatasetWithdrawn, DatasetCancelled},
	DatasetCancelled: {},
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
	SnapshotReplaced  SnapshotState = "replaced"  // by another one; its parts are still there, to go back to
	SnapshotDestroyed SnapshotState = "destroyed" // its keys are gone, its parts cannot be read
)

// SnapshotStates lists the states of a snapshot.
var SnapshotStates = []SnapshotState{SnapshotCurrent, SnapshotReplaced, SnapshotDestroyed}

var snapshotExits = map[SnapshotState][]SnapshotState{
	"":                {SnapshotCurrent},
	SnapshotCurrent:   {SnapshotReplaced, SnapshotDestroyed},
	SnapshotReplaced:  {SnapshotCurrent, SnapshotDestroyed},
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

// IncidentState is where something that went wrong, or a drill of it, stands.
type IncidentState string

const (
	IncidentReported  IncidentState = "reported"  // 已报告
	IncidentHandling  IncidentState = "handling"  // 处置中
	IncidentRecovered IncidentState = "recovered" // 已恢复
	IncidentClosed    IncidentState = "closed"    // 已关闭
)

// IncidentStates lists the states of an incident.
var IncidentStates = []IncidentState{IncidentReported, IncidentHandling, IncidentRecovered, IncidentClosed}

var incidentExits = map[IncidentState][]IncidentState{
	"":                {IncidentReported},
	IncidentReported:  {IncidentHandling, IncidentRecovered, IncidentClosed},
	IncidentHandling:  {IncidentRecovered, IncidentClosed},
	IncidentRecovered: {IncidentHandling, IncidentClosed},
	IncidentClosed:    {},
}

// To returns next, or fails with CodeConflict where the incident of that name,
// which is in state s, cannot get there.
func (s IncidentState) To(next IncidentState, id string) (IncidentState, error) {
	if !slices.Contains(incidentExits[s], next) {
		return s, Errorf(CodeConflict, "incident %s is %s and cannot become %s", id, s, next)
	}
	return next, nil
}

// FreezeState is whether the authority stopped the whole domain.
type FreezeState string

const (
	FreezeOff FreezeState = "open"
	FreezeOn  FreezeState = "frozen" // nothing runs, is loaded, granted or leaves
)

// FreezeStates lists them.
var FreezeStates = []FreezeState{FreezeOff, FreezeOn}

var freezeExits = map[FreezeState][]FreezeState{
	"":        {FreezeOn},
	FreezeOff: {FreezeOn},
	FreezeOn:  {FreezeOn, FreezeOff},
}

// To returns next, or fails with CodeConflict.
func (s FreezeState) To(next FreezeState) (FreezeState, error) {
	if !slices.Contains(freezeExits[s], next) {
		was := s
		if was == "" {
			was = FreezeOff
		}
		return s, Errorf(CodeConflict, "the domain is %s and cannot become %s", was, next)
	}
	return next, nil
}

// Machines are the states of a kind of thing and their exits; "" is what is not
// there yet.
func Machines() map[string]map[string][]string {
	return map[string]map[string][]string{
		"user": texts(userExits), "org": texts(orgExits), "scenario": texts(scenarioExits), "grant": texts(grantExits),
		"dataset": texts(datasetExits), "snapshot": texts(snapshotExits), "incident": texts(incidentExits), "freeze": texts(freezeExits),
		"module": texts(moduleExits), "product": texts(productExits), "ticket": texts(ticketExits),
	}
}

func texts[S ~string](exits map[S][]S) map[string][]string {
	out := map[string][]string{}
	for from, to := range exits {
		list := []string{}
		for _, s := range to {
			list = append(list, string(s))
		}
		out[string(from)] = list
	}
	return out
}
