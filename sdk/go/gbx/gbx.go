// Package gbx is the Go SDK for Glovebox guests (ABI gbx/1). It works with the
// standard Go compiler and with TinyGo. A project has its own copy.
//
// Import it and export one function for each entry of your manifest:
//
//	//go:wasmexport visits
//	func visits(rows int32) int32 { ...; return 0 }
//
// Tables are numbered as in the manifest, inputs first, then references;
// columns, parameters, key fields and metrics are too, from 0. Asking for a
// column as another type than it has, or for a row that is not there, panics:
// the unit then counts as failed, as it does if the function returns anything
// but 0.
//
// Columns and strings are views of the host's memory, good for this unit only.
// All variables are as they were at start whenever a unit begins.
//
// Functions of kind map_scalar can be made with TinyGo, in parts. With the
// standard compiler they cannot: they write no memory, and it keeps its stack
// there.
package gbx

import "unsafe"

// Types of columns and parameters in the window.
const (
	typeString  = 1
	typeInt32   = 2
	typeInt64   = 3
	typeFloat64 = 4
	typeBool    = 5
	typeDate    = 6
	typeToken   = 7
)

// Sizes of the window's parts, and how regions are aligned, in bytes.
const (
	tableBytes  = 16
	columnBytes = 48
	paramBytes  = 16
	recordsAt   = 16
	align       = 64
)

// The host's regions. They never move.
var window, output []byte

// place makes the regions, the output first: with few records and rows they
// share a page of memory, which is one page less to put back after each unit.
func place(in, out int) {
	outEnd := (out + align - 1) / align * align
	all := make([]byte, outEnd+in+align)
	at := int(-uintptr(unsafe.Pointer(&all[0])) % align)
	output = all[at : at+out : at+out]
	window = all[at+outEnd : at+outEnd+in : at+outEnd+in]
}

// address is where b lies in the guest's memory.
func address(b []byte) int64 { return int64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

func word(at uint32) uint32 { return *(*uint32)(unsafe.Pointer(&window[at])) }

// Offsets of fields in the header.
const (
	headInputs     = 8
	headReferences = 12
	headParams     = 16
	headTablesAt   = 20
	headColumnsAt  = 24
	headParamsAt   = 28
	headMaxRecords = 40
	headRecord     = 44
)
