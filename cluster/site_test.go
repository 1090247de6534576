package cluster

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/spread"
)

// site is a domain with two nodes, all of them processes of their own.
type site struct {
	t       *testing.T
	dir     string
	kind    string
	at      string
	command string
	nodes   [2]*exec.Cmd
	env     []string
}

// program is a command line of glovebox-cluster that can be started.
func (s *site) program(env []string, args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Dir = s.dir
	c.Env = append(append(os.Environ(), "GLOVEBOX_AS_PROGRAM=1", "GLOVEBOX_DOMAIN="+filepath.Join(s.dir, "city"), "GLOVEBOX_LANG=en"), append(s.env, env...)...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// run runs a command line that goes well, and returns what it prints.
func (s *site) run(line string) string {
	s.t.Helper()
	out, err := s.try(line)
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return out
}

func (s *site) try(line string) (string, error) {
	c := s.program(nil, strings.Fields(line)...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	return string(out) + errs.String(), err
}

// newSite makes a domain with the pums example, with jobs of each mode.
func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	pums, _ := filepath.Abs("../examples/pums")
	train, _ := filepath.Abs("../examples/train")
	blocks, _ := filepath.Abs("../examples/spread")
	s.run("init city --name city")
	for _, who := range []string{"zhao authority", "liu operator", "wang developer", "sun auditor"} {
		name, role, _ := strings.Cut(who, " ")
		s.run("user add " + name + " --role " + role)
	}
	c := s.program(nil, "user", "add", "census", "--role", "provider", "--org", "Census Office")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.run("dataset add " + pums + "/dataset.yaml --as census")
	s.run("dataset load pums " + pums + "/pums.csv --as census")
	for _, in := range []string{pums, train} {
		s.run("scenario add " + in + "/scenario.yaml --as liu")
		s.run("scenario grant " + in + "/grant.yaml --as zhao")
	}
	for name, from := range map[string]string{"map.yaml": pums + "/job.yaml", "blocks.yaml": blocks + "/job.yaml", "train.yaml": train + "/job-logistic.yaml",
		"income.wasm": pums + "/income.wasm", "spread.wasm": blocks + "/spread.wasm", "logistic.wasm": train + "/logistic.wasm"} {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		b = bytes.Replace(b, []byte("rounds: 20"), []byte("rounds: 2"), 1)
		if err := os.WriteFile(filepath.Join(s.dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(s.dir, "shared"), 0o700); err != nil {
		t.Fatal(err)
	}
	key := strings.TrimSpace(s.run("domain key"))
	for i := range 2 {
		s.run("node init " + s.node(i) + " --name n" + string(rune('1'+i)) + " --key " + key)
		s.run("node trust " + s.node(i) + "/node.json --as zhao")
		s.serve(i)
	}
	return s
}

func (s *site) node(i int) string   { return filepath.Join(s.dir, "node"+string(rune('1'+i))) }
func (s *site) socket(i int) string { return filepath.Join(s.dir, "s"+string(rune('1'+i))) }

// serve starts a node.
func (s *site) serve(i int) {
	s.t.Helper()
	c := s.program(nil, "node", "serve", s.node(i), "--storage", filepath.Join(s.dir, "shared"), "--socket", s.socket(i), "--workers", "1")
	log, err := os.OpenFile(s.node(i)+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	c.Stderr = log
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	_ = log.Close()
	s.nodes[i] = c
	s.t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	s.until("the node listens", func() bool { _, err := os.Stat(s.socket(i)); return err == nil })
}

// until waits; the limit ends a hang and nothing else.
func (s *site) until(what string, is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			for i := range 2 {
				b, _ := os.ReadFile(s.node(i) + ".log")
				s.t.Logf("node %d says:\n%s", i+1, b)
			}
			s.t.Fatalf("never: %s", what)
		}
	}
}

// use has the domain use this site's engine.
func (s *site) use() {
	s.t.Helper()
	s.run("node use " + s.kind + " --at " + s.at + " --storage shared --as zhao")
	c := s.program(nil, "node", "use", s.kind, "--at", s.at, "--storage", "shared", "--command", s.command, "--as", "zhao")
	if out, err := c.CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
}

// running is a job on its way.
type running struct {
	*exec.Cmd
	out bytes.Buffer
	end chan error
}

func (s *site) start(job string) *running {
	s.t.Helper()
	r := &running{Cmd: s.program(nil, "job", "run", job, "--as", "wang"), end: make(chan error, 1)}
	r.Stdout, r.Stderr = &r.out, &r.out
	if err := r.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { r.end <- r.Wait() }()
	return r
}

// envelope waits until a run's envelope lies on shared storage, and reads it.
func (s *site) envelope() *spread.Envelope {
	s.t.Helper()
	var e *spread.Envelope
	data, err := os.ReadFile(filepath.Join(s.node(0), "node.key"))
	if err != nil {
		s.t.Fatal(err)
	}
	key, err := spread.DecodeNodeKey(data)
	if err != nil {
		s.t.Fatal(err)
	}
	s.until("a run begins", func() bool {
		names, _ := filepath.Glob(filepath.Join(s.dir, "shared", "runs", "r-*"))
		for _, n := range names {
			b, err := os.ReadFile(n)
			if err == nil {
				e, _ = key.OpenEnvelope(b, filepath.Base(n), time.Now())
			}
		}
		return e != nil
	})
	return e
}

// spent is what the ledger says, which one job has taken.
func (s *site) spent() string {
	s.t.Helper()
	var all []struct {
		Spent struct{ Loss int64 }
	}
	if err := json.Unmarshal([]byte(s.run("budget show pums --as sun --json")), &all); err == nil && len(all) == 1 {
		b, _ := json.Marshal(all[0].Spent)
		return string(b)
	}
	return s.run("budget show pums --as sun")
}

func (s *site) signal(i int, sig syscall.Signal) {
	s.t.Helper()
	if err := s.nodes[i].Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// content is the table of a job's release.
func (s *site) content(job string) string {
	s.t.Helper()
	var o struct {
		Content struct{ Columns, Rows json.RawMessage }
	}
	out := s.run("job run " + job + " --as wang --json")
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	return string(o.Content.Columns) + string(o.Content.Rows)
}
