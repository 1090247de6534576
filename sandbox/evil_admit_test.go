package sandbox

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"

	"glovebox"
	w "glovebox/sandbox/wasmbin/wasmtest"
)

// fine adds a function that does nothing.
func fine(p *probe) *probe { return p.run(nil, w.I32Const(0)) }

// body is a probe whose run is this code and a status.
func body(code ...[]byte) *probe { return newProbe().run([]byte{w.I32}, w.Cat(code...), w.I32Const(0)) }

// raw is a probe with a section given as bytes.
func raw(id byte, content ...byte) *probe {
	p := fine(newProbe())
	p.Raw(id, content)
	return p
}

// manyIfs is a function body with n ifs on one local.
func manyIfs(n int) []byte {
	return w.Repeat(n, w.Cat(w.Get(0), w.If(w.Get(0), w.I32Const(1), w.Op(0x6a), w.Set(0))))
}

// liveLocals keeps locals alive over ifs, each of which changes one.
func liveLocals(locals, ifs int) *probe {
	l := make([]byte, locals)
	var code []byte
	for i := range l {
		l[i] = w.I32
		code = w.Cat(code, w.Get(0), w.I32Const(i), w.Op(0x6a), w.Set(i+1))
	}
	for i := range ifs {
		code = w.Cat(code, w.Get(0), w.If(w.Get(1+i%locals), w.I32Const(1), w.Op(0x6a), w.Set(1+i*7%locals)))
	}
	code = w.Cat(code, w.Get(0))
	for i := range l {
		code = w.Cat(code, w.Get(i+1), w.Op(0x73))
	}
	return newProbe().run(l, code)
}

// mergedLocals sets locals inside nested ifs: every if merges all of them.
func mergedLocals(p *probe, locals, nest int) {
	l := make([]byte, locals)
	var code, after []byte
	for i := range l {
		l[i] = w.I32
		code = w.Cat(code, w.Get(0), w.Load(w.I32Load, 0), w.Set(i+1))
		after = w.Cat(after, w.Get(i+1), w.Op(0x1a))
	}
	for range nest {
		code = w.Cat(w.Get(0), w.If(code))
	}
	p.Func([]byte{w.I32}, nil, l, code, after)
}

func brTable(targets int) []byte {
	t := w.U([]byte{0x0e}, uint64(targets))
	return w.Block(w.Get(0), append(t, make([]byte, targets+1)...))
}

