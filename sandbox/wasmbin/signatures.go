package wasmbin

import "strings"

// signed is a run of opcodes that take and give the same.
type signed struct {
	from, to int
	sig      string // "il>v": takes an i32 and an i64, gives a v128
}

// signatures turns runs of opcodes into what each takes and gives.
func signatures(runs []signed) (t [256]FuncType) {
	letters := map[rune]byte{'i': I32, 'l': I64, 'f': F32, 'd': F64, 'v': V128}
	types := func(s string) (list []byte) {
		for _, c := range s {
			list = append(list, letters[c])
		}
		return list
	}
	for _, r := range runs {
		params, results, _ := strings.Cut(r.sig, ">")
		for i := r.from; i <= r.to; i++ {
			t[i] = FuncType{types(params), types(results)}
		}
	}
	return t
}

// plainTypes is what one-byte opcodes take and give, where that is always the
// same. The others (control, calls, variables, drop, select) are followed one
// by one.
var plainTypes = signatures([]signed{
	{0x28, 0x28, "i>i"}, {0x29, 0x29, "i>l"}, {0x2a, 0x2a, "i>f"}, {0x2b, 0x2b, "i>d"}, // loads
	{0x2c, 0x2f, "i>i"}, {0x30, 0x35, "i>l"},
	{0x36, 0x36, "ii>"}, {0x37, 0x37, "il>"}, {0x38, 0x38, "if>"}, {0x39, 0x39, "id>"}, // stores
	{0x3a, 0x3b, "ii>"}, {0x3c, 0x3e, "il>"},
	{0x3f, 0x3f, ">i"}, {0x40, 0x40, "i>i"}, // memory.size, memory.grow
	{0x41, 0x41, ">i"}, {0x42, 0x42, ">l"}, {0x43, 0x43, ">f"}, {0x44, 0x44, ">d"}, // constants
	{0x45, 0x45, "i>i"}, {0x46, 0x4f, "ii>i"}, {0x50, 0x50, "l>i"}, {0x51, 0x5a, "ll>i"}, // comparisons
	{0x5b, 0x60, "ff>i"}, {0x61, 0x66, "dd>i"},
	{0x67, 0x69, "i>i"}, {0x6a, 0x78, "ii>i"}, {0x79, 0x7b, "l>l"}, {0x7c, 0x8a, "ll>l"}, // arithmetic
	{0x8b, 0x91, "f>f"}, {0x92, 0x98, "ff>f"}, {0x99, 0x9f, "d>d"}, {0xa0, 0xa6, "dd>d"},
	{0xa7, 0xa7, "l>i"}, {0xa8, 0xa9, "f>i"}, {0xaa, 0xab, "d>i"}, // conversions
	{0xac, 0xad, "i>l"}, {0xae, 0xaf, "f>l"}, {0xb0, 0xb1, "d>l"},
	{0xb2, 0xb3, "i>f"}, {0xb4, 0xb5, "l>f"}, {0xb6, 0xb6, "d>f"},
	{0xb7, 0xb8, "i>d"}, {0xb9, 0xba, "l>d"}, {0xbb, 0xbb, "f>d"},
	{0xbc, 0xbc, "f>i"}, {0xbd, 0xbd, "d>l"}, {0xbe, 0xbe, "i>f"}, {0xbf, 0xbf, "l>d"},
	{0xc0, 0xc1, "i>i"}, {0xc2, 0xc4, "l>l"}, // sign extension
})

// prefixTypes is the same for the opcodes after 0xfc that are allowed.
var prefixTypes = signatures([]signed{
	{0, 1, "f>i"}, {2, 3, "d>i"}, {4, 5, "f>l"}, {6, 7, "d>l"}, // saturating conversions
	{subMemoryCopy, subMemoryFill, "iii>"},
})

// vectorTypes is the same for SIMD.
var vectorTypes = signatures([]signed{
	{35, 255, "vv>v"}, // but for:
	{0, 10, "i>v"}, {11, 11, "iv>"}, {12, 12, ">v"}, {13, 14, "vv>v"},
	{15, 17, "i>v"}, {18, 18, "l>v"}, {19, 19, "f>v"}, {20, 20, "d>v"}, // splat
	{21, 22, "v>i"}, {23, 23, "vi>v"}, {24, 25, "v>i"}, {26, 26, "vi>v"}, // lanes
	{27, 27, "v>i"}, {28, 28, "vi>v"}, {29, 29, "v>l"}, {30, 30, "vl>v"},
	{31, 31, "v>f"}, {32, 32, "vf>v"}, {33, 33, "v>d"}, {34, 34, "vd>v"},
	{77, 77, "v>v"}, {82, 82, "vvv>v"}, {83, 83, "v>i"}, // not, bitselect, any_true
	{84, 87, "iv>v"}, {88, 91, "iv>"}, {92, 93, "i>v"}, // loads and stores of lanes
	{94, 98, "v>v"}, {99, 100, "v>i"}, {103, 106, "v>v"}, {107, 109, "vi>v"},
	{116, 117, "v>v"}, {122, 122, "v>v"}, {124, 129, "v>v"}, {131, 132, "v>i"},
	{135, 138, "v>v"}, {139, 141, "vi>v"}, {148, 148, "v>v"},
	{160, 161, "v>v"}, {163, 164, "v>i"}, {167, 170, "v>v"}, {171, 173, "vi>v"},
	{192, 193, "v>v"}, {195, 196, "v>i"}, {199, 202, "v>v"}, {203, 205, "vi>v"},
	{224, 227, "v>v"}, {236, 239, "v>v"}, {248, 255, "v>v"},
})
