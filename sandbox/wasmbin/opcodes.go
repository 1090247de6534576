package wasmbin

// imm is the shape of what follows an opcode.
type imm uint8

const (
	bad     imm = iota // unknown, or of a proposal that is not allowed
	none               // nothing
	block              // block type
	label              // label index
	table              // vector of label indices and a default
	call               // function index
	callInd            // type index, table index
	selectT            // vector of value types
	local              // local index
	glob               // global index
	memarg             // alignment, offset
	memidx             // one zero byte
	con32
	con64
	conF32
	conF64
	hidden // allowed by the standard, refused here: keeps state outside memory and globals
)

// Opcodes that the scan and the rewrite treat by name.
const (
	opUnreachable  = 0x00
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opDrop         = 0x1a
	opSelect       = 0x1b
	opSelectT      = 0x1c
	opGlobalGet    = 0x23
	opGlobalSet    = 0x24
	opLocalGet     = 0x20
	opLocalSet     = 0x21
	opLocalTee     = 0x22
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opI32Eqz       = 0x45
	opI32LtS       = 0x48
	opI64LtS       = 0x53
	opI32Add       = 0x6a
	opI32Sub       = 0x6b
	opI64Add       = 0x7c
	opI64Sub       = 0x7d
	opI64Mul       = 0x7e
	opI64ShrU      = 0x88
	opI64ExtendU   = 0xad
	opI32OfF32     = 0xbc // reinterpret
	opI64OfF64     = 0xbd
	opF32OfI32     = 0xbe
	opF64OfI64     = 0xbf
	opPrefix       = 0xfc
	opVector       = 0xfd

	blockEmpty = 0x40

	subMemoryCopy = 10
	subMemoryFill = 11
	subSplatI32   = 17
	subBitselect  = 82
)

// Fuel of an instruction. The unit is about the time of one simple
// instruction in real code, a quarter of a nanosecond where it was measured
// (bench/weights; RATIONALE.md has the numbers). docs/formats/guest-abi.md
// publishes the same numbers.
const (
	fuelSimple   = 1
	fuelBrTable  = 3
	fuelCall     = 5
	fuelIndirect = 7
	fuelHost     = 300 // call of an imported function
	fuelRound    = 2   // float rounding
	fuelToInt    = 6   // float to integer
	fuelToFloat  = 3   // integer to float
	fuelFloatDiv = 8   // float division
	fuelSqrt     = 16  // square root
	fuelSelect   = 4   // select of floating point
	fuelDiv32    = 8   // 32-bit integer division, remainder
	fuelDiv64    = 16  // 64-bit integer division, remainder
	fuelVector   = 2
	fuelVecMany  = 8  // SIMD that takes several instructions of the machine
	fuelVecDiv   = 16 // SIMD division, square root, float to integer
	fuelVecShift = 20 // i64x2.shr_s

	// memory.copy and memory.fill: fuelBulk and one per 8 bytes.
	fuelBulk      = 20
	bulkByteShift = 3
	// memory.grow: fuelGrow and, for each page, what filling it would cost;
	// a grown memory must also be put back.
	fuelGrow     = 20_000
	fuelGrowPage = PageBytes >> bulkByteShift
)

// opcodeImms gives the shape of the immediates of one-byte opcodes.
var opcodeImms = func() (t [256]imm) {
	set := func(k imm, from, to int) {
		for i := from; i <= to; i++ {
			t[i] = k
		}
	}
	set(none, 0x00, 0x01)
	set(block, opBlock, opIf)
	t[opElse], t[opEnd] = none, none
	set(label, opBr, opBrIf)
	t[0x0e], t[opReturn] = table, none
	t[opCall], t[opCallIndirect] = call, callInd
	set(none, opDrop, opSelect)
	t[opSelectT] = selectT
	set(local, opLocalGet, opLocalTee)
	set(glob, opGlobalGet, opGlobalSet)
	set(hidden, 0x25, 0x26) // table.get, table.set
	set(memarg, 0x28, 0x3e)
	set(memidx, 0x3f, opMemoryGrow)
	t[opI32Const], t[opI64Const], t[0x43], t[0x44] = con32, con64, conF32, conF64
	set(none, 0x45, 0xc4)
	set(hidden, 0xd0, 0xd2) // ref.null, ref.is_null, ref.func
	return t
}()

// opcodeFuel gives the fuel of one-byte opcodes.
var opcodeFuel = func() (t [256]uint8) {
	for i := range t {
		t[i] = fuelSimple
	}
	t[0x0e], t[opCall], t[opCallIndirect] = fuelBrTable, fuelCall, fuelIndirect
	for i := 0x6d; i <= 0x70; i++ {
		t[i] = fuelDiv32
	}
	for i := 0x7f; i <= 0x82; i++ {
		t[i] = fuelDiv64
	}
	for _, first := range []int{0x8d, 0x9b} { // f32, f64: ceil floor trunc nearest
		for i := first; i < first+4; i++ {
			t[i] = fuelRound
		}
	}
	t[0x95], t[0xa3], t[0x91], t[0x9f] = fuelFloatDiv, fuelFloatDiv, fuelSqrt, fuelSqrt
	for _, i := range []int{0xa8, 0xa9, 0xaa, 0xab, 0xae, 0xaf, 0xb0, 0xb1} {
		t[i] = fuelToInt
	}
	for _, i := range []int{0xb2, 0xb3, 0xb4, 0xb5, 0xb7, 0xb8, 0xb9, 0xba} {
		t[i] = fuelToFloat
	}
	return t
}()

// hiddenNames names the refused instructions of the 0xfc group and others.
var hiddenNames = map[uint32]string{
	0x25: "table.get", 0x26: "table.set", 0xd0: "ref.null", 0xd1: "ref.is_null", 0xd2: "ref.func",
	opPrefix<<16 | 8: "memory.init", opPrefix<<16 | 9: "data.drop", opPrefix<<16 | 12: "table.init",
	opPrefix<<16 | 13: "elem.drop", opPrefix<<16 | 14: "table.copy", opPrefix<<16 | 15: "table.grow",
	opPrefix<<16 | 16: "table.size", opPrefix<<16 | 17: "table.fill",
}

// vectorFuel gives the fuel of a SIMD instruction.
func vectorFuel(sub uint32) int {
	switch sub {
	case 227, 231, 239, 243, // f32x4 and f64x2: sqrt, div
		248, 249, 251, 252, 253: // i32x4.trunc_sat, f32x4.convert_i32x4_u
		return fuelVecDiv
	case 204: // i64x2.shr_s
		return fuelVecShift
	case 98, 107, 108, 109, 213, // i8x16.popcnt, shl, shr_s, shr_u; i64x2.mul
		232, 233, 244, 245: // min, max
		return fuelVecMany
	}
	return fuelVector
}
