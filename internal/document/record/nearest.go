package record

import "strings"

// Nearest returns the candidate that word is most likely a slip for, "" if
// none is near: at most one edit in three letters (one in shorter words), a
// swap of neighbours being one edit and case none. Of equally near ones the
// first wins.
func Nearest(word string, candidates []string) string {
	if len(word) > maxName {
		return ""
	}
	w := []rune(strings.ToLower(word))
	best, limit := "", min(max(1, len(w)/3), len(w)-1)
	for _, c := range candidates {
		if len(c) > maxName {
			continue
		}
		d := edits(w, []rune(strings.ToLower(c)))
		if d <= limit {
			best, limit = c, d-1
		}
	}
	return best
}

// edits is the optimal string alignment distance.
func edits(a, b []rune) int {
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i, x := range a {
		cur[0] = i + 1
		for j, y := range b {
			cost := 1
			if x == y {
				cost = 0
			}
			cur[j+1] = min(prev[j+1]+1, cur[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && x == b[j-1] && a[i-1] == y {
				cur[j+1] = min(cur[j+1], before[j-1]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
