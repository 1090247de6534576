package spark

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/spread/engine"
)

// Kind is the name of this engine.
const Kind = "sparksql"

// Submit starts a Spark application for each round, by the spark-sql program of
// the machine. It needs no library and works with each manager that Spark knows:
// spark://, yarn, k8s://.
type Submit struct {
	Home    string // SPARK_HOME
	Master  string
	Command string
	Extra   []string // settings, as NAME=VALUE
}

// Open makes the engine of a setting. SPARK_HOME says where Spark is; further
// settings, one a line, come from GLOVEBOX_SPARK_CONF.
func Open(s engine.Setting) (engine.Engine, error) {
	home := os.Getenv("SPARK_HOME")
	if _, err := os.Stat(filepath.Join(home, "bin", "spark-submit")); home == "" || err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "Spark is not on this machine").WithFix("set SPARK_HOME to the folder that has bin/spark-submit and jars")
	}
	return &Submit{Home: home, Master: s.At, Command: s.Command, Extra: strings.Fields(os.Getenv("GLOVEBOX_SPARK_CONF"))}, nil
}

// endWithin is how long Spark may take to end once it was asked to.
const endWithin = 10 * time.Second

// Run implements engine.Engine.
func (s *Submit) Run(ctx context.Context, run string, tasks []int) error {
	q, err := Query(run, tasks, s.Command)
	if err != nil {
		return err
	}
	args := []string{"--master", s.Master, "--name", "glovebox", "--class", "org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver"}
	// The settings of this program come last: nothing undoes them.
	for _, c := range append(slices.Clone(s.Extra), Settings()...) {
		args = append(args, "--conf", c)
	}
	args = append(args, "spark-internal", "-S", "-e", q)
	cmd := exec.CommandContext(ctx, filepath.Join(s.Home, "bin", "spark-submit"), args...)
	cmd.Env = append(os.Environ(), "SPARK_HOME="+s.Home, "SPARK_SCALA_VERSION=2.13")
	cmd.Dir, cmd.SysProcAttr = os.TempDir(), &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = endWithin
	if err := cmd.Run(); err != nil { // what it prints is nobody's business
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return glovebox.Errorf(glovebox.CodeInternal, "Spark did not do the run").WithFix("`glovebox node doctor` on each node, and Spark's own logs, say what is wrong")
	}
	return nil
}
