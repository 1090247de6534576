package node

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"sync"

	"filippo.io/age"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
)

// run is one run of which a node does tasks. Its workers live as long as it does.
type run struct {
	s      *Service
	e      *spread.Envelope
	id     string
	crew   *crew.Crew
	ctx    context.Context
	cancel context.CancelFunc

	begin sync.Once
	job   *work.Job
	code  *os.File
	pool  *crew.Pool
	walls []string
	err   error

	mu   sync.Mutex
	busy int
	over bool
}

func (r *run) enter() {
	r.mu.Lock()
	r.busy++
	r.mu.Unlock()
}

// leave frees the workers of a run that is over, once nobody uses them.
func (r *run) leave() {
	r.mu.Lock()
	r.busy--
	last := r.over && r.busy == 0
	r.mu.Unlock()
	if last {
		r.free()
	}
}

// stop ends the run: workers at once, what holds them when the last task left.
func (r *run) stop() {
	r.cancel()
	r.mu.Lock()
	first := !r.over
	r.over = true
	idle := r.busy == 0
	r.mu.Unlock()
	if first && idle {
		r.free()
	}
}

func (r *run) free() {
	if r.pool != nil {
		r.pool.Close()
	}
	if r.code != nil {
		_ = r.code.Close() // a file in memory
	}
	r.crew.Close()
}

// start decodes the job and compiles its module, once.
func (r *run) start(ctx context.Context) error {
	r.begin.Do(func() { r.err = r.prepare(ctx) })
	return r.err
}

func (r *run) prepare(ctx context.Context) (err error) {
	var manifests [][]byte
	if r.job, manifests, err = work.JobOf(r.e.Spec); err != nil {
		return err
	}
	if len(r.e.Files[0]) != len(manifests) || r.e.Parts%r.job.PartsPerGroup(r.e.Parts) != 0 {
		return glovebox.Errorf(glovebox.CodeInvalid, "the envelope does not fit its job")
	}
	walls, err := r.crew.Walls()
	if err != nil {
		return err
	}
	r.walls = walls.Names()
	if r.code, err = r.crew.Compile(ctx, r.job); err != nil {
		return err
	}
	// Names are places in the envelope here: a node knows no dataset.
	inputs := make([]work.Snapshot, len(manifests))
	for i := range inputs {
		inputs[i].Projection = i
	}
	r.pool, err = r.crew.Pool(&crew.Task{Job: r.job, Manifests: manifests, Code: r.code, Inputs: inputs, Parts: r.e.Parts,
		Open:  r.part,
		Check: func([]byte) error { return nil }, // see task
		Spool: func() (crew.Spool, error) { return &spool{}, nil }})
	return err
}

// task does one task.
func (r *run) task(ctx context.Context, task int) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(r.ctx, stop)()
	if task < 0 || task >= len(r.e.Tasks) {
		return glovebox.Errorf(glovebox.CodeInvalid, "the run has no task %d", task)
	}
	group := r.e.Tasks[task]
	if err := r.start(r.ctx); err != nil {
		return err
	}
	var pieces [][]byte
	total := r.job.Course([32]byte{}).Total(nil)
	defer func() { _ = total.Close() }() // it is in memory
	err := r.pool.Group(ctx, group, func(piece []byte, last bool) error {
		// A worker can have been broken into: what it says has to be a partial
		// aggregate before this node puts its name to it.
		if err := total.Add(group, r.e.Parts, piece); err != nil {
			return err
		}
		pieces = append(pieces, bytes.Clone(piece))
		return nil
	})
	if err != nil {
		return err
	}
	data, err := r.s.key.SealAnswer(r.e, group, r.walls, pieces)
	if err != nil {
		return err
	}
	return r.s.at.Put(ctx, spread.NewAnswerName(r.id), bytes.NewReader(data), int64(len(data)))
}

// part fetches and decrypts a part into memory.
func (r *run) part(ctx context.Context, name work.PartName) (out work.Files, err error) {
	if name.Index < 0 || name.Index >= len(r.e.Files) || name.Projection >= len(r.e.Files[name.Index]) {
		return out, glovebox.Errorf(glovebox.CodeInternal, "the run has no such part")
	}
	f := r.e.Files[name.Index][name.Projection]
	if out.Part, err = r.file(ctx, &f.Part); err != nil || !name.Originals || f.Originals == nil {
		return out, err
	}
	out.Sealed, err = r.file(ctx, f.Originals)
	return out, err
}

// errPart is said of a file that is not what the envelope names.
var errPart = errors.New("a part on shared storage is not what the run names")

// file decrypts one file with its own key into memory, and nowhere else.
func (r *run) file(ctx context.Context, f *spread.File) (*os.File, error) {
	src, err := r.s.at.Get(ctx, spread.PartName(f.Locator))
	if err != nil {
		return nil, err
	}
	defer src.Close()
	plain, err := age.Decrypt(bufio.NewReaderSize(io.LimitReader(src, f.Bytes), 256<<10), age.NewInjectedFileKeyIdentity(f.Key))
	if err != nil {
		return nil, errPart
	}
	sum, n := sha256.New(), &counter{}
	mem, err := role.SealedCopy(io.TeeReader(io.LimitReader(plain, f.Size+1), io.MultiWriter(sum, n)))
	if err != nil {
		return nil, errPart
	}
	if n.n != f.Size || !bytes.Equal(sum.Sum(nil), f.SHA256) {
		_ = mem.Close()
		return nil, errPart
	}
	return mem, nil
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// spool keeps the pieces of one group in memory, as many as an answer holds.
type spool struct {
	records [][]byte
	n       int64
}

func (s *spool) Append(p []byte) error {
	if s.n += int64(len(p)); s.n > spread.MaxAnswer {
		return glovebox.Errorf(glovebox.CodeInvalid, "the answer of a part is larger than %d MiB", spread.MaxAnswer>>20)
	}
	s.records = append(s.records, bytes.Clone(p))
	return nil
}

func (s *spool) Each(f func([]byte) error) error {
	for _, r := range s.records {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *spool) Close() error { return nil }
