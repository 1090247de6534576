// Package tables writes made-up tables of any length, for measurements: the same
// rows for the same kind and number. They promise the shapes that providers
// have, not their joint distribution, and get into no product.
package tables

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"glovebox.example/glovebox"
)

// Kinds are the tables that are measured, with a number of rows that takes
// seconds. There is one more: texts, of 13 columns and some 10 KiB a row.
var Kinds = map[string]int{"residents": 3_000_000, "ints": 6_000_000, "wide": 1_000_000}

// Columns are those of a kind, id first.
func Columns(kind string) []glovebox.Column {
	list := []glovebox.Column{{Name: "id", Type: glovebox.String, Class: glovebox.ClassIdentifier}}
	add := func(name string, t glovebox.Type) {
		list = append(list, glovebox.Column{Name: name, Type: t, Class: glovebox.ClassPersonal})
	}
	switch kind {
	case "residents":
		list[0].Format = "cn-resident-id"
		add("town", glovebox.String)
		add("age", glovebox.Int32)
		list[2].Min, list[2].Max = "0", "120"
		add("income", glovebox.Float64)
		add("seen", glovebox.Date)
		add("name", glovebox.String)
	case "ints":
		list[0].Type = glovebox.Int64
		for _, n := range []string{"a", "b", "c", "d"} {
			add(n, glovebox.Int64)
		}
	case "texts":
		for i := range 12 {
			add(fmt.Sprintf("t%d", i), glovebox.String)
			list[i+1].MaxBytes = 4096
		}
	case "wide":
		for i := range 19 {
			add(fmt.Sprintf("c%d", i), []glovebox.Type{glovebox.Int32, glovebox.Float64, glovebox.String, glovebox.Date}[i%4])
		}
	}
	return list
}

var towns = []string{"金山店镇", "刘仁八镇", "大箕铺镇", "还地桥镇", "保安镇", "金湖街道", "东岳路街道", "罗家桥街道"}

var filler = strings.Repeat("备注 note ", 150)

// Write writes a CSV file of n rows.
func Write(out io.Writer, kind string, n int) error {
	w := bufio.NewWriterSize(out, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	day := func() string { return fmt.Sprintf("20%02d-%02d-%02d", r.IntN(24), 1+r.IntN(12), 1+r.IntN(28)) }
	for i, c := range Columns(kind) {
		if i > 0 {
			_ = w.WriteByte(',') // Flush says what failed
		}
		_, _ = w.WriteString(c.Name)
	}
	for i := range n {
		_ = w.WriteByte('\n')
		switch kind {
		case "residents":
			_, _ = fmt.Fprintf(w, "%s,%s,%d,%d.%02d,%s,%c%c", residentID(i), towns[r.IntN(len(towns))], r.IntN(100), r.IntN(100000), r.IntN(100), day(), rune(0x4e00+r.IntN(2000)), rune(0x4e00+r.IntN(2000)))
		case "ints":
			_, _ = fmt.Fprintf(w, "%d,%d,%d,%d,%d", r.IntN(n), r.IntN(100), r.IntN(10_000), r.IntN(1_000_000), r.IntN(2))
		case "texts":
			_, _ = fmt.Fprintf(w, "u%09d", r.IntN(n))
			for range 12 {
				_, _ = fmt.Fprintf(w, ",%x%s", r.Uint64(), filler[:12*r.IntN(len(filler)/12)])
			}
		case "wide":
			_, _ = fmt.Fprintf(w, "u%09d", r.IntN(n))
			for c := range 19 {
				switch c % 4 {
				case 0:
					_, _ = fmt.Fprintf(w, ",%d", r.IntN(100_000))
				case 1:
					_, _ = fmt.Fprintf(w, ",%d.%02d", r.IntN(1000), r.IntN(100))
				case 2:
					_, _ = fmt.Fprintf(w, ",k%d", r.IntN(50))
				case 3:
					_, _ = w.WriteString("," + day())
				}
			}
		}
	}
	_ = w.WriteByte('\n')
	return w.Flush()
}

// residentID makes a resident id with the right check character.
func residentID(n int) string {
	s := fmt.Sprintf("420281%04d%02d%02d%03d", 1930+n%80, 1+n/80%12, 1+n/960%28, n/26880%1000)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(s[i]-'0') * w
	}
	return s + "10X98765432"[sum%11:sum%11+1]
}