// hostileBinaries are modules that admission refuses, with the code that each
// must be refused with.
func hostileBinaries(t *testing.T) map[string]struct {
	code string
	wasm []byte
} {
	all := map[string]struct {
		code string
		wasm []byte
	}{}
	add := func(code, name string, p *probe) {
		all[name] = struct {
			code string
			wasm []byte
		}{code, p.wasm(t)}
	}
	bare := func() *probe { return &probe{w.New(), testManifest()} }

	imp := bare()
	imp.Import("env", "foo", nil, nil)
	imp.Memory(1).Export("memory", w.Memory, 0)
	add("G010", "import of a function", imp)
	add("G010", "import of the memory", raw(2, append(w.Cat([]byte{1}, w.Name(w.Name(nil, "env"), "memory")), 2, 0, 1)...))
	add("G010", "import of a global", raw(2, append(w.Cat([]byte{1}, w.Name(w.Name(nil, "env"), "g")), 3, 0x7f, 1)...))
	res := bare()
	res.Import("glovebox", "out_of_fuel", nil, nil)
	add("G011", "import of the host's refill", res)
	add("G012", "start section", raw(8, 2))
	dollar := fine(newProbe())
	dollar.Export("$fuel", w.Func, 0)
	add("G013", "export named $fuel", dollar)
	twice := fine(newProbe())
	twice.Export("memory", w.Func, 0)
	add("G014", "two exports of one name", twice)
	long := fine(newProbe())
	long.Export(strings.Repeat("x", 257), w.Func, 0)
	add("G014", "export name of 257 bytes", long)
	notText := fine(newProbe())
	notText.Export("\xff\xfe", w.Func, 0)
	add("G014", "export name that is not UTF-8", notText)

	add("G020", "no memory", fine(bare()))
	two := fine(newProbe())
	two.Memory(1)
	add("G020", "two memories", two)
	add("G020", "shared memory", raw(5, 1, 3, 1, 2))
	add("G020", "64-bit memory", raw(5, 1, 4, 1))
	add("G020", "memory of 65536 pages", raw(5, 1, 0, 0x80, 0x80, 0x04))
	add("G020", "memory with less at most than at least", raw(5, 1, 1, 4, 1))
	more := fine(newProbe())
	more.man.Pages = 3
	add("G053", "memory larger than the manifest's", more)
	add("G021", "table of 1e8 entries", raw(4, append([]byte{1, 0x70, 0}, w.U(nil, 100_000_000)...)...))
	tables := fine(newProbe())
	tables.TableOf(1).TableOf(1)
	add("G021", "two tables", tables)
	add("G021", "table of externref", raw(4, 1, 0x6f, 0, 1))
	globals := newProbe()
	for range 65 {
		globals.GlobalOf(w.I32, true, w.I32Const(0))
	}
	add("G022", "65 mutable globals", fine(globals))
	add("G022", "mutable global of type funcref", raw(6, 1, 0x70, 1, 0xd0, 0x70, 0x0b))
	add("G022", "global whose value is another global's", raw(6, 2, 0x7f, 0, 0x41, 1, 0x0b, 0x7f, 0, 0x23, 0, 0x0b))
	beyond := fine(newProbe())
	beyond.Data(4<<16-2, []byte("abc"))
	add("G023", "data past the end of memory", beyond)
	wrap := fine(newProbe())
	wrap.Data(-1, []byte("abc"))
	add("G023", "data at 2^32-1", wrap)
	add("G023", "data offset from a global", raw(11, 1, 0, 0x23, 0, 0x0b, 1, 'x'))
	elems := fine(newProbe())
	elems.TableOf(1).Elem(0, 0, 0)
	add("G024", "elements past the end of the table", elems)
	noTable := fine(newProbe())
	noTable.Elem(0, 0)
	add("G024", "elements without a table", noTable)
	add("G024", "declared elements", raw(9, 1, 3, 0, 1, 0))
	refs := newProbe()
	refs.Func([]byte{0x6f}, nil, nil)
	add("G025", "parameter of type externref", fine(refs))
	add("G025", "local of type funcref", newProbe().run([]byte{0x70}, w.I32Const(0)))

	add("G031", "atomic instruction", body(w.Op(0xfe, 0, 2, 0)))
	add("G031", "relaxed SIMD", body(w.Op(0xfd, 0x80, 0x02)))
	add("G031", "tail call", body(w.Op(0x12, 0)))
	add("G031", "try", body(w.Op(0x06, 0x40, 0x0b)))
	add("G005", "read of the fuel counter", body(w.GlobalGet(0), w.Op(0x1a)))
	add("G005", "write of the depth counter", body(w.I32Const(1<<30), w.GlobalSet(1)))
	add("G005", "call of a helper of the rewrite", body(w.I32Const(0), w.Call(4), w.Op(0x1a)))
	add("G005", "branch beyond the function", body(w.Block(w.Br(2))))
	add("G005", "type that is not there", body(w.I32Const(0), w.U([]byte{0x11}, 99), w.Op(0)))
	exported := fine(newProbe())
	exported.Export("g", w.Global, 0)
	add("G005", "export of a global that is not there", exported)

	types := newProbe()
	add("G040", "20000 types", raw(1, append(w.U(nil, 20_000), w.Repeat(20_000, []byte{0x60, 0, 0})...)...))
	types.Func(make32(101), nil, nil)
	add("G040", "101 parameters", fine(types))
	add("G040", "100001 data segments", raw(11, append(w.U(nil, 100_001), w.Repeat(100_001, []byte{0, 0x41, 0, 0x0b, 0})...)...))
	add("G041", "20000 ifs in one function", body(manyIfs(20_000)))
	add("G042", "2001 ifs in one function", body(manyIfs(2_001)))
	add("G041", "2000 locals live over 4000 ifs", liveLocals(2_000, 4_000))
	add("G044", "400 locals live over 600 ifs", liveLocals(400, 600))
	locals := newProbe()
	locals.RawFunc(nil, nil, append(append(w.U([]byte{1}, 30_000_000), w.I32), 0x0b))
	add("G043", "30 million locals in 29 bytes", fine(locals))
	groups := newProbe()
	groups.RawFunc(nil, nil, append(append(w.U(nil, 3), w.Repeat(3, append(w.U(nil, 0xffffffff), w.I32))...), 0x0b))
	add("G043", "three times 2^32-1 locals", fine(groups))
	add("G045", "br_table of 1025 targets", body(brTable(1025)))
	add("G045", "ten br_tables of 1000 targets", body(w.Repeat(10, brTable(1000))))
	loops := w.Op()
	for range 1_001 {
		loops = w.Loop(loops)
	}
	add("G046", "1001 nested loops", body(loops))
	calls := newProbe()
	for range 60 {
		calls.GlobalOf(w.I64, true, w.I64Const(0))
	}
	calls.run(nil, w.Repeat(4_000, w.Cat(w.Call(0), w.Op(0x1a))), w.I32Const(0))
	add("G047", "4000 calls that reload 60 globals", calls)
	merges := newProbe()
	for range 20 {
		mergedLocals(merges, 380, 490)
	}
	add("G048", "twenty functions of a second each", fine(merges))

	add("G001", "more functions than bodies", raw(3, 4, 0, 0, 0, 0))
	add("G001", "data count without data", raw(12, 1))
	add("G001", "body that goes on after its end", fine(&probe{newProbe().Module, testManifest()}).after(0x01))
	add("G001", "number of six bytes", raw(1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00))
	add("G001", "number over 32 bits", raw(1, 0xff, 0xff, 0xff, 0xff, 0x7f))
	add("G001", "bytes left in a section", raw(5, 1, 0, 4, 0))
	add("G001", "i32.const of 33 bits", body(w.Op(0x41, 0xff, 0xff, 0xff, 0xff, 0x3f, 0x1a)))
	add("G001", "else without if", body(w.Op(0x02, 0x40, 0x05, 0x0b)))

	m := func(name, code string, wasm []byte) {
		all[name] = struct {
			code string
			wasm []byte
		}{code, wasm}
	}
	good := fine(newProbe()).wasm(t)
	m("empty file", "G001", nil)
	m("text", "G001", []byte("(module)"))
	m("component", "G003", []byte("\x00asm\x0d\x00\x01\x00"))
	m("no manifest", "G050", fine(newProbe()).Bytes())
	p := fine(newProbe())
	p.Custom("gbx.manifest", manifestJSON(t, p.man)).Custom("gbx.manifest", manifestJSON(t, p.man))
	m("two manifests", "G050", p.Bytes())
	p = fine(newProbe())
	p.Custom("gbx.manifest", []byte(`{"abi":"gbx/2"}`))
	m("manifest of another ABI", "G051", p.Bytes())
	m("section before the first", "G004", append(append([]byte{}, good[:8]...), append(w.Section(nil, 5, []byte{1, 0, 4}), good[8:]...)...))
	m("tag section", "G004", w.Section(append([]byte{}, good...), 13, []byte{0}))
	m("section 14", "G004", w.Section(append([]byte{}, good...), 14, []byte{0}))
	m("section twice", "G004", w.Section(append([]byte{}, good...), 10, []byte{0}))
	name := append([]byte{}, good...)
	m("custom section with a broken name", "G001", w.Section(name, 0, []byte{2, 0xff, 0xff}))
	m("custom section shorter than its name", "G001", w.Section(name, 0, []byte{200, 1, 'x'}))
	big := append([]byte{}, good...)
	m("nine MiB", "G002", w.Section(big, 0, append([]byte{1, 'x'}, make([]byte, 9<<20)...)))

	wrong := newProbe()
	f := wrong.Func([]byte{w.I64}, []byte{w.I32}, nil, w.I32Const(0))
	wrong.Export("run", w.Func, f)
	add("G054", "function of another type", wrong)
	add("G054", "function that is not there", newProbe())
	memory := newProbe()
	memory.Export("run", w.Memory, 0)
	add("G054", "function that is a memory", memory)
	return all
}

