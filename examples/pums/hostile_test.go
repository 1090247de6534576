package pums

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/proof/testkit/demo"
	"glovebox.example/glovebox/internal/proof/testkit/guest"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// madeModule is a module with the manifest of income.wasm; see guest.Income.
func madeModule(t *testing.T, target float64, hostile ...[]byte) []byte {
	t.Helper()
	wasm, err := guest.Income(read(t, "income.manifest.json"), target, hostile...)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

// outside is all that can be seen of a job from outside, without its numbers.
type outside struct {
	status         int
	stdout, stderr string
	json           string   // shape: members, types, lengths
	log            []string // action, subject and shape of each entry
	spent          string
	early          bool // the answer came before its deadline
}

var (
	ids     = regexp.MustCompile(`[0-9a-f]{12,}`)
	times   = regexp.MustCompile(`20[0-9-]+T[0-9:]+Z`)
	numbers = regexp.MustCompile(`-?[0-9][0-9,.]*(e[-+][0-9]+)?|n/a|null`)
	layout  = regexp.MustCompile(`[ \t─-]+`)
)

func blank(s string) string {
	return layout.ReplaceAllString(numbers.ReplaceAllString(ids.ReplaceAllString(s, "ID"), "N"), " ")
}

// shape writes a JSON value without its numbers and identifiers; a text keeps
// its length.
func shape(v any) string {
	switch v := v.(type) {
	case map[string]any:
		s := "{"
		for _, k := range slices.Sorted(maps.Keys(v)) {
			s += blank(k) + ":" + shape(v[k]) + " "
		}
		return s + "}"
	case []any:
		s := "["
		for _, x := range v {
			s += shape(x) + " "
		}
		return s + "]"
	case string:
		return fmt.Sprintf("%q of %d", blank(v), len(v))
	case float64, nil:
		return "N"
	}
	return fmt.Sprint(v)
}

func shapeOf(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return shape(v)
}

// deadline is the timing slot of the jobs: both kinds show at its end.
const deadline = 600 * time.Millisecond

// lookAt runs a module over the data in a domain of its own.
func lookAt(t *testing.T, wasm []byte, data string) outside {
	d := demo.New(t)
	d.User("census", "provider", "Census Office")
	d.OK("dataset", "add", "dataset.yaml", "--as", "census")
	d.OK("dataset", "load", "pums", data, "--as", "census")
	d.OK("scenario", "add", "scenario.yaml", "--as", "liu")
	d.OK("scenario", "grant", "grant.yaml", "--as", "zhao")
	dir := t.TempDir()
	late := strings.Replace(string(read(t, "job.yaml")), "rho: 0.125", "rho: 0.125, deadline: "+strconv.FormatFloat(deadline.Seconds(), 'f', -1, 64), 1)
	for name, b := range map[string][]byte{"job.yaml": []byte(late), "income.wasm": wasm} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	job := filepath.Join(dir, "job.yaml")
	var o outside
	start := time.Now()
	o.status, o.stdout, o.stderr = d.Do("job", "run", job, "--as", "wang")
	o.early = time.Since(start) < deadline
	o.stdout, o.stderr = blank(o.stdout), blank(o.stderr)
	_, text, _ := d.Do("job", "run", job, "--as", "wang", "--json") // the stored answer
	o.json = shapeOf(t, text)
	type entry struct {
		Action string
		Body   json.RawMessage
	}
	var log []entry
	d.JSON(&log, "audit", "list", "--as", "sun")
	for _, e := range log[slices.IndexFunc(log, func(e entry) bool { return e.Action == "job.admit" }):] {
		o.log = append(o.log, e.Action+" "+shapeOf(t, string(e.Body)))
	}
	o.spent = d.OK("budget", "show", "pums", "--as", "wang")
	o.spent = times.ReplaceAllString(ids.ReplaceAllString(o.spent, "ID"), "T")
	return o
}

// TestChannelHostileJob: a job whose module traps, loops, lies or grows on one
// person cannot be told, by anything but its noise, from one whose module
// works: not by its exit status, what it prints, what it leaves in the log,
// what it costs, or by coming before its timing slot.
func TestChannelHostileJob(t *testing.T) {
	lines := strings.SplitAfter(string(read(t, "pums.csv")), "\n")
	data := filepath.Join(t.TempDir(), "pums.csv")
	if err := os.WriteFile(data, []byte(strings.Join(lines[:201], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	const target = 0 // the income of some of the first two hundred, masked or not
	if !strings.Contains(strings.Join(lines[:201], ""), ",0.0,") {
		t.Fatal("nobody has the target's income")
	}
	good := lookAt(t, madeModule(t, target), data)
	if good.status != 0 || len(good.log) != 6 || good.spent == "" {
		t.Fatalf("the good module's job: %+v", good)
	}
	for name, code := range map[string][]byte{
		"traps":            w.Op(0x00),
		"loops":            w.Loop(w.Br(0)),
		"fails":            w.Cat(w.I32Const(-7), w.Op(0x0f)),
		"lies":             w.Cat(w.I32Const(guest.Out), w.I32Const(2), w.Store(w.I32Store, 0), w.I32Const(0), w.Op(0x0f)),
		"leaves a NaN":     w.Cat(w.I32Const(guest.Out), w.F64Const(0), w.F64Const(0), w.Op(0xa3), w.Store(w.F64Store, 8)),
		"spoils the state": w.Cat(w.I32Const(0), w.I32Const(0xff), w.I32Const(1<<16), w.Op(0xfc, 11, 0)),
	} {
		t.Run(name, func(t *testing.T) {
			bad := lookAt(t, madeModule(t, target, code), data)
			if bad.early || good.early {
				t.Errorf("the answer came before its deadline: %v, the good one's: %v", bad.early, good.early)
			}
			if bad.status != good.status || bad.stderr != good.stderr {
				t.Errorf("status %d, stderr %q; the good one's %d, %q", bad.status, bad.stderr, good.status, good.stderr)
			}
			if bad.stdout != good.stdout {
				t.Errorf("prints\n%s\nthe good one\n%s", bad.stdout, good.stdout)
			}
			if bad.json != good.json {
				t.Errorf("--json prints\n%s\nthe good one\n%s", bad.json, good.json)
			}
			if !slices.Equal(bad.log, good.log) {
				t.Errorf("log\n%s\nthe good one's\n%s", strings.Join(bad.log, "\n"), strings.Join(good.log, "\n"))
			}
			if bad.spent != good.spent {
				t.Errorf("budget\n%s\nthe good one's\n%s", bad.spent, good.spent)
			}
		})
	}
}
