package main

/*
#cgo CFLAGS: -O3
#include <stdint.h>
#include <string.h>

static double sums[1000];
static int64_t counts[1000];

static int group(const int32_t *key, const double *value, int rows) {
  memset(sums, 0, sizeof sums);
  memset(counts, 0, sizeof counts);
  for (int i = 0; i < rows; i++) {
    uint32_t k = (uint32_t)key[i];
    if (k >= 1000) return 1;
    sums[k] += value[i];
    counts[k]++;
  }
  return 0;
}
*/
import "C"

import (
	"errors"
	"unsafe"
)

var errKey = errors.New("key out of range")

// nativeC is the guest's loop in C, compiled for this machine.
func nativeC(k []int32, v []float64) error {
	if C.group((*C.int32_t)(unsafe.Pointer(&k[0])), (*C.double)(unsafe.Pointer(&v[0])), C.int(len(k))) != 0 {
		return errKey
	}
	return nil
}

// nativeGo is the guest's loop in Go.
func nativeGo(k []int32, v []float64, sums *[groups]float64, counts *[groups]int64) error {
	clear(sums[:])
	clear(counts[:])
	for i, key := range k {
		if uint32(key) >= groups {
			return errKey
		}
		sums[key] += v[i]
		counts[key]++
	}
	return nil
}
