package wasmbin

// operands follows the types of a body's operand stack, as the standard's
// validation algorithm does, so that the rewriter knows what a select without
// a type selects. It judges nothing: what is not valid leaves unknown types,
// and the runtime's validator refuses it later.
type operands struct {
	stack  []byte
	blocks []opened
	off    bool // nothing is followed: the body is refused for its size
}

// opened is a block that is open: the stack below it and its type.
type opened struct {
	height int
	typ    FuncType
}

// unknownType is the type of an operand in code that is never reached, or not
// valid.
const unknownType byte = 0

// pop takes one operand. Below the start of the block there are only the
// operands that unreachable code may take from nowhere.
func (o *operands) pop() byte {
	height := 0
	if n := len(o.blocks); n > 0 {
		height = o.blocks[n-1].height
	}
	if len(o.stack) <= height {
		return unknownType
	}
	t := o.stack[len(o.stack)-1]
	o.stack = o.stack[:len(o.stack)-1]
	return t
}

func (o *operands) push(types ...byte) {
	if !o.off {
		o.stack = append(o.stack, types...)
	}
}

func (o *operands) apply(t FuncType) {
	for range t.Params {
		o.pop()
	}
	o.push(t.Results...)
}

func (o *operands) open(t FuncType) {
	if o.off {
		return
	}
	for range t.Params {
		o.pop()
	}
	o.blocks = append(o.blocks, opened{len(o.stack), t})
	o.push(t.Params...)
}

// cut drops what the block has on the stack: the code after a branch is not
// reached.
func (o *operands) cut() {
	height := 0
	if n := len(o.blocks); n > 0 {
		height = o.blocks[n-1].height
	}
	o.stack = o.stack[:min(height, len(o.stack))]
}

// other begins the else of an if.
func (o *operands) other() {
	o.cut()
	if n := len(o.blocks); n > 0 {
		o.push(o.blocks[n-1].typ.Params...)
	}
}

func (o *operands) end() {
	o.cut()
	if n := len(o.blocks); n > 0 {
		o.push(o.blocks[n-1].typ.Results...)
		o.blocks = o.blocks[:n-1]
	}
}

// selects takes the operands of a select and gives their type.
func (o *operands) selects() byte {
	o.pop()
	b, a := o.pop(), o.pop()
	if b == unknownType {
		b = a
	}
	o.push(b)
	return b
}

// untyped follows the one-byte instructions without immediates whose types are
// not in plainTypes.
func (s *scanner) untyped(in *instr) {
	switch in.op {
	case opUnreachable, opReturn:
		s.ops.cut()
	case opDrop:
		s.ops.pop()
	case opSelect:
		s.selected(in, unknownType)
	}
}

// branched follows a branch, whose labels are read.
func (s *scanner) branched(in *instr) {
	s.ops.pop() // a condition or an index; br has none, and what is left is dropped
	if in.op != opBrIf {
		s.ops.cut()
	}
}

// selected follows a select. What it says of its type (unknownType: nothing) is
// not believed but compared: the runtime's validator does not look at it.
func (s *scanner) selected(in *instr, declared byte) {
	f := &s.b.facts
	in.typ = s.ops.selects()
	if in.typ == unknownType {
		return
	}
	if declared != unknownType && declared != in.typ {
		s.refs.add(ValueType, s.r.base+in.start, "select in function %d is not of the type that it says", s.fn)
	}
	f.scratch = true
	if in.typ != I32 && in.typ != I64 {
		f.selects++
	}
}
