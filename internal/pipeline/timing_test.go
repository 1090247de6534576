package pipeline

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/proof/testkit/guest"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// target is the income of the one person whom the timing tests look for, and
// what is left of it after its mask.
const target, masked = "999950.0", 999900

// timed is a domain in which somebody tries to tell, by how long jobs take,
// whether the target is in the data: its module burns all its fuel on the
// target, and each job is a new one.
type timed struct {
	d    *domain.Domain
	dir  string
	user *domain.By
	n    int
}

// timedDomain loads pums with the target or without.
func timedDomain(t *testing.T, with bool) *timed {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d, _ := pumsDomain(t)
	d.MaxFuel = 100_000_000
	d.MaxRuns = 64 // what is measured are slots, not waiting for places
	u := func(name string) *domain.By { return user(t, d, name) }
	edit := func(file string, edits ...string) []byte {
		text := string(read(t, filepath.Join(example, file)))
		for i := 0; i < len(edits); i += 2 {
			if !strings.Contains(text, edits[i]) {
				t.Fatalf("%s does not hold %q", file, edits[i])
			}
			text = strings.ReplaceAll(text, edits[i], edits[i+1])
		}
		return []byte(text)
	}
	rec, err := catalog.ParseDataset("r", edit("dataset.yaml", "code: pums", "code: many", "rho: 1.0", "rho: 1000"))
	must(err)
	must(d.AddDataset(ctx, u("census"), rec))
	data := edit("pums.csv")
	if with {
		data = append(bytes.TrimRight(data, "\n"), "\n40,1,16,1,"+target+",1,target\n"...)
	}
	must(os.WriteFile(filepath.Join(dir, "many.csv"), data, 0o600))
	_, err = d.LoadDataset(ctx, u("census"), "many", domain.PathSource(filepath.Join(dir, "many.csv")), nil)
	must(err)
	s, err := catalog.ParseScenario("s", edit("scenario.yaml", "code: education-income", "code: many", "pums:", "many:"))
	must(err)
	must(d.AddScenario(ctx, u("liu"), s))
	g, err := catalog.ParseGrant("g", edit("grant.yaml", "scenario: education-income", "scenario: many", "pums:", "many:", "rho: 0.5", "rho: 1000", "datasets:", "accept: [exact, price]\ndatasets:"))
	must(err)
	must(d.Grant(ctx, u("zhao"), g))
	manifest := edit("income.manifest.json", `"fuel": 100000`, `"fuel": 100000000`, `"name": "pums"`, `"name": "many"`)
	wasm, err := guest.Income(manifest, masked, w.Loop(w.Br(0)))
	must(err)
	must(os.WriteFile(filepath.Join(dir, "income.wasm"), wasm, 0o600))
	return &timed{d: d, dir: dir, user: u("wang")}
}

// job writes the n-th job's file.
func (x *timed) job(t *testing.T, deadline float64) string {
	t.Helper()
	x.n++
	text := string(read(t, filepath.Join(example, "job.yaml")))
	text = strings.NewReplacer("scenario: education-income", "scenario: many", "pums:", "many:",
		"rho: 0.125", fmt.Sprintf("rho: %.9f, deadline: %v", 5e-5+float64(x.n)*1e-9, deadline)).Replace(text)
	file := filepath.Join(x.dir, "job-"+strconv.Itoa(x.n)+".yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// measure runs n jobs on each side, atOnce of them together, and returns how
// long each took.
func measure(t *testing.T, sides [2]*timed, n, atOnce int, deadline float64, o *Options) (took [2][]float64) {
	t.Helper()
	type one struct {
		side int
		file string
	}
	todo := make(chan one)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for j := range todo {
				x := sides[j.side]
				start := time.Now()
				out, err := New(x.d, o).Run(t.Context(), submit(j.file), x.user)
				d := time.Since(start).Seconds()
				if err != nil || out.Repeated {
					t.Errorf("a job failed or was no new one: %v", err)
					continue
				}
				mu.Lock()
				took[j.side] = append(took[j.side], d)
				mu.Unlock()
			}
		})
	}
	// In random order: workers that go in step would give each job of a fixed
	// pattern the same neighbours, and make one side wait for its own lock more
	// often than the other.
	order := make([]int, 2*n)
	for i := range order {
		order[i] = i % 2
	}
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for _, side := range order {
		todo <- one{side, sides[side].job(t, deadline)}
	}
	close(todo)
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return took
}

