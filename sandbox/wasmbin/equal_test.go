package wasmbin

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Random modules come from binaryen's wasm-opt, which turns random bytes into
// a valid module. About a hundred small ones are committed; `make fuzz-long`
// makes ten thousand. What binaryen gives to its modules to speak with:
var fuzzImports = func() (list []Import) {
	for name, types := range map[string]string{"log-i32": "\x7f", "log-i64": "\x7e", "log-f32": "\x7d", "log-f64": "\x7c", "log-v128": "\x7b",
		"call-export": "\x7f\x7f", "call-export-catch": "\x7f>\x7f", "sleep": "\x7f\x7f>\x7f"} {
		params, results, _ := strings.Cut(types, ">")
		list = append(list, Import{Module: "fuzzing-support", Name: name, Type: FuncType{[]byte(params), []byte(results)}})
	}
	return list
}()

// leniently parses a module as Parse does, but lets pass what a reset cannot
// put back: that is another's business.
func leniently(wasm []byte, imports []Import) (*Module, []Refusal) {
	refs := &refusals{}
	m := &Module{table: -1, memMax: math.MaxUint32, byName: map[string]export{}}
	m.guarded(refs, func() { m.parse(wasm, &Config{MaxPages: 1024, Imports: imports}, refs) })
	return m, slices.DeleteFunc(refs.list, func(r Refusal) bool {
		return r.Code == HiddenState || r.Code == Global && (strings.Contains(r.Msg, "v128") || strings.Contains(r.Msg, "mutable globals"))
	})
}

// machine is one instance of a module, plain or rewritten.
type machine struct {
	mod     api.Module
	log     []string
	fuel    api.MutableGlobal // nil: plain
	granted int64
	slice   int64
}

func newMachine(ctx context.Context, cfg wazero.RuntimeConfig, imports []Import, wasm []byte, slice int64) (*machine, func(), error) {
	x := &machine{slice: slice}
	rt := wazero.NewRuntimeWithConfig(ctx, cfg.WithMemoryLimitPages(1024))
	done := func() { _ = rt.Close(ctx) }
	b := rt.NewHostModuleBuilder(imports[0].Module)
	for _, i := range imports {
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, _ api.Module, s []uint64) {
			line := i.Name
			for k, t := range i.Type.Params {
				line += " " + canonical(t, s[k])
			}
			x.log = append(x.log, line)
			if len(i.Type.Results) > 0 {
				s[0] = 0
			}
		}), i.Type.Params, i.Type.Results).Export(i.Name)
	}
	_, err := b.Instantiate(ctx)
	if err == nil {
		_, err = rt.NewHostModuleBuilder(HostModule).NewFunctionBuilder().WithGoFunction(api.GoFunc(func(context.Context, []uint64) {
			x.granted += x.slice
			x.fuel.Set(x.fuel.Get() + uint64(x.slice))
		}), nil, nil).Export(HostRefill).Instantiate(ctx)
	}
	if err != nil {
		return nil, done, err
	}
	x.mod, err = rt.InstantiateWithConfig(ctx, wasm, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		return nil, done, err
	}
	if depth, ok := x.mod.ExportedGlobal(DepthGlobal).(api.MutableGlobal); ok {
		// The runtime's own limit is the one that both have.
		depth.Set(math.MaxInt32)
		x.fuel = x.mod.ExportedGlobal(FuelGlobal).(api.MutableGlobal)
	}
	return x, done, nil
}

func canonical(t byte, v uint64) string {
	if t == F32 && math.Float32frombits(uint32(v)) != math.Float32frombits(uint32(v)) || t == F64 && math.Float64frombits(v) != math.Float64frombits(v) {
		return "nan"
	}
	if t == I32 || t == F32 {
		v = uint64(uint32(v))
	}
	return fmt.Sprintf("%x", v)
}

// deep marks a log that goes on after the stack was too small: how far a
// function came then depends on the size of its frames, which metering changes.
const deep = "stack"

