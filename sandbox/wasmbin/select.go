package wasmbin

// Selects of floating point and vectors are spelled out in other instructions.
//
// wazero 1.12 on amd64 makes of such a select a move under a condition, and
// does not tell its register allocator that the move needs what its register
// held before. Where the allocator then loads the other operand into that very
// register, the result is what was last in some third register: of an earlier
// unit, too. Two of 8,881 random modules have such a function; a module can be
// built to have one. Selects of integers are moves that the allocator knows.

// selectValues is how many values, at most, stand for the one of a select.
const selectValues = 5

// Locals that the selects of a body share, after its own.
const (
	scratchCond  = iota // i32
	scratchShort        // i32
	scratchLong         // i64
)

// scratchGroups declares them.
var scratchGroups = []byte{2, I32, 1, I64}

// locals copies the declarations of a body's locals and adds the scratch
// locals if it selects scalars.
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
	switch t {
	case F32: // as integers of the same bits
		return scalarSelect(out, scratch+scratchCond, scratch+scratchShort, opI32OfF32, opF32OfI32)
	case F64:
		return scalarSelect(out, scratch+scratchCond, scratch+scratchLong, opI64OfF64, opF64OfI64)
	}
	// V128: by a mask, all ones for a and zero for b.
	out = append(out, opI32Eqz, opI32Const, 1, opI32Sub, opVector, subSplatI32)
	return appendU32(append(out, opVector), subBitselect)
}

func scalarSelect(out []byte, cond, b uint32, toInt, toFloat byte) []byte {
	out = appendU32(append(out, opLocalSet), cond)
	out = appendU32(append(out, toInt, opLocalSet), b)
	out = appendU32(append(out, toInt, opLocalGet), b)
	out = appendU32(append(out, opLocalGet), cond)
	return append(out, opSelect, toFloat)
}