func make32(n int) []byte {
	l := make([]byte, n)
	for i := range l {
		l[i] = w.I32
	}
	return l
}

// after adds a function whose body has bytes after its end.
func (p *probe) after(b ...byte) *probe {
	p.RawFunc(nil, nil, append([]byte{0, 0x0b}, b...))
	return p
}

func TestHostileBinariesAreRefused(t *testing.T) {
	for name, h := range hostileBinaries(t) {
		t.Run(name, func(t *testing.T) {
			_, err := Admit(h.wasm, nil)
			if glovebox.CodeOf(err) != glovebox.CodeModule {
				t.Fatalf("Admit: %v", err)
			}
			refused(t, h.wasm, h.code)
			for _, r := range Refusals(err) {
				if r.Msg == "" || r.Fix == "" || Reasons()[r.Code] != r.Fix {
					t.Errorf("%s says %q, fix %q", r.Code, r.Msg, r.Fix)
				}
				if len(r.Msg) > 500 {
					t.Errorf("%s: message of %d bytes", r.Code, len(r.Msg))
				}
			}
		})
	}
}

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

// TestInvalidCodeFailsToCompile: what admission does not check, the runtime's
// validator does.
func TestInvalidCodeFailsToCompile(t *testing.T) {
	for name, p := range map[string]*probe{
		"operand of another type": body(w.I64Const(0), w.I32Const(0), w.Op(0x6a, 0x1a)),
		"missing operand":         body(w.Op(0x6a, 0x1a)),
		"call with too little":    body(w.Call(1), w.Op(0x1a)),
		"result missing":          newProbe().run(nil),
		"immutable global set": func() *probe {
			p := newProbe()
			g := p.GlobalOf(w.I32, false, w.I32Const(1))
			return p.run(nil, w.I32Const(2), w.GlobalSet(g), w.I32Const(0))
		}(),
		"undefined SIMD": body(w.Op(0xfd, 0x9a, 0x01)),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := admit(t, p.wasm(t)).Compile(context.Background(), nil)
			list := Refusals(err)
			if glovebox.CodeOf(err) != glovebox.CodeModule || len(list) != 1 || list[0].Code != "G060" {
				t.Fatalf("Compile: %v", err)
			}
		})
	}
}

// TestWorstAdmittedCompiles compiles the slowest kinds of function that are
// admitted, one each. It passes by ending; the limits keep each under a second
// or so.
func TestWorstAdmittedCompiles(t *testing.T) {
	p := newProbe()
	mergedLocals(p, 380, 490)
	compile(t, fine(p).wasm(t), nil)
	compile(t, body(manyIfs(1_990)).wasm(t), nil)
	compile(t, liveLocals(3_000, 60).wasm(t), nil)
	compile(t, body(w.Repeat(8, brTable(1_000))).wasm(t), nil)
}

func TestSetManifest(t *testing.T) {
	p := fine(newProbe())
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
