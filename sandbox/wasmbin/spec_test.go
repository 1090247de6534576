package wasmbin

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// specImports are the functions that the suite's modules may import.
var specImports = func() (list []Import) {
	for name, params := range map[string]string{"print": "", "print_i32": "\x7f", "print_i64": "\x7e", "print_f32": "\x7d", "print_f64": "\x7c", "print_i32_f32": "\x7f\x7d", "print_f64_f64": "\x7c\x7c"} {
		list = append(list, Import{Module: "spectest", Name: name, Type: FuncType{Params: []byte(params)}})
	}
	return list
}()

// pair is a module of the suite, plain and metered.
type pair struct{ plain, metered *machine }

// call calls both. It says whether they did the same, and what the plain one
// returned; a trap returns nil.
func (p *pair) call(ctx context.Context, field string, args []uint64) (same bool, got []string) {
	one, errPlain := p.plain.mod.ExportedFunction(field).Call(ctx, args...)
	two, errMetered := p.metered.mod.ExportedFunction(field).Call(ctx, args...)
	types := p.plain.mod.ExportedFunction(field).Definition().ResultTypes()
	got = canonicals(types, one)
	return (errPlain == nil) == (errMetered == nil) && slices.Equal(got, canonicals(types, two)), got
}

// canonicals are results with every NaN alike.
func canonicals(types []api.ValueType, words []uint64) (list []string) {
	for _, t := range types {
		if len(words) == 0 {
			break
		}
		list = append(list, canonical(t, words[0]))
		words = words[1:]
		if t == V128 {
			list = append(list, canonical(I64, words[0]))
			words = words[1:]
		}
	}
	return list
}

// TestSpecMetered: every assert_return of the specification's test suite gives
// with metering what it gives without, and what the suite expects. What traps
// plain, traps metered. Modules that the rewrite does not take, for what they
// import or hold, are counted.
func TestSpecMetered(t *testing.T) {
	ctx := context.Background()
	n := map[string]int{}
	for _, script := range w.Spec(t) {
		var last *pair
		linked := false // a module that is left out changes what others of its script return
		named, done := map[string]*pair{}, []func(){}
		for _, c := range script {
			wasm := c.Wasm(t)
			switch {
			case c.Type == "module" && wasm != nil:
				var end func()
				if last, end = specPair(ctx, t, c, wasm); last == nil {
					n["modules that are not taken"]++
					linked = true
				} else {
					n["modules"]++
				}
				done = append(done, end)
				if c.Name != "" {
					named[c.Name] = last
				}
			case c.Type == "assert_return" || c.Type == "action" || c.Type == "assert_trap":
				p := last
				if c.Action.Module != "" {
					p = named[c.Action.Module]
				}
				args, ok := words(c.Action.Args)
				if p == nil || c.Action.Type != "invoke" || !ok {
					n[c.Type+" left out"]++
					continue
				}
				same, got := p.call(ctx, c.Action.Field, args)
				bits, exact := words(c.Expected)
				want := canonicals(p.plain.mod.ExportedFunction(c.Action.Field).Definition().ResultTypes(), bits)
				if n[c.Type]++; !same {
					t.Errorf("%v: metered and plain differ", c)
				}
				if c.Type == "assert_return" && exact && !linked && !slices.Equal(got, want) {
					t.Errorf("%v: the runtime gives %s, want %s", c, got, want)
				}
			}
		}
		for _, end := range done {
			end()
		}
	}
	t.Logf("%v", n)
	if n["assert_return"] < 50_000 {
		t.Errorf("only %d assert_return were compared", n["assert_return"])
	}
}

// words are the bits of all values, or false if one has none that are exact.
func words(values []w.Value) (all []uint64, ok bool) {
	for _, v := range values {
		one, ok := v.Words()
		if !ok {
			return nil, false
		}
		all = append(all, one...)
	}
	return all, true
}

// specPair starts a module, plain and metered; nil: it is not taken.
func specPair(ctx context.Context, t *testing.T, c w.Command, wasm []byte) (*pair, func()) {
	t.Helper()
	m, list := leniently(wasm, specImports)
	list = slices.DeleteFunc(list, func(r Refusal) bool { return r.Msg == "module defines no memory" })
	if len(list) > 0 || strings.Contains(c.Script, "skip-stack-guard-page") {
		return nil, func() {}
	}
	var keep []string
	for _, e := range m.exports {
		keep = append(keep, e.name)
	}
	cfg := wazero.NewRuntimeConfigCompiler()
	plain, endPlain, err := newMachine(ctx, cfg, specImports, wasm, 0)
	if err != nil {
		endPlain()
		return nil, func() {} // an active segment does not fit, which the suite wants
	}
	metered, end, err := newMachine(ctx, cfg, specImports, m.Rewrite(Rules{Keep: keep, Pages: 1024}).Wasm, math.MaxInt32)
	if err != nil {
		t.Errorf("%v: metered, it does not start: %v", c, err)
		return nil, func() { end(); endPlain() }
	}
	return &pair{plain, metered}, func() { end(); endPlain() }
}
