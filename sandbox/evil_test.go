package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// What a hostile module may cost in memory of the process; ruler_test.go says
// what it may cost in time.
const (
	evilMemory  = 64 << 20  // bytes beyond the manifest's pages
	evilCompMem = 512 << 20 // bytes while a module is admitted and compiled
)

// evilReport is what a child says about one module. Admit, Compile, Start and
// Unit are shares of what the module may take: see rulers.share.
type evilReport struct {
	Refusals   []string
	Mismatches []string
	Admit      float64
	Compile    float64
	Start      float64 // of the way of resetting that takes longest
	Unit       float64 // of the unit and the way of resetting that take longest
	Fuel       int64   // of that unit
	Units      int
	Pages      int
	Compiling  int // bytes of resident memory at the peak, until the module is compiled
	Grown      int // the same while guests run

	rulers *rulers
	least  map[evilKind]*evilCost
}

// evilKind is one kind of work that a child does more than once.
type evilKind struct {
	how Reset
	x   int64 // of the unit; a start has none
}

// evilCost is the least that a kind of work took: what it takes each time. The
// rest is other work of the machine.
type evilCost struct {
	share float64
	fuel  int64
}

// note takes a measurement of a kind of work.
func (r *evilReport) note(k evilKind, share float64, fuel int64) {
	if c := r.least[k]; c == nil || share < c.share {
		r.least[k] = &evilCost{share, fuel}
	}
}

const startOf = -1 << 62 // x of a start

// worst finds the kinds of work that took the largest share.
func (r *evilReport) worst() {
	for k, c := range r.least {
		switch {
		case k.x == startOf:
			r.Start = max(r.Start, c.share)
		case c.share >= r.Unit:
			r.Unit, r.Fuel = c.share, c.fuel
		}
	}
}

// within says whether a module kept to its bounds.
func (r *evilReport) within() bool {
	return max(r.Admit, r.Compile, r.Start, r.Unit) <= 1 && r.beyond() <= evilMemory && r.Compiling <= evilCompMem
}

// beyond is the memory beyond the manifest's pages.
func (r *evilReport) beyond() int { return r.Grown - r.Pages*wasmbin.PageBytes }

// TestEvilSuite runs every hostile module in a process of its own. It is
// refused with the code that its source names, or each unit ends as the source
// says: within its fuel and memory, the same wherever it comes in the order of
// units, and the guest is then as it was.
func TestEvilSuite(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	names := evilNames(t, "*")
	if len(names) < 60 {
		t.Fatalf("%d hostile modules", len(names))
	}
	slots := make(chan struct{}, 2)
	var wait sync.WaitGroup
	for _, name := range names {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			t.Run(name, func(t *testing.T) { judgeEvil(t, loadEvil(t, name), evilMeasured(t, name)) })
		})
	}
	wait.Wait()
}

// evilMeasured runs a module in a child and, if it took too much, in up to three
// more: the kernel's figure of memory holds garbage that Go was about to
// collect, and other work of the machine may come between two measurements. A
// module that breaks a bound breaks it each time.
func evilMeasured(t *testing.T, name string) *evilReport {
	t.Helper()
	r := evilInChild(t, name)
	for range 3 {
		if r.within() {
			break
		}
		r = evilInChild(t, name)
	}
	return r
}

