package wasmbin

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// try reads with f and says whether it read everything without failing.
func try(b []byte, f func(*reader)) (ok bool) {
	defer func() {
		if e := recover(); e != nil {
			_, ok = e.(malformed)
			ok = !ok
			if ok {
				panic(e)
			}
		}
	}()
	r := &reader{b: b}
	f(r)
	return r.done()
}

func TestNumbers(t *testing.T) {
	for _, v := range []uint32{0, 1, 127, 128, 16383, 16384, math.MaxUint32 - 1, math.MaxUint32} {
		var got uint32
		if !try(appendU32(nil, v), func(r *reader) { got = r.u32() }) || got != v {
			t.Errorf("u32 %d became %d", v, got)
		}
	}
	for _, bits := range []int{32, 33, 64} {
		hi := int64(1)<<(bits-1) - 1
		for _, v := range []int64{0, 1, -1, 63, 64, -64, -65, hi - 1, hi, -hi, -hi - 1} {
			var got int64
			if !try(appendS64(nil, v), func(r *reader) { got = r.signed(bits) }) || got != v {
				t.Errorf("s%d %d became %d", bits, v, got)
			}
			// Longer than need be is allowed, up to the width's own length.
			b := appendS64(nil, v)
			fill := byte(0)
			if v < 0 {
				fill = 0x7f
			}
			for len(b) < (bits+6)/7 {
				b[len(b)-1] |= 0x80
				b = append(b, fill)
				if !try(b, func(r *reader) { got = r.signed(bits) }) || got != v {
					t.Errorf("s%d %d in %d bytes became %d", bits, v, len(b), got)
				}
			}
			b[len(b)-1] |= 0x80
			if try(append(b, fill), func(r *reader) { r.signed(bits) }) {
				t.Errorf("s%d %d in %d bytes was taken", bits, v, len(b)+1)
			}
		}
		if bits < 64 && try(appendS64(nil, hi+1), func(r *reader) { r.signed(bits) }) {
			t.Errorf("s%d took %d", bits, hi+1)
		}
		if bits < 64 && try(appendS64(nil, -hi-2), func(r *reader) { r.signed(bits) }) {
			t.Errorf("s%d took %d", bits, -hi-2)
		}
	}
	for _, b := range [][]byte{{}, {0x80}, {0xff, 0xff, 0xff, 0xff, 0x1f}, {0x80, 0x80, 0x80, 0x80, 0x80, 0}} {
		if try(b, func(r *reader) { r.u32() }) {
			t.Errorf("u32 took % x", b)
		}
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"plain": `"plain"`, "a\x1b[0m\n": `"a\x1b[0m\n"`, "\xff": `"\xff"`, "城": `"\u57ce"`,
		strings.Repeat("x", 70):                `"` + strings.Repeat("x", 64) + `..."`,
		strings.Repeat("x", 63) + "城" + "tail": `"` + strings.Repeat("x", 63) + `..."`,
	} {
		if got := Quote(in); got != want {
			t.Errorf("Quote(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestSetCustom(t *testing.T) {
	plain := w.New().Memory(1).Custom("keep", []byte("k")).Custom("mine", []byte("old")).Custom("mine", nil).Bytes()
	out, bad := SetCustom(plain, "mine", []byte("new"))
	if bad != nil {
		t.Fatal(bad)
	}
	want := w.New().Memory(1).Custom("keep", []byte("k")).Custom("mine", []byte("new")).Bytes()
	if !bytes.Equal(out, want) {
		t.Fatalf("got % x\nwant % x", out, want)
	}
	m, list := Parse(out, nil)
	if len(list) != 0 || len(m.Custom("mine")) != 1 || string(m.Custom("mine")[0]) != "new" || len(m.Custom("none")) != 0 {
		t.Fatalf("%v", list)
	}
}

// TestRefusalsAreBounded: a module with a hundred thousand mistakes gets a
// short list.
func TestRefusalsAreBounded(t *testing.T) {
	m := w.New().Memory(1)
	for range 300 {
		m.Func(nil, nil, nil, w.Repeat(100, w.Op(0xfc, 9, 0)), w.Repeat(100, w.Call(999)))
	}
	_, list := Parse(m.Bytes(), nil)
	if len(list) != maxRefusals {
		t.Fatalf("%d refusals", len(list))
	}
	seen := map[string]bool{}
	for _, r := range list {
		if seen[r.String()] {
			t.Fatalf("%s is there twice", r)
		}
		seen[r.String()] = true
	}
}

func TestFacts(t *testing.T) {
	b, err := os.ReadFile("../testdata/multi.wasm")
	if err != nil {
		t.Fatal(err)
	}
	m, list := Parse(b, nil)
	if len(list) > 0 {
		t.Fatal(list)
	}
	f := m.Facts()
	if f.Functions != 8 || f.MutableGlobals != 2 || f.TableItems != 3 || f.DataSegments != 1 || f.DataBytes != 8 || f.MemoryMin != 4 ||
		!f.Stores || f.Grows || f.Vectors || f.Instructions < 100 || f.MostBlocks != 7 || f.CompileWork <= 0 {
		t.Errorf("%+v", f)
	}
}

// FuzzParse: no bytes may panic, and the rewrite of an admitted module is a
// module again: read as if a guest had sent it, it is refused for what the
// rewrite is meant to add, and for being larger, and for nothing else.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../testdata/*.wasm")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds")
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(w.New().Memory(1).Bytes())
	added := map[Reason]bool{ReservedImport: true, ReservedExport: true, Global: true, Count: true, BodyBytes: true, Blocks: true,
		Nesting: true, LocalBlocks: true, CallGlobals: true, TotalWork: true}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, list := Parse(data, nil)
		if len(list) > 0 {
			if m != nil {
				t.Fatal("refused, and yet a module")
			}
			return
		}
		out := m.Rewrite(Rules{Keep: []string{"memory"}, Pages: 1024})
		_, list = Parse(out.Wasm, &Config{MaxBytes: math.MaxInt})
		for _, r := range list {
			if !added[r.Code] {
				t.Fatalf("the rewritten module is refused: %v", list)
			}
		}
	})
}
