package wasmbin

// function rewrites one body.
//
// Fuel: the code outside loops is charged when the function is entered, the
// body of a loop each time its head is reached, both in full, whichever
// branches are taken: a sound upper bound at one check per call and iteration.
//
// Depth: a function that calls takes its frame from the depth counter on
// entry and gives it back on every way out. The body becomes one block, so
// that a return is a branch to the block's end. A function that calls nothing
// adds one frame at most and is not counted.
//
// Selects become other instructions (select.go).
func (w *rewriter) function(i int, in []byte, b *body) []byte {
	t := w.m.types[w.m.funcs[i]]
	out := make([]byte, 0, len(in)+len(in)/4+64)
	out = b.facts.locals(out, in)
	out = w.charge(out, b.charges[0])
	framed := b.facts.Calls > 0
	frame := int64(b.facts.frame(w.m, t))
	if framed {
		w.out.Framed++
		out = w.addDepth(out, frame, opI32Sub)
		out = appendU32(append(out, opGlobalGet), w.depth)
		out = append(out, opI32Const, 0, opI32LtS, opIf, blockEmpty, opUnreachable, opEnd)
		out = w.blockOf(out, t.Results)
	}
	nest := uint32(0)
	for k := range b.code {
		ins := &b.code[k]
		switch ins.op {
		case opBlock, opLoop, opIf:
			nest++
		case opEnd:
			nest--
		case opReturn:
			if framed {
				out = appendU32(append(out, opBr), nest)
				continue
			}
		case opCall:
			out = appendU32(append(out, opCall), w.m.shift(ins.imm))
			continue
		case opMemoryGrow:
			out = appendU32(append(out, opCall), w.grow)
		case opSelect, opSelectT:
			out = b.facts.spell(out, ins.typ)
			continue
		case opPrefix<<16 | subMemoryCopy, opPrefix<<16 | subMemoryFill:
			out = appendU32(append(out, opCall), w.bulk)
		}
		out = append(out, in[ins.start:ins.end]...)
		if ins.region >= 0 {
			out = w.charge(out, b.charges[ins.region])
		}
	}
	if framed { // the body's own end closed the block
		out = w.addDepth(out, frame, opI32Add)
		out = append(out, opEnd)
	}
	return out
}

// blockOf opens a block with the results of a function. Several results need
// a type of their own, without parameters.
func (w *rewriter) blockOf(out, results []byte) []byte {
	out = append(out, opBlock)
	switch len(results) {
	case 0:
		return append(out, blockEmpty)
	case 1:
		return append(out, results[0])
	}
	return appendS64(out, int64(w.typeIndex(FuncType{Results: results})))
}

func (w *rewriter) addDepth(out []byte, frame int64, op byte) []byte {
	out = appendU32(append(out, opGlobalGet), w.depth)
	out = appendS64(append(out, opI32Const), frame)
	return appendU32(append(out, op, opGlobalSet), w.depth)
}

// charge takes fuel and calls the host when there is none left.
func (w *rewriter) charge(out []byte, fuel int) []byte {
	w.out.Charges++
	out = appendU32(append(out, opGlobalGet), w.fuel)
	out = appendS64(append(out, opI64Const), int64(fuel))
	out = appendU32(append(out, opI64Sub, opGlobalSet), w.fuel)
	return w.check(out)
}

func (w *rewriter) check(out []byte) []byte {
	out = appendU32(append(out, opGlobalGet), w.fuel)
	out = append(out, opI64Const, 0, opI64LtS, opIf, blockEmpty)
	return append(appendU32(append(out, opCall), uint32(w.m.importedFuncs)), opEnd)
}

// chargeBulk is (n i32) -> n: one fuel for every 8 of n bytes.
func (w *rewriter) chargeBulk() []byte {
	out := appendU32([]byte{0, opGlobalGet}, w.fuel)
	out = append(out, opLocalGet, 0, opI64ExtendU, opI64Const, bulkByteShift, opI64ShrU, opI64Sub)
	out = appendU32(append(out, opGlobalSet), w.fuel)
	return append(w.check(out), opLocalGet, 0, opEnd)
}

// chargeGrow is (n i32) -> n: a fixed price and one per page, n unsigned.
func (w *rewriter) chargeGrow() []byte {
	out := appendU32([]byte{0, opGlobalGet}, w.fuel)
	out = append(out, opLocalGet, 0, opI64ExtendU)
	out = appendS64(append(out, opI64Const), fuelGrowPage)
	out = appendS64(append(out, opI64Mul, opI64Const), fuelGrow)
	out = append(out, opI64Add, opI64Sub)
	out = appendU32(append(out, opGlobalSet), w.fuel)
	return append(w.check(out), opLocalGet, 0, opEnd)
}
