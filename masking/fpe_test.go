package masking

import (
	"fmt"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// nobody is a resident number of nobody.
func nobody(n int) string {
	b := fmt.Appendf(nil, "990281%d%02d%02d%03d", 1950+n%50, 1+n%12, 1+n%28, n%1000)
	return string(append(b, residentCheck(b)))
}

// TestFPE: a text becomes another of its form; in another unit, or another job,
// it becomes yet another; what is not of the form becomes nothing.
func TestFPE(t *testing.T) {
	card := []byte("6222021234567890")
	card[15] = luhnCheck(card[:15])
	uscc := []byte("9191028170000000M")
	for _, q := range []struct {
		form, good string
		kept       int // characters that never change, with keep_first 6 of the numbers
		bad        []any
	}{
		{FormResident, nobody(7), 6, []any{"990281195001010000", "99028119500101", "x", ""}},
		{FormCard, string(card), 6, []any{"6222021234567891", "62220212345678"}},
		{FormUSCC, string(append(uscc, usccCheck(uscc))), 6, []any{"9191028170000000MI", "I1"}},
		{FormMobile, "13812345678", 3, []any{"1381234567", "1381234567x"}},
		{FormDigits, "00123456", 0, []any{"12345", "1234567x"}},
		{FormAlnum, "AB12CD", 0, []any{"AB1", "AB12CÜ"}},
	} {
		in := append([]any{q.good, q.good, q.good, nil}, q.bad...)
		units := make([]any, len(in))
		for i := range units {
			units[i] = "aaaaaaaaaaaaaaaa"
		}
		units[2] = "baaaaaaaaaaaaaaa"
		masked := func(job byte, m glovebox.Mask) []any {
			mem := checked(t)
			rec := batch(t, mem, col{UnitColumn, tokenType, units}, col{"s", arrow.BinaryTypes.String, in})
			defer rec.Release()
			tr, err := Compile(rec.Schema(), map[string]glovebox.Mask{"s": m}, &Options{JobKey: testKey(job), TokenKey: testKey(9), Alloc: mem})
			if err != nil {
				t.Fatal(q.form, err)
			}
			out, err := tr.Apply(rec)
			if err != nil {
				t.Fatal(err)
			}
			defer out.Release()
			return values(t, out.Column(1))
		}
		m := glovebox.Mask{Kind: FPE, Form: q.form, KeepFirst: q.kept}
		got := masked(1, m)
		if got[0] != got[1] || got[0] == got[2] || got[0] == any(q.good) || got[0].(string)[:q.kept] != q.good[:q.kept] || len(got[0].(string)) != len(q.good) {
			t.Errorf("%s: %v", q.form, got)
		}
		if _, ok := forms[q.form].body([]byte(got[0].(string))); !ok {
			t.Errorf("%s: %v has another form", q.form, got[0])
		}
		for i, v := range got[3:] {
			if v != nil {
				t.Errorf("%s: %v became %v", q.form, in[3+i], v)
			}
		}
		if other := masked(2, m); other[0] == got[0] {
			t.Errorf("%s: two jobs have the same", q.form)
		}
		m.Shared = true
		if shared := masked(1, m); shared[0] != shared[2] || !slices.Equal(shared, masked(2, m)) {
			t.Errorf("%s: shared, yet not the same", q.form)
		}
		if forms[q.form].check == nil {
			continue
		}
		m.Shared, m.Check = false, CheckInvalid
		wrong := masked(1, m)[0].(string)
		if _, ok := forms[q.form].body([]byte(wrong)); ok || wrong[:len(wrong)-1] != got[0].(string)[:len(wrong)-1] {
			t.Errorf("%s: %s is to be wrong by its last character alone", q.form, wrong)
		}
	}
}

// TestFPEDistinct: of many texts under one key no two become one.
func TestFPEDistinct(t *testing.T) {
	var in []any
	for i := range 20_000 {
		in = append(in, fmt.Sprintf("%06d", i*37))
	}
	seen := map[any]bool{}
	for _, v := range apply(t, col{"s", arrow.BinaryTypes.String, in}, glovebox.Mask{Kind: FPE, Form: FormDigits, Shared: true}) {
		if v == nil || seen[v] {
			t.Fatal("two texts became one")
		}
		seen[v] = true
	}
}

// TestRedactForm: the form stays, and the check character says what it is to say.
func TestRedactForm(t *testing.T) {
	id := nobody(3)
	for _, q := range []struct {
		check, want string
	}{
		{"", id[:6] + "00000000000"}, {CheckValid, id[:6] + "00000000000"}, {CheckInvalid, id[:6] + "00000000000"},
	} {
		got := apply(t, col{"s", arrow.BinaryTypes.String, []any{id, nil, "x", id}}, glovebox.Mask{Kind: Redact, Form: FormResident, KeepFirst: 6, Check: q.check})
		s, _ := got[0].(string)
		_, right := forms[FormResident].body([]byte(s))
		if len(s) != 18 || s[:17] != q.want || right == (q.check == CheckInvalid) || got[1] != nil || got[2] != nil || got[3] != got[0] {
			t.Errorf("%q: %v", q.check, got)
		}
	}
}

// TestCodings: clip, constant and groups.
func TestCodings(t *testing.T) {
	text, whole, long, float, date := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64, arrow.FixedWidthTypes.Date32
	towns := []glovebox.MaskGroup{{Label: "北", Values: []string{"保安镇", "还地桥镇"}}, {Label: "南", Values: []string{"灵乡镇"}}}
	for i, q := range []struct {
		c    col
		m    glovebox.Mask
		want []any
	}{
		{col{"c", whole, []any{-5, 3, nil, 200}}, glovebox.Mask{Kind: Clip, Low: "0", High: "90"}, []any{0, 3, nil, 90}},
		{col{"c", long, []any{-5, 3, nil, 200}}, glovebox.Mask{Kind: Clip, High: "90"}, []any{-5, 3, nil, 90}},
		{col{"c", float, []any{-0.5, 3.5, nil}}, glovebox.Mask{Kind: Clip, Low: "0.25"}, []any{0.25, 3.5, nil}},
		{col{"c", date, []any{"1930-05-06", "1990-01-01"}}, glovebox.Mask{Kind: Clip, Low: "1940-01-01"}, []any{day(t, "1940-01-01"), day(t, "1990-01-01")}},
		{col{"c", text, []any{"a", nil, ""}}, glovebox.Mask{Kind: Constant, Value: "某"}, []any{"某", nil, "某"}},
		{col{"c", text, []any{"保安镇", "灵乡镇", nil, "x", "还地桥镇"}}, glovebox.Mask{Kind: Generalise, Groups: towns}, []any{"北", "南", nil, nil, "北"}},
		{col{"c", text, []any{"保安镇", "x", "x", ""}}, glovebox.Mask{Kind: Generalise, Groups: towns, Other: "其他"}, []any{"北", "其他", "其他", "其他"}},
	} {
		if got := apply(t, q.c, q.m); !slices.Equal(got, q.want) {
			t.Errorf("%d: %v, want %v", i, got, q.want)
		}
	}
}

// TestSM3Tokens: they are others than those of AES, of one length, and the unit's
// own.
func TestSM3Tokens(t *testing.T) {
	mem := checked(t)
	rec := batch(t, mem, col{UnitColumn, tokenType, []any{"aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "baaaaaaaaaaaaaaa", "baaaaaaaaaaaaaaa"}}, col{"a", arrow.BinaryTypes.String, []any{"x", "x", "x", nil}}, col{"b", arrow.BinaryTypes.String, []any{"x", "x", "x", nil}})
	defer rec.Release()
	tr, err := Compile(rec.Schema(), map[string]glovebox.Mask{"a": {Kind: Token, Hash: HashSM3}, "b": {Kind: Token}}, &Options{JobKey: testKey(1), Alloc: mem})
	if err != nil {
		t.Fatal(err)
	}
	out, err := tr.Apply(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Release()
	a, b := values(t, out.Column(1)), values(t, out.Column(2))
	if a[0] != a[1] || a[0] == a[2] || a[3] != nil || a[0] == b[0] || len(a[0].(string)) != 16 {
		t.Errorf("%x %x", a, b)
	}
}

// BenchmarkMasks measures what a mask makes of a batch, in values a second.
func BenchmarkMasks(b *testing.B) {
	const n = 1 << 16
	ids, numbers, towns, units := make([]any, n), make([]any, n), make([]any, n), make([]any, n)
	for i := range ids {
		id := fmt.Appendf(nil, "9902811950%07d", i)
		ids[i], numbers[i], towns[i], units[i] = string(append(id, residentCheck(id))), i, []string{"保安镇", "灵乡镇", "还地桥镇"}[i/100%3], fmt.Sprintf("%016d", i)
	}
	text := arrow.BinaryTypes.String
	for _, q := range []struct {
		name string
		c    col
		m    glovebox.Mask
	}{
		{"redact", col{"c", text, ids}, glovebox.Mask{Kind: Redact, KeepFirst: 6, KeepLast: 1}},
		{"redact-form", col{"c", text, ids}, glovebox.Mask{Kind: Redact, Form: FormResident, KeepFirst: 6}},
		{"fpe", col{"c", text, ids}, glovebox.Mask{Kind: FPE, Form: FormResident, KeepFirst: 6}},
		{"generalise", col{"c", arrow.PrimitiveTypes.Int64, numbers}, glovebox.Mask{Kind: Generalise, Step: 5}},
		{"groups", col{"c", text, towns}, glovebox.Mask{Kind: Generalise, Groups: []glovebox.MaskGroup{{Label: "北", Values: []string{"保安镇"}}}, Other: "其他"}},
		{"clip", col{"c", arrow.PrimitiveTypes.Int64, numbers}, glovebox.Mask{Kind: Clip, Low: "100", High: "9000"}},
		{"token", col{"c", text, ids}, glovebox.Mask{Kind: Token}},
		{"token-sm3", col{"c", text, ids}, glovebox.Mask{Kind: Token, Hash: HashSM3}},
	} {
		b.Run(q.name, func(b *testing.B) {
			rec := batch(b, memory.DefaultAllocator, col{UnitColumn, tokenType, units}, q.c)
			defer rec.Release()
			tr, err := Compile(rec.Schema(), map[string]glovebox.Mask{"c": q.m}, &Options{TokenKey: testKey(1), JobKey: testKey(2)})
			if err != nil {
				b.Fatal(err)
			}
			nulls := 0
			for b.Loop() {
				out, err := tr.Apply(rec)
				if err != nil {
					b.Fatal(err)
				}
				nulls = out.Column(1).NullN()
				out.Release()
			}
			if nulls > 0 {
				b.Fatalf("%d values are not of the form", nulls)
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mvalue/s")
		})
	}
}