// play calls every exported function of those names with the same arguments and
// writes down all that can be seen: results, traps, calls of imports, memory and
// globals.
func (x *machine) play(ctx context.Context, names []string, globals int, seed uint64) []string {
	rng := rand.New(rand.NewPCG(seed, 77))
	for _, n := range names {
		f := x.mod.ExportedFunction(n)
		d := f.Definition()
		var args []uint64
		for _, p := range d.ParamTypes() {
			v := rng.Uint64() >> rng.IntN(64)
			if p == I32 || p == F32 {
				v = uint64(uint32(v))
			}
			args = append(args, v)
			if p == V128 {
				args = append(args, rng.Uint64())
			}
		}
		if h := x.mod.ExportedFunction("hangLimitInitializer"); h != nil {
			if _, err := h.Call(ctx); err != nil {
				x.log = append(x.log, "hang limit: "+err.Error())
			}
		}
		line := n
		res, err := f.Call(ctx, args...)
		switch {
		case err != nil && strings.Contains(err.Error(), "stack overflow"):
			return append(x.log, deep)
		case err != nil:
			line, _, _ = strings.Cut(n+" "+err.Error(), "\n")
		default:
			for _, t := range d.ResultTypes() {
				line += " " + canonical(t, res[0])
				res = res[1:]
				if t == V128 {
					line += fmt.Sprintf(" %x", res[0])
					res = res[1:]
				}
			}
		}
		x.log = append(x.log, line)
	}
	h := fnv.New64a()
	if mem := x.mod.Memory(); mem != nil {
		b, _ := mem.Read(0, mem.Size())
		h.Write(b)
		fmt.Fprint(h, mem.Size())
	}
	for i := range globals {
		g := x.mod.(experimental.InternalModule).Global(i)
		fmt.Fprint(h, canonical(g.Type(), g.Get()))
	}
	return append(x.log, fmt.Sprintf("state %x", h.Sum64()))
}

// used is the fuel that the machine has taken.
func (x *machine) used() int64 { return x.granted - int64(x.fuel.Get()) }

// wrongly says that the runtime's compiler gave the plain module another result
// than its interpreter, and the rewritten module the right one.
const wrongly = "compared, where the runtime compiles the plain module wrongly with its interpreter"

// differential compares a module with its rewritten form, and the rewritten
// form with itself under other slices of fuel. It says what else there is to
// say of the module, or why it could not be compared, or "".
func differential(t *testing.T, wasm []byte, seed uint64, interpreter bool) (skipped string) {
	t.Helper()
	ctx := context.Background()
	m, list := leniently(wasm, fuzzImports)
	if len(list) > 0 {
		return string(list[0].Code)
	}
	var names, keep []string
	for _, e := range m.exports {
		keep = append(keep, e.name)
		if e.kind == kindFunc {
			names = append(names, e.name)
		}
	}
	slices.Sort(names)
	out := m.Rewrite(Rules{Keep: keep, Pages: 1024})
	if n := floatSelects(t, out.Wasm); n != 0 {
		t.Fatalf("%d selects of floating point are left", n)
	}
	cfgs := []wazero.RuntimeConfig{wazero.NewRuntimeConfigCompiler()}
	if interpreter {
		cfgs = append(cfgs, wazero.NewRuntimeConfigInterpreter())
	}
	fuel := int64(-1)
	for _, cfg := range cfgs {
		plain, done, err := newMachine(ctx, cfg, fuzzImports, wasm, 0)
		defer done()
		if err != nil {
			t.Fatalf("the runtime refuses the module: %v", err)
		}
		want := plain.play(ctx, names, len(m.globals), seed)
		for _, slice := range []int64{1_000, 1_000_000, 1_000_000_000} {
			x, done, err := newMachine(ctx, cfg, fuzzImports, out.Wasm, slice)
			defer done()
			if err != nil {
				t.Fatalf("the runtime refuses the rewritten module: %v", err)
			}
			got := x.play(ctx, names, len(m.globals), seed)
			if skipped == "" && !slices.Contains(want, deep) && !slices.Contains(got, deep) && !slices.Equal(got, want) {
				truth, done, err := newMachine(ctx, wazero.NewRuntimeConfigInterpreter(), fuzzImports, wasm, 0)
				defer done()
				if err != nil {
					t.Fatal(err)
				}
				want, skipped = truth.play(ctx, names, len(m.globals), seed), wrongly
			}
			for i := range max(len(got), len(want)) {
				if i < len(got) && got[i] == deep || i < len(want) && want[i] == deep {
					return deep
				}
				if i >= len(got) || i >= len(want) || got[i] != want[i] {
					t.Fatalf("slice %d: at %d metered and plain differ:\n%.300q\n%.300q", slice, i, got[min(i, len(got)-1)], want[min(i, len(want)-1)])
				}
			}
			if fuel < 0 {
				fuel = x.used()
			}
			if x.used() != fuel {
				t.Fatalf("slice %d: fuel %d, elsewhere %d", slice, x.used(), fuel)
			}
		}
	}
	return skipped
}

