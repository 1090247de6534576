package crew

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
)

const example = "../../../examples/pums"

// parts is how many parts the test's snapshot has.
const parts = 16

// TestMain is the hook for workers. The faulty ones are in this test binary
// alone.
func TestMain(m *testing.M) {
	roles := role.All()
	for name, r := range faulty() {
		roles[name] = r
	}
	for name, r := range faultyBlocks() {
		roles[name] = r
	}
	for name, r := range faultyUpdates() {
		roles[name] = r
	}
	jail.Main(roles)
	os.Exit(m.Run())
}

// partFile collects a part in memory.
type partFile struct{ bytes.Buffer }

func (*partFile) Close() error { return nil }

// fixture is a job over the pums example and its parts.
type fixture struct {
	spec     work.Spec
	job      *work.Job
	manifest []byte
	decoded  *engine.Manifest
	parts    map[string]*partFile
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(example, name))
		must(err)
		return b
	}
	rec, err := catalog.ParseDataset("dataset.yaml", read("dataset.yaml"))
	must(err)
	src, err := os.Open(filepath.Join(example, "pums.csv"))
	must(err)
	defer src.Close()
	f := &fixture{parts: map[string]*partFile{}}
	loaded, err := engine.Load(context.Background(), *rec, src, engine.LoadOptions{UnitKey: [32]byte{1}, Parts: parts,
		Create: func(name string) (io.WriteCloser, error) {
			f.parts[name] = &partFile{}
			return f.parts[name], nil
		}})
	must(err)
	f.manifest, f.decoded = loaded.ManifestBytes, loaded.Manifest
	f.spec = work.Spec{
		Wasm: read("income.wasm"), Function: "income",
		Inputs: []work.Input{{Dataset: "pums", Record: rec.Columns, Columns: []string{"educ", "income"}, Where: "age >= 25", Reads: []string{"age"}, MaxRows: 1, Masks: map[string]glovebox.Mask{"educ": {Kind: "none"}, "income": {Kind: "none"}, "age": {Kind: "none"}}}},
		Output: glovebox.Output{MaxKeysPerUnit: 1, Key: []glovebox.KeyField{{Name: "schooling", Type: glovebox.String, Width: 16, Public: []any{"degree"}}},
			Metrics: []glovebox.Metric{{Name: "people", Kind: glovebox.Count}, {Name: "income", Kind: glovebox.Mean, Max: 150000}}},
		Release: glovebox.ReleaseDef{Method: "dp", Rho: 0.125},
		Public:  privacy.PublicKeys{"schooling": {"no diploma", "high school", "some college", "degree"}},
		Secret:  [32]byte{2}, TokenKey: [32]byte{3},
	}
	f.job, err = work.Check(f.spec)
	must(err)
	return f
}

// inputs are the one snapshot.
func (f *fixture) inputs() []work.Snapshot { return []work.Snapshot{{Dataset: "pums", Version: 1}} }

func (f *fixture) open(t testing.TB) func(context.Context, work.PartName) (work.Files, error) {
	return func(_ context.Context, n work.PartName) (work.Files, error) {
		p, err := role.SealedFile(f.parts[f.decoded.Parts[n.Index].Name].Bytes())
		return work.Files{Part: p}, err
	}
}

func planOf(j *work.Job) *privacy.Plan { return j.Round().(*privacy.Plan) }

func (f *fixture) plan() *privacy.Plan { return planOf(f.job) }

// collect merges partials as the pipeline does, and counts them.
type collect struct {
	mu    sync.Mutex
	total *privacy.Partial
	n     int // parts
	all   int // with their pieces
	job   *work.Job
}

func (c *collect) done(_ int, data []byte, last bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := planOf(c.job).NewPartial()
	if one.UnmarshalBinary(data) != nil {
		return ErrPartial
	}
	if c.all++; last {
		c.n++
	}
	return c.total.Merge(one)
}

// run runs the job with a crew and returns the sum of its parts.
func (f *fixture) run(ctx context.Context, t testing.TB, o *Options) ([]byte, error) {
	t.Helper()
	c := New(o)
	defer c.Close()
	sum := &collect{total: f.plan().NewPartial(), job: f.job}
	err := c.Run(ctx, &Task{Job: f.job, Manifests: [][]byte{f.manifest}, Inputs: f.inputs(), Parts: parts, Open: f.open(t), Done: sum.done})
	if err != nil {
		return nil, err
	}
	if sum.n != parts {
		t.Fatalf("%d partials for %d parts", sum.n, parts)
	}
	b, err := sum.total.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b, nil
}
