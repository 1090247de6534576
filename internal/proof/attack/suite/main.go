// Command suite audits the product's own noise: each mechanism of package
// privacy, and whole jobs through the code that a worker and the supervisor
// run, with hostile modules on neighbouring data sets. `make audit` runs it.
//
// It prints one row for each: what was claimed, the bound that was proved, its
// share of the claim. It exits with status 1 if a bound exceeds its claim, or
// falls short of the share that a mechanism is known to allow.
//
// Compiled with the build tag of plant_on.go it plants one fault after the
// other in the product's code instead, and exits with status 1 if one is not
// found. What an audit can and cannot prove is said in package auditor.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"glovebox.example/glovebox/internal/proof/attack"
)

func main() {
	samples := flag.Int("samples", attack.DefaultSamples, "outputs a side for each mechanism; whole jobs take a tenth")
	flag.Parse()
	began := time.Now()
	rows := plants(*samples)
	if rows == nil {
		rows = audit(targets(*samples))
	}
	ok := table(rows)
	fmt.Printf("\n%d audits of %d outputs a side in %s; false alarms: fewer than one run in %.0f\n",
		len(rows), *samples, time.Since(began).Round(time.Second), 1/(attack.DefaultAlpha*float64(len(rows))))
	if !ok {
		os.Exit(1)
	}
}

// target is one thing to audit.
type target struct {
	name  string
	claim attack.Claim
	// least is the share of epsilon that an audit of a million samples finds
	// where all is right: less means that the auditor itself is broken, or that
	// there is more noise than declared.
	least   float64
	samples int
	// start makes what draws its outputs; stop frees it.
	start func() (draw attack.Draw, stop func() error, err error)
}

// row is one line of the table.
type row struct {
	target
	found *attack.Result
	err   error
	must  bool // a planted fault: there has to be an alarm
}

// verdict is what the table says; ok means that it is as it should be.
func (r *row) verdict() (text string, ok bool) {
	switch {
	case r.err != nil:
		return r.err.Error(), false
	case r.must && r.found.Alarm():
		return "caught", true
	case r.must:
		return "MISSED", false
	case r.found.Alarm():
		return "ALARM", false
	case r.found.Share() < r.least:
		return fmt.Sprintf("ALARM: share below %.2f", r.least), false
	}
	return "holds", true
}

// run audits one target.
func (t target) run() (*attack.Result, error) {
	draw, stop, err := t.start()
	if err != nil {
		return nil, err
	}
	r, err := attack.Audit(t.claim, draw, &attack.Options{Samples: t.samples})
	if e := stop(); err == nil {
		err = e
	}
	return r, err
}

// audit runs all targets, one for each core at a time: the last first, which
// take longest, so that no core is left with one of them at the end.
func audit(ts []target) []row {
	rows := make([]row, len(ts))
	todo := make(chan int)
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for i := range todo {
				rows[i].target = ts[i]
				rows[i].found, rows[i].err = ts[i].run()
			}
		})
	}
	for i := range slices.Backward(ts) {
		todo <- i
	}
	close(todo)
	group.Wait()
	return rows
}

// table prints the rows and says whether all are as they should be.
func table(rows []row) bool {
	all := true
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "audited\tepsilon\tdelta\tat least\tshare\tseen by\tsamples\tverdict")
	for i := range rows {
		r := &rows[i]
		text, ok := r.verdict()
		all = all && ok
		if r.found == nil {
			fmt.Fprintf(w, "%s\t\t\t\t\t\t\t%s\n", r.name, text)
			continue
		}
		if r.found.Samples == 0 { // no statistics
			fmt.Fprintf(w, "%s\t\t\t\t\t%s\t\t%s\n", r.name, r.found.Event, text)
			continue
		}
		fmt.Fprintf(w, "%s\t%.4g\t%.2g\t%.4f\t%.3f\t%s\t%d\t%s\n", r.name, r.claim.Epsilon, r.claim.Delta, r.found.Bound, r.found.Share(), r.found.Event, r.found.Samples, text)
	}
	w.Flush()
	return all
}
