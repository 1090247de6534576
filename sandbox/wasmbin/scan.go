package wasmbin

// scanner walks the instructions of one body.
type scanner struct {
	m       *Module
	fn      int
	r       *reader
	b       *body
	refs    *refusals
	nest    []nested
	current int // region that instructions are charged to
	locals  []byte
	ops     operands
}

// nested is an open block: its opcode and the region around it.
type nested struct {
	op     uint32
	region int
}

func (s *scanner) run() {
	s.b.charges = append(s.b.charges, 0)
	open := true // the function's own block
	for open {
		if s.r.done() {
			s.r.fail("function %d has no end", s.fn)
		}
		in := instr{start: s.r.p, region: -1}
		in.op = uint32(s.r.u8())
		if in.op >= opPrefix {
			sub := s.r.u32()
			if sub > 0xffff {
				s.r.fail("unknown instruction")
			}
			in.op = in.op<<16 | sub
		}
		cost := fuelSimple
		if in.op < 0x100 {
			cost = int(opcodeFuel[in.op])
		}
		outer := s.current
		switch in.op {
		case opBlock, opLoop, opIf:
			s.open(&in)
		case opElse:
			if len(s.nest) == 0 || s.nest[len(s.nest)-1].op != opIf {
				s.r.fail("else without if in function %d", s.fn)
			}
			s.nest[len(s.nest)-1].op = opElse
			s.ops.other()
		case opEnd:
			if len(s.nest) == 0 {
				open = false
				break
			}
			s.current = s.nest[len(s.nest)-1].region
			s.nest = s.nest[:len(s.nest)-1]
			s.ops.end()
		default:
			ok := false
			stored := s.b.facts.store
			s.b.facts.store = false
			if in.op < 0x100 {
				ok = s.plain(&in)
			} else {
				cost, ok = s.prefixed(&in)
			}
			switch {
			case in.op == opCall && int(in.imm) < s.m.importedFuncs:
				cost = fuelHost
			case in.typ == F32 || in.typ == F64:
				cost = fuelSelect
			case in.typ == V128:
				cost = fuelVector
			}
			s.notePurity(&in, s.b.facts.store)
			s.b.facts.store = s.b.facts.store || stored
			if !ok {
				return
			}
		}
		s.b.charges[outer] += cost
		in.end = s.r.p
		s.b.code = append(s.b.code, in)
		s.b.facts.Instrs++
	}
	s.r.end()
}

// open enters a block. A loop starts a region of its own: it is charged at
// each iteration. All else is charged with the code around it, taken or not.
func (s *scanner) open(in *instr) {
	f := &s.b.facts
	t := s.blockType()
	if in.op == opIf {
		s.ops.pop()
	}
	s.ops.open(t)
	s.nest = append(s.nest, nested{in.op, s.current})
	f.Nesting = max(f.Nesting, len(s.nest))
	f.Blocks++
	if in.op == opLoop {
		f.Loops++
		f.merges += len(s.nest) * s.reloads() // the charge may call
		s.b.charges = append(s.b.charges, 0)
		s.current = len(s.b.charges) - 1
		in.region = int32(s.current)
	}
}

func (s *scanner) blockType() (typ FuncType) {
	at := s.r.off()
	t := s.r.signed(33)
	if t < 0 && s.r.off() != at+1 {
		s.r.fail("block type is too long")
	}
	switch {
	case t >= 0:
		if t >= int64(len(s.m.types)) {
			s.refs.add(BadIndex, at, "block in function %d refers to type %d of %d", s.fn, t, len(s.m.types))
			return typ
		}
		return s.m.types[t]
	case t == blockEmpty-0x80: // one byte 0x40: no result
	case t < -64 || !isValueType(byte(t&0x7f)):
		s.refs.add(ValueType, at, "block type %#x is not allowed", t&0x7f)
	default:
		typ.Results = []byte{byte(t & 0x7f)}
	}
	return typ
}

