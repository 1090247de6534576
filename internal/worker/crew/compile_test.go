package crew

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// slowModule passes admission and takes a few seconds to compile: functions of
// many ifs, as many as admission's own estimate of the time lets through.
func slowModule(t *testing.T) []byte {
	t.Helper()
	p := w.New()
	p.Memory(4).Export("memory", w.Memory, 0)
	p.Export("gbx_abi_1", w.Func, p.Func(nil, []byte{w.I32}, nil, w.I32Const(0)))
	p.Export("gbx_buffers", w.Func, p.Func([]byte{w.I32, w.I32}, []byte{w.I64}, nil, w.I64Const(1<<48|1<<17)))
	ifs := w.Repeat(1900, w.Cat(w.Get(0), w.If(w.I32Const(1), w.Set(0))))
	for range 30 {
		p.Func([]byte{w.I32}, []byte{w.I32}, nil, ifs, w.Get(0))
	}
	p.Export("run", w.Func, p.Func([]byte{w.I32}, []byte{w.I32}, nil, w.I32Const(0)))
	man, err := json.Marshal(&abi.Manifest{ABI: abi.Version, Name: "slow", Version: "1", Pages: 8, Fuel: 100_000, Functions: []abi.Function{{
		Name: "run", Kind: abi.KindMap, Inputs: []abi.Table{{Name: "in", MaxRows: 100, Columns: []abi.Column{{Name: "x", Type: "int64"}}}},
		Output: abi.Output{Metrics: []string{"m"}, MaxRecords: 10}}}})
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := sandbox.SetManifest(p.Bytes(), man)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sandbox.Admit(wasm, nil); err != nil {
		t.Fatalf("the module is refused before it is compiled: %v", err)
	}
	return wasm
}

// TestSlowCompilationIsKilled: a module that passes admission but takes longer,
// or more memory, than its compiler may. The limits are made small here; with
// those of the product it compiles. A machine that compiles it in less than the
// smallest limit of time that a kernel takes is held to that of memory.
func TestSlowCompilationIsKilled(t *testing.T) {
	wasm := slowModule(t)
	c := New(nil)
	defer c.Close()
	before := childrenCPU(t)
	if _, err := c.compiler(t.Context(), wasm); err != nil {
		t.Errorf("within the product's limits: %v", err)
	}
	limits := map[string]jail.Limits{"memory": {CPU: CompileCPU, Memory: 96 << 20}}
	if took := childrenCPU(t) - before; took > 3*time.Second/2 {
		limits["time"] = jail.Limits{CPU: 1, Memory: CompileMemory}
	} else {
		t.Logf("this machine compiles it in %v", took)
	}
	for name, l := range limits {
		c := New(&Options{compile: l})
		defer c.Close()
		if _, err := c.compiler(t.Context(), wasm); glovebox.CodeOf(err) != glovebox.CodeModule {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// childrenCPU is the processor time of all processes that this one started and
// that have ended.
func childrenCPU(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestCompilerSaysWhy: the compiler's reason about a module comes back.
func TestCompilerSaysWhy(t *testing.T) {
	c := New(nil)
	defer c.Close()
	if _, err := c.compiler(t.Context(), []byte("no module")); glovebox.CodeOf(err) != glovebox.CodeModule || len(err.Error()) < 10 {
		t.Fatalf("%v", err)
	}
}

// TestCompileCache: the machine code of a module is kept, used, and made again
// when its file is damaged.
func TestCompileCache(t *testing.T) {
	f := newFixture(t)
	dir := filepath.Join(t.TempDir(), "wasm")
	c := New(&Options{Cache: dir})
	defer c.Close()
	if walls, err := c.Walls(); err != nil {
		t.Fatal(err)
	} else if walls&jail.Files == 0 {
		t.Skip("this machine gives workers no file system of their own: nothing is cached")
	}
	content := func() string {
		code, err := c.Compile(t.Context(), f.job)
		if err != nil || code == nil {
			t.Fatal(code, err)
		}
		defer code.Close()
		b, err := io.ReadAll(io.NewSectionReader(code, 0, 1<<30))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := content()
	path := filepath.Join(dir, f.job.CodeName())
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Fatal("the cache is open to others", err)
	}
	// Whatever byte changes, the file is not used and is made again.
	for _, i := range []int{0, len(cacheHead), cacheSkip, len(file) - 1} {
		bad := append([]byte{}, file...)
		bad[i] ^= 1
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if readCode(dir, f.job.CodeName()) != nil {
			t.Fatalf("a damaged file was taken (byte %d)", i)
		}
		if content() != first {
			t.Fatalf("compiled again, another result (byte %d)", i)
		}
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if readCode(dir, f.job.CodeName()) != nil {
		t.Fatal("a file that anybody can write was taken")
	}
}

// TestCachedCodeRuns: workers run the code of the cache and give what workers
// that compile for themselves give.
func TestCachedCodeRuns(t *testing.T) {
	f := newFixture(t)
	want, err := f.run(t.Context(), t, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := New(&Options{Cache: t.TempDir(), Workers: 1})
	defer c.Close()
	code, err := c.Compile(t.Context(), f.job)
	if err != nil {
		t.Fatal(err)
	}
	sum := &collect{total: f.plan().NewPartial(), job: f.job}
	if err := c.Run(t.Context(), &Task{Job: f.job, Manifests: [][]byte{f.manifest}, Inputs: f.inputs(), Code: code, Parts: parts, Open: f.open(t), Done: sum.done}); err != nil {
		t.Fatal(err)
	}
	got, err := sum.total.MarshalBinary()
	if err != nil || string(got) != string(want) {
		t.Fatal("cached code gives another sum", err)
	}
	// Code of another machine: the runtime does not know it and compiles.
	strange, err := role.SealedFile([]byte("\x09\x00wazero-x/y code"))
	if err != nil {
		t.Fatal(err)
	}
	defer strange.Close()
	sum = &collect{total: f.plan().NewPartial(), job: f.job}
	c2 := New(&Options{Workers: 1})
	defer c2.Close()
	if err := c2.Run(t.Context(), &Task{Job: f.job, Manifests: [][]byte{f.manifest}, Inputs: f.inputs(), Code: strange, Parts: parts, Open: f.open(t), Done: sum.done}); err != nil {
		t.Fatal(err)
	}
}
