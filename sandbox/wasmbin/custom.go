package wasmbin

import "slices"

// Custom returns the contents of the custom sections of that name. They share
// memory with the module.
func (m *Module) Custom(name string) [][]byte {
	var list [][]byte
	for _, c := range m.customs {
		if c.name == name {
			list = append(list, c.data)
		}
	}
	return list
}

// Standard returns a module without its custom sections, of which WebAssembly
// says that errors in them are to be ignored: what has to be valid. Anything
// that is not a list of sections is refused.
func Standard(wasm []byte) (out []byte, bad *Refusal) {
	refs := &refusals{}
	m := &Module{}
	m.guarded(refs, func() {
		r := &reader{b: wasm}
		out = append(make([]byte, 0, len(wasm)), r.bytes(8)...)
		for !r.done() {
			from := r.p
			id := r.u8()
			if s := r.section(r.u32()); id == 0 {
				s.name() // that much is read
				continue
			}
			out = append(out, wasm[from:r.p]...)
		}
	})
	if len(refs.list) > 0 {
		return nil, &refs.list[0]
	}
	return out, nil
}

// SetCustom returns wasm with one custom section of that name, at its end, in
// place of all it had. It reads no more of the module than where its sections
// lie; anything that is not a list of sections is refused.
func SetCustom(wasm []byte, name string, data []byte) ([]byte, *Refusal) {
	var out []byte
	refs := &refusals{}
	m := &Module{}
	m.guarded(refs, func() {
		r := &reader{b: wasm}
		if string(r.bytes(8)) != "\x00asm\x01\x00\x00\x00" {
			r.p = 0
			r.fail("not a core WebAssembly binary of version 1")
		}
		out = slices.Grow(append(out, wasm[:8]...), len(wasm)+len(name)+len(data)+16)
		for !r.done() {
			from := r.p
			id := r.u8()
			s := r.section(r.u32())
			if id == 0 && string(s.name()) == name {
				continue
			}
			out = append(out, wasm[from:r.p]...)
		}
		out = appendSection(out, 0, append(appendName(nil, name), data...))
	})
	if len(refs.list) > 0 {
		return nil, &refs.list[0]
	}
	return out, nil
}
