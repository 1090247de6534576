package privacy

// Bytes is about how much memory the bounder's partial result takes.
func (b *Bounder) Bytes() int64 {
	if b.part == nil {
		return 0
	}
	return b.part.bytes()
}

// Piece hands over what was added up so far and goes on from nothing. The
// pieces and the Partial at the end merge to what one partial would hold. It
// returns nil after Partial.
func (b *Bounder) Piece() *Partial {
	t := b.part
	if t != nil {
		b.part = b.plan.NewPartial()
		b.part.full = t.full
	}
	return t
}

// bytes is about how much memory a partial takes.
func (t *Partial) bytes() int64 {
	n := 8*int64(cap(t.keys)+cap(t.cells)) + 4*int64(len(t.slots))
	if t.bins != nil {
		n += 16 * int64(len(t.bins.slots))
	}
	return n
}
