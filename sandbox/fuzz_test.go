package sandbox

import (
	"context"
	"path/filepath"
	"testing"

	"glovebox.example/glovebox"
)

// FuzzAdmit: no bytes may panic or be refused with anything but reasons. What
// is admitted is compiled, started and run for a little while: the runtime
// must take or refuse it, and a reset must bring it back.
func FuzzAdmit(f *testing.F) {
	if testing.Short() {
		f.Skip("takes seconds")
	}
	files, err := filepath.Glob("testdata/*.wasm")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds")
	}
	for _, name := range files {
		f.Add(read(f, name))
	}
	f.Add(fine(newProbe()).wasm(f))
	for _, name := range evilNames(f, "*") {
		if e := loadEvil(f, name); len(e.wasm) < 4096 {
			f.Add(e.wasm)
		}
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		m, err := Admit(wasm, nil)
		if err != nil {
			if glovebox.CodeOf(err) != glovebox.CodeModule || len(Refusals(err)) == 0 {
				t.Fatalf("Admit: %v", err)
			}
			return
		}
		ctx := context.Background()
		p, err := m.Compile(ctx, nil)
		if err != nil {
			if len(Refusals(err)) == 0 {
				t.Fatalf("Compile: %v", err)
			}
			return
		}
		defer p.Close()
		bind := probeBinding()
		if m.CheckBinding(bind) != nil {
			return
		}
		g, err := p.NewGuest(ctx, bind, nil)
		if err != nil {
			if len(Refusals(err)) == 0 {
				t.Fatalf("NewGuest: %v", err)
			}
			return
		}
		defer g.Close()
		g.fuel = min(g.fuel, 100_000)
		var first, second Result
		if err := g.Run(ctx, empty(), &first); err != nil {
			t.Fatalf("Run: %v", err)
		}
		if !isClean(g) {
			t.Fatal("the guest is not in the state of its image")
		}
		if err := g.Run(ctx, empty(), &second); err != nil || first.Outcome != second.Outcome || first.Fuel != second.Fuel || first.N != second.N {
			t.Fatalf("two runs differ: %+v and %+v, %v", first, second, err)
		}
	})
}
