package wasmbin

import "unicode/utf8"

// constant reads a constant expression of one instruction. ok is false, and a
// refusal recorded under code, if it is of another form.
func (r *reader) constant(refs *refusals, code Reason) (typ byte, value int64, ok bool) {
	at := r.off()
	switch op := r.u8(); op {
	case 0x41:
		typ, value = I32, r.signed(32)
	case 0x42:
		typ, value = I64, r.signed(64)
	case 0x43:
		typ = F32
		r.bytes(4)
	case 0x44:
		typ = F64
		r.bytes(8)
	case 0xfd:
		if r.u32() != 12 {
			refs.add(code, at, "initial value is not a constant")
			return 0, 0, false
		}
		typ = V128
		r.bytes(16)
	default:
		refs.add(code, at, "initial value is not a constant (instruction %#x)", op)
		return 0, 0, false
	}
	if r.u8() != 0x0b {
		refs.add(code, at, "initial value is not one constant")
		return 0, 0, false
	}
	return typ, value, true
}

func (m *Module) readGlobals(refs *refusals) {
	r := m.known[6]
	if r == nil {
		return
	}
	n, ok := r.count(refs, MaxGlobals, "globals")
	if !ok {
		return
	}
	for i := range n {
		at := r.off()
		g := global{typ: r.u8()}
		if !isValueType(g.typ) {
			refs.add(Global, at, "global %d is of type %#x", i, g.typ)
			return
		}
		switch mut := r.u8(); mut {
		case 0:
		case 1:
			g.mutable = true
			m.mutable = append(m.mutable, uint32(i))
		default:
			r.fail("mutability %d", mut)
		}
		if g.mutable && g.typ == V128 {
			refs.add(Global, at, "mutable global %d is of type v128, which cannot be put back", i)
		}
		t, _, ok := r.constant(refs, Global)
		if !ok {
			return
		}
		if t != g.typ {
			refs.add(Global, at, "global %d and its initial value differ in type", i)
		}
		m.globals = append(m.globals, g)
	}
	if len(m.mutable) > MaxMutableGlobals {
		refs.add(Global, r.base, "%d mutable globals, more than %d", len(m.mutable), MaxMutableGlobals)
	}
	r.end()
}

func (m *Module) readExports(refs *refusals) {
	r := m.known[7]
	if r == nil {
		return
	}
	n, ok := r.count(refs, MaxExports, "exports")
	if !ok {
		return
	}
	for range n {
		at := r.off()
		name := string(r.name())
		e := export{name, r.u8(), r.u32()}
		if len(name) > MaxNameBytes || !utf8.ValidString(name) {
			refs.add(BadExport, at, "export name %s is too long or not UTF-8", Quote(name))
		}
		if len(name) > 0 && name[0] == '$' {
			refs.add(ReservedExport, at, "reserved export name %s", Quote(name))
		}
		if _, twice := m.byName[name]; twice {
			refs.add(BadExport, at, "export name %s is there twice", Quote(name))
		}
		var have int
		switch e.kind {
		case kindFunc:
			have = len(m.funcs) + m.importedFuncs
			if int64(e.index) < int64(m.importedFuncs) {
				refs.add(BadExport, at, "export %s is an imported function", Quote(name))
			}
		case kindTable:
			if m.table >= 0 || m.importedTable {
				have = 1
			}
		case kindMemory:
			if m.hasMem || m.importedMem {
				have = 1
			}
		case kindGlobal:
			have = len(m.globals) + m.importedGlobals
		default:
			r.fail("export of unknown kind %d", e.kind)
		}
		if int64(e.index) >= int64(have) {
			refs.add(BadIndex, at, "export %s refers to something that is not there", Quote(name))
		}
		m.byName[name] = e
		m.exports = append(m.exports, e)
	}
	r.end()
}

