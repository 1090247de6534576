package cluster

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"glovebox.example/glovebox/cluster/connect"
	"glovebox.example/glovebox/internal/proof/testkit/child"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/engine/spark"
)

// sparkHome names the folder that has Spark's bin and jars: scripts/test-cluster
// gets it from PyPI.
const sparkHome = "GLOVEBOX_SPARK_HOME"

// sparks is a Spark cluster: a master, two workers on two addresses of the loopback
// network, since Spark runs no second attempt where the first one runs, and a
// Connect server. All are processes with small heaps.
type sparks struct {
	t       *testing.T
	home    string
	dir     string // logs and work of all of it
	master  string
	connect string
	driver  *exec.Cmd
	served  int // drivers that were started
	daemons []*exec.Cmd
}

// sparkOrSkip skips, loudly, where there is no Spark.
func sparkOrSkip(t *testing.T) string {
	t.Helper()
	home := os.Getenv(sparkHome)
	if home == "" {
		t.Skipf("SKIPPED: no Spark: set %s, or run make test-cluster, which gets it", sparkHome)
	}
	return home
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// newSparks starts the cluster; each worker's executors reach the node at one of
// the sockets.
func newSparks(t *testing.T, sockets [2]string) *sparks {
	t.Helper()
	s := &sparks{t: t, home: sparkOrSkip(t), dir: t.TempDir()}
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		for _, name := range []string{"connect", "worker1"} {
			b, _ := os.ReadFile(filepath.Join(s.dir, name+".log"))
			t.Logf("%s said at the end:\n%s", name, b[max(0, len(b)-4000):])
		}
	})
	port := freePort(t)
	s.master = fmt.Sprintf("spark://127.0.0.1:%d", port)
	s.daemon("master", "127.0.0.1", "", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", strconv.Itoa(port), "--webui-port", "0")
	s.until("the master listens", func() bool { return s.said("master", "New state: ALIVE") > 0 })
	for i, host := range []string{"127.0.0.1", "127.0.0.2"} {
		name := "worker" + strconv.Itoa(i+1)
		s.daemon(name, host, sockets[i], "org.apache.spark.deploy.worker.Worker", "--host", host, "--webui-port", "0", "-c", "1", "-m", "1g", "-d", filepath.Join(s.dir, name), s.master)
	}
	s.until("both workers are there", func() bool { return s.said("master", "Registering worker") == 2 })
	s.connect = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	s.serve()
	return s
}

// said is how often a process has said something. Whether a port of the range that
// the kernel hands out listens cannot be told by connecting to it: it may connect
// to itself.
func (s *sparks) said(name, what string) int {
	b, _ := os.ReadFile(filepath.Join(s.dir, name+".log"))
	return strings.Count(string(b), what)
}

func (s *sparks) env(more ...string) []string {
	conf, _ := filepath.Abs("testdata/spark")
	return append(append(os.Environ(), "SPARK_HOME="+s.home, "SPARK_CONF_DIR="+conf, "SPARK_SCALA_VERSION=2.13", "GLOVEBOX_AS_PROGRAM=1",
		"SPARK_LOCAL_DIRS="+filepath.Join(s.dir, "local")), more...)
}

func (s *sparks) begin(name string, c *exec.Cmd) {
	s.t.Helper()
	log, err := os.OpenFile(filepath.Join(s.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	c.Stdout, c.Stderr, c.Dir = log, log, s.dir
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ended, err := child.Start(c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL); <-ended })
}

// daemon starts one of Spark's own.
func (s *sparks) daemon(name, host, socket, class string, args ...string) {
	conf, _ := filepath.Abs("testdata/spark")
	c := exec.Command("java", append([]string{"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m",
		"-Dspark.authenticate=true", "-Dspark.authenticate.secret=loopback-test-secret", "-Dspark.network.crypto.enabled=true",
		"-cp", conf + ":" + s.home + "/jars/*", class}, args...)...)
	c.Env = s.env("SPARK_LOCAL_IP="+host, "GLOVEBOX_NODE="+socket)
	s.begin(name, c)
	s.daemons = append(s.daemons, c)
}

// serve starts the Connect server, which is the driver of all runs.
func (s *sparks) serve() {
	_, port, _ := net.SplitHostPort(s.connect)
	c := exec.Command("bash", filepath.Join(s.home, "bin", "spark-submit"), "--master", s.master, "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
		"--conf", "spark.connect.grpc.binding.address=127.0.0.1", "--conf", "spark.connect.grpc.binding.port="+port, "spark-internal")
	c.Env = s.env("SPARK_LOCAL_IP=127.0.0.1")
	s.begin("connect", c)
	s.driver = c
	s.served++
	s.until("Spark Connect listens", func() bool { return s.said("connect", "Spark Connect server started at") == s.served })
}

func (s *sparks) until(what string, is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(3 * time.Minute); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("never: %s", what)
		}
	}
}

