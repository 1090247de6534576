package source

import (
	"strings"
	"testing"
)

// TestPageHeader reads headers with all that parquet.thrift allows in them.
func TestPageHeader(t *testing.T) {
	for name, q := range map[string]struct {
		bytes string
		want  pageHeader
		n     int
	}{
		// 1: DATA_PAGE, 2: 10, 3: 9, 4: -1, 5: {1: 7}
		"data": {"\x15\x00\x15\x14\x15\x12\x15\x01\x1c\x15\x0e\x00\x00rest", pageHeader{0, 9, 7, true, 0xffffffff}, 13},
		// 1: DICTIONARY_PAGE, 2: 10, 3: 9, 7: {1: 7, 2: 0}
		"dictionary": {"\x15\x04\x15\x14\x15\x12\x4c\x15\x0e\x15\x00\x00\x00", pageHeader{2, 9, 0, false, 0}, 13},
		// 1: DATA_PAGE_V2, 3: 9, 8: {1: 7, 7: true, 8: {5: binary "ab"}}, with a field id of its own
		"v2": {"\x15\x06\x25\x12\x5c\x15\x0e\x61\x1c\x58\x02ab\x00\x00\x00", pageHeader{3, 9, 7, false, 0}, 16},
		// a list of truth values and one of structs are skipped
		"lists": {"\x15\x00\x25\x12\x2c\x15\x0e\x19\x21\x01\x02\x19\x1c\x00\x00\x00", pageHeader{0, 9, 7, false, 0}, 16},
	} {
		h, n, err := parsePageHeader([]byte(q.bytes))
		if err != nil || h != q.want || n != q.n {
			t.Errorf("%s: %+v, %d bytes, %v", name, h, n, err)
		}
		for cut := range q.n {
			if _, _, err := parsePageHeader([]byte(q.bytes[:cut])); err == nil {
				t.Errorf("%s: the first %d bytes are a header", name, cut)
			}
		}
	}
	for name, b := range map[string]string{
		"a map":          "\x15\x00\x15\x12\x1b\x00\x00",
		"deep":           "\x15\x00\x25\x12" + strings.Repeat("\x6c", 100),
		"a long list":    "\x15\x00\x25\x12\x69\xf5\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"a long text":    "\x15\x00\x25\x12\x68\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
		"a long number":  "\x15\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00",
		"a size below 0": "\x15\x00\x25\x11\x00",
	} {
		if h, _, err := parsePageHeader([]byte(b)); err == nil {
			t.Errorf("%s: %+v", name, h)
		}
	}
}

func FuzzPageHeader(f *testing.F) {
	f.Add([]byte("\x15\x00\x15\x14\x15\x12\x15\x01\x1c\x15\x0e\x00\x00rest"))
	f.Add([]byte("\x15\x00\x25\x12\x2c\x15\x0e\x19\x21\x01\x02\x19\x1c\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := parsePageHeader(b)
		if err != nil {
			return
		}
		if n > len(b) || h.size < 0 || h.values < 0 {
			t.Fatalf("%+v, %d of %d bytes", h, n, len(b))
		}
		// What follows a header does not change it, and less is none.
		if again, m, err := parsePageHeader(b[:n]); err != nil || again != h || m != n {
			t.Fatal("another header without what follows")
		}
	})
}
