// Command accuracy measures the error of every mechanism and aggregator beside
// what theory says, through the same functions that jobs use, and writes the
// tables of docs/accuracy.md. Data are drawn from seeds; noise is the operating
// system's, so that figures change a little from run to run. It promises nothing
// about data that are unlike those described beside a table.
package main

import (
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// section is one table of the page, between <!-- accuracy NAME --> and
// <!-- /accuracy NAME -->.
type section struct {
	name  string
	write func() (*table, error)
}

var sections = []section{
	{"aggregates", aggregateTable},
	{"selection", selectionTable},
	{"selectors", selectorTable},
	{"quantiles", quantileTable},
	{"blocks", blocksTable},
	{"whole", wholeTable},
}

func main() {
	doc := flag.String("doc", "docs/accuracy.md", "page whose tables are rewritten")
	only := flag.String("only", "", "only sections whose name contains this")
	flag.Parse()
	for _, s := range sections {
		if !strings.Contains(s.name, *only) {
			continue
		}
		fmt.Fprintln(os.Stderr, "measuring", s.name)
		t, err := s.write()
		if err == nil {
			err = publish(*doc, s.name, t.String())
		}
		if err != nil {
			log.Fatalf("accuracy: %s: %v", s.name, err)
		}
	}
}

// publish puts a table into the page.
func publish(path, name, text string) error {
	from, to := "<!-- accuracy "+name+" -->\n", "<!-- /accuracy "+name+" -->"
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(page), from)
	_, tail, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the table", path)
	}
	return os.WriteFile(path, []byte(head+from+text+to+tail), 0o644)
}

// table is a table of Markdown.
type table struct{ rows [][]string }

func newTable(head ...string) *table {
	line := make([]string, len(head))
	for i := range line {
		line[i] = "---"
	}
	return &table{[][]string{head, line}}
}

func (t *table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case float64:
			row[i] = short(c)
		default:
			row[i] = fmt.Sprint(c)
		}
	}
	t.rows = append(t.rows, row)
}

func (t *table) String() string {
	var b strings.Builder
	for _, r := range t.rows {
		b.WriteString("| " + strings.Join(r, " | ") + " |\n")
	}
	return b.String()
}

// short prints three digits.
func short(x float64) string {
	if x == 0 {
		return "0"
	}
	places := max(0, 2-int(math.Floor(math.Log10(math.Abs(x)))))
	return strconv.FormatFloat(x, 'f', min(places, 9), 64)
}

// rms is the root of the mean square.
func rms(errors []float64) float64 {
	sum := 0.0
	for _, e := range errors {
		sum += e * e
	}
	return math.Sqrt(sum / float64(len(errors)))
}

// share returns the value below which a share of the magnitudes lie.
func share(errors []float64, of float64) float64 {
	m := make([]float64, len(errors))
	for i, e := range errors {
		m[i] = math.Abs(e)
	}
	slices.Sort(m)
	return m[min(len(m)-1, int(of*float64(len(m))))]
}
