// A guest in plain Go: the standard library, goroutines, a map, the collector.
// It leaves one record: the sum of x, plus what the clock and the random
// source say, which must be constants.
package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"slices"
	"time"
	"unsafe"
)

const align = 64

var (
	window, output []byte
	units          int // counts units: the host must put it back
)

// aligned is a region that starts at a multiple of 64.
func aligned(n int32) []byte {
	b := make([]byte, int(n)+align)
	at := int(-uintptr(unsafe.Pointer(&b[0])) % align)
	return b[at : at+int(n)]
}

func address(b []byte) int64 { return int64(uintptr(unsafe.Pointer(&b[0]))) }

//go:wasmexport gbx_abi_1
func version() int32 { return 0 }

//go:wasmexport gbx_buffers
func buffers(in, out int32) int64 {
	window, output = aligned(in), aligned(out)
	return address(window)<<32 | address(output)
}

func at[T any](b []byte, offset uint32) *T { return (*T)(unsafe.Pointer(&b[offset])) }

//go:wasmexport run
func run(rows int32) int32 {
	units++
	column := *at[uint32](window, 24)
	data := *at[uint32](window, column+24)
	values := map[int64]int{}
	for i := range uint32(rows) {
		values[*at[int64](window, data+8*i)]++
	}
	sums := make(chan int64)
	go func() {
		var sum int64
		for x, n := range values {
			sum += x * int64(n)
		}
		sums <- sum
	}()
	sum := <-sums
	noise := make([]byte, 100)
	rand.Read(noise)
	if slices.Max(noise) != 0 || time.Now().UnixNano() != 1 || len(os.Args) > 0 && os.Args[0] != "" || len(os.Environ()) > 0 {
		return 1
	}
	if _, err := os.Open("/etc/passwd"); err == nil {
		return 2
	}
	if units != 1 {
		return 3
	}
	fmt.Fprintf(os.Stderr, "unit of %d rows\n", rows)
	*at[uint32](output, 0) = 1
	*at[float64](output, 16) = float64(sum)
	return 0
}

func main() {}
