package wasmbin

import "fmt"

// malformed is the one value that readers panic with; Parse recovers it.
type malformed struct {
	off int
	msg string
}

// reader reads the binary format. base is the offset of b in the file.
type reader struct {
	b    []byte
	p    int
	base int
}

func (r *reader) fail(format string, a ...any) {
	panic(malformed{r.base + r.p, fmt.Sprintf(format, a...)})
}

func (r *reader) off() int   { return r.base + r.p }
func (r *reader) done() bool { return r.p >= len(r.b) }

func (r *reader) u8() byte {
	if r.p >= len(r.b) {
		r.fail("unexpected end")
	}
	r.p++
	return r.b[r.p-1]
}

// bytes returns the next n bytes, sharing memory with the input.
func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)-r.p) {
		r.fail("unexpected end")
	}
	r.p += int(n)
	return r.b[r.p-int(n) : r.p]
}

// u32 reads an unsigned LEB128 number of at most 5 bytes.
func (r *reader) u32() uint32 {
	var v uint32
	for s := 0; s < 35; s += 7 {
		c := r.u8()
		if s == 28 && c > 0x0f {
			r.fail("number is too long")
		}
		v |= uint32(c&0x7f) << s
		if c < 0x80 {
			return v
		}
	}
	r.fail("number is too long")
	return 0
}

// signed reads a signed LEB128 number of the given width (32, 33 or 64 bits).
func (r *reader) signed(bits int) int64 {
	var v int64
	for s := 0; ; s += 7 {
		c := r.u8()
		if left := bits - s; left < 7 {
			// The unused bits of the last byte repeat the sign.
			if c >= 0x80 {
				r.fail("number is too long")
			}
			if top := int8(c<<1) >> left; top != 0 && top != -1 {
				r.fail("number is too large")
			}
		}
		if s < 64 {
			v |= int64(c&0x7f) << s
		}
		if c < 0x80 {
			if s+7 < 64 && c&0x40 != 0 {
				v |= -1 << (s + 7)
			}
			return v
		}
	}
}

// name reads a byte vector.
func (r *reader) name() []byte { return r.bytes(r.u32()) }

// section returns a reader over the next n bytes.
func (r *reader) section(n uint32) *reader {
	at := r.off()
	return &reader{b: r.bytes(n), base: at}
}

// end fails unless everything was read.
func (r *reader) end() {
	if !r.done() {
		r.fail("%d bytes too many in section", len(r.b)-r.p)
	}
}

func appendU32(b []byte, v uint32) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func appendS64(b []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if (v == 0 && c&0x40 == 0) || (v == -1 && c&0x40 != 0) {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

func appendName(b []byte, s string) []byte {
	return append(appendU32(b, uint32(len(s))), s...)
}

func appendSection(b []byte, id byte, body []byte) []byte {
	b = appendU32(append(b, id), uint32(len(body)))
	return append(b, body...)
}