// readElements checks the element segments and rewrites their function
// indices, which shift by the host function that Rewrite imports.
func (m *Module) readElements(refs *refusals) {
	r := m.known[9]
	if r == nil {
		return
	}
	n, ok := r.count(refs, MaxElemSegments, "element segments")
	if !ok {
		return
	}
	out := appendU32(nil, uint32(n))
	total := 0
	for range n {
		at := r.off()
		flags := r.u32()
		if flags > 7 {
			r.fail("element segment of kind %d", flags)
		}
		if flags&1 != 0 {
			refs.add(Element, at, "element segment is passive or declared")
			return
		}
		table := uint32(0)
		if flags&2 != 0 {
			table = r.u32()
		}
		typ, start, ok := r.constant(refs, Element)
		if !ok {
			return
		}
		if flags&2 != 0 {
			if k := r.u8(); (flags&4 == 0 && k != 0) || (flags&4 != 0 && k != 0x70) {
				refs.add(Element, at, "element segment does not hold functions")
				return
			}
		}
		k := r.u32()
		if total += int(min(k, MaxElems+1)); total > MaxElems {
			refs.add(Count, at, "more than %d elements", MaxElems)
			return
		}
		if table != 0 || typ != I32 || m.table < 0 || uint64(uint32(start))+uint64(k) > uint64(m.table) {
			refs.add(Element, at, "element segment lies outside the table")
			return
		}
		// All segments leave in the plainest form: active, table 0, indices or
		// expressions.
		out = appendU32(out, flags&4)
		out = append(appendS64(append(out, 0x41), int64(int32(start))), 0x0b)
		out = appendU32(out, k)
		for range k {
			if out, ok = m.element(r, refs, out, flags&4 != 0); !ok {
				return
			}
		}
	}
	r.end()
	m.tableSeg = out
}

func (m *Module) element(r *reader, refs *refusals, out []byte, expr bool) ([]byte, bool) {
	at := r.off()
	op := byte(0xd2)
	if expr {
		op = r.u8()
	}
	switch op {
	case 0xd2: // ref.func
		f := r.u32()
		if have := len(m.funcs) + m.importedFuncs; int64(f) >= int64(have) {
			refs.add(BadIndex, at, "element refers to function %d of %d", f, have)
			return out, false
		}
		m.elems = append(m.elems, f)
		if expr {
			out = append(out, op)
		}
		out = appendU32(out, m.shift(f))
	case 0xd0: // ref.null
		if r.u8() != 0x70 {
			refs.add(Element, at, "element is not a function")
			return out, false
		}
		out = append(out, op, 0x70)
	default:
		refs.add(Element, at, "element is not a constant function reference")
		return out, false
	}
	if expr {
		if r.u8() != 0x0b {
			refs.add(Element, at, "element is not a constant function reference")
			return out, false
		}
		out = append(out, 0x0b)
	}
	return out, true
}

func (m *Module) readData(refs *refusals) {
	declared := int64(-1)
	if r := m.known[12]; r != nil {
		declared = int64(r.u32())
		r.end()
	}
	r := m.known[11]
	if r == nil {
		if declared > 0 {
			refs.add(Malformed, -1, "data count without data section")
		}
		return
	}
	n, ok := r.count(refs, MaxDataSegments, "data segments")
	if !ok {
		return
	}
	if declared >= 0 && declared != int64(n) {
		refs.add(Malformed, r.base, "data count and data section differ")
		return
	}
	memory := uint64(m.memMin) * PageBytes
	for i := range n {
		at := r.off()
		flags := r.u32()
		if flags > 2 {
			r.fail("data segment of kind %d", flags)
		}
		if flags == 1 {
			refs.add(Data, at, "data segment %d is passive", i)
			return
		}
		if flags == 2 && r.u32() != 0 {
			refs.add(Data, at, "data segment %d is for another memory", i)
			return
		}
		typ, start, ok := r.constant(refs, Data)
		if !ok {
			return
		}
		data := r.name()
		if typ != I32 || uint64(uint32(start))+uint64(len(data)) > memory {
			refs.add(Data, at, "data segment %d lies outside the initial memory", i)
			return
		}
		m.dataLen += len(data)
	}
	m.dataSegs = n
	r.end()
}
