package wasmbin

// Facts are the public numbers of a module, for its author and its reviewers.
type Facts struct {
	Sections       []Section `json:"sections"`
	Types          int       `json:"types"`
	Functions      int       `json:"functions"`
	Globals        int       `json:"globals"`
	MutableGlobals int       `json:"mutable_globals"`
	Exports        int       `json:"exports"`
	TableItems     int       `json:"table_items"`
	DataSegments   int       `json:"data_segments"`
	DataBytes      int       `json:"data_bytes"`
	MemoryMin      uint32    `json:"memory_min"` // pages of 64 KiB
	Instructions   int       `json:"instructions"`
	LargestBody    int       `json:"largest_body"` // bytes
	MostBlocks     int       `json:"most_blocks"`  // in one function
	MostLocals     int       `json:"most_locals"`  // in one function
	CompileWork    int       `json:"compile_work"` // estimate, limit MaxTotalWork
	Stores         bool      `json:"stores"`       // some function writes memory
	Grows          bool      `json:"grows"`        // some function has memory.grow
	Vectors        bool      `json:"vectors"`      // some function uses SIMD
}

// Facts counts what is in the module.
func (m *Module) Facts() Facts {
	f := Facts{
		Sections: m.sections, Types: len(m.types), Functions: len(m.funcs), Globals: len(m.globals),
		MutableGlobals: len(m.mutable), Exports: len(m.exports), TableItems: max(m.table, 0),
		DataSegments: m.dataSegs, DataBytes: m.dataLen, MemoryMin: m.memMin,
		Stores: m.importedFuncs > 0, // an imported function may write
	}
	for i := range m.facts {
		x := &m.facts[i]
		f.Instructions += x.Instrs
		f.LargestBody = max(f.LargestBody, x.Bytes)
		f.MostBlocks = max(f.MostBlocks, x.Blocks)
		f.MostLocals = max(f.MostLocals, x.Locals)
		f.CompileWork += x.work
		f.Stores = f.Stores || x.store
		f.Grows = f.Grows || x.grow
		f.Vectors = f.Vectors || x.vector
	}
	return f
}

// Imports returns the imported functions; all of them are in Config.Imports.
func (m *Module) Imports() []Import { return m.imports }

// MemoryMin returns the initial memory, in pages of 64 KiB.
func (m *Module) MemoryMin() uint32 { return m.memMin }

// ExportedFunc returns the signature of an exported function.
func (m *Module) ExportedFunc(name string) (FuncType, bool) {
	e, ok := m.byName[name]
	if !ok || e.kind != kindFunc {
		return FuncType{}, false
	}
	return m.types[m.funcs[int(e.index)-m.importedFuncs]], true
}

// ExportsMemory says whether the memory is exported under that name.
func (m *Module) ExportsMemory(name string) bool {
	e, ok := m.byName[name]
	return ok && e.kind == kindMemory
}

// Exports says whether anything is exported under that name.
func (m *Module) Exports(name string) bool {
	_, ok := m.byName[name]
	return ok
}
