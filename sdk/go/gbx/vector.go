package gbx

// The SDKs of all languages add in the same order, so that they give the same
// bits: value i to partial sum i mod 4, then (0 + 2) + (1 + 3).

// Sum is the sum of all values.
func Sum(values []float64) float64 {
	var a, b, c, d float64
	for ; len(values) >= 4; values = values[4:] {
		a += values[0]
		b += values[1]
		c += values[2]
		d += values[3]
	}
	p := [4]float64{a, b, c, d}
	for i, v := range values {
		p[i&3] += v
	}
	return (p[0] + p[2]) + (p[1] + p[3])
}

// SumWhere is the sum of the values whose key lies in from .. to. There must
// be a key for each value.
func SumWhere(values []float64, keys []int32, from, to int32) float64 {
	if from > to {
		return 0
	}
	span := uint32(to) - uint32(from) // one comparison for two
	var p [4]float64
	keys = keys[:len(values)]
	for i, k := range keys {
		if uint32(k)-uint32(from) <= span {
			p[i&3] += values[i]
		}
	}
	return (p[0] + p[2]) + (p[1] + p[3])
}

// CountWhere is how many of the keys lie in from .. to.
func CountWhere(keys []int32, from, to int32) int {
	if from > to {
		return 0
	}
	span, n := uint32(to)-uint32(from), 0
	for _, k := range keys {
		if uint32(k)-uint32(from) <= span {
			n++
		}
	}
	return n
}

// Groups numbers the keys within a unit, from 0 in order of appearance.
//
//	var names [8]string
//	wards := gbx.Groups[string]{Keys: names[:0]}
//	g := wards.Find(ward)
//
// Looking up compares one key after the other, which is the fastest for the
// few keys that one unit has; for more than some dozens take a map.
type Groups[K comparable] struct {
	// Keys are those that were found so far, in a slice with room for as many
	// as there may be. An array of the function's own stays off the heap.
	Keys []K
}

// Find returns a key's number, and adds it if it is new; -1 if there is no
// room for it.
func (g *Groups[K]) Find(key K) int {
	n := len(g.Keys)
	for i := n - 1; i >= 0; i-- { // the last one is the likeliest
		if g.Keys[i] == key {
			return i
		}
	}
	if n == cap(g.Keys) {
		return -1
	}
	g.Keys = g.Keys[:n+1]
	g.Keys[n] = key
	return n
}
