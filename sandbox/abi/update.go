package abi

import (
	"slices"

	"glovebox.example/glovebox"
)

// checkUpdate holds a function of kind update against what it gets and gives:
// the state and the sum, as reference tables, and one record with the next
// state.
func checkUpdate(path string, f *Function) {
	if len(f.Inputs) > 0 {
		fail(join(path, "inputs"), "a function of kind update sees no input")
	}
	if len(f.References) != 2 || !valueTable(f.References, glovebox.StateTable) || !valueTable(f.References, glovebox.SumTable) {
		fail(join(path, "references"), "a function of kind update has the reference tables state and sum, each with one column value of type float64")
	}
	o := &f.Output
	if len(o.Key) > 0 || len(o.Metrics) != 1 || o.MaxRecords != 1 {
		fail(join(path, "output"), "a function of kind update gives one record of one metric, without a key")
	}
}

// valueTable says whether there is a table of that name with one column of
// numbers.
func valueTable(list []Table, name string) bool {
	i := slices.IndexFunc(list, func(t Table) bool { return t.Name == name })
	return i >= 0 && slices.Equal(list[i].Columns, []Column{{Name: glovebox.ValueColumn, Type: glovebox.Float64}})
}

// CheckTrain holds what a job of mode train declares against its two
// functions: a vector of size numbers for each unit, and the next state.
func CheckTrain(unit, update *Function, t *glovebox.Train) error {
	o := &unit.Output
	switch {
	case unit.Kind != KindMap || !valueTable(unit.References, glovebox.StateTable):
		return invalid("function", "function %s is not of kind map with a reference table state of one column value of type float64", unit.Name)
	case len(o.Key) > 0 || len(o.Metrics) != 1 || o.MaxRecords != 1:
		return invalid("function", "function %s does not give one record of one metric, without a key", unit.Name).
			WithFix("in mode train a unit gives one vector")
	case o.Size(o.Metrics[0]) != t.Size:
		return invalid("train.size", "function %s gives a vector of %d numbers", unit.Name, o.Size(o.Metrics[0])).WithFix("write %d", o.Size(o.Metrics[0]))
	case !update.Update():
		return invalid("train.update", "function %s is not of kind update", update.Name)
	case update.Output.Size(update.Output.Metrics[0]) != t.State:
		return invalid("train.state", "function %s gives a state of %d numbers", update.Name, update.Output.Size(update.Output.Metrics[0])).
			WithFix("write %d", update.Output.Size(update.Output.Metrics[0]))
	}
	return nil
}
