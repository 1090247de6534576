package cluster

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"filippo.io/age"
	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	dataengine "glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/node"
	"glovebox.example/glovebox/internal/spread/storage"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
)

const parts = 16

// snapshot is the pums example, encrypted as the vault does it, with nodes.
type snapshot struct {
	t        *testing.T
	sign     ed25519.PrivateKey
	id       *age.HybridIdentity
	record   *glovebox.Dataset
	raw      []byte
	manifest *dataengine.Manifest
	plain    map[string][]byte
	sealed   map[string][]byte
	at       *storage.Dir
	nodes    []spread.Node
}

type buffer struct{ bytes.Buffer }

func (*buffer) Close() error { return nil }

func newSnapshot(t *testing.T, sockets [2]string) *snapshot {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s := &snapshot{t: t, plain: map[string][]byte{}, sealed: map[string][]byte{}}
	pub, sign, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	s.sign = sign
	s.id, err = age.GenerateHybridIdentity()
	must(err)
	data, err := os.ReadFile("../examples/pums/dataset.yaml")
	must(err)
	s.record, err = catalog.ParseDataset("dataset.yaml", data)
	must(err)
	src, err := os.Open("../examples/pums/pums.csv")
	must(err)
	defer src.Close()
	files := map[string]*buffer{}
	loaded, err := dataengine.Load(t.Context(), *s.record, src, dataengine.LoadOptions{UnitKey: [32]byte{1}, Parts: parts, Create: func(name string) (io.WriteCloser, error) {
		files[name] = &buffer{}
		return files[name], nil
	}})
	must(err)
	s.raw, s.manifest = loaded.ManifestBytes, loaded.Manifest
	for name, b := range files {
		s.plain[name] = b.Bytes()
		var c bytes.Buffer
		w, err := age.Encrypt(&c, s.id.Recipient())
		must(err)
		_, err = w.Write(b.Bytes())
		must(err)
		must(w.Close())
		s.sealed[name] = c.Bytes()
	}
	s.at, err = storage.OpenDir(t.TempDir())
	must(err)
	for i, name := range []string{"n1", "n2"} {
		key, err := spread.NewNodeKey(name, pub)
		must(err)
		enrolment, err := key.Enrol(nil, hex.EncodeToString(make([]byte, 32)), "linux/amd64")
		must(err)
		e, err := spread.ReadEnrolment(enrolment)
		must(err)
		s.nodes = append(s.nodes, spread.Node{Name: name, Recipient: e.Recipient, Key: e.Key})
		l, err := net.Listen("unix", sockets[i])
		must(err)
		ctx, stop := context.WithCancel(context.Background())
		served := make(chan error)
		svc := node.New(key, s.at, t.TempDir(), &node.Options{Workers: 1})
		go func() { served <- svc.Serve(ctx, l) }()
		t.Cleanup(func() { stop(); <-served })
	}
	return s
}

func (s *snapshot) Nodes(context.Context) ([]spread.Node, error) { return s.nodes, nil }
func (s *snapshot) Signer() crypto.Signer                        { return s.sign }

func (s *snapshot) Sealed(m *dataengine.Manifest, n work.PartName) (spread.Part, error) {
	name := m.Parts[n.Index].Name
	c := s.sealed[name]
	header, err := age.ExtractHeader(bytes.NewReader(c))
	if err != nil {
		return spread.Part{}, err
	}
	key, err := age.DecryptHeader(header, s.id)
	sum, locator := sha256.Sum256(s.plain[name]), sha256.Sum256([]byte(name))
	return spread.Part{Part: spread.Sealed{
		File: spread.File{Locator: hex.EncodeToString(locator[:16]), Key: key, Bytes: int64(len(c)), Size: int64(len(s.plain[name])), SHA256: sum[:]},
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c)), nil },
	}}, err
}

