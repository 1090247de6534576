package languages

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/internal/cli"
	"glovebox.example/glovebox/internal/proof/testkit/demo"
	"glovebox.example/glovebox/sandbox/abi"
)

// TestMain is the hook for workers: they are this test binary, started again.
func TestMain(m *testing.M) { demo.Main(m) }

// TestScaffoldedJobs runs the job of a new project as its README says, on
// sample rows and behind all walls, with the module of each language in turn:
// the records of every unit, and the table before noise, are the same.
func TestScaffoldedJobs(t *testing.T) {
	for kind, name := range examples {
		dir := filepath.Join(t.TempDir(), name)
		made, err := modbuild.New(modbuild.Project{Name: name, Language: "c", Kind: kind, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"job", "run", filepath.Join(dir, "job.yaml"), "--sample", "--units", "40", "--json"}
		readme := string(read(t, filepath.Join(dir, "README.md")))
		for _, f := range made.Files {
			if strings.HasPrefix(f, "data/") {
				args = append(args, "--record", filepath.Join(dir, f))
				if !strings.Contains(readme, " --record "+f) {
					t.Errorf("the README of %s does not name %s", name, f)
				}
			}
		}
		files, err := filepath.Glob(name + "-*.wasm")
		if err != nil || len(files) == 0 {
			t.Fatalf("no modules %s: %v", name, err)
		}
		var first string
		for _, f := range files {
			if err := os.WriteFile(filepath.Join(dir, name+".wasm"), read(t, f), 0o600); err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			if status := cli.Run(context.Background(), args, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}); status != 0 {
				t.Fatalf("%s: status %d: %s", f, status, errs.String())
			}
			var run struct {
				Units []struct {
					Unit, Outcome string
					Records       json.RawMessage
				}
				Outcomes map[string]int
				Result   struct {
					Exact json.RawMessage
					Noisy []json.RawMessage
				}
				Blocks []struct {
					Block            int
					Units            []string
					Outcome          string
					Records, Outputs json.RawMessage
				}
				Combined struct {
					Figures []struct{ Exact, Noisy json.RawMessage }
				}
			}
			if err := json.Unmarshal(out.Bytes(), &run); err != nil {
				t.Fatal(err)
			}
			little := run.Outcomes["ok"] != 40 || len(run.Result.Exact) < 100 || len(run.Result.Noisy) < 20
			if kind == abi.KindBlocks {
				little = run.Outcomes["ok"] < 20 || len(run.Blocks) < 20 || len(run.Combined.Figures) != 3
			}
			if little {
				t.Fatalf("%s: outcomes %v, %d bytes of results, %d rows with noise: the test shows little", f, run.Outcomes, len(run.Result.Exact), len(run.Result.Noisy))
			}
			b, err := json.Marshal([]any{run.Units, run.Result.Exact, run.Blocks, len(run.Combined.Figures)})
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = string(b)
			}
			if string(b) != first {
				t.Errorf("%s gives other records or another table than %s", f, files[0])
			}
		}
	}
}
