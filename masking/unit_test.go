package masking

import (
	"fmt"
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
)

// unitTokens masks a column of texts, and one of vault tokens, for rows of the
// units given, under a job's key.
func unitTokens(t *testing.T, job byte, together *int, units, texts, ids []any) (a, b []any) {
	t.Helper()
	mem := checked(t)
	rec := batch(t, mem, col{UnitColumn, tokenType, units}, col{"s", arrow.BinaryTypes.String, texts}, col{"id", tokenType, ids})
	defer rec.Release()
	mask := glovebox.Mask{Kind: Token}
	tr, err := Compile(rec.Schema(), map[string]glovebox.Mask{"s": mask, "id": mask}, &Options{JobKey: testKey(job), Together: together, Alloc: mem})
	if err != nil {
		t.Fatal(err)
	}
	out, err := tr.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	return values(t, out.Column(1)), values(t, out.Column(2))
}

// TestTokensOfAUnit: within a unit a token stands for its value; in another
// unit, or another job, the value has another.
func TestTokensOfAUnit(t *testing.T) {
	const u, v = "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaab" // they differ in the last bits alone
	units := []any{u, u, u, v, v, u}
	texts := []any{"王小明", "", "王小明", "王小明", nil, "0123456789abcdef"}
	ids := []any{"0123456789abcdef", "0123456789abcdee", "0123456789abcdef", "0123456789abcdef", nil, "0123456789abcdef"}
	s, id := unitTokens(t, 1, nil, units, texts, ids)
	if s[0] != s[2] || s[0] == s[1] || id[0] != id[2] || id[0] != id[5] || id[0] == id[1] {
		t.Errorf("within a unit tokens do not stand for values: %x %x", s, id)
	}
	if s[0] == s[3] || id[0] == id[3] {
		t.Errorf("two units have the same tokens: %x %x", s, id)
	}
	if s[4] != nil || id[4] != nil || s[5] == id[5] {
		t.Errorf("nulls, or texts that look like tokens: %x %x", s, id)
	}
	if other, ids2 := unitTokens(t, 2, nil, units, texts, ids); other[0] == s[0] || ids2[0] == id[0] {
		t.Error("two jobs have the same tokens")
	}
	// Units of one block have tokens in common, those of another do not.
	for bits, same := range map[int]bool{0: true, 120: true, 127: false} {
		if s, id := unitTokens(t, 1, &bits, units, texts, ids); (s[0] == s[3]) != same || (id[0] == id[3]) != same {
			t.Errorf("%d bits together: %x %x", bits, s, id)
		}
	}
}

// TestNoTokensWithoutUnits: where there is no unit there is no token.
func TestNoTokensWithoutUnits(t *testing.T) {
	mem := checked(t)
	rec := batch(t, mem, col{"s", arrow.BinaryTypes.String, []any{"x"}})
	defer rec.Release()
	if _, err := Compile(rec.Schema(), map[string]glovebox.Mask{"s": {Kind: Token}}, &Options{JobKey: testKey(1), Alloc: mem}); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("without a unit column: %v", err)
	}
	units := batch(t, mem, col{UnitColumn, tokenType, []any{nil}}, col{"s", arrow.BinaryTypes.String, []any{"x"}})
	defer units.Release()
	tr, err := Compile(units.Schema(), map[string]glovebox.Mask{"s": {Kind: Token}}, &Options{JobKey: testKey(1), Alloc: mem})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Apply(units); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("a row without a unit: %v", err)
	}
}

// TestChannelBitsOfSharedTokens: a value that many units share has tokens whose
// bits are independent in all of them, so that no sum over units finds a bit of
// it. Of n units the share of ones at each of 128 places is binomial(n, 1/2); the
// bound of 7 standard deviations is passed by chance with probability below
// 2 * 128 * 2.6e-12 = 6.7e-10 a run (fixed keys: never again once it passed).
func TestChannelBitsOfSharedTokens(t *testing.T) {
	const n = 4000
	var units, texts, ids []any
	for i := range n {
		units, texts, ids = append(units, fmt.Sprintf("%016d", i)), append(texts, "the same employer"), append(ids, "0123456789abcdef")
	}
	a, b := unitTokens(t, 1, nil, units, texts, ids)
	for _, tokens := range [][]any{a, b} {
		for i := range 128 {
			ones := 0
			for _, v := range tokens {
				ones += int(v.(string)[i/8] >> (i % 8) & 1)
			}
			if d := math.Abs(float64(ones) - n/2); d > 7*math.Sqrt(n)/2 {
				t.Fatalf("bit %d is one in %d of %d units", i, ones, n)
			}
		}
	}
}

// TestChannelDigitsOfSharedTexts is TestChannelBitsOfSharedTokens for texts that
// keep their form: of n units a digit stands in a place binomial(n, 1/10) times;
// 7 standard deviations are passed by chance with probability below
// 2 * 80 * 2.6e-12 = 4.2e-10 a run (fixed keys: never again once it passed).
func TestChannelDigitsOfSharedTexts(t *testing.T) {
	const n = 4000
	var units, texts []any
	for i := range n {
		units, texts = append(units, fmt.Sprintf("%016d", i)), append(texts, "13812345")
	}
	mem := checked(t)
	rec := batch(t, mem, col{UnitColumn, tokenType, units}, col{"s", arrow.BinaryTypes.String, texts})
	defer rec.Release()
	tr, err := Compile(rec.Schema(), map[string]glovebox.Mask{"s": {Kind: FPE, Form: FormDigits}}, &Options{JobKey: testKey(1), Alloc: mem})
	if err != nil {
		t.Fatal(err)
	}
	out, err := tr.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	var seen [8][10]int
	for _, v := range values(t, out.Column(1)) {
		for i, c := range []byte(v.(string)) {
			seen[i][c-'0']++
		}
	}
	for i := range seen {
		for d, k := range seen[i] {
			if math.Abs(float64(k)-n/10) > 7*math.Sqrt(n*0.09) {
				t.Fatalf("digit %d stands at place %d in %d of %d units", d, i, k, n)
			}
		}
	}
}