// evilInChild runs a module of the suite in a process of its own.
func evilInChild(t *testing.T, name string) *evilReport {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.Command(os.Args[0], "-test.run=^TestEvilChild$", "-test.timeout=30m")
	cmd.Env = append(os.Environ(), "GOGC=100", "GLOVEBOX_EVIL="+name, "GLOVEBOX_EVIL_REPORT="+file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the child failed: %v\n%s", err, out)
	}
	r := &evilReport{}
	if err := json.Unmarshal(read(t, file), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func judgeEvil(t *testing.T, e *evil, r *evilReport) {
	t.Logf("%s: of what it may take: admission %.3f, compilation %.3f, start %.3f, unit %.3f with %d fuel; %d units, %d KiB beyond, %d KiB compiling", e.tries, r.Admit, r.Compile, r.Start, r.Unit, r.Fuel,
		r.Units, r.beyond()>>10, r.Compiling>>10)
	judgeOutcome(t, e, r)
	if !r.within() {
		t.Errorf("took too much each time: of what it may take admission %.2f, compilation %.2f, start %.2f, a unit with %d fuel %.2f; %d MiB to admit and compile; %d MiB beyond the %d pages of its manifest",
			r.Admit, r.Compile, r.Start, r.Fuel, r.Unit, r.Compiling>>20, r.beyond()>>20, r.Pages)
	}
}

// judgeOutcome holds what a module did against what its source says.
func judgeOutcome(t *testing.T, e *evil, r *evilReport) {
	for _, m := range r.Mismatches {
		t.Error(m)
	}
	switch {
	case e.refused != "" && !slices.Contains(r.Refusals, e.refused):
		t.Errorf("tries to %s: not refused with %s but %v", e.tries, e.refused, r.Refusals)
	case e.refused == "" && (len(r.Refusals) > 0 || r.Units == 0):
		t.Errorf("tries to %s: refused with %v", e.tries, r.Refusals)
	}
}

// TestEveryReasonHasAModule: each code is the answer to some module of the
// suite, but for the one that a domain's own bounds give.
func TestEveryReasonHasAModule(t *testing.T) {
	missing := Reasons()
	delete(missing, reasonDomain) // TestDomainBounds
	for _, name := range evilNames(t, "*") {
		delete(missing, wasmbin.Reason(loadEvil(t, name).refused))
	}
	if len(missing) > 0 {
		t.Errorf("no hostile module for %v", missing)
	}
}

// channel runs modules of the suite here, for the tests that the threat model
// names; what they cost is measured by TestEvilSuite.
func channel(t *testing.T, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		for _, name := range evilNames(t, p) {
			t.Run(name, func(t *testing.T) {
				e, r := loadEvil(t, name), newEvilReport(t)
				r.run(t, e, evilUnits(t))
				judgeOutcome(t, e, r)
			})
		}
	}
}

// TestEvilChild is the process of one hostile module.
func TestEvilChild(t *testing.T) {
	name := os.Getenv("GLOVEBOX_EVIL")
	if name == "" {
		t.Skip("runs in a child of TestEvilSuite")
	}
	e, r := loadEvil(t, name), newEvilReport(t)
	units := evilUnits(t)
	r.run(t, e, units)
	r.worst()
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv("GLOVEBOX_EVIL_REPORT"), out, 0o600); err != nil {
		t.Fatal(err)
	}
}

func newEvilReport(t *testing.T) *evilReport {
	return &evilReport{rulers: newRulers(t), least: map[evilKind]*evilCost{}}
}

// evilUnit is a unit that the suite gives to guests; x is its first value.
type evilUnit struct {
	x    int64
	rows [][]Span
}

// evilUnits are a usual unit, a long one, and the one that a module may be
// after: its x is 666.
func evilUnits(t testing.TB) []evilUnit {
	a := memory.NewGoAllocator()
	return []evilUnit{{1, ints(t, a, 1)}, {9, ints(t, a, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2, -3, -4)}, {666, ints(t, a, 666)}}
}

func (r *evilReport) run(t *testing.T, e *evil, units []evilUnit) {
	ctx := context.Background()
	at, from := resident(t, "VmRSS:"), cpu(t)
	m, err := Admit(e.wasm, nil)
	r.Admit = r.rulers.share(t, cpu(t)-from, r.rulers.admitMay)
	if r.refused(err) {
		return
	}
	r.Pages = m.Manifest().Pages
	from = cpu(t)
	prog, err := m.Compile(ctx, nil)
	r.Compiling = resident(t, "VmHWM:") - at
	r.Compile = r.rulers.share(t, cpu(t)-from, r.rulers.compileMay)
	if r.refused(err) {
		return
	}
	defer prog.Close()
	r.rulers.widen(t, r.Pages)
	if at, ok := newPeak(t); ok {
		defer func() { r.Grown = resident(t, "VmHWM:") - at }()
	}
	for _, how := range resets {
		if !r.guest(t, e, prog, how, units) {
			return
		}
	}
}

// refused notes the codes of a refusal.
func (r *evilReport) refused(err error) bool {
	if err == nil {
		return false
	}
	if glovebox.CodeOf(err) != glovebox.CodeModule {
		r.wrong("not a refusal: %v", err)
	}
	for _, x := range Refusals(err) {
		r.Refusals = append(r.Refusals, string(x.Code))
		if x.Msg == "" || x.Fix == "" || Reasons()[x.Code] != x.Fix || len(x.Msg) > 500 || strings.ContainsFunc(x.Msg, func(c rune) bool { return c < ' ' }) {
			r.wrong("%s says %q, fix %q", x.Code, x.Msg, x.Fix)
		}
	}
	return true
}

func (r *evilReport) wrong(format string, a ...any) {
	r.Mismatches = append(r.Mismatches, fmt.Sprintf(format, a...))
}

