package gbx

import "unsafe"

// Offsets of a block's fields in the header and in a table's entry.
const (
	headUnits   = 48
	entryStarts = 12
)

// Units is how many units the block has, in a function of kind blocks. Its
// tables hold the rows of all of them, one unit after the other; it leaves one
// record.
func Units() int { return int(word(headUnits)) }

// Starts says with which row of a table each unit of the block begins, then how
// many rows there are: one number more than units. It panics unless the
// function is of kind blocks and the table is an input.
//
//	starts, costs := gbx.Starts(0), gbx.Tab(0).Float64s(1)
//	for u := range gbx.Units() {
//		total := gbx.Sum(costs[starts[u]:starts[u+1]])
func Starts(table int) []uint32 {
	Tab(table) // which is there
	at := word(word(headTablesAt) + tableBytes*uint32(table) + entryStarts)
	if at == 0 {
		panic("gbx: the table has no units")
	}
	return unsafe.Slice((*uint32)(unsafe.Pointer(&window[at])), Units()+1)
}
