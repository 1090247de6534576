package source

import (
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox/value"
)

// heading is what stands above the data of a table.
type heading struct {
	skip  int      // rows above the header; where there is none that names each column, above the data
	rows  int      // of the header
	names []string // of the columns; nil: none names them
	one   bool     // one row names all of them
}

// maxHeading is how many rows a header has at most.
const maxHeading = 4

// headingOf looks for the header in the first rows of a table: titles stand
// above it, in one cell; and where the rows under it have numbers or dates, its
// rows have words.
func headingOf(list [][]string) heading {
	n := map[int]int{}
	width := 0
	for _, r := range list {
		if n[len(r)]++; n[len(r)] > n[width] {
			width = len(r)
		}
	}
	h := heading{}
	for h.skip < len(list)-1 && width > 1 && alike(list[h.skip]) {
		h.skip++
	}
	top := list[h.skip:]
	body := top[min(len(top), 1):]
	if len(top) > 2*maxHeading {
		body = top[maxHeading:]
	}
	digits := digitColumns(body, width)
	if len(digits) == 0 { // words alone: a header is whole, and comes once
		whole := !slices.ContainsFunc(top[0], valueLike) && !slices.ContainsFunc(top[0], func(f string) bool { return bare(f) == "" })
		if whole && !slices.ContainsFunc(body, func(r []string) bool { return slices.Equal(r, top[0]) }) {
			h.rows = 1
		}
	} else {
		for h.rows < min(maxHeading, max(len(top)-1, 1)) && above(top[h.rows], digits) {
			h.rows++
		}
	}
	if h.rows == 0 {
		return h
	}
	last := top[h.rows-1]
	if h.rows > 1 && !distinct(last, width, top) {
		h.names = joined(top[:h.rows], width)
		return h
	}
	for _, f := range last {
		h.names = append(h.names, CleanName(f))
	}
	if len(top) > h.rows && numbering(top[h.rows]) { // the columns' numbers stand below their names
		h.rows++
		return h
	}
	h.skip, h.one, h.rows = h.skip+h.rows-1, true, 1
	return h
}

// numbering says whether a row numbers its columns, as official forms do: 1, 2,
// 3, or 甲, 乙, 1, 2.
func numbering(r []string) bool {
	stems, n := []string{"甲", "乙", "丙", "丁", "戊"}, 0
	for i, f := range r {
		switch f = strings.Trim(bare(f), "()（）"); {
		case n == 0 && i < len(stems) && f == stems[i]:
		case f == strconv.Itoa(n+1):
			n++
		default:
			return false
		}
	}
	return len(r) > 2
}

// alike says whether the filled cells of a row are one, or one merged cell.
func alike(r []string) bool {
	said := ""
	for _, f := range r {
		if f = bare(f); f != "" && said != "" && f != said {
			return false
		} else if f != "" {
			said = f
		}
	}
	return true
}

// valueLike says whether a text is mostly digits.
func valueLike(f string) bool {
	all, digits := 0, 0
	for _, c := range bare(f) {
		all++
		if c >= '0' && c <= '9' || c >= '０' && c <= '９' {
			digits++
		}
	}
	return digits > 0 && 2*digits >= all
}

// digitColumns are the columns in which nearly every value is mostly digits.
func digitColumns(body [][]string, width int) (out []int) {
	for i := range width {
		filled, like := 0, 0
		for _, r := range body {
			if i < len(r) && !slices.Contains(value.NoValues, bare(r[i])) {
				filled++
				if valueLike(r[i]) {
					like++
				}
			}
		}
		if filled > 0 && 10*like >= 9*filled {
			out = append(out, i)
		}
	}
	return out
}

// above says whether a row has words and no values where the rows under it have
// values. A row that has nothing there may be one of them.
func above(r []string, digits []int) bool {
	words := false
	for _, i := range digits {
		if i >= len(r) || slices.Contains(value.NoValues, bare(r[i])) {
			continue
		}
		if valueLike(r[i]) {
			return false
		}
		words = true
	}
	return words
}

// distinct says whether a row names each column that has anything in it in a way
// of its own.
func distinct(r []string, width int, all [][]string) bool {
	said := map[string]bool{"": true}
	for i := range width {
		if !slices.ContainsFunc(all, func(r []string) bool { return i < len(r) && bare(r[i]) != "" }) {
			continue
		}
		if i >= len(r) || said[CleanName(r[i])] {
			return false
		}
		said[CleanName(r[i])] = true
	}
	return true
}

// joined names columns by several rows, from above down; what stands in a row
// that is not the last holds for the empty cells on its right.
func joined(top [][]string, width int) []string {
	out := make([]string, width)
	for k, r := range top {
		held := ""
		for i := range width {
			f := ""
			if i < len(r) {
				f = CleanName(r[i])
			}
			if k < len(top)-1 {
				if f != "" {
					held = f
				}
				f = held
			}
			if f != "" && !slices.Contains(strings.Split(out[i], "/"), f) {
				out[i] = strings.TrimPrefix(out[i]+"/"+f, "/")
			}
		}
	}
	return out
}

// settle says in the source where the rows and columns are, by what the columns
// hold.
func (t *PeekedTable) settle(h heading) {
	t.Source.Skip = h.skip
	if !h.one {
		t.Source.Header, t.Source.Skip = "none", h.skip+h.rows
	}
	kept := t.Columns[:0]
	for _, c := range t.Columns {
		if c.Name == "" && h.names != nil && c.Typed == 0 && (!slices.ContainsFunc(c.Texts, func(t string) bool { return bare(t) != "" }) || running(c.Texts)) {
			t.Source.Extra = "ignore" // an empty column, or the numbers of the rows
			continue
		}
		if h.one && (c.Name == "" || len([]rune(c.Name)) > 128) {
			t.Source.Header, t.Source.Skip = "none", h.skip+1 // the header does not name it
		}
		kept = append(kept, c)
	}
	t.Columns = kept
}

// running says whether texts are the numbers of rows, from 0 or 1 on.
func running(texts []string) bool {
	for i, t := range texts {
		n, err := strconv.Atoi(t)
		first, _ := strconv.Atoi(texts[0])
		if err != nil || first > 1 || first < 0 || n != first+i {
			return false
		}
	}
	return len(texts) > 0
}
