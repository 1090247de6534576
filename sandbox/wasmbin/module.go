package wasmbin

import (
	"math"
	"slices"
	"unicode/utf8"
)

// Config holds the limits that a caller may choose. nil: the defaults.
type Config struct {
	// MaxBytes is the largest module, in bytes. Zero: DefaultMaxBytes.
	MaxBytes int
	// MaxPages is the largest initial memory, in pages of 64 KiB. Zero: 1024.
	MaxPages uint32
	// Imports lists the functions that a module may import. nil: none.
	Imports []Import
}

// Import is an imported function.
type Import struct {
	Module, Name string
	Type         FuncType
	typ          uint32 // of the module
}

// Value types that a module may use.
const (
	I32  byte = 0x7f
	I64  byte = 0x7e
	F32  byte = 0x7d
	F64  byte = 0x7c
	V128 byte = 0x7b
)

// Kinds of exports and imports.
const (
	kindFunc   = 0
	kindTable  = 1
	kindMemory = 2
	kindGlobal = 3
)

// FuncType is a function's signature, as value types.
type FuncType struct{ Params, Results []byte }

// Section is one section of a module, as it lies in the file.
type Section struct {
	ID    byte   `json:"id"`
	Name  string `json:"name"` // the standard's name, or the custom section's own
	Bytes int    `json:"bytes"`
}

type global struct {
	typ     byte
	mutable bool
}

type export struct {
	name  string
	kind  byte
	index uint32
}

type custom struct {
	name string
	data []byte
}

// Module is an admitted module. It shares memory with the bytes it was parsed
// from, which must not change. It is safe for concurrent use.
type Module struct {
	sections []Section
	customs  []custom
	known    [maxSection + 1]*reader // content of the standard sections

	// Refused imports are counted too: that keeps the index checks honest.
	imports                        []Import // the allowed ones
	importedFuncs, importedGlobals int
	importedMem, importedTable     bool

	types    []FuncType
	funcs    []uint32 // type index of each function
	bodies   []*reader
	facts    []funcFacts
	table    int // entries; -1: no table
	tableSeg []byte
	elems    []uint32 // functions in the table
	memMin   uint32
	memMax   uint32 // math.MaxUint32: none declared
	hasMem   bool
	globals  []global
	mutable  []uint32
	exports  []export
	byName   map[string]export
	dataSegs int
	dataLen  int
}

const maxSection = 13

// Standard sections: their names, and their place in the order.
var sectionNames = [maxSection + 1]string{"custom", "type", "import", "function", "table", "memory", "global",
	"export", "start", "element", "code", "data", "data count", "tag"}

var sectionOrder = [maxSection + 1]int{0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6}

// Parse reads a module and judges it. A non-empty list of refusals means that
// the module may not be compiled; the returned Module is then nil.
func Parse(wasm []byte, cfg *Config) (m *Module, list []Refusal) {
	var c Config
	if cfg != nil {
		c = *cfg
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.MaxPages == 0 {
		c.MaxPages = 1024
	}
	refs := &refusals{}
	if len(wasm) > c.MaxBytes {
		refs.add(TooLarge, -1, "module has %d bytes, more than %d", len(wasm), c.MaxBytes)
		return nil, refs.list
	}
	m = &Module{table: -1, memMax: math.MaxUint32, byName: map[string]export{}}
	m.guarded(refs, func() { m.parse(wasm, &c, refs) })
	if len(refs.list) > 0 {
		return nil, refs.list
	}
	return m, nil
}

// guarded turns a reader's failure into a refusal.
func (m *Module) guarded(refs *refusals, f func()) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case malformed:
			refs.add(Malformed, e.off, "malformed at byte %d: %s", e.off, e.msg)
		default:
			panic(e)
		}
	}()
	f()
}

func (m *Module) parse(wasm []byte, c *Config, refs *refusals) {
	r := &reader{b: wasm}
	if !m.readSections(r, refs) {
		return
	}
	m.readTypes(refs)
	m.readImports(c, refs)
	m.readFunctions(refs)
	if refs.has(Count) || refs.has(BadIndex) {
		return // without its types, nothing else of the module can be judged
	}
	m.readTable(refs)
	m.readMemory(c, refs)
	m.readGlobals(refs)
	m.readExports(refs)
	if s := m.known[8]; s != nil {
		refs.add(Start, s.base, "module has a start section")
	}
	m.readElements(refs)
	m.readCode(refs)
	m.readData(refs)
}

// readSections splits the file. It says false if what follows makes no sense.
func (m *Module) readSections(r *reader, refs *refusals) bool {
	head := r.bytes(8)
	if string(head[:4]) != "\x00asm" {
		r.p = 0
		r.fail("not a WebAssembly binary")
	}
	if string(head[4:]) != "\x01\x00\x00\x00" {
		refs.add(NotCore, 4, "not a core module of version 1")
		return false
	}
	last := 0
	for !r.done() {
		at := r.off()
		id := r.u8()
		s := r.section(r.u32())
		switch {
		case id == 0:
			name := s.name()
			if !utf8.Valid(name) {
				s.fail("section name is not UTF-8")
			}
			m.sections = append(m.sections, Section{0, string(name), len(s.b)})
			m.customs = append(m.customs, custom{string(name), s.b[s.p:]})
		case id > maxSection || id == 13:
			refs.add(BadSection, at, "section %d is not allowed", id)
			return false
		case sectionOrder[id] <= last:
			refs.add(BadSection, at, "section %q is out of order or there twice", sectionNames[id])
			return false
		default:
			last = sectionOrder[id]
			m.known[id] = s
			m.sections = append(m.sections, Section{id, sectionNames[id], len(s.b)})
		}
	}
	return true
}

