package abi

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"glovebox.example/glovebox"
)

// outHeader is the size of the output's header: the count and twelve zeros.
const outHeader = 16

// maxOutBytes bounds the output region.
const maxOutBytes = 16 << 20

// Records reads the records that a guest left in its output region. A record
// is the key fields in order, then the metrics' float64s: one each, or as many
// as a vector has.
type Records struct {
	size       int
	keySize    int
	maxRecords int
	fields     []recordField
}

type recordField struct {
	offset, width, padded int
	text                  bool
}

// NewRecords lays out the records of an output.
func NewRecords(o *Output) (*Records, error) {
	r := &Records{maxRecords: o.MaxRecords}
	for _, k := range o.Key {
		f := recordField{offset: r.keySize, width: 8, padded: 8}
		if k.Type == glovebox.String {
			f.text, f.width, f.padded = true, k.Width, (k.Width+7)&^7
		}
		r.fields = append(r.fields, f)
		r.keySize += f.padded
	}
	r.size = r.keySize + 8*o.Values()
	if r.size*r.maxRecords > maxOutBytes {
		e := glovebox.Errorf(glovebox.CodeModule, "%d records of %d bytes are more than %d bytes", r.maxRecords, r.size, maxOutBytes)
		e.Field = "output.max_records"
		return nil, e.WithFix("lower max_records in the module's manifest")
	}
	return r, nil
}

// Size is the size of one record, in bytes.
func (r *Records) Size() int { return r.size }

// KeySize is the size of the key at the start of a record, in bytes.
func (r *Records) KeySize() int { return r.keySize }

// Read copies the records of an output region into dst and returns how many
// there are. It reads no byte outside region and follows no pointer. ok is
// false if anything in it is not as the contract says: the header, the count,
// a string key that is not UTF-8 followed by zeros, a metric that is not
// finite. A metric of minus zero becomes zero.
func (r *Records) Read(dst, region []byte) (records []byte, n int, ok bool) {
	if len(region) < outHeader {
		return dst[:0], 0, false
	}
	count := binary.LittleEndian.Uint32(region)
	for _, b := range region[4:outHeader] {
		if b != 0 {
			return dst[:0], 0, false
		}
	}
	if uint64(count) > uint64(r.maxRecords) || uint64(count)*uint64(r.size) > uint64(len(region)-outHeader) {
		return dst[:0], 0, false
	}
	n = int(count)
	dst = append(dst[:0], region[outHeader:outHeader+n*r.size]...)
	for i := range n {
		if !r.check(dst[i*r.size : (i+1)*r.size]) {
			return dst[:0], 0, false
		}
	}
	return dst, n, true
}

const (
	expMask = 0x7ff << 52
	negZero = 1 << 63
)

func (r *Records) check(rec []byte) bool {
	for i := range r.fields {
		f := &r.fields[i]
		if f.text && !textField(rec[f.offset:f.offset+f.padded], f.width) {
			return false
		}
	}
	for at := r.keySize; at < r.size; at += 8 {
		switch bits := binary.LittleEndian.Uint64(rec[at:]); {
		case bits&expMask == expMask: // infinite, or not a number
			return false
		case bits == negZero:
			binary.LittleEndian.PutUint64(rec[at:], 0)
		}
	}
	return true
}

// textField says whether b holds UTF-8 of at most width bytes and then zeros.
func textField(b []byte, width int) bool {
	n := 0
	for n < width && b[n] != 0 {
		n++
	}
	for _, c := range b[n:] {
		if c != 0 {
			return false
		}
	}
	return utf8.Valid(b[:n])
}

// Key returns the value of key field i of a record: an int64 or a string.
func (r *Records) Key(rec []byte, i int) any {
	f := &r.fields[i]
	b := rec[f.offset : f.offset+f.padded]
	if !f.text {
		return int64(binary.LittleEndian.Uint64(b))
	}
	n := 0
	for n < f.width && b[n] != 0 {
		n++
	}
	return string(b[:n])
}

// Metric returns number i of those that follow the key of a record: the value
// of metric i where no vector comes before it.
func (r *Records) Metric(rec []byte, i int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(rec[r.keySize+8*i:]))
}
