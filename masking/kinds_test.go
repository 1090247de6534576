package masking

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// TestCMAC holds the PRF to the examples of NIST SP 800-38B, AES-256.
func TestCMAC(t *testing.T) {
	key, _ := hex.DecodeString("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
	text, _ := hex.DecodeString("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" +
		"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710")
	c, err := newCMAC(key)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{
		0:  "028962f61b7bf89efc6b551f4667d983",
		16: "28a7023f452e8f82bd4bf28d8c37c35c",
		40: "aaf3d8f1de5640c232f5b169b9c911e6",
		64: "e1992190549f6ed5696a2c056c315410",
	} {
		tag := make([]byte, 16)
		c.sum(tag, text[:n])
		if got := hex.EncodeToString(tag); got != want {
			t.Errorf("%d bytes: %s, want %s", n, got, want)
		}
	}
}

func TestToken(t *testing.T) {
	mask := glovebox.Mask{Kind: Token, Shared: true}
	ids := []any{"11010119900307003X", "110101199003070038", "", nil, "11010119900307003X", "欧阳娜娜", strings.Repeat("长", 500)}
	got := apply(t, col{"c", arrow.BinaryTypes.String, ids}, mask)
	if got[0] != got[4] || got[3] != nil {
		t.Errorf("%x", got)
	}
	seen := map[any]bool{}
	for _, i := range []int{0, 1, 2, 5, 6} {
		if seen[got[i]] || len(got[i].(string)) != 16 {
			t.Errorf("row %d: %x", i, got[i])
		}
		seen[got[i]] = true
	}
	// The same number has the same token in either width; a text of the same
	// digits, or a token of the same bytes as a text, has another.
	wide := apply(t, col{"c", arrow.PrimitiveTypes.Int64, []any{-1, 42, math.MaxInt32}}, mask)
	narrow := apply(t, col{"c", arrow.PrimitiveTypes.Int32, []any{-1, 42, math.MaxInt32}}, mask)
	if !slices.Equal(wide, narrow) {
		t.Errorf("%x %x", wide, narrow)
	}
	asToken := apply(t, col{"c", tokenType, []any{"0123456789abcdef"}}, mask)
	asText := apply(t, col{"c", arrow.BinaryTypes.String, []any{"0123456789abcdef", "42"}}, mask)
	if asToken[0] == asText[0] || asText[1] == wide[1] || asToken[0] == any("0123456789abcdef") {
		t.Errorf("%x %x", asToken, asText)
	}
}

// TestChannelMaskedTokensJoinedOutside: the tokens that two scenarios see of the
// same persons cannot be joined. With keys of their own they are outputs of two
// independent PRFs: no token is equal, and no bit of one predicts a bit of the
// other. Of n persons the share of equal bits at each of 128 x 128 pairs of
// places is binomial(n, 1/2); the bound of 7 standard deviations is passed by
// chance with probability below 16384 * 2.6e-12 = 4.3e-8 a run (fixed keys: never
// again once it passed).
func TestChannelMaskedTokensJoinedOutside(t *testing.T) {
	const n = 4000
	persons := make([]any, n)
	for i := range persons {
		persons[i] = fmt.Sprintf("4202811950%08d", i)
	}
	tokens := func(key byte) []string {
		mem := checked(t)
		rec := batch(t, mem, col{"id", arrow.BinaryTypes.String, persons})
		defer rec.Release()
		tr, err := Compile(rec.Schema(), map[string]glovebox.Mask{"id": {Kind: Token, Shared: true}}, &Options{TokenKey: testKey(key), Alloc: mem})
		if err != nil {
			t.Fatal(err)
		}
		out, err := tr.Apply(rec)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Release()
		var ts []string
		for _, v := range values(t, out.Column(0)) {
			ts = append(ts, v.(string))
		}
		return ts
	}
	a, b := tokens(1), tokens(2)
	if !slices.Equal(a, tokens(1)) {
		t.Fatal("a scenario's tokens are not stable")
	}
	known := map[string]bool{}
	for _, x := range a {
		known[x] = true
	}
	if len(known) != n {
		t.Fatalf("%d tokens for %d persons", len(known), n)
	}
	for i, y := range b {
		if known[y] {
			t.Fatalf("person %d has a token that the other scenario knows", i)
		}
	}
	bit := func(s string, i int) byte { return s[i/8] >> (i % 8) & 1 }
	limit := 7 * math.Sqrt(n) / 2
	for i := range 128 {
		for j := range 128 {
			equal := 0
			for k := range n {
				equal += int(1 ^ bit(a[k], i) ^ bit(b[k], j))
			}
			if math.Abs(float64(equal)-n/2) > limit {
				t.Fatalf("bit %d of one scenario predicts bit %d of the other: equal in %d of %d", i, j, equal, n)
			}
		}
	}
}

func TestRedact(t *testing.T) {
	for _, c := range []struct {
		first, last int
		in, want    string
	}{
		{6, 0, "420281199003070038", "420281***"}, // resident id
		{6, 0, "42028119900307003X", "420281***"},
		{6, 4, "42028119900307003X", "420281***003X"},
		{0, 1, "42028119900307003X", "***X"},
		{3, 0, "13812345678", "138***"}, // mobile
		{3, 4, "13812345678", "138***5678"},
		{1, 0, "王伟", "王***"}, // names
		{1, 0, "王小明", "王***"},
		{1, 0, "欧阳娜娜", "欧***"},
		{1, 1, "王小明", "王***明"},
		{1, 1, "王伟", "***"}, // nothing left to leave out
		{1, 0, "王", "***"},
		{1, 0, "买买提·艾力", "买***"},
		{2, 1, "买买提·艾力", "买买***力"},
		{1, 0, "𠮷野家", "𠮷***"}, // rare characters of Ext-B: two surrogates elsewhere, one here
		{1, 1, "𪚥𠀀𠮷", "𪚥***𠮷"},
		{1, 0, "𠮷", "***"},
		{1, 0, "e\u0301x", "e***"}, // a combining mark is a character of its own
		{0, 0, "anything", "***"},
		{0, 0, "", "***"},
		{1, 1, "", "***"},
		{64, 64, "short", "***"},
		{1, 0, "\xff\xfeab", "\uFFFD***"},
		{0, 1, "ab\xe4\xb8", "***\uFFFD"},
	} {
		if got := string(appendRedacted(nil, c.in, c.first, c.last)); got != c.want {
			t.Errorf("%q, %d and %d: %q, want %q", c.in, c.first, c.last, got, c.want)
		}
	}
	got := apply(t, col{"c", arrow.BinaryTypes.String, []any{"王小明", nil, "", "𠮷野家"}}, glovebox.Mask{Kind: Redact, KeepFirst: 1})
	if !slices.Equal(got, []any{"王***", nil, "***", "𠮷***"}) {
		t.Errorf("%v", got)
	}
}

// TestRedactHidesLength: what is left out leaves no trace of its length.
func TestRedactHidesLength(t *testing.T) {
	want := string(appendRedacted(nil, "ab-z", 2, 1))
	for n := range 200 {
		if got := string(appendRedacted(nil, "ab"+strings.Repeat("王x", n)+"-z", 2, 1)); got != want {
			t.Fatalf("%d characters: %q", n, got)
		}
	}
}

// FuzzRedact: what is kept is the ends of the text, no more than asked, one
// character at least is left out, and the result is valid UTF-8.
func FuzzRedact(f *testing.F) {
	for _, s := range []string{"", "王", "买买提·艾力", "𠮷野家", "42028119900307003X", "13812345678", "\xff\xc0x", "***", "e\u0301"} {
		f.Add(s, 1, 0)
		f.Add(s, 3, 4)
	}
	f.Fuzz(func(t *testing.T, s string, first, last int) {
		if first < 0 || first > MaxKeep || last < 0 || last > MaxKeep {
			return
		}
		out := string(appendRedacted(nil, s, first, last))
		if !utf8.ValidString(out) {
			t.Fatalf("not UTF-8: %q", out)
		}
		in := []rune(s) // a byte that is not UTF-8 is one U+FFFD, as it is in out
		if utf8.ValidString(s) || first+last == 0 {
			want := stars
			if len(in) > first+last {
				want = string(in[:first]) + stars + string(in[len(in)-last:])
			}
			if out != want {
				t.Fatalf("%q, %d and %d: %q, want %q", s, first, last, out, want)
			}
		}
		if n := utf8.RuneCountInString(out); n > first+len(stars)+last || n < len(stars) {
			t.Fatalf("%q, %d and %d: %d characters", s, first, last, n)
		}
	})
}

func TestGeneraliseNumbers(t *testing.T) {
	for _, c := range []struct {
		step     float64
		in, want []any
	}{
		{10, []any{0, 1, 9, 10, 19, -1, -10, -11, nil, 1987}, []any{0, 0, 0, 10, 10, -10, -10, -20, nil, 1980}},
		{1, []any{7, -7}, []any{7, -7}},
		{1 << 53, []any{5, -5}, []any{0, -(1 << 53)}},
		{1000, []any{math.MaxInt64, math.MinInt64}, []any{math.MaxInt64 - 807, math.MinInt64 + 808}},
	} {
		if got := apply(t, col{"c", arrow.PrimitiveTypes.Int64, c.in}, glovebox.Mask{Kind: Generalise, Step: c.step}); !slices.Equal(got, c.want) {
			t.Errorf("int64 step %v: %v, want %v", c.step, got, c.want)
		}
	}
	for _, c := range []struct {
		step     float64
		in, want []any
	}{
		{10, []any{0, 9, -1, nil, math.MaxInt32, math.MinInt32}, []any{0, 0, -10, nil, math.MaxInt32 - 7, math.MinInt32 + 8}},
		{1 << 40, []any{5, -5}, []any{0, 0}},
	} {
		if got := apply(t, col{"c", arrow.PrimitiveTypes.Int32, c.in}, glovebox.Mask{Kind: Generalise, Step: c.step}); !slices.Equal(got, c.want) {
			t.Errorf("int32 step %v: %v, want %v", c.step, got, c.want)
		}
	}
	got := apply(t, col{"c", arrow.PrimitiveTypes.Float64, []any{0.0, 2.4, 2.5, -0.1, math.Copysign(0, -1), 1e300, nil, math.Inf(-1)}}, glovebox.Mask{Kind: Generalise, Step: 2.5})
	if !slices.Equal(got, []any{0.0, 0.0, 2.5, -2.5, 0.0, 1e300, nil, math.Inf(-1)}) {
		t.Errorf("%v", got)
	}
	if math.Signbit(got[4].(float64)) {
		t.Error("negative zero")
	}
	if tiny := apply(t, col{"c", arrow.PrimitiveTypes.Float64, []any{1e300}}, glovebox.Mask{Kind: Generalise, Step: 1e-300}); tiny[0] != any(1e300) {
		t.Errorf("%v", tiny)
	}
	odd := math.Float64frombits(0x7ff8000000abcdef)
	if nan := apply(t, col{"c", arrow.PrimitiveTypes.Float64, []any{odd}}, glovebox.Mask{Kind: Generalise, Step: 1}); math.Float64bits(nan[0].(float64)) != math.Float64bits(math.NaN()) {
		t.Errorf("a NaN keeps its payload: %x", math.Float64bits(nan[0].(float64)))
	}
}

// TestGeneralisedFloatsHaveNoLowDigits: all values of one group become one and
// the same float.
func TestGeneralisedFloatsHaveNoLowDigits(t *testing.T) {
	const step = 0.1
	groups := map[float64]uint64{}
	var in []any
	for i := range 5000 {
		in = append(in, float64(i)*0.00337)
	}
	for i, v := range apply(t, col{"c", arrow.PrimitiveTypes.Float64, in}, glovebox.Mask{Kind: Generalise, Step: step}) {
		x, y := in[i].(float64), v.(float64)
		if y > x*(1+1e-12) || x-y > step*(1+1e-9) {
			t.Fatalf("%v became %v", x, y)
		}
		key := math.Round(y / step)
		if old, ok := groups[key]; ok && old != math.Float64bits(y) {
			t.Fatalf("group %v has two values", key)
		}
		groups[key] = math.Float64bits(y)
	}
	if len(groups) < 150 {
		t.Errorf("%d groups", len(groups))
	}
}

func TestGeneraliseDates(t *testing.T) {
	in := []any{"1990-03-07", "2024-02-29", "1969-12-31", "2000-01-01", "1899-11-30", nil, "2026-07-01"}
	for to, want := range map[string][]any{
		"year":    {"1990-01-01", "2024-01-01", "1969-01-01", "2000-01-01", "1899-01-01", nil, "2026-01-01"},
		"quarter": {"1990-01-01", "2024-01-01", "1969-10-01", "2000-01-01", "1899-10-01", nil, "2026-07-01"},
		"month":   {"1990-03-01", "2024-02-01", "1969-12-01", "2000-01-01", "1899-11-01", nil, "2026-07-01"},
	} {
		got := apply(t, col{"c", arrow.FixedWidthTypes.Date32, in}, glovebox.Mask{Kind: Generalise, To: to})
		for i := range want {
			if want[i] != nil {
				want[i] = day(t, want[i].(string))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", to, got, want)
		}
	}
	// Every day of two centuries, against the calendar of the test.
	for y := 1900; y < 2100; y++ {
		for m := 1; m <= 12; m++ {
			d := arrow.Date32(civil(y, m, 1) + 27)
			if a, b, c := firstDay(d, 12), firstDay(d, 3), firstDay(d, 1); int(a) != civil(y, 1, 1) || int(b) != civil(y, (m-1)/3*3+1, 1) || int(c) != civil(y, m, 1) {
				t.Fatalf("%d-%d: %d %d %d", y, m, a, b, c)
			}
		}
	}
	if firstDay(math.MinInt32, 12) != math.MinInt32 || firstDay(math.MaxInt32, 12) > math.MaxInt32 {
		t.Error("the ends of the calendar")
	}
}

// BenchmarkToken masks a batch of vault tokens and one of resident ids; hmac is
// what the vault tokens would cost with HMAC-SHA-256.
func BenchmarkToken(b *testing.B) {
	const n = 1 << 16
	ids, tokens := make([]any, n), make([]any, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("4202811950%07dX", i)
		tokens[i] = fmt.Sprintf("%016d", i)
	}
	for name, c := range map[string]col{
		"token": {"c", tokenType, tokens}, "resident-id": {"c", arrow.BinaryTypes.String, ids},
	} {
		b.Run(name, func(b *testing.B) {
			rec := batch(b, memory.DefaultAllocator, c)
			defer rec.Release()
			tr, err := Compile(rec.Schema(), map[string]glovebox.Mask{"c": {Kind: Token, Shared: true}}, &Options{TokenKey: testKey(1)})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				out, err := tr.Apply(rec)
				if err != nil {
					b.Fatal(err)
				}
				out.Release()
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mvalue/s")
		})
	}
	b.Run("hmac", func(b *testing.B) {
		rec := batch(b, memory.DefaultAllocator, col{"c", tokenType, tokens})
		defer rec.Release()
		key := testKey(1)
		a := rec.Column(0).(*array.FixedSizeBinary)
		dst := make([]byte, 0, 32)
		for b.Loop() {
			h := hmac.New(sha256.New, key[:])
			for i := range n {
				h.Reset()
				h.Write(a.Value(i))
				dst = h.Sum(dst[:0])[:16]
			}
		}
		b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mvalue/s")
	})
}

// TestGeneralisedEdges: a float written as a multiple of the step is one.
func TestGeneralisedEdges(t *testing.T) {
	in := []any{0.3, 0.6, 0.7, 1.1, -0.3, 0.29999999999999993, -0.30000000000000004}
	want := []any{0.3, 0.6, 0.7, 1.1, -0.3, 0.2, -0.4}
	if got := apply(t, col{"c", arrow.PrimitiveTypes.Float64, in}, glovebox.Mask{Kind: Generalise, Step: 0.1}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
