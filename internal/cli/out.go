package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/schollz/progressbar/v3"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"
)

// table prints columns aligned by what a terminal shows, so that Chinese text
// lines up. Numbers are right-aligned.
func table(w io.Writer, head []string, rows [][]string) {
	for i, r := range rows {
		rows[i] = slices.Clone(r)
		for j, c := range r {
			rows[i][j] = text.Printed(c)
		}
	}
	width := make([]int, len(head))
	for i, h := range head {
		width[i] = displaywidth.String(h)
	}
	number := make([]bool, len(head))
	for i := range head {
		number[i] = len(rows) > 0
		for _, r := range rows {
			width[i] = max(width[i], displaywidth.String(r[i]))
			if _, err := strconv.ParseFloat(strings.TrimPrefix(r[i], "±"), 64); err != nil {
				number[i] = false
			}
		}
	}
	line := func(r []string) {
		var b strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-displaywidth.String(c))
			if number[i] {
				b.WriteString(pad + c)
			} else {
				b.WriteString(c + pad)
			}
			b.WriteString("  ")
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
	line(head)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = strings.Repeat("-", width[i])
	}
	line(rule)
	for _, r := range rows {
		line(r)
	}
}

// note prints a line about what is going on to stderr, unless JSON was asked.
func (a *app) note(s string) {
	if !a.json {
		fmt.Fprintln(a.Err, s)
	}
}

// say prints a line of result.
func (a *app) say(format string, v ...any) { fmt.Fprintf(a.Out, format+"\n", v...) }

// many is a count with its English noun, which takes an s.
func many[N ~int | ~int64 | ~uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// printReasons prints a refusal: every reason with its rule, place and
// requirement, in both languages, the user's first.
func (a *app) printReasons(w io.Writer, d glovebox.Decision) {
	first := []string{"refused by policy, reasons", "策略拒绝，理由数"}
	other := glovebox.Chinese
	if a.lang == glovebox.Chinese {
		first[0], first[1] = first[1], first[0]
		other = glovebox.English
	}
	fmt.Fprintf(w, "glovebox: %s / %s: %d\n", first[0], first[1], len(d.Reasons))
	for i, r := range d.Reasons {
		head := r.Rule
		if r.Req != "" {
			head += " [" + r.Req + "]"
		}
		if r.At != "" {
			head += " @ " + r.At
		}
		fmt.Fprintf(w, "  %d. %s\n     %s\n     %s\n", i+1, head, r.Text.In(a.lang), r.Text.In(other))
	}
}

// amount prints a privacy loss the way it was declared.
func amount(kind glovebox.LedgerKind, v glovebox.Amount) string {
	sym := "ε"
	if kind == glovebox.LedgerZCDP {
		sym = "ρ"
	}
	s := sym + "=" + units(v.Loss, 9)
	if v.Delta != 0 {
		s += " δ=" + strconv.FormatFloat(float64(v.Delta)*glovebox.DeltaUnit, 'g', 4, 64)
	}
	return s
}

// units prints an integer of 10^-digits exactly and shortly.
func units(v int64, digits int) string {
	s := fmt.Sprintf("%0*d", digits+1, v)
	s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// progress returns a function that draws a bar on stderr once the work has
// taken longer than a second; it does nothing where stderr is not a terminal.
func (a *app) progress(what string) func(done, total int64) {
	if a.json || !isTerminal(a.raw.Err) {
		return nil
	}
	start := time.Now()
	var bar *progressbar.ProgressBar
	return func(done, total int64) {
		if bar == nil {
			if time.Since(start) < time.Second {
				return
			}
			bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(a.raw.Err), progressbar.OptionSetDescription(what),
				progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		bar.ChangeMax64(total)
		_ = bar.Set64(done) // a bar that cannot be drawn changes nothing
	}
}
