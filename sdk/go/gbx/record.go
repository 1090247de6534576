package gbx

import "unsafe"

// Record is a record that is being written. Its fields follow one another: key
// fields first, then metrics.
//
//	gbx.Emit().KeyString(ward, 12).KeyInt64(decade).Metric(hours).Metric(cost)
type Record struct{ at uint32 }

// Emit begins a record. With more of them than the manifest's max_records it
// panics.
func Emit() Record {
	count := (*uint32)(unsafe.Pointer(&output[0]))
	if *count >= word(headMaxRecords) {
		panic("gbx: too many records")
	}
	at := recordsAt + *count*word(headRecord)
	*count++
	return Record{at}
}

// KeyInt64 writes a key field.
func (r Record) KeyInt64(v int64) Record {
	*(*int64)(unsafe.Pointer(&output[r.at])) = v
	return Record{r.at + 8}
}

// KeyString writes a key field of the manifest's width. A longer string
// panics, so that no character is cut in two unseen.
func (r Record) KeyString(s string, width int) Record {
	if len(s) > width {
		panic("gbx: the key is too long")
	}
	field := output[r.at:][:(width+7)/8*8]
	clear(field[copy(field, s):])
	return Record{r.at + uint32(len(field))}
}

// Metric writes a metric.
func (r Record) Metric(v float64) Record {
	*(*float64)(unsafe.Pointer(&output[r.at])) = v
	return Record{r.at + 8}
}
