package sandbox

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"glovebox.example/glovebox/sandbox/wasmbin"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// goGuest builds testdata/wasi with the Go that runs the test.
func goGuest(t *testing.T) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a guest with the Go toolchain")
	}
	out := filepath.Join(t.TempDir(), "guest.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-ldflags=-s -w", "-o", out, "testdata/wasi/main.go")
	cmd.Env = append(cmd.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	man := testManifest()
	man.Pages, man.Fuel, man.WASI = 200, 50_000_000, true
	wasm, err := SetManifest(read(t, out), manifestJSON(t, man))
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// TestGoGuest: a guest in plain Go runs, sees constants only, and is put back
// between units with all that its runtime keeps.
func TestGoGuest(t *testing.T) {
	wasm := goGuest(t)
	m := admit(t, wasm)
	f := m.Report().Facts
	t.Logf("%d bytes, %d functions, largest body %d, %d blocks, %d locals, work %d, %d data segments, %d mutable globals, %d pages",
		len(wasm), f.Functions, f.LargestBody, f.MostBlocks, f.MostLocals, f.CompileWork, f.DataSegments, f.MutableGlobals, f.MemoryMin)
	prog := compile(t, wasm, nil)
	a := allocator(t)
	short, long := ints(t, a, 40, 2), ints(t, a, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2, -3, -4)
	for _, how := range resets {
		g := start(t, prog, probeBinding(), &GuestOptions{Reset: how})
		first := runUnit(t, g, short)
		for i := range 10 {
			if v := metric(t, g, long); v != 35 {
				t.Fatalf("reset %q: the long unit gives %v", how, v)
			}
			if r := runUnit(t, g, short); r.Outcome != OK || g.Records().Metric(r.Records, 0) != 42 || r.Fuel != first.Fuel {
				t.Fatalf("reset %q: unit %d: %v, fuel %d, at first %d", how, i, r.Outcome, r.Fuel, first.Fuel)
			}
			if !isClean(g) {
				t.Fatalf("reset %q: the guest is not in the state of its image", how)
			}
		}
		t.Logf("reset %q: fuel %d", how, first.Fuel)
	}
}

// wasiProbe calls one function of WASI with constants and gives its result.
func wasiProbe(t *testing.T, name string, args ...int) *probe {
	t.Helper()
	all := wasiImports()
	i := slices.IndexFunc(all, func(i wasmbin.Import) bool { return i.Name == name })
	if i < 0 {
		t.Fatalf("no function %s", name)
	}
	p := &probe{w.New(), testManifest()}
	p.man.WASI = true
	f := p.Import(wasiModule, name, all[i].Type.Params, all[i].Type.Results)
	p.Memory(4).Export("memory", w.Memory, 0)
	p.Export("gbx_abi_1", w.Func, p.Func(nil, []byte{w.I32}, nil, w.I32Const(0)))
	p.Export("gbx_buffers", w.Func, p.Func([]byte{w.I32, w.I32}, []byte{w.I64}, nil, w.I64Const(testIn<<32|testOut)))
	var code []byte
	for k, typ := range all[i].Type.Params {
		if typ == w.I64 {
			code = w.Cat(code, w.I64Const(int64(args[k])))
		} else {
			code = w.Cat(code, w.I32Const(args[k]))
		}
	}
	code = w.Cat(code, w.Call(f))
	if len(all[i].Type.Results) == 0 {
		return p.run(nil, code, w.I32Const(0))
	}
	return p.run([]byte{w.I32}, code, w.Set(1), emit(w.Get(1), w.Op(0xb8)))
}

// TestNullWASI: each function with the arguments that do harm elsewhere. None
// traps the host, none writes outside memory, all answer constants.
func TestNullWASI(t *testing.T) {
	const end, all = 4 << 16, -1
	for _, x := range []struct {
		name string
		args []int
		want float64
	}{
		{"args_get", []int{all, all}, wasiOK},
		{"args_sizes_get", []int{512, 516}, wasiOK},
		{"args_sizes_get", []int{512, end}, wasiFault},
		{"environ_get", []int{all, all}, wasiOK},
		{"environ_sizes_get", []int{end - 3, 512}, wasiFault},
		{"clock_res_get", []int{0, 512}, wasiOK},
		{"clock_time_get", []int{1, 0, 512}, wasiOK},
		{"clock_time_get", []int{1, 0, end - 7}, wasiFault},
		{"fd_close", []int{1}, wasiBadFD},
		{"fd_fdstat_get", []int{1, 512}, wasiOK},
		{"fd_fdstat_get", []int{3, 512}, wasiBadFD},
		{"fd_fdstat_get", []int{1, end - 23}, wasiFault},
		{"fd_fdstat_set_flags", []int{1, 4}, wasiBadFD},
		{"fd_prestat_get", []int{3, 512}, wasiBadFD},
		{"fd_prestat_dir_name", []int{3, 512, 8}, wasiBadFD},
		{"fd_read", []int{0, 512, 1, 520}, wasiOK},
		{"fd_read", []int{0, 512, 1, end}, wasiFault},
		{"fd_seek", []int{0, 0, 0, 512}, wasiPipe},
		{"fd_write", []int{1, 512, 2, 1024}, wasiOK},
		{"fd_write", []int{3, 512, 2, 1024}, wasiBadFD},
		{"fd_write", []int{1, 512, 17, 1024}, wasiInval},
		{"fd_write", []int{1, 512, all, 1024}, wasiInval},
		{"fd_write", []int{1, end - 8, 2, 1024}, wasiFault},
		{"fd_write", []int{1, 512, 1, all}, wasiFault},
		{"path_filestat_get", []int{3, 0, 512, 8, 1024}, wasiBadFD},
		{"path_open", []int{3, 0, 512, 8, 0, all, all, 0, 1024}, wasiBadFD},
		{"poll_oneoff", []int{512, 2048, 2, 4096}, wasiOK},
		{"poll_oneoff", []int{512, 2048, 0, 4096}, wasiInval},
		{"poll_oneoff", []int{512, 2048, all, 4096}, wasiInval},
		{"poll_oneoff", []int{end - 8, 2048, 1, 4096}, wasiFault},
		{"poll_oneoff", []int{512, end - 31, 1, 4096}, wasiFault},
		{"poll_oneoff", []int{512, 2048, 1, -3}, wasiFault},
		{"random_get", []int{512, 4096}, wasiOK},
		{"random_get", []int{512, 4097}, wasiInval},
		{"random_get", []int{512, all}, wasiInval},
		{"random_get", []int{end - 1, 2}, wasiFault},
		{"sched_yield", nil, wasiOK},
	} {
		g := start(t, compile(t, wasiProbe(t, x.name, x.args...).wasm(t), nil), probeBinding(), nil)
		for range 2 {
			if v := metric(t, g, empty()); v != x.want {
				t.Errorf("%s%v gives %v, want %v", x.name, x.args, v, x.want)
			}
		}
	}
	// All of them, with all bits and with none.
	for name, f := range wasiFuncs() {
		for _, v := range []int{0, all} {
			if f.exits {
				continue
			}
			args := slices.Repeat([]int{v}, len(f.params))
			g := start(t, compile(t, wasiProbe(t, name, args...).wasm(t), nil), probeBinding(), nil)
			want := metric(t, g, empty())
			if again := metric(t, g, empty()); again != want || !isClean(g) {
				t.Errorf("%s%v gives %v, then %v", name, args, want, again)
			}
		}
	}
	g := start(t, compile(t, wasiProbe(t, "proc_exit", 0).wasm(t), nil), probeBinding(), nil)
	for range 3 {
		if r := runUnit(t, g, empty()); r.Outcome != Trap || !isClean(g) {
			t.Errorf("proc_exit: %v", r.Outcome)
		}
	}
}

// TestWASIOnlyWhenAsked: without a word in the manifest an import is refused,
// and so is one that there is not, or of another type.
func TestWASIOnlyWhenAsked(t *testing.T) {
	p := wasiProbe(t, "sched_yield")
	p.man.WASI = false
	refused(t, p.wasm(t), "G010")
	for name, types := range map[string][2][]byte{"proc_raise": {nil, []byte{w.I32}}, "sched_yield": {[]byte{w.I32}, []byte{w.I32}}} {
		p := &probe{w.New(), testManifest()}
		p.man.WASI = true
		p.Import(wasiModule, name, types[0], types[1])
		p.Memory(4).Export("memory", w.Memory, 0)
		refused(t, p.wasm(t), "G010")
	}
	// An imported function is nobody's entry point.
	p = wasiProbe(t, "fd_close", 1)
	p.Export("other", w.Func, 0)
	refused(t, p.wasm(t), "G014")
}
