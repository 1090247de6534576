package wasmbin

import (
	"math"
	"slices"
)

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
