package pipeline

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// Bounds of the files that a job names.
const (
	maxJob    = 1 << 20
	maxModule = 16 << 20
)

// request is a job with everything it names, read and checked, before anybody
// is asked and before any data is touched.
type request struct {
	user     glovebox.User
	file     string
	job      *glovebox.Job // output in the module's order
	wasm     []byte
	module   *sandbox.Module
	function abi.Function
	files    map[string]string // what a file is for, to its digest
	refs     map[string]arrow.RecordBatch
	public   privacy.PublicKeys
	mode     work.Mode
	datasets map[string]domain.DatasetDoc // those that the domain knows, as the job is about them
	places   map[string]int               // of the unit column that the job is about
	filters  map[string]*engine.Filter
	crew     *crew.Crew
	reader   *crew.Reader // of its filters and tables
	walls    []string     // around its workers
	alone    bool         // for sample rows, where there is no domain
}

func newRequest(file string, u glovebox.User) *request {
	return &request{user: u, file: file, files: map[string]string{}, public: privacy.PublicKeys{}, refs: map[string]arrow.RecordBatch{},
		datasets: map[string]domain.DatasetDoc{}, places: map[string]int{}, filters: map[string]*engine.Filter{}, reader: &crew.Reader{}}
}

func (r *request) release() {
	if r.crew != nil {
		r.crew.Close()
	}
	r.reader.Close()
	for _, b := range r.refs {
		b.Release()
	}
}

