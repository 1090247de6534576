package wasmbin

import "fmt"

// impurities names the instructions that leave something behind when a
// function returns. There is no other way to: tables cannot be written and
// segments cannot be dropped, because admission refuses the instructions that
// do, and the counters that the rewrite adds are set by the host before each
// call.
var impurities = map[uint32]string{
	opGlobalSet: "global.set", opMemoryGrow: "memory.grow",
	opPrefix<<16 | subMemoryCopy: "memory.copy", opPrefix<<16 | subMemoryFill: "memory.fill",
}

// Impurity looks for a way in which a call of the exported function could
// change memory, the size of memory or a global. found is false if there is
// none: then whatever the function did cannot be seen by a later call. The
// proof takes every instruction of every function that the call can reach,
// whether it is ever executed or not; an indirect call reaches every function
// in the table. Otherwise reason says where.
func (m *Module) Impurity(name string) (reason string, found bool) {
	e, ok := m.byName[name]
	if !ok || e.kind != kindFunc {
		return "no such function", true
	}
	if m.importedFuncs > 0 {
		return "the module imports functions, which may write memory", true
	}
	seen := make([]bool, len(m.funcs))
	todo := []uint32{e.index}
	tabled := false
	for len(todo) > 0 {
		f := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if int64(f) >= int64(len(m.facts)) {
			return fmt.Sprintf("it calls function %d, which is not there", f), true
		}
		if seen[f] {
			continue
		}
		seen[f] = true
		x := &m.facts[f]
		if x.impure != "" {
			return fmt.Sprintf("function %d has %s at byte %d", f, x.impure, x.impureAt), true
		}
		todo = append(todo, x.callees...)
		if x.indirect && !tabled {
			tabled = true
			todo = append(todo, m.elems...)
		}
	}
	return "", false
}

// notePurity records the first instruction of a function that is not pure, and
// whom it calls. stores says that the instruction writes memory.
func (s *scanner) notePurity(in *instr, stores bool) {
	f := &s.b.facts
	switch in.op {
	case opCall:
		f.callees = append(f.callees, in.imm)
	case opCallIndirect:
		f.indirect = true
	}
	what := impurities[in.op]
	if what == "" && stores {
		what = "a store"
	}
	if what != "" && f.impure == "" {
		f.impure, f.impureAt = what, s.r.base+in.start
	}
}
