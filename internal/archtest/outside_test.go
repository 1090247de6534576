package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOthersCanImport builds a small module outside of this one that uses what
// ARCHITECTURE.md calls importable: it needs no build tag and no DuckDB.
func TestOthersCanImport(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.org/outside\n\ngo 1.26.0\n\nrequire " + module + " v0.0.0\n\nreplace " + module + " => " + root + "\n",
		"go.sum": string(sums),
		"outside.go": `package outside

import (
	"context"
	"fmt"

	"` + module + `"
	"` + module + `/audit/verify"
	"` + module + `/exporter/bundle"
	"` + module + `/privacy"
)

// Use calls each.
func Use() {
	_, err := privacy.NewPlan(glovebox.Output{}, glovebox.ReleaseDef{}, nil)
	_, bad := verify.Log(context.Background(), "no-log", "no key", nil)
	fmt.Println(err, bad, bundle.MaxFile)
}
`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "build", "-mod=mod", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