// codes lists the job's datasets in their fixed order.
func (r *request) codes() []string {
	out := make([]string, 0, len(r.job.Inputs))
	for c := range r.job.Inputs {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

// prepare reads a job file and what it names. It fails with CodeInvalid and
// CodeModule, each problem with its file, field and fix.
func (p *Pipeline) prepare(ctx context.Context, file string, u glovebox.User) (_ *request, err error) {
	r := newRequest(file, u)
	r.crew = p.crew()
	defer func() {
		if err != nil {
			r.release()
		}
	}()
	if err := r.read(ctx, p.d.MaxFuel, func() error { return p.readCatalogue(ctx, r) }); err != nil {
		return nil, err
	}
	if err := p.checkDeadline(r); err != nil {
		return nil, err
	}
	return r, r.readWalls()
}

// checkDeadline holds the job's deadline against what a strict domain demands.
func (p *Pipeline) checkDeadline(r *request) error {
	switch {
	case !p.d.Strict:
	case r.job.Release.Deadline == 0:
		return r.invalid("release.deadline", "is missing: in this domain a result shows at a declared deadline only").
			WithFix("declare the seconds after which it shows, such as `deadline: %v`", max(10, p.d.MinDeadline))
	case r.job.Release.Deadline < p.d.MinDeadline:
		return r.invalid("release.deadline", "is below %v, the least of this domain: a deadline that a run cannot keep would tell how long it takes", p.d.MinDeadline).
			WithFix("declare `deadline: %v` or more", p.d.MinDeadline)
	}
	return nil
}

// readWalls waits for the first worker.
func (r *request) readWalls() error {
	walls, err := r.crew.Walls()
	r.walls = walls.Names()
	return err
}

// read reads the job and what it names; catalogue takes the records of its
// datasets.
func (r *request) read(ctx context.Context, maxFuel int64, catalogue func() error) error {
	data, err := files.Read(r.file, maxJob, "a job is a small YAML file")
	if err != nil {
		return err
	}
	if r.job, err = catalog.ParseJob(r.file, data); err != nil {
		return err
	}
	if r.wasm == nil {
		if r.wasm, err = files.ReadBeside(r.file, r.job.Module, maxModule, "a module is at most 16 MiB"); err != nil {
			return at(err, "module")
		}
	}
	if r.module, err = sandbox.Admit(r.wasm, &sandbox.Options{MaxFuel: maxFuel}); err != nil {
		return inFile(err, r.beside(r.job.Module))
	}
	if err := r.chooseFunction(); err != nil {
		return err
	}
	if err := catalogue(); err != nil {
		return err
	}
	for _, code := range r.codes() {
		if err := r.checkFilter(ctx, code); err != nil {
			return err
		}
	}
	if err := r.readFiles(ctx); err != nil {
		return err
	}
	return inFile(r.makePlan(), r.file)
}

// crew starts the workers' supervisor. The first worker comes up while the job
// is being read.
func (p *Pipeline) crew() *crew.Crew {
	return crew.New(&crew.Options{Workers: p.o.Workers, Cache: filepath.Join(p.d.Dir, "cache", "wasm")})
}

// beside shows where a file that the job names lies.
func (r *request) beside(path string) string { return filepath.Join(filepath.Dir(r.file), path) }

// checkFilter parses a row filter over the dataset's columns. Whether the job
// may use them is the policy's question.
func (r *request) checkFilter(ctx context.Context, code string) error {
	in := r.job.Inputs[code]
	doc, known := r.datasets[code]
	if in.Where == "" || !known {
		return nil
	}
	f, err := r.reader.Filter(ctx, in.Where, doc.Record.Columns)
	if err != nil {
		return inFile(at(err, "inputs."+code+".where"), r.file)
	}
	r.filters[code] = &f
	return nil
}

func (r *request) invalid(field, format string, a ...any) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
	e.File, e.Field = r.file, field
	return e
}

// readFiles reads the public reference tables and key lists.
func (r *request) readFiles(ctx context.Context) error {
	for name, path := range r.job.References {
		i := slices.IndexFunc(r.function.References, func(t abi.Table) bool { return t.Name == name })
		if i < 0 {
			return r.invalid("references."+name, "the module reads no such reference table").WithFix("leave it out")
		}
		batch, digest, err := r.readReference(ctx, path, columnsOf(r.function.References[i]))
		if err != nil {
			return inFile(at(err, "references."+name), r.file)
		}
		r.refs[name], r.files["references."+name] = batch, digest
	}
	for i := range r.job.Output.Key {
		if err := r.readKeys(ctx, &r.job.Output.Key[i]); err != nil {
			return err
		}
	}
	return nil
}

func columnsOf(t abi.Table) []engine.ReferenceColumn {
	var out []engine.ReferenceColumn
	for _, c := range t.Columns {
		out = append(out, engine.ReferenceColumn{Name: c.Name, Type: c.Type})
	}
	return out
}

func (r *request) readReference(ctx context.Context, path string, cols []engine.ReferenceColumn) (arrow.RecordBatch, string, error) {
	// Read once: what is digested is what is parsed.
	data, err := files.ReadBeside(r.file, path, engine.MaxReferenceBytes, "a reference table is at most 10 MiB")
	if err != nil {
		return nil, "", err
	}
	f, err := files.Memory("reference", data)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	batch, err := r.reader.Table(ctx, f, cols)
	return batch, digestOf(data), inFile(err, r.beside(path))
}

// fromFile stands in a job's identity for the path of a key list: the list's
// digest is there too, and where it lay does not matter.
const fromFile = "file"

// readKeys reads one field's public keys where the job names a file: the
// column of the field's name.
func (r *request) readKeys(ctx context.Context, k *glovebox.KeyField) error {
	path, named := k.Public.(string)
	if k.Private || !named {
		return nil
	}
	field := "output.key." + k.Name
	batch, digest, err := r.readReference(ctx, path, []engine.ReferenceColumn{{Name: k.Name, Type: k.Type}})
	if err != nil {
		return inFile(at(err, field+".public"), r.file)
	}
	defer batch.Release()
	r.files[field], k.Public = digest, fromFile
	texts := make([]string, batch.NumRows())
	for i := range texts {
		if batch.Column(0).IsNull(i) {
			e := r.invalid(field+".public", "row %d of the list has no value", i+1).WithFix("take the row out")
			e.File = r.beside(path)
			return e
		}
		texts[i] = batch.Column(0).ValueStr(i)
	}
	r.public[k.Name] = texts
	return nil
}

// inFile and at complete an error with the file and field it is about.
func inFile(err error, file string) error {
	var e *glovebox.Error
	if errors.As(err, &e) && e.File == "" {
		e.File = file
	}
	return err
}

func at(err error, field string) error {
	var e *glovebox.Error
	if errors.As(err, &e) && e.Field == "" {
		e.Field = field
	}
	return err
}
