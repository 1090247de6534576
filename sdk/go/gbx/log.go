//go:build gbx_log

package gbx

import "unsafe"

// LogBytes is how much text of one unit is kept, the first bytes; 0: this
// build has no log, and the functions below do nothing at all.
const LogBytes = 4088

// logRegion is a u32, how many bytes were printed, and the text.
var logRegion [(LogBytes + 8) / 8]uint64

//go:wasmexport gbx_log
func logAt() int64 {
	return int64(uintptr(unsafe.Pointer(&logRegion)))<<32 | int64(unsafe.Sizeof(logRegion))
}

// Log prints a text. A line is what lies between two "\n".
func Log(s string) {
	for i := range len(s) {
		logByte(s[i])
	}
}

func logByte(c byte) {
	b := (*[4 + LogBytes]byte)(unsafe.Pointer(&logRegion))
	printed := (*uint32)(unsafe.Pointer(&logRegion))
	if *printed < LogBytes {
		b[4+*printed] = c
	}
	*printed++
}

func logDigits(v uint64, least int) {
	var d [20]byte
	n := len(d)
	for ; v > 0 || len(d)-n < least; v /= 10 {
		n--
		d[n] = byte('0' + v%10)
	}
	for _, c := range d[n:] {
		logByte(c)
	}
}

// LogInt prints a whole number.
func LogInt(v int64) {
	u := uint64(v)
	if v < 0 {
		logByte('-')
		u = -u
	}
	logDigits(u, 1)
}

// LogFloat prints a number with six decimals, cut, not rounded.
func LogFloat(v float64) {
	switch {
	case v != v:
		Log("nan")
		return
	case v >= 9e18:
		Log("big")
		return
	case v <= -9e18:
		Log("-big")
		return
	case v < 0:
		logByte('-')
		v = -v
	}
	whole := uint64(v)
	logDigits(whole, 1)
	logByte('.')
	logDigits(uint64((v-float64(whole))*1e6), 6)
}
