package policy

import (
	"reflect"

	"glovebox.example/glovebox"
)

// Walls are the names that input.walls can hold: that of the WebAssembly
// runtime, that of all walls which keep a worker in, and those of each.
var Walls = []string{
	"wasm", "jail",
	"process", "users", "network", "files", "processes", "ipc", "hostname", "privileges", "landlock", "limits", "seccomp",
}

// valuesOfType are the values of fields that have a Go type of their own, where
// valuesOfField names no fewer.
var valuesOfType = map[reflect.Type][]string{
	reflect.TypeFor[glovebox.Point](): texts(glovebox.PointAdmit, glovebox.PointColumns, glovebox.PointRelease, glovebox.PointExport),
	reflect.TypeFor[glovebox.Role]():  texts(glovebox.Roles...),
	reflect.TypeFor[glovebox.Type](): texts(glovebox.String, glovebox.Int32, glovebox.Int64, glovebox.Float64, glovebox.Bool,
		glovebox.Date, glovebox.DateTime, glovebox.Decimal, glovebox.Token),
	reflect.TypeFor[glovebox.Class](): texts(glovebox.ClassPublic, glovebox.ClassPersonal, glovebox.ClassSensitive, glovebox.ClassBusiness,
		glovebox.ClassIdentifier, glovebox.ClassWork, glovebox.ClassState),
	reflect.TypeFor[glovebox.LedgerKind]():    texts(glovebox.LedgerPure, glovebox.LedgerZCDP),
	reflect.TypeFor[glovebox.UserState]():     texts(glovebox.UserStates...),
	reflect.TypeFor[glovebox.ScenarioState](): texts(glovebox.ScenarioStates...),
	reflect.TypeFor[glovebox.GrantState]():    texts(glovebox.GrantStates...),
	reflect.TypeFor[glovebox.DatasetState]():  texts(glovebox.DatasetStates...),
	reflect.TypeFor[glovebox.ModuleState]():   append([]string{""}, texts(glovebox.ModuleStates...)...),
	reflect.TypeFor[glovebox.ProductState]():  append([]string{""}, texts(glovebox.ProductStates...)...),
	reflect.TypeFor[glovebox.MetricKind]():    texts(glovebox.MetricKinds...),
}

// valuesOfField are the values of texts and lists of texts, by the struct that
// holds them and their name in JSON. What is in neither list is free text.
var valuesOfField = map[reflect.Type]map[string][]string{
	reflect.TypeFor[Input]():                {"walls": Walls, "require": {"certified", "promoted", "listed", "witnessed"}},
	reflect.TypeFor[Job]():                  {"mode": {glovebox.ModeMap, glovebox.ModeBlocks, glovebox.ModeTrain, glovebox.ModeTune}},
	reflect.TypeFor[Method]():               {"method": {"dp"}},
	reflect.TypeFor[Dataset]():              {"snapshot": texts(SnapshotNone, glovebox.SnapshotCurrent, glovebox.SnapshotDestroyed)},
	reflect.TypeFor[Release]():              {"state": {ReleasePending, ReleaseApproved, ReleaseExported, ReleaseReturned, ReleaseRefused, ReleaseSuperseded, ReleaseWithdrawn}},
	reflect.TypeFor[use]():                  {"use": {UseInput, UseFilter}},
	reflect.TypeFor[glovebox.Grant]():       {"accept": {glovebox.AcceptExact, glovebox.AcceptDelta, glovebox.AcceptPrice}},
	reflect.TypeFor[glovebox.GrantColumn](): {"use": {UseInput, UseFilter, UseKey}},
	reflect.TypeFor[glovebox.Mask]():        {"kind": {"none", "token", "fpe", "redact", "generalise", "clip", "constant", "suppress"}, "to": {"year", "quarter", "month"}, "form": {"digits", "alnum", "cn-resident-id", "cn-uscc", "cn-mobile", "bank-card"}, "check": {"valid", "invalid"}, "hash": {"sm3"}},
}

func texts[T ~string](list ...T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}
