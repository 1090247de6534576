package engine

import "time"

// fastInt reads the canonical text of a whole number of at most 18 digits.
func fastInt(t string) (v int64, ok bool) {
	neg := t != "" && t[0] == '-'
	if neg {
		t = t[1:]
	}
	if t == "" || len(t) > 18 || t[0] == '0' && (len(t) > 1 || neg) {
		return 0, false
	}
	for i := range len(t) {
		c := t[i] - '0'
		if c > 9 {
			return 0, false
		}
		v = v*10 + int64(c)
	}
	if neg {
		v = -v
	}
	return v, true
}

var powersOf10 = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// fastFloat reads digits with at most one point in them, at most 15: both
// numbers of the quotient are exact, so it is rounded once and right.
func fastFloat(t string) (float64, bool) {
	neg := t != "" && t[0] == '-'
	if neg {
		t = t[1:]
	}
	var m int64
	digits, point := 0, -1
	for i := range len(t) {
		if t[i] == '.' {
			if point >= 0 || i == 0 || i == len(t)-1 {
				return 0, false
			}
			point = i
			continue
		}
		c := t[i] - '0'
		if digits++; c > 9 || digits > 15 {
			return 0, false
		}
		m = m*10 + int64(c)
	}
	if digits == 0 || neg && m == 0 {
		return 0, false
	}
	f := float64(m)
	if point >= 0 {
		f /= powersOf10[digits-point]
	}
	if neg {
		f = -f
	}
	return f, true
}

// fastDate reads YYYY-MM-DD, a day of the calendar from 0001 on, as days since
// 1970-01-01.
func fastDate(t string) (int64, bool) {
	if len(t) != 10 || t[4] != '-' || t[7] != '-' {
		return 0, false
	}
	number := func(s string) (n int) {
		for i := range len(s) {
			c := s[i] - '0'
			if c > 9 {
				return -1
			}
			n = n*10 + int(c)
		}
		return n
	}
	y, m, d := number(t[:4]), number(t[5:7]), number(t[8:])
	if y < 1 || m < 1 || m > 12 || d < 1 || d > 28 && d > time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return 0, false
	}
	// Days of years that begin in March: the day that some years have more is
	// their last.
	if m <= 2 {
		y--
		m += 12
	}
	return int64(365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1 - 719468), true
}
