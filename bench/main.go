// Command bench measures the sandbox beside its peers, all in one run on the
// same guests and the same rows: wasmtime (through its Go binding), wazero
// without our metering, native Go and native C.
//
// It promises ratios: every figure of a row was taken in turns with the others
// of that row, in CPU time of the whole process where that makes sense, as the
// best of several rounds. It does not promise absolute numbers: they are those
// of the machine at hand, and are printed so that a ratio can be judged.
//
// It is a module of its own, so that nothing of a peer is ever part of the
// product.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
)

// A line of the table.
type line struct {
	what    string
	figures []figure
	ratio   string // what is compared, and the result
	target  string
	ok      bool
}

// A figure of a line, in the unit that its text says.
type figure struct{ who, value string }

func main() {
	doc := flag.String("doc", "", "a file whose table between the marks is replaced")
	flag.Parse()
	if err := run(context.Background(), *doc); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, doc string) error {
	var lines []line
	for _, f := range []func(context.Context) ([]line, error){groupBy, units, scalar, garbage, workers} {
		l, err := f(ctx)
		if err != nil {
			return err
		}
		lines = append(lines, l...)
	}
	t := table(lines)
	fmt.Print(t)
	if doc == "" {
		return nil
	}
	return replaceTable(doc, t)
}

func table(lines []line) string {
	var b strings.Builder
	b.WriteString("| what | measured | ratio | target | |\n|---|---|---|---|---|\n")
	for _, l := range lines {
		var f []string
		for _, x := range l.figures {
			f = append(f, x.who+" "+x.value)
		}
		met := "met"
		if !l.ok {
			met = "**not met**"
		}
		if l.target == "" {
			met = ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", l.what, strings.Join(f, "; "), l.ratio, l.target, met)
	}
	return b.String()
}

// Marks of the table in a page.
const (
	from = "<!-- bench-wasm: written by make bench-wasm -->\n"
	to   = "<!-- end of bench-wasm -->"
)

func replaceTable(doc, t string) error {
	b, err := os.ReadFile(doc)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(b), from)
	_, tail, end := strings.Cut(rest, to)
	if !ok || !end {
		return fmt.Errorf("%s lacks the marks of the table", doc)
	}
	return os.WriteFile(doc, []byte(head+from+"\n"+t+"\n"+to+tail), 0o644)
}
