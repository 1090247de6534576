package engine

import "math/bits"

// The data of BenchmarkBoundingDuckDBSQL, clustered by user. Any package can
// make the same rows from these formulas; s is splitmix64 below, all numbers
// are unsigned 64-bit and wrap:
//
//	rows     r = 0 .. boundRows-1, users u = 0, 1, 2, ... in order
//	rows of  user u:  16 << min(trailing zeros of s(u), 5)
//	         (16 with chance 1/2, 32 with 1/4, ... 512 with 1/32; 56 on
//	         average); the last user's rows end with row boundRows-1
//	key of   row r:   upper 64 bits of the 128-bit product s(2^40 + r) * 1000
//	value of row r:   s(2^41 + r) >> 54, a whole number in [0, 1023]
//
// What is computed: per (user, key) the sum of the values, clamped to
// [0, boundClamp]; of each user the boundL0 keys with the smallest hash; per key
// the number of users and the sum of their clamped sums.
const (
	boundRows  = 1_000_000
	boundKeys  = 1000
	boundL0    = 10
	boundClamp = 1500
)

// splitmix64 is the generator of Steele, Lea and Flood (2014) at state x.
func splitmix64(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// boundData calls row for every row of the data, in order.
func boundData(row func(user, key, value uint64)) {
	r := uint64(0)
	for u := uint64(0); r < boundRows; u++ {
		n := uint64(16) << min(bits.TrailingZeros64(splitmix64(u)), 5)
		for ; n > 0 && r < boundRows; n, r = n-1, r+1 {
			key, _ := bits.Mul64(splitmix64(1<<40+r), boundKeys)
			row(u, key, splitmix64(1<<41+r)>>54)
		}
	}
}