// executors are the process numbers of executors on the host.
func (s *sparks) executors(host string) (out []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range all {
		b, err := os.ReadFile(f)
		if err == nil && bytes.Contains(b, []byte("CoarseGrainedExecutorBackend")) && bytes.Contains(b, []byte(s.dir)) && bytes.Contains(b, []byte("@"+host+":")) {
			if n, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}

func command() string { return os.Args[0] + " node task" }

// TestSparkGivesTheSameAnswer: in every mode, by Spark Connect and by Spark's own
// program.
func TestSparkGivesTheSameAnswer(t *testing.T) {
	sparkOrSkip(t)
	paths := sockets(t)
	s := newSnapshot(t, paths)
	c := newSparks(t, paths)
	e, err := connect.Open(engine.Setting{Kind: connect.Kind, At: c.connect, Token: "loopback-token", Command: command()})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	s.same(e)
	t.Logf("three jobs by Spark Connect: %v", time.Since(begun).Round(time.Millisecond))
}

// TestSparkSubmitGivesTheSameAnswer: by spark-submit, on a Spark in one process.
func TestSparkSubmitGivesTheSameAnswer(t *testing.T) {
	home := sparkOrSkip(t)
	paths := sockets(t)
	s := newSnapshot(t, paths)
	t.Setenv("GLOVEBOX_NODE", paths[0])
	t.Setenv("GLOVEBOX_AS_PROGRAM", "1")
	e := &spark.Submit{Home: home, Master: "local[2]", Command: command(), Extra: []string{"spark.driver.memory=600m",
		"spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC", "spark.authenticate.secret=loopback", "spark.sql.catalogImplementation=in-memory"}}
	s.same(e)
}

// sparkSite is a site with Spark Connect as its engine.
func sparkSite(t *testing.T) (*site, *sparks) {
	t.Helper()
	sparkOrSkip(t)
	s := newSite(t)
	c := newSparks(t, [2]string{s.socket(0), s.socket(1)})
	s.kind, s.at, s.command = connect.Kind, c.connect, command()
	s.env = []string{"GLOVEBOX_ENGINE_TOKEN=loopback-token"}
	s.use()
	return s, c
}

// TestSparkKills: kill -9 of an executor, of a node, of the core and of the
// driver, each in the middle of a run. Nothing is counted or charged twice, and
// the job ends as docs/states.md says. Afterwards no trace of data or keys is in
// Spark's folders, logs and heaps.
func TestSparkKills(t *testing.T) {
	s, c := sparkSite(t)
	s.signal(0, syscall.SIGSTOP)
	s.signal(1, syscall.SIGSTOP)
	r := s.start("map.yaml")
	e := s.envelope()
	c.until("executors run", func() bool { return len(c.executors("127.0.0.1")) > 0 && len(c.executors("127.0.0.2")) > 0 })
	marks := [][]byte{[]byte("AGE-SECRET-KEY-PQ-1"), []byte("schooling"), []byte("high school")}
	for _, inputs := range e.Files {
		marks = append(marks, inputs[0].Part.Key)
	}
	for _, pid := range c.executors("127.0.0.2") {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	s.signal(0, syscall.SIGCONT)
	s.signal(1, syscall.SIGCONT)
	if err := <-r.end; err != nil {
		t.Fatalf("after an executor died: %v\n%s", err, r.out.String())
	}
	c.leaks(marks)
	once := s.spent()

	// A node and the core die.
	s.signal(0, syscall.SIGSTOP)
	s.signal(1, syscall.SIGSTOP)
	r = s.start("blocks.yaml")
	s.envelope()
	_ = s.nodes[1].Process.Kill()
	_, _ = s.nodes[1].Process.Wait()
	_ = r.Process.Kill()
	<-r.end
	charged := s.spent()
	if charged == once {
		t.Errorf("a job runs and is not charged: %s", charged)
	}
	_ = os.Remove(s.socket(1))
	s.serve(1)
	s.signal(0, syscall.SIGCONT)
	s.run("job run blocks.yaml --as wang")
	if again := s.spent(); again != charged {
		t.Errorf("charged twice: %s, then %s", charged, again)
	}

	// The driver dies: the run fails or another round does it; the job is done in
	// the end, and charged once.
	s.signal(0, syscall.SIGSTOP)
	s.signal(1, syscall.SIGSTOP)
	r = s.start("train.yaml")
	s.envelope()
	_ = syscall.Kill(-c.driver.Process.Pid, syscall.SIGKILL)
	s.signal(0, syscall.SIGCONT)
	s.signal(1, syscall.SIGCONT)
	<-r.end
	charged = s.spent()
	c.serve()
	s.run("job run train.yaml --as wang")
	if again := s.spent(); again != charged {
		t.Errorf("charged twice: %s, then %s", charged, again)
	}
	s.run("audit verify")
}

// leaks looks for marks in all that Spark wrote and in the heaps of its processes.
func (c *sparks) leaks(marks [][]byte) {
	c.t.Helper()
	looked := int64(0)
	look := func(path string) {
		b, err := os.ReadFile(path)
		if err != nil {
			return
		}
		looked += int64(len(b))
		for _, m := range marks {
			if bytes.Contains(b, m) {
				c.t.Errorf("%s holds %q", strings.TrimPrefix(path, c.dir), m)
			}
		}
	}
	pids := append(c.executors("127.0.0.1"), c.executors("127.0.0.2")...)
	for _, d := range c.daemons {
		pids = append(pids, d.Process.Pid)
	}
	pids = append(pids, c.driver.Process.Pid)
	dumped := 0
	for _, pid := range pids {
		heap := filepath.Join(c.dir, fmt.Sprintf("heap-%d", pid))
		if exec.Command("jmap", "-dump:format=b,file="+heap, strconv.Itoa(pid)).Run() == nil {
			dumped++
			look(heap)
			_ = os.Remove(heap)
		}
	}
	if dumped < 4 {
		c.t.Logf("only %d heaps of %d processes could be dumped (jmap is of the JDK)", dumped, len(pids))
	}
	_ = filepath.WalkDir(c.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			look(path)
		}
		return nil
	})
	if looked < 1<<20 {
		c.t.Errorf("only %d bytes of Spark's were looked at", looked)
	}
}
