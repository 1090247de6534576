package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// bench is one Go benchmark and the metric that is read off it.
type bench struct{ pkg, name, metric string }

// row is one line of the table.
type row struct {
	name, unit string
	ours       bench
	base       []bench // the best of them counts
	against    string
	more       bool    // more is better
	factor     float64 // target: this many times better than the baseline
}

// target says what is asked of a row and whether it holds. It is a ratio to a
// baseline that the same run measures: a figure of its own would hold the
// machine, not the code.
func (r *row) target(res result) (string, bool) {
	if r.factor == 0 {
		return "none yet", true
	}
	return fmt.Sprintf(">= %gx", r.factor), res.Ratio >= r.factor
}

// run runs a benchmark once and reads its metric.
func (b bench) run() (float64, error) {
	cmd := exec.Command("go", "test", "-tags", "duckdb_arrow", "-run", "^$", "-bench", "^"+strings.ReplaceAll(b.name, "/", "$/^")+"$", "-benchtime", "1s", "-timeout", "10m", "./"+b.pkg)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", b.name, err, out)
	}
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		f := strings.Fields(s.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], strings.Split(b.name, "/")[0]) {
			continue
		}
		for i := 2; i+1 < len(f); i += 2 {
			if f[i+1] == b.metric {
				return strconv.ParseFloat(f[i], 64)
			}
		}
	}
	return 0, fmt.Errorf("%s printed no %s:\n%s", b.name, b.metric, out)
}
