package wasmbin

import (
	"math"
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
