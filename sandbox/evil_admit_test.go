package sandbox

import (
	"encoding/binary"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// fine adds a function that does nothing.
func fine(p *probe) *probe { return p.run(nil, w.I32Const(0)) }

// TestAllReasonsAtOnce: an author sees everything that is wrong, not the first.
func TestAllReasonsAtOnce(t *testing.T) {
	p := &probe{w.New(), testManifest()}
	p.Import("env", "a\x1b[31m", nil, nil)
	p.Import("env", "b", nil, nil)
	p.Memory(1).Export("memory", w.Memory, 0).Export("$x", w.Memory, 0)
	p.Func(nil, nil, nil, w.Op(0xfc, 9, 0))
	p.Raw(8, []byte{0})
	_, err := Admit(p.wasm(t), nil)
	list := Refusals(err)
	if len(list) != 5 {
		t.Fatalf("%d reasons: %v", len(list), err)
	}
	for _, want := range []string{`G010 import not allowed: "env"."b"`, `"a\x1b[31m"`, "G012", "G013", "data.drop in function 0"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "\x1b") {
		t.Error("error holds a control character")
	}
}

// TestCutFilesAreRefused cuts and damages a good module at every byte.
func TestCutFilesAreRefused(t *testing.T) {
	good := read(t, "testdata/multi.wasm")
	for n := range good {
		if _, err := Admit(good[:n], nil); glovebox.CodeOf(err) != glovebox.CodeModule {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	for n := range good {
		for _, x := range []byte{0xff, 0x80, 0x01} {
			bad := append([]byte{}, good...)
			bad[n] ^= x
			if _, err := Admit(bad, nil); err != nil && glovebox.CodeOf(err) != glovebox.CodeModule {
				t.Fatalf("byte %d xor %#x: %v", n, x, err)
			}
		}
	}
}

func TestSetManifest(t *testing.T) {
	p := fine(newProbe())
	p.man.Functions[0].Output.Key = []abi.KeyField{} // as it is read back
	plain := p.Bytes()
	one, err := SetManifest(plain, manifestJSON(t, p.man))
	if err != nil {
		t.Fatal(err)
	}
	p.man.Version = "2"
	two, err := SetManifest(one, manifestJSON(t, p.man))
	if err != nil {
		t.Fatal(err)
	}
	a, b := admit(t, one), admit(t, two)
	if a.Manifest().Version != "1" || b.Manifest().Version != "2" {
		t.Fatalf("versions %q and %q", a.Manifest().Version, b.Manifest().Version)
	}
	if a.Digest() == b.Digest() || a.RewrittenDigest() != b.RewrittenDigest() {
		t.Fatal("a digest covers the manifest; what runs does not hold it")
	}
	if again, err := SetManifest(two, manifestJSON(t, a.Manifest())); err != nil || string(again) != string(one) {
		t.Fatalf("setting the first manifest again gives other bytes: %v", err)
	}
	for name, bad := range map[string][2][]byte{
		"no module":    {[]byte("hello"), manifestJSON(t, p.man)},
		"cut module":   {plain[:len(plain)-3], manifestJSON(t, p.man)},
		"bad manifest": {plain, []byte(`{"abi":"gbx/1"}`)},
		"lying length": {binary.AppendUvarint(append([]byte{}, plain...), 0x7fffff00), manifestJSON(t, p.man)},
	} {
		if _, err := SetManifest(bad[0], bad[1]); glovebox.CodeOf(err) != glovebox.CodeModule {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDomainBounds(t *testing.T) {
	wasm := fine(newProbe()).wasm(t)
	for name, o := range map[string]*Options{"pages": {MaxPages: 7}, "fuel": {MaxFuel: 99_999}} {
		_, err := Admit(wasm, o)
		if list := Refusals(err); len(list) != 1 || list[0].Code != "G052" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Admit(wasm, &Options{MaxPages: 8, MaxFuel: 100_000, MaxModuleBytes: len(wasm)}); err != nil {
		t.Error(err)
	}
	for _, o := range []*Options{{MaxPages: 1025}, {MaxFuel: -1}, {MaxModuleBytes: 17 << 20}} {
		if _, err := Admit(wasm, o); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