// guest runs units in an order that lets each kind follow each other kind. A
// unit must give what it gives alone.
func (r *evilReport) guest(t *testing.T, e *evil, prog *Program, how Reset, units []evilUnit) bool {
	order := []int{0, 2, 0, 1, 0, 2, 2, 1, 1, 2, 0, 0}
	if prog.module.manifest.Fuel > 50_000_000 {
		order = []int{0, 2, 0}
	}
	alone := make([]*Result, len(units))
	for i := range units {
		if !slices.Contains(order, i) {
			continue
		}
		g := r.start(t, prog, how)
		if g == nil {
			return false
		}
		alone[i] = r.unit(t, e, g, how, units[i])
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	g := r.start(t, prog, how)
	defer g.Close()
	for n, i := range order {
		got, want := r.unit(t, e, g, how, units[i]), alone[i]
		if got.Outcome != want.Outcome || got.N != want.N || got.Fuel != want.Fuel || !bytes.Equal(got.Records, want.Records) {
			r.wrong("reset %q, unit %d (x=%d): %v, fuel %d, records %x; alone: %v, fuel %d, records %x", how, n, units[i].x,
				got.Outcome, got.Fuel, clipped(got.Records), want.Outcome, want.Fuel, clipped(want.Records))
		}
	}
	if !isClean(g) {
		r.wrong("reset %q: the guest is not in the state of its image", how)
	}
	return true
}

// isClean says whether a guest is in the state of its image: each byte, the
// size, each global.
func isClean(g *Guest) bool {
	if g.in.size() != g.img.size {
		return false
	}
	b, at := g.in.bytes(), 0
	for _, r := range g.img.runs {
		if slices.Contains(nonZero(b[at:r.at]), true) || !bytes.Equal(b[r.at:r.at+len(r.data)], r.data) {
			return false
		}
		at = r.at + len(r.data)
	}
	for i, v := range g.in.globals {
		if v.Get() != g.img.globals[i] {
			return false
		}
	}
	return !slices.Contains(nonZero(b[at:]), true)
}

func clipped(b []byte) []byte { return b[:min(len(b), 32)] }

func (r *evilReport) start(t *testing.T, prog *Program, how Reset) *Guest {
	from := cpu(t)
	g, err := prog.NewGuest(context.Background(), probeBinding(), &GuestOptions{Reset: how})
	r.note(evilKind{how, startOf}, r.rulers.share(t, cpu(t)-from, r.rulers.unitMay(InitFuel/4, r.Pages)), 0)
	if r.refused(err) {
		return nil
	}
	return g
}

func (r *evilReport) unit(t *testing.T, e *evil, g *Guest, how Reset, u evilUnit) *Result {
	from := cpu(t)
	var res Result
	err := g.Run(context.Background(), u.rows, &res)
	took := cpu(t) - from
	if err != nil {
		t.Fatalf("the job cannot go on: %v", err)
	}
	res.Records = slices.Clone(res.Records)
	want, ok := e.ends[u.x]
	if !ok {
		want = e.otherwise
	}
	if res.Outcome != want || (want != OK && (res.N != 0 || res.Records != nil)) {
		r.wrong("a unit with x=%d ended with %v and %d records, not %v", u.x, res.Outcome, res.N, want)
	}
	if !ok && e.gives != "" && (res.N != 1 || fmt.Sprint(g.Records().Metric(res.Records, 0)) != e.gives) {
		r.wrong("a unit with x=%d gave %d records, %x, not one with %s", u.x, res.N, clipped(res.Records), e.gives)
	}
	if fuel := g.program.module.manifest.Fuel; res.Fuel > fuel || (want == OutOfFuel && res.Fuel != fuel) {
		r.wrong("a unit used %d fuel of %d", res.Fuel, fuel)
	}
	r.note(evilKind{how, u.x}, r.rulers.share(t, took, r.rulers.unitMay(res.Fuel, r.Pages)), res.Fuel)
	r.Units++
	return &res
}

// cpu is the CPU time of the process.
func cpu(t testing.TB) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ts.Nano())
}

// newPeak lets the peak of the process's memory begin anew, from what is in
// use, and returns that. It says false on a kernel that cannot: memory is then
// measured on other machines only.
func newPeak(t testing.TB) (int, bool) {
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return 0, false
	}
	return resident(t, "VmRSS:"), true
}

// resident reads a figure of the process's memory, in bytes.
func resident(t testing.TB, field string) int {
	t.Helper()
	for line := range strings.Lines(string(read(t, "/proc/self/status"))) {
		var kib int
		if rest, ok := strings.CutPrefix(line, field); ok {
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("no %s", field)
	return 0
}
