package cluster

import (
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"glovebox.example/glovebox/cluster/natsq"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/node"
)

const natsToken = "loopback"

// natsServer starts a NATS server with JetStream in this process.
func natsServer(t *testing.T, port int) *server.Server {
	t.Helper()
	n, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: t.TempDir(), Authorization: natsToken, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	t.Cleanup(n.Shutdown)
	if !n.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not come up")
	}
	return n
}

// TestNATSGivesTheSameAnswer: in every mode.
func TestNATSGivesTheSameAnswer(t *testing.T) {
	n := natsServer(t, -1)
	paths := sockets(t)
	s := newSnapshot(t, paths)
	set := engine.Setting{Kind: natsq.Kind, At: n.Addr().String(), Token: natsToken}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for _, path := range paths {
		go func() {
			ended <- natsq.Pull(ctx, set, func(ctx context.Context, run string, task int) error {
				return node.Task(ctx, path, run, task, io.Discard)
			})
		}()
	}
	e, err := natsq.Open(set)
	if err != nil {
		t.Fatal(err)
	}
	s.same(e)
	stop()
	for range paths {
		<-ended
	}
}

// puller starts what takes tasks for a node, as the engine's account does.
func (s *site) puller(i int) *exec.Cmd {
	s.t.Helper()
	c := s.program([]string{"GLOVEBOX_NODE=" + s.socket(i)}, "node", "pull", "nats", "--at", s.at)
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return c
}

// natsSite is a site with NATS as its engine.
func natsSite(t *testing.T) (*site, *server.Server) {
	n := natsServer(t, -1)
	s := newSite(t)
	s.kind, s.at, s.command = natsq.Kind, n.Addr().String(), "glovebox-cluster node task"
	s.env = []string{"GLOVEBOX_ENGINE_TOKEN=" + natsToken}
	s.use()
	return s, n
}

// TestNATSKills: kill -9 of what takes tasks, of a node, of the queue and of the
// core, each in the middle of a run, whose nodes are held still for that. Nothing
// is counted or charged twice, and the job ends done.
func TestNATSKills(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a dozen processes")
	}
	s, n := natsSite(t)
	first, second := s.puller(0), s.puller(1)
	_ = second

	// The puller of n1 and the node n2 die while both nodes stand still.
	s.signal(0, syscall.SIGSTOP)
	s.signal(1, syscall.SIGSTOP)
	r := s.start("map.yaml")
	s.envelope()
	_ = first.Process.Kill()
	_ = s.nodes[1].Process.Kill()
	_, _ = s.nodes[1].Process.Wait()
	s.signal(0, syscall.SIGCONT)
	_ = os.Remove(s.socket(1))
	s.serve(1)
	s.puller(0)
	if err := <-r.end; err != nil {
		t.Fatalf("after a puller and a node died: %v\n%s", err, r.out.String())
	}
	once := s.spent()

	// The core dies: the job stays charged, and the same command does it.
	s.signal(0, syscall.SIGSTOP)
	s.signal(1, syscall.SIGSTOP)
	r = s.start("blocks.yaml")
	s.envelope()
	charged := s.spent()
	if charged == once {
		t.Errorf("a job runs and is not charged: %s", charged)
	}
	_ = r.Process.Kill()
	<-r.end
	s.signal(0, syscall.SIGCONT)
	s.signal(1, syscall.SIGCONT)
	if out := s.run("job list --as wang"); !strings.Contains(out, "running") {
		t.Errorf("the job of a killed core is not running:\n%s", out)
	}
	s.run("job run blocks.yaml --as wang")
	if again := s.spent(); again != charged {
		t.Errorf("charged twice: %s, then %s", charged, again)
	}

	// The queue dies and comes back empty: what is left goes out again.
	s.signal(0, syscall.SIGSTOP)
	s.signal(1, syscall.SIGSTOP)
	r = s.start("train.yaml")
	s.envelope()
	_, port, _ := strings.Cut(s.at, ":")
	n.Shutdown()
	n.WaitForShutdown()
	natsServer(t, atoi(port))
	s.signal(0, syscall.SIGCONT)
	s.signal(1, syscall.SIGCONT)
	if err := <-r.end; err != nil {
		t.Fatalf("after the queue died: %v\n%s", err, r.out.String())
	}
	if out := s.run("job list --as wang"); strings.Contains(out, "running") || strings.Count(out, "done") != 3 {
		t.Errorf("not three jobs are done:\n%s", out)
	}
	s.run("audit verify")
}

func atoi(s string) (n int) {
	for _, c := range s {
		n = 10*n + int(c-'0')
	}
	return n
}
