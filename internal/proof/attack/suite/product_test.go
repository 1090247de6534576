package main

import (
	"debug/elf"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProductHasNoPlant builds the product as `make build` does and looks for
// what the faults, and the places where they are planted, are called.
func TestProductHasNoPlant(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "glovebox")
	if out, err := exec.Command("go", "build", "-trimpath", "-tags", "duckdb_arrow", "-ldflags=-w", "-o", bin, "glovebox.example/glovebox/cmd/glovebox").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := elf.Open(bin)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	ours := 0
	for _, s := range symbols {
		if !strings.HasPrefix(s.Name, "glovebox.example/glovebox/") {
			continue
		}
		ours++
		if name := strings.ToLower(s.Name); strings.Contains(name, "plant") || strings.Contains(name, "internal/proof/attack") {
			t.Errorf("the product holds %s", s.Name)
		}
	}
	if ours < 1000 {
		t.Fatalf("%d symbols of the project found: the list cannot be right", ours)
	}
}