// auc is how often a job of the second side takes longer than one of the
// first: 0.5 if nothing can be told.
func auc(took [2][]float64) float64 {
	wins := 0.0
	for _, b := range took[1] {
		for _, a := range took[0] {
			switch {
			case b > a:
				wins++
			case b == a:
				wins += 0.5
			}
		}
	}
	return wins / float64(len(took[0])*len(took[1]))
}

// chance is the probability that n and n numbers of one law have an auc at
// least as far from 0.5 (Mann and Whitney 1947, exact, without ties).
func chance(n int, auc float64) float64 {
	// ways[u]: orders of i and j numbers in which u pairs are won.
	count := make([][][]*big.Int, n+1)
	for i := range count {
		count[i] = make([][]*big.Int, n+1)
		for j := range count[i] {
			ways := make([]*big.Int, i*j+1)
			for u := range ways {
				ways[u] = new(big.Int)
				if i == 0 || j == 0 {
					ways[u].SetInt64(1)
					continue
				}
				if u >= j { // the largest is of the one side
					ways[u].Add(ways[u], count[i-1][j][u-j])
				}
				if u <= i*(j-1) { // or of the other
					ways[u].Add(ways[u], count[i][j-1][u])
				}
			}
			count[i][j] = ways
		}
	}
	far, all := new(big.Int), new(big.Int)
	off := math.Abs(auc-0.5) * float64(n*n)
	for u, ways := range count[n][n] {
		all.Add(all, ways)
		if math.Abs(float64(u)-float64(n*n)/2) >= off-1e-9 {
			far.Add(far, ways)
		}
	}
	p, _ := new(big.Rat).SetFrac(far, all).Float64()
	return p
}

// TestChance holds the test statistic to what is known of it: what differs
// shows, what does not differ is not thought to.
func TestChance(t *testing.T) {
	for _, c := range []struct {
		n    int
		auc  float64
		want float64
	}{{1, 1, 1}, {2, 1, 2.0 / 6}, {3, 1, 2.0 / 20}, {3, 0.5, 1}, {5, 1, 2.0 / 252}, {14, 1, 2.0 / 40116600}, {3, 8.0 / 9, 4.0 / 20}} {
		if got := chance(c.n, c.auc); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d a side, auc %v: %v, want %v", c.n, c.auc, got, c.want)
		}
	}
	if a := auc([2][]float64{{1, 2, 3}, {4, 3, 5}}); math.Abs(a-8.5/9) > 1e-12 {
		t.Errorf("auc %v", a)
	}
}

// TestChannelTimingSlot tries to tell by the time of jobs whether the target is
// in the data. It fails where both sides have one law less than once in 10^6
// runs. With GLOVEBOX_TIMING jobs (scripts/timing: 10,000) it also wants an auc
// of at most 0.52, which fails by chance less than once in 2,000 runs, and, to
// show that there is something to find, one of at least 0.6 without slots.
func TestChannelTimingSlot(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	n, atOnce, deadline := 14, 14, 1.0
	long := os.Getenv("GLOVEBOX_TIMING") != ""
	if long {
		jobs, err := strconv.Atoi(os.Getenv("GLOVEBOX_TIMING"))
		if err != nil || jobs < 100 {
			t.Fatal("GLOVEBOX_TIMING is no number of jobs, at least 100")
		}
		n, atOnce, deadline = jobs/2, 8, 2
	}
	sides := [2]*timed{timedDomain(t, false), timedDomain(t, true)}
	if long {
		none := &Options{Workers: 1, since: func(time.Time) time.Duration { return FirstSlot }, sleep: sleep} // at the slot's end
		free := measure(t, sides, 200, 1, FirstSlot.Seconds(), none)
		t.Logf("without slots: auc %.3f, medians %.4f s and %.4f s", auc(free), median(free[0]), median(free[1]))
		if a := auc(free); a < 0.6 {
			t.Errorf("the target does not show without slots (auc %.3f): this test finds nothing", a)
		}
	}
	took := measure(t, sides, n, atOnce, deadline, &Options{Workers: 1})
	a := auc(took)
	t.Logf("%d jobs: auc %.4f, medians %.4f s and %.4f s", 2*n, a, median(took[0]), median(took[1]))
	limit := max(0.02, 3.5*math.Sqrt(float64(2*n+1)/12)/float64(n)) // of fewer jobs less can be said
	switch {
	case long && math.Abs(a-0.5) > limit:
		t.Errorf("auc %.4f", a)
	case !long && chance(n, a) < 1e-6:
		t.Errorf("the target shows: auc %.4f", a)
	}
	for side := range took {
		if least := slices.Min(took[side]); least < deadline {
			t.Errorf("a job showed after %.3f s, before its deadline", least)
		}
	}
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
