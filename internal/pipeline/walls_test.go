package pipeline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/policy"
)

// demand is docs/policy.md's rule for any wall.
const demand = `package glovebox.domain
deny contains {
	"rule": "wall.%[1]s", "at": "walls", "req": "R20",
	"text": {"en": "this domain runs nothing without the wall %[1]s", "zh": "本域要求隔离墙 %[1]s"},
} if {
	input.point == "admit"
	not "%[1]s" in input.walls
}
`

// TestPolicyDemandsWalls: a domain's rule refuses a job whose workers would
// lack a wall, and lets it run with the walls that this machine has. The walls
// are in the job's record.
func TestPolicyDemandsWalls(t *testing.T) {
	have, ways, err := crew.Probe()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(ways, "instance") {
		t.Fatalf("a worker can put guests back by %v", ways)
	}
	d, file := pumsDomainUnder(t, fmt.Sprintf(demand, "seccomp"))
	if !have.Has("seccomp") {
		t.Skip("this machine has no seccomp")
	}
	p := New(d, nil)
	o := run(t, p, file, "wang")
	doc, err := p.Job(t.Context(), user(t, d, "wang").User, o.Job)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(doc.Walls, have.Names()) {
		t.Fatalf("the job ran behind %v, the machine has %v", doc.Walls, have.Names())
	}
	// No wall is missing on every machine: the rule turned round refuses one that is there.
	d, file = pumsDomainUnder(t, strings.Replace(fmt.Sprintf(demand, "wasm"), "not ", "", 1))
	_, err = New(d, nil).Run(t.Context(), submit(file), user(t, d, "wang"))
	var denied *glovebox.DeniedError
	if !errors.As(err, &denied) || !slices.ContainsFunc(denied.Decision.Reasons, func(r glovebox.Reason) bool { return r.Rule == "domain.wall.wasm" }) {
		t.Fatalf("a rule about walls is not asked: %v", err)
	}
	if got := balance(t, d, "pums").Spent; got != (glovebox.Amount{}) {
		t.Fatalf("a refused job spent %v", got)
	}
}

// killWorkers kills -9 every worker of this process.
func killWorkers(t *testing.T) {
	list, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Error(err)
	}
	for _, f := range list {
		line, err := os.ReadFile(f)
		if err != nil || !strings.HasPrefix(string(line), "glovebox-worker\x00") {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(filepath.Dir(f), "stat"))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if len(fields) > 1 && fields[1] == strconv.Itoa(os.Getpid()) {
			_ = unix.Kill(pid, unix.SIGKILL) // it may be gone by now
		}
	}
}

// TestLostWorkersNeverChargeTwice: all workers of a job are killed as fast as
// they come. The job ends in a documented state, charged once; run again, it
// goes on.
func TestLostWorkersNeverChargeTwice(t *testing.T) {
	for range 10 { // on a busy machine the killer may come too late
		if lostWorkers(t) {
			return
		}
	}
	t.Fatal("the job got through each time")
}

// lostWorkers kills workers until the job fails, then runs it again. It returns
// false if the job got through.
func lostWorkers(t *testing.T) bool {
	d, file := pumsDomain(t)
	stop := make(chan struct{})
	var killer sync.WaitGroup
	var first sync.Once
	p := New(d, &Options{Workers: 1, partDone: func(int) {
		first.Do(func() {
			killer.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						killWorkers(t)
					}
				}
			})
			time.Sleep(50 * time.Millisecond) // the parts wait for this
		})
	}})
	_, err := p.Run(t.Context(), submit(file), user(t, d, "wang"))
	close(stop)
	killer.Wait()
	if err == nil {
		return false
	}
	if glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Fatal(err)
	}
	jobs, err := p.Jobs(t.Context(), user(t, d, "wang").User, "", 0)
	if err != nil || len(jobs) != 1 || jobs[0].State != job.Running {
		t.Fatalf("%v %v", jobs, err)
	}
	spent := balance(t, d, "pums").Spent
	if o := run(t, New(d, nil), file, "wang"); o.Repeated {
		t.Fatal("nothing was stored, and yet it was repeated")
	}
	if got := balance(t, d, "pums").Spent; got != spent || spent == (glovebox.Amount{}) {
		t.Fatalf("spent %v, then %v", spent, got)
	}
	return true
}

// TestPolicyKnowsEveryWall holds the walls that rules may ask for to those that
// there are.
func TestPolicyKnowsEveryWall(t *testing.T) {
	want := []string{jail.WallWasm, jail.WallJail}
	for _, w := range jail.List() {
		want = append(want, w.Name)
	}
	if !slices.Equal(policy.Walls, want) {
		t.Errorf("policy knows the walls %v, there are %v", policy.Walls, want)
	}
}
