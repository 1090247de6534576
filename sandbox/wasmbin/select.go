package wasmbin

// Selects are spelled out in other instructions.
//
// wazero 1.12 on amd64 makes of a select of floating point or vectors a move
// under a condition, and does not tell its register allocator that the move
// needs what its register held before. Where the allocator then loads the other
// operand into that very register, the result is what was last in some third
// register: of an earlier unit, too. Two of 8,881 random modules have such a
// function; a module can be built to have one. Selects of integers are moves
// that the allocator knows.
//
// What operands finds out about types is not trusted alone. A select of
// integers passes through a local of their type, which costs nothing and which
// the runtime's validator checks, and a select in code that is never reached
// stands behind an unreachable.

// selectValues is how many values, at most, stand for the one of a select.
const selectValues = 5

// Locals that the selects of a body share, after its own.
const (
	scratchCond  = iota // i32
	scratchShort        // i32
	scratchLong         // i64
	scratchLocals
)

// scratchGroups declares them.
var scratchGroups = []byte{2, I32, 1, I64}

// locals copies the declarations of a body's locals and adds the scratch
// locals if it selects.
func (f *funcFacts) locals(out, in []byte) []byte {
	groups := f.nGroups
	if f.scratch {
		groups += len(scratchGroups) / 2
	}
	out = append(appendU32(out, uint32(groups)), in[f.groups:f.start]...)
	if f.scratch {
		out = append(out, scratchGroups...)
	}
	return out
}

// spell appends a select of type t. The stack holds a, b and a condition.
func (f *funcFacts) spell(out []byte, t byte) []byte {
	scratch := uint32(f.Locals)
	cond, short, long := scratch+scratchCond, scratch+scratchShort, scratch+scratchLong
	switch t {
	case unknownType: // never reached
		return append(out, opUnreachable, opSelect)
	case V128: // by a mask, all ones for a and zero for b
		out = append(out, opI32Eqz, opI32Const, 1, opI32Sub, opVector, subSplatI32)
		return appendU32(append(out, opVector), subBitselect)
	}
	out = appendU32(append(out, opLocalSet), cond)
	switch t {
	case I32:
		out = appendU32(append(out, opLocalTee), short)
	case I64:
		out = appendU32(append(out, opLocalTee), long)
	case F32: // as integers of the same bits
		out = appendU32(append(out, opI32OfF32, opLocalSet), short)
		out = appendU32(append(out, opI32OfF32, opLocalGet), short)
	case F64:
		out = appendU32(append(out, opI64OfF64, opLocalSet), long)
		out = appendU32(append(out, opI64OfF64, opLocalGet), long)
	}
	out = append(appendU32(append(out, opLocalGet), cond), opSelect)
	switch t {
	case F32:
		return append(out, opF32OfI32)
	case F64:
		return append(out, opF64OfI64)
	}
	return out
}