// jobs are one of each mode.
func (s *snapshot) jobs() map[string]*work.Job {
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			s.t.Fatal(err)
		}
		return b
	}
	input := func(where string, columns ...string) []work.Input {
		masks := map[string]glovebox.Mask{"age": {Kind: "none"}}
		for _, c := range columns {
			masks[c] = glovebox.Mask{Kind: "none"}
		}
		if where == "" && !slices.Contains(columns, "age") {
			delete(masks, "age")
		}
		in := work.Input{Dataset: "pums", Record: s.record.Columns, Columns: columns, MaxRows: 1, Masks: masks}
		if where != "" {
			in.Where, in.Reads = where, []string{"age"}
		}
		return []work.Input{in}
	}
	spec, err := catalog.ParseJob("job.yaml", read("../examples/spread/job.yaml"))
	if err != nil {
		s.t.Fatal(err)
	}
	rel := glovebox.ReleaseDef{Method: "dp", Rho: 0.125}
	out := map[string]*work.Job{}
	for name, spec := range map[string]work.Spec{
		"map": {Wasm: read("../examples/pums/income.wasm"), Function: "income", Inputs: input("age >= 25", "educ", "income"), Release: rel,
			Output: glovebox.Output{MaxKeysPerUnit: 1, Key: []glovebox.KeyField{{Name: "schooling", Type: glovebox.String, Width: 16, Public: []any{"degree"}}},
				Metrics: []glovebox.Metric{{Name: "people", Kind: glovebox.Count}, {Name: "income", Kind: glovebox.Mean, Max: 150000}}},
			Public: privacy.PublicKeys{"schooling": {"no diploma", "high school", "some college", "degree"}}},
		"blocks": {Wasm: read("../examples/spread/spread.wasm"), Mode: spec.Mode, Blocks: spec.Blocks, Release: spec.Release, Inputs: input("", "educ", "income")},
		"train": {Wasm: read("../examples/train/logistic.wasm"), Function: "gradient", Mode: glovebox.ModeTrain, Release: rel,
			Train: &glovebox.Train{Rounds: 2, Size: 6, Clip: 2, State: 5, Update: "step"}, Inputs: input("", "age", "educ", "sex", "married", "income"),
			Params:     map[string]any{"threshold": 50000.0, "rate": 0.5},
			References: map[string]arrow.RecordBatch{glovebox.StateTable: work.ValueTable(make([]float64, 5))}},
	} {
		spec.Secret, spec.TokenKey = [32]byte{2}, [32]byte{3}
		if out[name], err = work.Check(spec); err != nil {
			s.t.Fatalf("%s: %v", name, err)
		}
	}
	return out
}

// runner is what crew and nodes have in common.
type runner interface {
	Run(context.Context, *crew.Task) error
	Update(context.Context, *work.Job, *work.Update, *os.File) ([]float64, bool, error)
}

// answer goes a job's course with noise from fixed seeds.
func (s *snapshot) answer(r runner, j *work.Job) string {
	s.t.Helper()
	c := j.Course([32]byte{9})
	for seed := byte(1); c.More(); seed++ {
		total := c.Total(nil)
		err := r.Run(s.t.Context(), &crew.Task{Job: c.Job(), Manifests: [][]byte{s.raw}, Inputs: []work.Snapshot{{Dataset: "pums", Version: 1}}, Parts: parts, Check: total.Check,
			Open: func(_ context.Context, n work.PartName) (work.Files, error) {
				f, err := role.SealedFile(s.plain[s.manifest.Parts[n.Index].Name])
				return work.Files{Part: f}, err
			},
			Done: func(group int, data []byte, _ bool) error { return total.Add(group, parts, data) }})
		if err != nil {
			s.t.Fatal(err)
		}
		step, err := c.Release(total, mechanism.SeededSource([32]byte{seed}))
		if err != nil {
			s.t.Fatal(err)
		}
		if step == nil {
			continue
		}
		next, ok, err := r.Update(s.t.Context(), j, step, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		c.Take(next, ok)
	}
	b, err := json.Marshal(c.Answer())
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// same holds an engine to the crew of this machine: the bytes of the answers are
// the same, in every mode.
func (s *snapshot) same(e engine.Engine) {
	s.t.Helper()
	for mode, j := range s.jobs() {
		local := crew.New(&crew.Options{Workers: 1})
		want := s.answer(local, j)
		local.Close()
		c := crew.New(&crew.Options{Workers: 1})
		refused := 0
		r := spread.New(c, s, func() (engine.Engine, storage.Storage, error) { return e, s.at, nil }, func(rep spread.Report) { refused += rep.Refused })
		if err := r.Prepare(s.t.Context(), &crew.Task{Job: j, Manifests: [][]byte{s.raw}, Parts: parts}); err != nil {
			s.t.Fatal(err)
		}
		got := s.answer(r, j)
		c.Close()
		if got != want || refused != 0 {
			s.t.Errorf("%s: nodes give another answer, %d refused\n%s\n%s", mode, refused, got, want)
		}
	}
}

// sockets are paths for two nodes.
func sockets(t *testing.T) [2]string {
	dir := t.TempDir()
	return [2]string{filepath.Join(dir, "s1"), filepath.Join(dir, "s2")}
}
