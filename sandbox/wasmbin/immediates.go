package wasmbin

func (s *scanner) label() {
	at := s.r.off()
	if l := s.r.u32(); int64(l) > int64(len(s.nest)) {
		s.refs.add(BadIndex, at, "branch in function %d leaves %d blocks of %d", s.fn, l, len(s.nest))
	}
}

// index reads an index and refuses one that refers to nothing.
func (s *scanner) index(have int, what string) uint32 {
	at := s.r.off()
	i := s.r.u32()
	if int64(i) >= int64(have) {
		s.refs.add(BadIndex, at, "function %d refers to %s %d of %d", s.fn, what, i, have)
		return 0
	}
	return i
}

// branchTable reads the targets of a br_table.
func (s *scanner) branchTable(in *instr) {
	at := s.r.off()
	n := s.r.u32()
	if n > MaxBrTable {
		s.refs.add(BrTable, at, "br_table in function %d has %d targets, more than %d", s.fn, n, MaxBrTable)
	}
	s.b.facts.BrTotal += int(min(n, 1<<20))
	for i := uint32(0); ; i++ {
		s.label()
		if i == n {
			break
		}
	}
	s.branched(in)
}

// call reads which function is called.
func (s *scanner) call(in *instr) {
	m := s.m
	s.b.facts.Calls++
	in.imm = s.index(len(m.funcs)+m.importedFuncs, "function")
	switch own := int(in.imm) - m.importedFuncs; {
	case own >= 0 && own < len(m.funcs):
		s.callee(m.types[m.funcs[own]])
	case own < 0 && len(m.imports) == m.importedFuncs:
		s.callee(m.imports[in.imm].Type)
	}
}

// callIndirect reads the type of a function that the table names.
func (s *scanner) callIndirect() {
	m := s.m
	s.b.facts.Calls++
	t := s.index(len(m.types), "type")
	s.ops.pop() // the index into the table
	if int(t) < len(m.types) {
		s.callee(m.types[t])
	}
	have := 0
	if m.table >= 0 || m.importedTable {
		have = 1
	}
	s.index(have, "table")
}

// local reads which local is read or written.
func (s *scanner) local(in *instr) {
	f := &s.b.facts
	i := int(s.index(f.Locals, "local"))
	if in.op != opLocalGet {
		f.merges += len(s.nest)
		s.ops.pop()
	}
	if in.op != opLocalSet && i < len(s.locals) {
		s.ops.push(s.locals[i])
	}
}

// global reads which global is read or written.
func (s *scanner) global(in *instr) {
	m := s.m
	i := int(s.index(len(m.globals)+m.importedGlobals, "global"))
	if in.op == opGlobalSet {
		s.b.facts.merges += len(s.nest)
		s.ops.pop()
	} else if i -= m.importedGlobals; i >= 0 && i < len(m.globals) {
		s.ops.push(m.globals[i].typ)
	}
}

func (s *scanner) callee(t FuncType) {
	f := &s.b.facts
	f.callSlot = max(f.callSlot, len(t.Params)+len(t.Results))
	f.merges += len(s.nest) * s.reloads()
	s.ops.apply(t)
}

func (s *scanner) memarg(maxAlign uint32) {
	at := s.r.off()
	if a := s.r.u32(); a > maxAlign {
		s.refs.add(Instruction, at, "access in function %d has alignment 2^%d", s.fn, a)
	}
	s.r.u32()
}

func (s *scanner) zeros(n uint32) {
	for _, b := range s.r.bytes(n) {
		if b != 0 {
			s.r.fail("more than one memory")
		}
	}
}
