package exporter_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/exporter"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/exporter/fileexport"
	"glovebox.example/glovebox/exporter/memexport"
	"glovebox.example/glovebox/exporter/s3export"
	"glovebox.example/glovebox/internal/proof/testkit/s3server"
	"glovebox.example/glovebox/internal/release"
)

const (
	testSeed = "a test's key, never a domain's k"
	domain   = "test.example/domain"
	id       = "r-0123456789abcdef"
)

func private() ed25519.PrivateKey { return ed25519.NewKeyFromSeed([]byte(testSeed)) }

// approved is a release that may leave, with its evidence. make returns it
// anew, as a repeated export would.
type approved struct {
	content  release.Content
	index    uint64
	evidence bundle.Evidence
}

func (a *approved) make(t testing.TB) *release.Release {
	t.Helper()
	d := glovebox.Decision{Point: glovebox.PointExport, Allow: true, Revision: "sha256:p"}
	r := glovebox.Receipt{Job: "j-1", Charges: []glovebox.Charge{{Dataset: "population", Kind: glovebox.LedgerPure, Amount: glovebox.Amount{Loss: 1e9}}}}
	rel, err := release.New(d, r, a.index, a.content)
	if err != nil {
		t.Fatal(err)
	}
	return rel
}

// approve writes a log with one release per name and proves each. All have one
// ID and differ in their content.
func approve(t testing.TB, towns ...string) []*approved {
	t.Helper()
	ctx := context.Background()
	key, err := audit.NewKey(domain, private())
	if err != nil {
		t.Fatal(err)
	}
	l, err := audit.Open(ctx, t.TempDir(), key, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close(ctx)
	var all []*approved
	for i, town := range towns {
		a := &approved{index: uint64(i), content: release.Content{ID: id, Facts: json.RawMessage(`{}`), Rows: [][]any{{town, 1.5}},
			Columns: []release.Column{{Name: "town", Type: glovebox.String}, {Name: "need", Type: glovebox.Float64}}}}
		_, digest, err := a.content.Encode()
		if err != nil {
			t.Fatal(err)
		}
		e := audit.Entry{Seq: uint64(i + 1), Time: "2026-11-21T10:00:00Z", Actor: "liu", Action: "release.export", Subject: "release/" + id,
			Body: json.RawMessage(fmt.Sprintf(`{"content":%q}`, digest))}
		data, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(ctx, data); err != nil {
			t.Fatal(err)
		}
		a.evidence = bundle.Evidence{Domain: domain, Entry: data, Signer: private(), Product: glovebox.Product{Code: "care", Title: glovebox.Text{EN: "Care", ZH: "照护"}}}
		all = append(all, a)
	}
	for _, a := range all {
		p, err := l.Proof(ctx, a.index)
		if err != nil {
			t.Fatal(err)
		}
		if a.evidence.Proof, err = p.Encode(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func newExporter(t testing.TB, d driver.Destination) *exporter.Exporter {
	t.Helper()
	e, err := exporter.New(d, verify.Proof, &exporter.Options{Backoff: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func trusted(t testing.TB) *bundle.Options {
	t.Helper()
	key, err := bundle.EncodeKey(domain, private().Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return &bundle.Options{TrustedKey: key}
}

// inMemory verifies what lies in a memory destination.
func inMemory(t testing.TB, m *memexport.Memory) *bundle.Report {
	t.Helper()
	f := fstest.MapFS{}
	for _, name := range m.Names() {
		data, _ := m.Get(name)
		f[strings.TrimPrefix(name, id+"/")] = &fstest.MapFile{Data: data}
	}
	r, err := bundle.Verify(context.Background(), f, verify.Proof, trusted(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestExportToADirectory(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	d, err := fileexport.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	a := approve(t, "A")[0]
	out, err := newExporter(t, d).Export(ctx, a.make(t), a.evidence)
	if err != nil {
		t.Fatal(err)
	}
	if out.Folder != id || len(out.Files) != 9 || out.Files[0].Name != id+"/"+bundle.EnvelopeFile {
		t.Errorf("%+v", out)
	}
	for _, f := range out.Files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name))
		if err != nil || int64(len(data)) != f.Size || fmt.Sprintf("%x", sha256.Sum256(data)) != f.SHA256 {
			t.Errorf("%s is not what was reported: %v", f.Name, err)
		}
	}
	r, err := bundle.Verify(ctx, os.DirFS(filepath.Join(dir, id)), verify.Proof, trusted(t))
	if err != nil || !r.OK() {
		t.Errorf("the export does not verify: %v, %v", err, r)
	}
}

func TestExportToS3(t *testing.T) {
	s := s3server.Start(t, "results")
	b, err := s3export.Open(s.Endpoint, "results", s3export.Credentials{AccessKey: s.AccessKey, SecretKey: s3export.Secret(s.SecretKey)}, &s3export.Options{CA: s.CA, Prefix: "city"})
	if err != nil {
		t.Fatal(err)
	}
	all := approve(t, "A", "B")
	for range 2 { // the second changes nothing
		out, err := newExporter(t, b).Export(context.Background(), all[0].make(t), all[0].evidence)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range out.Files {
			info, err := b.Stat(context.Background(), f.Name)
			if err != nil || info.Size != f.Size || fmt.Sprintf("%x", info.SHA256) != f.SHA256 {
				t.Errorf("%s is not what was reported: %v", f.Name, err)
			}
		}
	}
	if _, err := newExporter(t, b).Export(context.Background(), all[1].make(t), all[1].evidence); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("another content of the same release: %v", err)
	}
}

func TestAReleaseLeavesOnce(t *testing.T) {
	a := approve(t, "A")[0]
	rel := a.make(t)
	m := &memexport.Memory{}
	if _, err := newExporter(t, m).Export(context.Background(), rel, a.evidence); err != nil {
		t.Fatal(err)
	}
	if _, err := newExporter(t, &memexport.Memory{}).Export(context.Background(), rel, a.evidence); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("a second export of one release: %v", err)
	}
	if _, err := newExporter(t, m).Export(context.Background(), &release.Release{}, a.evidence); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("an empty release: %v", err)
	}
	if _, err := newExporter(t, m).Export(context.Background(), nil, a.evidence); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("no release: %v", err)
	}
}

// 16 exporters of one name with 16 contents: one wins, the others are told,
// and what lies there is the winner's bundle alone.
func TestRaceOfDifferentContents(t *testing.T) {
	var towns []string
	for i := range 16 {
		towns = append(towns, fmt.Sprint("town", i))
	}
	all := approve(t, towns...)
	m := &memexport.Memory{}
	var wg sync.WaitGroup
	var won atomic.Int32
	var winner atomic.Pointer[approved]
	for _, a := range all {
		rel := a.make(t)
		wg.Go(func() {
			_, err := newExporter(t, m).Export(context.Background(), rel, a.evidence)
			switch glovebox.CodeOf(err) {
			case "":
				won.Add(1)
				winner.Store(a)
			case glovebox.CodeConflict:
			default:
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d exporters won, want 1", won.Load())
	}
	r := inMemory(t, m)
	if _, digest, _ := winner.Load().content.Encode(); !r.OK() || r.Content != digest || r.Index != winner.Load().index {
		t.Errorf("what lies there is not the winner's: %v", r.Err())
	}
}

// 16 exporters of the same bytes: all succeed, nothing is written twice.
func TestRaceOfTheSameContent(t *testing.T) {
	a := approve(t, "A")[0]
	m := &memexport.Memory{}
	var wg sync.WaitGroup
	for range 16 {
		rel := a.make(t)
		wg.Go(func() {
			if _, err := newExporter(t, m).Export(context.Background(), rel, a.evidence); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if r := inMemory(t, m); !r.OK() {
		t.Error(r.Err())
	}
}

// trouble is a destination whose line is bad: operations fail before or after
// they took effect.
type trouble struct {
	driver.Destination
	before, after func(n int) error
	n             int
}

func (d *trouble) Put(ctx context.Context, name string, body []byte, sum [sha256.Size]byte) error {
	d.n++
	if err := d.before(d.n); err != nil {
		return err
	}
	if err := d.Destination.Put(ctx, name, body, sum); err != nil {
		return err
	}
	return d.after(d.n)
}

func never(int) error { return nil }

var errLine = driver.Transient(errors.New("the line is bad"))

func TestTransientErrorsAreTriedAgain(t *testing.T) {
	a := approve(t, "A")[0]
	everyOther := func(n int) error {
		if n%2 == 1 {
			return errLine
		}
		return nil
	}
	for what, d := range map[string]*trouble{
		"lost on the way": {before: everyOther, after: never},
		"answer lost":     {before: never, after: everyOther},
	} {
		m := &memexport.Memory{}
		d.Destination = m
		if _, err := newExporter(t, d).Export(context.Background(), a.make(t), a.evidence); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if r := inMemory(t, m); !r.OK() {
			t.Errorf("%s: %v", what, r.Err())
		}
		if d.n != 18 {
			t.Errorf("%s: %d operations, want 18", what, d.n)
		}
	}
}

func TestOtherErrorsAreNot(t *testing.T) {
	a := approve(t, "A")[0]
	d := &trouble{Destination: &memexport.Memory{}, after: never, before: func(int) error { return errors.New("access denied") }}
	if _, err := newExporter(t, d).Export(context.Background(), a.make(t), a.evidence); err == nil || d.n != 1 || !strings.Contains(err.Error(), bundle.EnvelopeFile) {
		t.Errorf("%d tries: %v", d.n, err)
	}
	d = &trouble{Destination: &memexport.Memory{}, after: never, before: func(int) error { return errLine }}
	if _, err := newExporter(t, d).Export(context.Background(), a.make(t), a.evidence); err == nil || d.n != exporter.DefaultAttempts {
		t.Errorf("%d tries, want %d: %v", d.n, exporter.DefaultAttempts, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d = &trouble{Destination: &memexport.Memory{}, after: never, before: func(int) error { cancel(); return errLine }}
	if _, err := newExporter(t, d).Export(ctx, a.make(t), a.evidence); !errors.Is(err, context.Canceled) || d.n != 1 {
		t.Errorf("%d tries after cancel: %v", d.n, err)
	}
}

// An export that was cut off is completed by the same export made again.
func TestInterruptedExportIsCompleted(t *testing.T) {
	a := approve(t, "A")[0]
	m := &memexport.Memory{}
	d := &trouble{Destination: m, after: never, before: func(n int) error {
		if n > 4 {
			return errors.New("the machine is gone")
		}
		return nil
	}}
	if _, err := newExporter(t, d).Export(context.Background(), a.make(t), a.evidence); err == nil {
		t.Fatal("no error")
	}
	if r := inMemory(t, m); r.OK() || len(m.Names()) != 4 {
		t.Errorf("half a bundle verifies: %v", m.Names())
	}
	if _, err := newExporter(t, m).Export(context.Background(), a.make(t), a.evidence); err != nil {
		t.Fatal(err)
	}
	if r := inMemory(t, m); !r.OK() {
		t.Error(r.Err())
	}
}

// A bundle that its reader would refuse does not leave.
func TestBadEvidenceDoesNotLeave(t *testing.T) {
	all := approve(t, "CANARY-A", "CANARY-B")
	for what, change := range map[string]func(*bundle.Evidence){
		"entry of another release": func(ev *bundle.Evidence) { *ev = all[1].evidence },
		"proof of another entry":   func(ev *bundle.Evidence) { ev.Proof = all[1].evidence.Proof },
		"another key":              func(ev *bundle.Evidence) { ev.Signer = ed25519.NewKeyFromSeed([]byte(strings.Repeat("x", 32))) },
		"no proof":                 func(ev *bundle.Evidence) { ev.Proof = []byte("{}") },
	} {
		ev := all[0].evidence
		change(&ev)
		m := &memexport.Memory{}
		_, err := newExporter(t, m).Export(context.Background(), all[0].make(t), ev)
		if glovebox.CodeOf(err) != glovebox.CodeInternal || len(m.Names()) != 0 {
			t.Errorf("%s: %d files left: %v", what, len(m.Names()), err)
		}
		if err != nil && (strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), testSeed)) {
			t.Errorf("%s: the error holds a value: %v", what, err)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []exporter.Options{{Attempts: -1}, {Attempts: 21}, {Backoff: -1}, {Backoff: time.Hour}} {
		if _, err := exporter.New(&memexport.Memory{}, verify.Proof, &o); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := exporter.New(nil, verify.Proof, nil); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("no destination: %v", err)
	}
	if _, err := exporter.New(&memexport.Memory{}, nil, nil); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("no proof check: %v", err)
	}
}