// TestMeteredEqualsPlain: the committed random modules give the same results,
// traps, memory and globals with metering and without, under the compiler and
// the interpreter; and the same fuel whatever the slice.
func TestMeteredEqualsPlain(t *testing.T) {
	files, err := filepath.Glob("testdata/random/*.wasm")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d modules, %v", len(files), err)
	}
	compared := 0
	for i, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			wasm, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			switch why := differential(t, wasm, uint64(i), true); why {
			case "", wrongly:
				compared++
			case deep:
			default:
				t.Errorf("refused: %s", why)
			}
		})
	}
	if compared < len(files)*3/4 {
		t.Errorf("only %d of %d modules were compared to their end", compared, len(files))
	}
}

// TestRandomModules makes modules with wasm-opt and does the same with them,
// under the compiler. It runs for as many as GLOVEBOX_RANDOM_MODULES says, with
// the program that GLOVEBOX_WASM_OPT names; see scripts/fuzz-long.
func TestRandomModules(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("GLOVEBOX_RANDOM_MODULES"))
	if n == 0 {
		t.Skip("make fuzz-long runs it")
	}
	first, _ := strconv.Atoi(os.Getenv("GLOVEBOX_RANDOM_FIRST"))
	const workers = 2
	stats := make([]map[string]int, workers)
	t.Run("workers", func(t *testing.T) {
		for w := range workers {
			stats[w] = map[string]int{}
			t.Run(fmt.Sprint(w), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				for seed := first + w; seed < first+n; seed += workers {
					wasm := randomModule(t, dir, uint64(seed))
					ok := t.Run(fmt.Sprint("seed", seed), func(t *testing.T) { stats[w][differential(t, wasm, uint64(seed), false)]++ })
					if !ok {
						stats[w]["differs"]++
					}
				}
			})
		}
	})
	for _, s := range stats[1:] {
		for why, k := range s {
			stats[0][why] += k
		}
	}
	for _, why := range slices.Sorted(maps.Keys(stats[0])) {
		t.Logf("%6d %s", stats[0][why], map[string]string{"": "compared to the end", deep: "compared until the stack was too small"}[why]+why)
	}
	if compared := stats[0][""] + stats[0][wrongly]; compared < n/2 {
		t.Errorf("only %d of %d modules were compared to their end", compared, n)
	}
}

// randomModule makes a module from random bytes: the same for the same seed
// and version of wasm-opt.
func randomModule(t *testing.T, dir string, seed uint64) []byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	limit := 20_000
	if os.Getenv("GLOVEBOX_RANDOM_SAVE") != "" {
		limit = 1_500
	}
	in := make([]byte, 300+rng.IntN(limit))
	for i := range in {
		in[i] = byte(rng.Uint32())
	}
	src, dst := filepath.Join(dir, "in"), filepath.Join(dir, "out.wasm")
	if err := os.WriteFile(src, in, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{src, "-ttf", "--enable-mutable-globals", "--enable-sign-ext", "--enable-nontrapping-float-to-int", "--enable-bulk-memory-opt",
		"--enable-multivalue", "--no-fuzz-oob", "-o", dst}
	if seed%2 == 0 {
		args = append(args, "--enable-simd")
	}
	if seed%3 == 0 {
		args = append(args, "-O3")
	}
	if out, err := exec.Command(os.Getenv("GLOVEBOX_WASM_OPT"), args...).CombinedOutput(); err != nil {
		t.Fatalf("wasm-opt: %v\n%s", err, out)
	}
	wasm, err := os.ReadFile(dst)
	if err != nil {
		t.Fatal(err)
	}
	if save := os.Getenv("GLOVEBOX_RANDOM_SAVE"); save != "" {
		if err := os.WriteFile(filepath.Join(save, fmt.Sprintf("%04d.wasm", seed)), wasm, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return wasm
}
