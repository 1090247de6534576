package spark

import (
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/spread/engine"
)

// TestChannelEngineQuery: what Spark is given is the run's name, the numbers of
// tasks and the program of the domain's setting; nothing ends a text in it early.
func TestChannelEngineQuery(t *testing.T) {
	q, err := Query("r-abc", []int{3, 0, 7}, "/opt/glovebox node task")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"'r-abc'", "array(3,0,7)", "range(0, 3, 1, 3)", "USING '/opt/glovebox node task'"} {
		if !strings.Contains(q, want) {
			t.Errorf("%s is not in %s", want, q)
		}
	}
	for _, bad := range [][2]string{{"r'", "x"}, {"", "x"}, {"r-a", "x' --"}, {"r-a", ""}, {"r-a", "x\ny"}, {"r-a", `x\`}} {
		if _, err := Query(bad[0], []int{1}, bad[1]); err == nil {
			t.Errorf("%q and %q are taken", bad[0], bad[1])
		}
	}
}

// TestChannelEnginePages: Spark is told to show no page and to keep no log of when
// tasks began and ended.
func TestChannelEnginePages(t *testing.T) {
	for _, want := range []string{"spark.ui.enabled=false", "spark.eventLog.enabled=false"} {
		if !slices.Contains(Settings(), want) {
			t.Errorf("%s is not set", want)
		}
	}
}

// TestSubmitNeedsSpark: an engine that is not there fails before the charge.
func TestSubmitNeedsSpark(t *testing.T) {
	t.Setenv("SPARK_HOME", t.TempDir())
	if _, err := Open(engine.Setting{At: "local", Command: "x"}); err == nil || !strings.Contains(err.Error(), "SPARK_HOME") && !strings.Contains(err.Error(), "Spark is not") {
		t.Errorf("%v", err)
	}
}
