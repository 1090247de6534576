package wasmbin

import (
	"bytes"
	"slices"
)

// instr is one instruction of a body.
type instr struct {
	start, end int    // bytes of the body
	op         uint32 // opcode; with prefix: prefix<<16 | sub-opcode
	imm        uint32 // function index of a call
	region     int32  // a loop: the region that it opens; else -1
	typ        byte   // what a select selects; unknownType: code that is never reached
}

// funcFacts is what a scan finds out about one function.
type funcFacts struct {
	Bytes    int
	Instrs   int
	Locals   int // parameters included
	Blocks   int
	Loops    int
	Calls    int
	BrTotal  int
	Nesting  int
	vector   bool
	bulk     bool
	grow     bool
	store    bool
	merges   int  // variables set, times the blocks around each: values that branches merge
	callSlot int  // most parameters and results of a callee
	start    int  // offset of the first instruction
	groups   int  // offset of the first group of locals
	nGroups  int  // groups of locals
	selects  int  // selects of floating point and vectors, which the rewrite spells out
	scratch  bool // it selects: the rewrite adds locals
	work     int
	callees  []uint32 // own functions that it calls, as often as it does
	indirect bool     // it calls through the table
	impure   string   // the first instruction that outlasts a call; empty: none
	impureAt int      // byte of the module
}

// body is a decoded function.
type body struct {
	code    []instr
	charges []int // fuel of each region; 0 is the code outside loops
	facts   funcFacts
}

// variables is how many values the compiler keeps across branches: locals, the
// rewriter's among them, mutable globals, the memory's base and length.
func (f *funcFacts) variables(m *Module) int {
	v := f.Locals + len(m.mutable) + 2
	if f.scratch {
		v += scratchLocals
	}
	return v
}

// frame bounds from above, in bytes, what one call of the function takes from
// the host's stack. The compiler gives every value that it ever spills a slot
// of its own: instruction results, locals, and one merged value per variable
// and branch at most.
func (f *funcFacts) frame(m *Module, t FuncType) int {
	slot := 8
	if f.vector {
		slot = 16
	}
	merges := f.Blocks + f.Loops + 2 // each place that charges fuel is a branch
	return frameFixed + 16*(len(t.Params)+len(t.Results)+f.callSlot) +
		slot*(f.Instrs+selectValues*f.selects+f.variables(m)*merges)
}

const frameFixed = 192 // saved registers, return address, alignment

// compileWork estimates the compiler's time on the function, in units of
// about 0.1 µs, from what was measured on modules made to be slow: values that
// branches merge cost more the more of them one function has.
func (f *funcFacts) compileWork(m *Module) int {
	vars := f.variables(m)
	merges := min(f.merges, vars*f.Blocks)
	return 5*f.Bytes + f.Blocks*f.Blocks/2 + 5*vars*f.Blocks + 10*merges + merges/100*merges/50 +
		vars*(f.Calls+f.Loops)/4 + f.BrTotal*f.BrTotal/200
}

// readCode checks every function.
func (m *Module) readCode(refs *refusals) {
	r := m.known[10]
	n := uint32(0)
	if r != nil {
		n = r.u32()
	}
	if int64(n) != int64(len(m.funcs)) {
		refs.add(Malformed, -1, "%d functions are declared, %d have code", len(m.funcs), n)
		return
	}
	if r == nil {
		return
	}
	var buf body
	locals, work := 0, 0
	for i := range n {
		at := r.off()
		size := r.u32()
		b := r.section(size)
		m.bodies = append(m.bodies, &reader{b: b.b, base: b.base})
		if size > MaxBodyBytes {
			refs.add(BodyBytes, at, "function %d has %d bytes, more than %d", i, size, MaxBodyBytes)
		}
		buf = body{code: buf.code[:0], charges: buf.charges[:0]}
		m.guarded(refs, func() { m.scan(int(i), b, &buf, refs) })
		buf.facts.work = buf.facts.compileWork(m)
		m.facts = append(m.facts, buf.facts)
		locals += buf.facts.Locals
		work += buf.facts.work
		m.checkFunction(int(i), at, &buf.facts, refs)
		if len(refs.list) >= maxRefusals {
			return
		}
	}
	if locals > MaxTotalLocals {
		refs.add(Locals, r.base, "all functions have %d locals, more than %d", locals, MaxTotalLocals)
	}
	if work > MaxTotalWork {
		refs.add(TotalWork, r.base, "compile work is %d, more than %d", work, MaxTotalWork)
	}
	r.end()
}

// checkFunction holds a function against the limits.
func (m *Module) checkFunction(i, at int, f *funcFacts, refs *refusals) {
	if f.Blocks > MaxBlocks {
		refs.add(Blocks, at, "function %d has %d blocks, more than %d", i, f.Blocks, MaxBlocks)
	}
	if f.Nesting > MaxNesting {
		refs.add(Nesting, at, "function %d nests %d blocks, more than %d", i, f.Nesting, MaxNesting)
	}
	if v := f.variables(m); v*f.Blocks > MaxLocalBlocks {
		refs.add(LocalBlocks, at, "function %d has %d variables over %d blocks; their product is more than %d", i, v, f.Blocks, MaxLocalBlocks)
	}
	if c := (len(m.mutable) + 2) * (f.Calls + f.Loops); c > MaxCallGlobals {
		refs.add(CallGlobals, at, "function %d has %d calls and loops with %d mutable globals; their product is more than %d",
			i, f.Calls+f.Loops, len(m.mutable), MaxCallGlobals)
	}
	if f.BrTotal > MaxBrTableTotal {
		refs.add(BrTable, at, "function %d has %d br_table targets, more than %d", i, f.BrTotal, MaxBrTableTotal)
	}
}

// scan decodes one body into b: its instructions, its regions with their fuel,
// and its facts. Limits that bound the scan itself are checked on the way.
func (m *Module) scan(fn int, r *reader, b *body, refs *refusals) {
	f := &b.facts
	t := m.types[m.funcs[fn]]
	f.Bytes = len(r.b)
	f.Locals = len(t.Params)
	groups, ok := r.count(refs, MaxLocals, "groups of locals")
	if !ok {
		return
	}
	f.groups, f.nGroups = r.p, groups
	locals := slices.Clone(t.Params)
	for range groups {
		at := r.off()
		n, typ := r.u32(), r.u8()
		if n > MaxLocals || f.Locals+int(n) > MaxLocals {
			refs.add(Locals, at, "function %d has more than %d locals", fn, MaxLocals)
			return
		}
		if !isValueType(typ) {
			refs.add(ValueType, at, "value type %#x is not allowed", typ)
			return
		}
		f.vector = f.vector || typ == V128
		f.Locals += int(n)
		locals = append(locals, bytes.Repeat([]byte{typ}, int(n))...)
	}
	f.start = r.p
	s := scanner{m: m, fn: fn, r: r, b: b, refs: refs, locals: locals, ops: operands{off: f.Bytes > MaxBodyBytes}}
	s.run()
}
