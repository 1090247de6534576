package sandbox

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
)

// CheckBinding says whether the binding fits the module: schemas, types,
// parameters, reference tables, and sizes. Errors name the field at fault.
func (m *Module) CheckBinding(b *Binding) error {
	_, err := abi.NewPlan(m.manifest, b)
	return err
}

// CheckOutput says whether the output that a job declares is the one that the
// function gives. An empty name means the module's only function.
func (m *Module) CheckOutput(function string, out *glovebox.Output) error {
	f, ok := m.manifest.Function(function)
	if !ok {
		return glovebox.Errorf(glovebox.CodeInvalid, "the module has no function %q", function)
	}
	if f.Blocks() || f.Update() {
		return wrongMode("function %s is of kind %s", f.Name, f.Kind).WithFix("set mode: blocks for functions of kind blocks, mode: train for those of kind update")
	}
	return abi.CheckOutput(f, out)
}

// CheckBlocks says whether what a job of mode blocks declares is what the
// function gives: the same metrics in the same order.
func (m *Module) CheckBlocks(function string, b *glovebox.Blocks) error {
	f, ok := m.manifest.Function(function)
	switch {
	case !ok:
		return glovebox.Errorf(glovebox.CodeInvalid, "the module has no function %q", function)
	case !f.Blocks():
		return wrongMode("function %s is not of kind blocks", f.Name).WithFix("set mode: map")
	}
	return abi.CheckBlocks(f, b)
}

// CheckTrain says whether what a job of mode train declares fits its two
// functions.
func (m *Module) CheckTrain(function string, t *glovebox.Train) error {
	unit, ok := m.manifest.Function(function)
	update, also := m.manifest.Function(t.Update)
	if !ok || !also {
		return glovebox.Errorf(glovebox.CodeInvalid, "the module has no function %q or %q", function, t.Update)
	}
	return abi.CheckTrain(unit, update, t)
}

func wrongMode(format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
	e.Field = "mode"
	return e
}

// Fuel is what one call of the function may use: for one unit, or one block.
func (m *Module) Fuel(function string) int64 {
	f, ok := m.manifest.Function(function)
	if !ok {
		return m.manifest.Fuel
	}
	return m.manifest.FuelOf(f)
}
