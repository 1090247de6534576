package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// page is what was measured, printed as it comes.
type page struct{ lines []string }

func (p *page) line(s string) {
	fmt.Println(s)
	p.lines = append(p.lines, s)
}

// write writes docs/benchmarks-log.md: figures of one run on one machine.
func (p *page) write(path string) error {
	head := fmt.Sprintf("# The log under load\n\nWritten by `make bench-log` on %s/%s with %d processors, whatever else the machine did then. Every entry is durable when it counts; an act of a domain is a whole step, database and log. 日志的实测数据，由 `make bench-log` 生成。\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	return os.WriteFile(path, []byte(head+strings.Join(p.lines, "\n")+"\n"), 0o644) //nolint:gosec // a page for everybody
}