// count reads the length of a vector and refuses one over its limit. The
// elements of a refused vector must not be read.
func (r *reader) count(refs *refusals, max int, what string) (int, bool) {
	at := r.off()
	n := r.u32()
	if uint64(n) > uint64(max) {
		refs.add(Count, at, "%d %s, more than %d", n, what, max)
		return 0, false
	}
	return int(n), true
}

func (m *Module) readTypes(refs *refusals) {
	r := m.known[1]
	if r == nil {
		return
	}
	n, ok := r.count(refs, MaxTypes, "types")
	if !ok {
		return
	}
	for range n {
		if r.u8() != 0x60 {
			r.p--
			r.fail("a type is not a function type")
		}
		p := m.valueTypes(r, refs, MaxParams, "parameters of a type")
		q := m.valueTypes(r, refs, MaxResults, "results of a type")
		m.types = append(m.types, FuncType{p, q})
	}
	r.end()
}

func (m *Module) valueTypes(r *reader, refs *refusals, max int, what string) []byte {
	at := r.off()
	list := r.name()
	if len(list) > max {
		refs.add(Count, at, "%d %s, more than %d", len(list), what, max)
	}
	for i, t := range list {
		if !isValueType(t) {
			refs.add(ValueType, at+1+i, "value type %#x is not allowed", t)
		}
	}
	return list
}

func isValueType(t byte) bool { return t >= V128 && t <= I32 }

// allows says whether the config lists a function of that type.
func (c *Config) allows(mod, name string, t FuncType) bool {
	return slices.ContainsFunc(c.Imports, func(i Import) bool {
		return i.Module == mod && i.Name == name && slices.Equal(i.Type.Params, t.Params) && slices.Equal(i.Type.Results, t.Results)
	})
}

func (m *Module) readImports(c *Config, refs *refusals) {
	r := m.known[2]
	if r == nil {
		return
	}
	n := r.u32()
	for range n {
		at := r.off()
		mod, name := string(r.name()), string(r.name())
		kind, allowed := r.u8(), false
		if kind == kindFunc {
			t := r.u32()
			m.importedFuncs++
			if int64(t) < int64(len(m.types)) && c.allows(mod, name, m.types[t]) && len(m.imports) < MaxImports {
				allowed = true
				m.imports = append(m.imports, Import{Module: mod, Name: name, Type: m.types[t], typ: t})
			}
		}
		switch {
		case allowed:
		case mod == HostModule:
			refs.add(ReservedImport, at, "import from the host's own module: %s.%s", Quote(mod), Quote(name))
		default:
			refs.add(BadImport, at, "import not allowed: %s.%s", Quote(mod), Quote(name))
		}
		if len(refs.list) >= maxRefusals {
			return
		}
		switch kind {
		case kindFunc:
		case kindTable:
			r.u8()
			r.limits()
			m.importedTable = true
		case kindMemory:
			r.limits()
			m.importedMem = true
		case kindGlobal:
			r.bytes(2)
			m.importedGlobals++
		default:
			r.fail("import of unknown kind %d", kind)
		}
	}
	r.end()
}

// limits reads limits of any flavour; only 0 and 1 are core ones.
func (r *reader) limits() (flag byte, min, max uint32) {
	flag = r.u8()
	min, max = r.u32(), math.MaxUint32
	if flag&1 != 0 {
		max = r.u32()
	}
	return flag, min, max
}

func (m *Module) readFunctions(refs *refusals) {
	r := m.known[3]
	if r == nil {
		return
	}
	n, ok := r.count(refs, MaxFunctions, "functions")
	if !ok {
		return
	}
	for range n {
		at := r.off()
		t := r.u32()
		if int64(t) >= int64(len(m.types)) {
			refs.add(BadIndex, at, "function refers to type %d of %d", t, len(m.types))
			t = 0
		}
		m.funcs = append(m.funcs, t)
	}
	r.end()
}

func (m *Module) readTable(refs *refusals) {
	r := m.known[4]
	if r == nil {
		return
	}
	n := r.u32()
	if n > 1 {
		refs.add(Table, r.base, "%d tables", n)
		return
	}
	if n == 1 {
		at := r.off()
		if t := r.u8(); t != 0x70 {
			refs.add(Table, at, "table of type %#x", t)
			return
		}
		flag, min, _ := r.limits()
		switch {
		case flag > 1:
			refs.add(Table, at, "table limits of kind %d", flag)
			return
		case min > MaxTableItems:
			refs.add(Table, at, "table of %d entries, more than %d", min, MaxTableItems)
			return
		}
		m.table = int(min)
	}
	r.end()
}

func (m *Module) readMemory(c *Config, refs *refusals) {
	r := m.known[5]
	if r == nil {
		if !m.importedMem {
			refs.add(Memory, -1, "module defines no memory")
		}
		return
	}
	if n := r.u32(); n != 1 {
		refs.add(Memory, r.base, "%d memories", n)
		return
	}
	flag, min, max := r.limits()
	switch {
	case flag > 1:
		refs.add(Memory, r.base, "memory is shared or 64-bit")
		return
	case min > c.MaxPages:
		refs.add(Memory, r.base, "memory starts with %d pages, more than %d", min, c.MaxPages)
	case max < min:
		refs.add(Memory, r.base, "memory has more pages at least than at most")
	}
	m.hasMem, m.memMin, m.memMax = true, min, max
	r.end()
}
