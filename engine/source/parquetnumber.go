package source

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"

	"github.com/apache/arrow-go/v18/parquet"
)

func (c *columnReader) signed(v int) int64 {
	if c.r.Type() == parquet.Types.Int32 {
		return int64(c.vals.int32s[v])
	}
	return c.vals.int64s[v]
}

func (c *columnReader) unsigned(v int) uint64 {
	if c.r.Type() == parquet.Types.Int32 {
		return uint64(uint32(c.vals.int32s[v]))
	}
	return uint64(c.vals.int64s[v])
}

// float returns a number as a float64, NaN if no float64 is that number.
func (c *columnReader) float(v int) float64 {
	switch c.r.Type() {
	case parquet.Types.Float:
		return float64(c.vals.floats[v])
	case parquet.Types.Double:
		return c.vals.double[v]
	case parquet.Types.FixedLenByteArray:
		return half(c.vals.fixed[v])
	}
	if c.isUnsigned {
		u := c.unsigned(v)
		if f := float64(u); f < 1<<64 && uint64(f) == u {
			return f
		}
		return notANumber
	}
	i := c.signed(v)
	if f := float64(i); f < 1<<63 && int64(f) == i {
		return f
	}
	return notANumber
}

// half reads an IEEE 754 half-precision number, little-endian.
func half(b []byte) float64 {
	if len(b) != 2 {
		return notANumber
	}
	bits := binary.LittleEndian.Uint16(b)
	exp, frac := int(bits>>10&0x1f), float64(bits&0x3ff)
	var f float64
	switch exp {
	case 0:
		f = math.Ldexp(frac, -24)
	case 31:
		return notANumber // or infinite: neither is a value
	default:
		f = math.Ldexp(1024+frac, exp-25)
	}
	if bits>>15 == 1 {
		f = -f
	}
	return f
}

// unscaled returns a decimal's integer; ok is false if it has no bytes or more
// than maxDecimalBytes.
func (c *columnReader) unscaled(v int) (i *big.Int, ok bool) {
	var b []byte
	switch c.r.Type() {
	case parquet.Types.Int32, parquet.Types.Int64:
		return big.NewInt(c.signed(v)), true
	case parquet.Types.ByteArray:
		b = c.vals.bytes[v]
	default:
		b = c.vals.fixed[v]
	}
	if len(b) == 0 || len(b) > maxDecimalBytes {
		return nil, false
	}
	i = new(big.Int).SetBytes(b)
	if b[0] >= 0x80 { // two's complement, big-endian
		i.Sub(i, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return i, true
}

// digits returns a decimal without a fraction as text, which no integer is if
// the decimal is not one.
func (c *columnReader) digits(v int) string {
	i, ok := c.unscaled(v)
	if !ok {
		return "-"
	}
	return i.String()
}

// decimal returns the float64 that is nearest to a decimal, as a text with its
// digits would give.
func (c *columnReader) decimal(v int) float64 {
	i, ok := c.unscaled(v)
	if !ok {
		return notANumber
	}
	if i.IsInt64() && c.unit.scale <= 22 { // both are exact, so the quotient is the nearest
		if n := i.Int64(); n >= -1<<53 && n <= 1<<53 {
			return float64(n) / math.Pow10(c.unit.scale)
		}
	}
	f, err := strconv.ParseFloat(i.String()+"e-"+strconv.Itoa(c.unit.scale), 64)
	if err != nil {
		return notANumber
	}
	return f
}