// plain reads the immediates of a one-byte opcode. It says false if the rest
// of the function cannot be read.
func (s *scanner) plain(in *instr) bool {
	r, f := s.r, &s.b.facts
	s.ops.apply(plainTypes[in.op])
	switch opcodeImms[in.op] {
	case none:
		s.untyped(in)
	case label:
		s.label()
		s.branched(in)
	case table:
		s.branchTable(in)
	case call:
		s.call(in)
	case callInd:
		s.callIndirect()
	case selectT:
		if at, list := r.off(), r.name(); len(list) != 1 || !isValueType(list[0]) {
			s.refs.add(ValueType, at, "select in function %d is not of one plain type", s.fn)
		} else {
			s.selected(in, list[0])
		}
	case local:
		s.local(in)
	case glob:
		s.global(in)
	case memarg:
		if in.op >= 0x36 {
			f.store = true
		}
		s.memarg(3)
	case memidx:
		if r.u8() != 0 {
			r.fail("more than one memory")
		}
		f.grow = f.grow || in.op == opMemoryGrow
	case con32:
		r.signed(32)
	case con64:
		r.signed(64)
	case conF32:
		r.bytes(4)
	case conF64:
		r.bytes(8)
	case hidden:
		s.hidden(in)
		switch in.op {
		case 0xd1:
		case 0xd0:
			r.u8()
		default:
			r.u32()
		}
	default:
		return s.unknown(in)
	}
	return true
}

// reloads is how many variables a call sets: all mutable globals and the
// memory's base and length.
func (s *scanner) reloads() int { return len(s.m.mutable) + 2 }

func (s *scanner) hidden(in *instr) {
	s.refs.add(HiddenState, s.r.base+in.start, "%s in function %d", hiddenNames[in.op], s.fn)
}

// prefixed reads the immediates of a two-part opcode and returns its fuel.
func (s *scanner) prefixed(in *instr) (fuel int, ok bool) {
	r, f, sub := s.r, &s.b.facts, in.op&0xffff
	if in.op>>16 == opVector {
		f.vector = true
		if sub < uint32(len(vectorTypes)) {
			s.ops.apply(vectorTypes[sub])
		}
		switch {
		case sub <= 11 || sub == 92 || sub == 93: // loads, v128.store
			f.store = f.store || sub == 11
			s.memarg(4)
		case sub == 12 || sub == 13: // v128.const, i8x16.shuffle
			r.bytes(16)
		case sub >= 21 && sub <= 34: // lanes
			r.u8()
		case sub >= 84 && sub <= 91: // loads and stores of a lane
			f.store = f.store || sub >= 88
			s.memarg(4)
			r.u8()
		case sub > 255: // relaxed SIMD: results depend on the machine
			return 0, s.unknown(in)
		}
		return vectorFuel(sub), true
	}
	if in.op>>16 != opPrefix {
		return 0, s.unknown(in)
	}
	if sub < uint32(len(prefixTypes)) {
		s.ops.apply(prefixTypes[sub])
	}
	switch sub {
	case 0, 1, 2, 3, 4, 5, 6, 7: // saturating conversions
		return fuelToInt, true
	case subMemoryCopy:
		f.bulk, f.store = true, true
		s.zeros(2)
		return fuelBulk, true
	case subMemoryFill:
		f.bulk, f.store = true, true
		s.zeros(1)
		return fuelBulk, true
	case 8, 12, 14: // memory.init, table.init, table.copy
		s.hidden(in)
		r.u32()
		r.u32()
	case 9, 13, 15, 16, 17: // data.drop, elem.drop, table.grow, table.size, table.fill
		s.hidden(in)
		r.u32()
	default:
		return 0, s.unknown(in)
	}
	return fuelSimple, true
}

// unknown refuses an instruction whose length is not known; the rest of the
// function cannot be read.
func (s *scanner) unknown(in *instr) bool {
	s.refs.add(Instruction, s.r.base+in.start, "instruction %#x in function %d is not allowed", in.op, s.fn)
	return false
}
