package bundle_test

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/release"
)

// TestCSVHoldsNoFormula: no cell of a text begins as a formula does, whatever
// stands before its sign; every text and every number is had back as it was.
func TestCSVHoldsNoFormula(t *testing.T) {
	c := &release.Content{ID: "r-1", Columns: []release.Column{{Name: "key", Type: glovebox.String}, {Name: "n", Type: glovebox.Int64}, {Name: "x", Type: glovebox.Float64}}, Rows: [][]any{}}
	var marks []bool // whether an apostrophe is to be put in front
	numbers := []int64{math.MinInt64, -1 << 53, -9007199254740993, -1, 0, 1, 9007199254740993, math.MaxInt64}
	floats := []float64{-math.MaxFloat64, -1e21, -0.1, math.Copysign(0, -1), 5e-324, 1e-7, 0.1, 1e20, math.MaxFloat64}
	for _, before := range []string{"", " ", "  ", "\u3000", "\u00a0", "\t", "\r", "\n", `"`, `""`, "'", "“", "＂", "\ufeff", "\u200b"} {
		for _, sign := range []string{"=1+1", "+1", "-1", "@A1", "＝1", "＋1", "－1", "＠A", "﹦1", "−1", "=HYPERLINK(\"http://x\",\"y\")", "=1,\"=2\"\r\n=3", "x"} {
			n := len(c.Rows)
			marks = append(marks, sign != "x" || before != "" && strings.Contains("'\t\r\n", before))
			c.Rows = append(c.Rows, []any{before + sign, numbers[n%len(numbers)], floats[n%len(floats)]})
		}
	}
	files := build(t, c, evidence(t, c))
	data := files[slices.IndexFunc(files, func(f bundle.File) bool { return f.Name == bundle.ResultCSV })].Data
	rest, ok := bytes.CutPrefix(data, []byte("\ufeff"))
	if !ok {
		t.Fatal("no byte order mark")
	}
	// encoding/csv makes LF of CR LF within a cell; the bytes are compared below.
	rows, err := csv.NewReader(bytes.NewReader(rest)).ReadAll()
	if err != nil || len(rows) != 1+len(c.Rows) {
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	at := rest
	for i, want := range c.Rows {
		row, s := rows[1+i], want[0].(string)
		plain, marked := strings.CutPrefix(row[0], "'")
		if plain != strings.ReplaceAll(s, "\r\n", "\n") {
			t.Errorf("%q is written as %q", s, row[0])
		}
		if marked != marks[i] {
			t.Errorf("%q is written as %q", s, row[0])
		}
		cell := `"` + strings.ReplaceAll(row[0][:len(row[0])-len(plain)]+s, `"`, `""`) + `",`
		j := bytes.Index(at, []byte(cell))
		if j < 0 {
			t.Fatalf("%q is not there, quoted", s)
		}
		at = at[j+len(cell):]
		if n, err := strconv.ParseInt(row[1], 10, 64); err != nil || n != want[1] {
			t.Errorf("%v is written as %s", want[1], row[1])
		}
		if x, err := strconv.ParseFloat(row[2], 64); err != nil || math.Float64bits(x) != math.Float64bits(want[2].(float64)) {
			t.Errorf("%v is written as %s", want[2], row[2])
		}
	}
}
