package wasmbin

import (
	"fmt"
	"slices"
)

// RewriterVersion names the rewriting rules: what is charged, where, and how
// much, how deep calls may go, and which instructions become others. A change
// of any of them changes the fuel that a unit takes, the units that fail or
// the code that runs, so it changes this version too.
const RewriterVersion = "gbrw/4"

// Names that the rewritten module shares with the host.
const (
	HostModule   = "glovebox"    // the module that it imports from
	HostRefill   = "out_of_fuel" // () -> (): called when fuel is below zero
	FuelGlobal   = "$fuel"       // i64, exported: fuel left in this slice
	DepthGlobal  = "$depth"      // i32, exported: bytes of call depth left
	globalPrefix = "$g"          // every mutable global of the guest: "$g" + index
)

// shift gives the index that a function has in the rewritten module: the
// refill is its last import, before the guest's own functions.
func (m *Module) shift(f uint32) uint32 {
	if int64(f) < int64(m.importedFuncs) {
		return f
	}
	return f + 1
}

// Rules says how to rewrite a module.
type Rules struct {
	// Keep lists the exports that stay, by name; all others are dropped.
	Keep []string
	// Pages caps the memory, in pages of 64 KiB.
	Pages uint32
}

// Rewritten is a module that can be compiled and run.
type Rewritten struct {
	Wasm    []byte
	Globals []string // export names of the guest's mutable globals
	Charges int      // places that charge fuel
	Framed  int      // functions that count call depth
}

// rewriter holds the indices of what a rewrite adds.
type rewriter struct {
	m     *Module
	out   Rewritten
	fuel  uint32 // global
	depth uint32 // global
	bulk  uint32 // function: charge the length of a memory.copy or fill
	grow  uint32 // function: charge the pages of a memory.grow
	types []FuncType
}

// Rewrite returns the module that runs in place of m.
func (m *Module) Rewrite(rules Rules) *Rewritten {
	w := &rewriter{m: m, types: slices.Clip(slices.Clone(m.types))}
	w.fuel = uint32(len(m.globals))
	w.depth = w.fuel + 1
	w.bulk = m.shift(uint32(m.importedFuncs + len(m.funcs)))
	w.grow = w.bulk + 1
	code := w.code()

	tVoid := w.typeIndex(FuncType{})
	tCharge := w.typeIndex(FuncType{[]byte{I32}, []byte{I32}})
	var out []byte
	out = append(out, "\x00asm\x01\x00\x00\x00"...)
	out = appendSection(out, 1, w.typeSection())
	imp := appendU32(nil, uint32(len(m.imports)+1))
	for _, i := range m.imports {
		imp = appendU32(append(appendName(appendName(imp, i.Module), i.Name), kindFunc), i.typ)
	}
	imp = appendName(appendName(imp, HostModule), HostRefill)
	out = appendSection(out, 2, appendU32(append(imp, kindFunc), tVoid))
	out = appendSection(out, 3, w.functionSection(tCharge))
	if m.table >= 0 {
		// As many entries at most as at least: the table never grows.
		b := appendU32([]byte{1, 0x70, 1}, uint32(m.table))
		out = appendSection(out, 4, appendU32(b, uint32(m.table)))
	}
	b := appendU32([]byte{1, 1}, m.memMin)
	out = appendSection(out, 5, appendU32(b, min(m.memMax, rules.Pages)))
	out = appendSection(out, 6, w.globalSection())
	out = appendSection(out, 7, w.exportSection(rules.Keep))
	if m.tableSeg != nil {
		out = appendSection(out, 9, m.tableSeg)
	}
	for _, id := range []byte{12, 10, 11} { // data count, code, data
		switch s := m.known[id]; {
		case id == 10:
			out = appendSection(out, id, code)
		case s != nil:
			out = appendSection(out, id, s.b)
		}
	}
	w.out.Wasm = out
	return &w.out
}

// typeIndex finds or adds a type.
func (w *rewriter) typeIndex(t FuncType) uint32 {
	for i := len(w.m.types); i < len(w.types); i++ {
		if slices.Equal(w.types[i].Params, t.Params) && slices.Equal(w.types[i].Results, t.Results) {
			return uint32(i)
		}
	}
	w.types = append(w.types, t)
	return uint32(len(w.types) - 1)
}

func (w *rewriter) typeSection() []byte {
	b := appendU32(nil, uint32(len(w.types)))
	for _, t := range w.types {
		b = appendName(append(b, 0x60), string(t.Params))
		b = appendName(b, string(t.Results))
	}
	return b
}

func (w *rewriter) functionSection(tCharge uint32) []byte {
	b := appendU32(nil, uint32(len(w.m.funcs)+2))
	for _, t := range w.m.funcs {
		b = appendU32(b, t)
	}
	return appendU32(appendU32(b, tCharge), tCharge)
}

// globalSection appends the two counters. Both start at zero, so that nothing
// runs before the host has granted something.
func (w *rewriter) globalSection() []byte {
	b := appendU32(nil, uint32(len(w.m.globals)+2))
	if s := w.m.known[6]; s != nil {
		rest := reader{b: s.b}
		rest.u32()
		b = append(b, rest.b[rest.p:]...)
	}
	b = append(b, I64, 1, opI64Const, 0, opEnd)
	return append(b, I32, 1, opI32Const, 0, opEnd)
}

func (w *rewriter) exportSection(keep []string) []byte {
	var b []byte
	n := uint32(0)
	add := func(name string, kind byte, index uint32) {
		b = appendU32(append(appendName(b, name), kind), index)
		n++
	}
	for _, e := range w.m.exports {
		if slices.Contains(keep, e.name) {
			if e.kind == kindFunc {
				e.index = w.m.shift(e.index)
			}
			add(e.name, e.kind, e.index)
		}
	}
	add(FuelGlobal, kindGlobal, w.fuel)
	add(DepthGlobal, kindGlobal, w.depth)
	for _, g := range w.m.mutable {
		name := fmt.Sprintf("%s%d", globalPrefix, g)
		w.out.Globals = append(w.out.Globals, name)
		add(name, kindGlobal, g)
	}
	return append(appendU32(nil, n), b...)
}

// code rewrites every function and appends the two helpers.
func (w *rewriter) code() []byte {
	out := appendU32(nil, uint32(len(w.m.bodies)+2))
	var buf body
	for i, r := range w.m.bodies {
		buf = body{code: buf.code[:0], charges: buf.charges[:0]}
		w.m.scan(i, &reader{b: r.b, base: r.base}, &buf, &refusals{})
		fn := w.function(i, r.b, &buf)
		out = appendU32(out, uint32(len(fn)))
		out = append(out, fn...)
	}
	for _, h := range [][]byte{w.chargeBulk(), w.chargeGrow()} {
		out = appendU32(out, uint32(len(h)))
		out = append(out, h...)
	}
	return out
}
