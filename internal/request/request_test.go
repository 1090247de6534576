package request

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/sandbox/abi"
)

func TestMain(m *testing.M) {
	jail.Main(role.All())
	os.Exit(m.Run())
}

const (
	spread = "../../examples/spread/"
	train  = "../../examples/train/"
)

func bytesOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// read reads a job against the record of the pums example.
func read(t *testing.T, s Submission) (*Request, error) {
	t.Helper()
	rec, err := catalog.ParseDataset("dataset.yaml", bytesOf(t, "../../examples/pums/dataset.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	r, err := Read(t.Context(), s, &Options{MaxFuel: abi.MaxFuel, Catalogue: func(codes []string) (map[string]Dataset, error) {
		asked++
		return map[string]Dataset{"pums": {Record: *rec}}, nil
	}})
	if asked > 1 {
		t.Errorf("the catalogue was asked %d times", asked)
	}
	if err == nil {
		t.Cleanup(r.Close)
	}
	return r, err
}

// withKeys is a job of mode map whose keys are in a file beside it.
const withKeys = `scenario: education-income
product: income-table
module: income.wasm
inputs:
  pums: {columns: [educ, income]}
mode: map
output:
  key: {schooling: {type: string, width: 16, public: lists/schooling.csv}}
  max_keys_per_unit: 1
  metrics: {people: {kind: count}, income: {kind: mean, min: 0, max: 150000}}
release: {method: dp, epsilon: 1}
`

// TestOneJobFromAnywhere: the same bytes are the same request, whether they lie
// in a folder or came otherwise.
func TestOneJobFromAnywhere(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"blocks": {"job.yaml": {Data: bytesOf(t, spread+"job.yaml")}, "spread.wasm": {Data: bytesOf(t, spread+"spread.wasm")}},
		"train":  {"job.yaml": {Data: bytesOf(t, train+"job-logistic.yaml")}, "logistic.wasm": {Data: bytesOf(t, train+"logistic.wasm")}},
		"keys": {"job.yaml": {Data: []byte(withKeys)}, "income.wasm": {Data: bytesOf(t, "../../examples/pums/income.wasm")},
			"lists/schooling.csv": {Data: []byte("schooling\nno diploma\nhigh school\ndegree\n")}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, files); err != nil {
				t.Fatal(err)
			}
			beside, err := File(filepath.Join(dir, "job.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			a, err := read(t, beside)
			if err != nil {
				t.Fatal(err)
			}
			b, err := read(t, Submission{Job: files["job.yaml"].Data, Files: files})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(a.Job, b.Job) || !maps.Equal(a.Digests, b.Digests) || !reflect.DeepEqual(a.Mode.Facts(), b.Mode.Facts()) || a.Module.Digest() != b.Module.Digest() {
				t.Errorf("two requests:\n%+v\n%+v", a.Job, b.Job)
			}
			if name == "keys" && (len(a.Digests) != 1 || len(a.Public["schooling"]) != 3) {
				t.Errorf("the list of keys was not read: %v", a.Digests)
			}
		})
	}
}

// endless is a file system of one file that has no end, or is none.
type endless struct{ mode fs.FileMode }

func (e endless) Open(string) (fs.File, error) { return e, nil }
func (e endless) Read(p []byte) (int, error)   { return len(p), nil }
func (e endless) Close() error                 { return nil }
func (e endless) Stat() (fs.FileInfo, error)   { return fstest.MapFS{"f": {Mode: e.mode}}.Stat("f") }

// TestSubmissionIsForeign: what a job names is bounded, regular and within its
// folder, and errors name it as its author would.
func TestSubmissionIsForeign(t *testing.T) {
	job := bytesOf(t, spread+"job.yaml")
	dir := t.TempDir()
	if err := unix.Mkfifo(filepath.Join(dir, "spread.wasm"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "job.yaml"), job, 0o600); err != nil {
		t.Fatal(err)
	}
	fifo, err := File(filepath.Join(dir, "job.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	escaping := []byte(strings.Replace(string(job), "spread.wasm", "../spread.wasm", 1))
	for name, c := range map[string]struct {
		s    Submission
		file string
		says string
	}{
		"a long job":     {Submission{Job: make([]byte, MaxJob+1)}, "job.yaml", "too large"},
		"no files":       {Submission{Name: "asked/job.yaml", Job: job}, "asked/spread.wasm", "cannot be read"},
		"a missing file": {Submission{Job: job, Files: fstest.MapFS{}}, "spread.wasm", "cannot be read"},
		"a folder":       {Submission{Job: job, Files: fstest.MapFS{"spread.wasm/x": {}}}, "spread.wasm", "not a regular file"},
		"a device":       {Submission{Job: job, Files: endless{fs.ModeDevice}}, "spread.wasm", "not a regular file"},
		"a pipe":         {fifo, filepath.Join(dir, "spread.wasm"), "not a regular file"},
		"a file on end":  {Submission{Job: job, Files: endless{}}, "spread.wasm", "too large"},
		"a way out":      {Submission{Job: escaping, Files: endless{}}, "../spread.wasm", "leaves the folder"},
	} {
		_, err := read(t, c.s)
		e, ok := err.(*glovebox.Error)
		if !ok || e.File != c.file || !strings.Contains(e.Msg, c.says) || e.Fix == "" {
			t.Errorf("%s: %+v", name, err)
		}
	}
}
