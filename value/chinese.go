package value

import (
	"strconv"
	"strings"
)

// numerals are the digits of Chinese, in small and in financial writing.
var numerals = map[rune]int64{'〇': 0, '○': 0, '零': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9, '两': 2,
	'壹': 1, '贰': 2, '貳': 2, '叁': 3, '參': 3, '肆': 4, '伍': 5, '陆': 6, '陸': 6, '柒': 7, '捌': 8, '玖': 9}

// tens are what a digit of Chinese is multiplied with.
var tens = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000, '万': 1e4, '萬': 1e4, '亿': 1e8, '億': 1e8}

func isNumeral(r rune) bool {
	_, digit := numerals[r]
	return digit || tens[r] > 0
}

// arabic writes each run of Chinese numerals in t in digits, 负 as a hyphen and
// 点 before a numeral as a point. A run that no one number is, such as 一百五
// (105 or 150?), and one that stands behind a digit, such as the 万 of 1.2万,
// stay as they are.
func (p *Parser) arabic(t []byte) []byte {
	if plain(t) || len(t) > maxNumber {
		return t
	}
	in, out := []rune(string(t)), p.buf3[:0]
	for i := 0; i < len(in); {
		n := 0
		for i+n < len(in) && isNumeral(in[i+n]) {
			n++
		}
		switch run := in[i : i+n]; {
		case n == 0 && in[i] == '负' && i == 0:
			out = append(out, '-')
		case n == 0 && in[i] == '点' && i+1 < len(in) && isNumeral(in[i+1]):
			out = append(out, '.')
		case n == 0:
			out = append(out, string(in[i])...)
		default:
			text, ok := "", false
			switch {
			case i > 0 && in[i-1] == '点': // a fraction has no tens
				text, ok = positional(run)
			case i == 0 || in[i-1] < '0' || in[i-1] > '9':
				text, ok = numeral(run)
			}
			if !ok {
				text = string(run)
			}
			out = append(out, text...)
			i += n
			continue
		}
		i++
	}
	p.buf3 = out
	return out
}

// positional reads digits alone: 二〇二五 is 2025.
func positional(run []rune) (string, bool) {
	var b strings.Builder
	for _, r := range run {
		d, ok := numerals[r]
		if !ok {
			return "", false
		}
		b.WriteByte(byte('0' + d))
	}
	return b.String(), true
}

// numeral reads a run as one number below 10^16.
func numeral(run []rune) (string, bool) {
	if s, ok := positional(run); ok {
		return s, true
	}
	v, ok := parts(run, 1e8, true)
	return strconv.FormatInt(v, 10), ok
}

// parts reads what stands before and behind the unit 亿, then 万. first says
// that nothing stands before the run.
func parts(run []rune, unit int64, first bool) (int64, bool) {
	if unit < 1e4 {
		return section(run, first)
	}
	next := map[int64]int64{1e8: 1e4, 1e4: 1}[unit]
	for i, r := range run {
		if tens[r] != unit {
			continue
		}
		left, ok := parts(run[:i], next, first)
		if !ok || left == 0 || i == len(run)-1 {
			return left * unit, ok && left > 0
		}
		right, ok := parts(run[i+1:], next, false)
		return left*unit + right, ok
	}
	return parts(run, next, first)
}

// section reads a number below ten thousand. A last digit without its unit
// counts ones only where nothing else can be meant: behind 十, behind a zero, or
// alone.
func section(run []rune, first bool) (sum int64, ok bool) {
	last, zero, seen := int64(1e4), false, false
	for i := 0; i < len(run); i++ {
		d, digit := numerals[run[i]]
		switch {
		case digit && d == 0:
			if zero || i == len(run)-1 {
				return 0, false
			}
			zero = true
			continue
		case !digit && tens[run[i]] == 10 && !seen && first: // 十五
			sum, last, seen = 10, 10, true
			continue
		case !digit:
			return 0, false
		}
		if i+1 < len(run) {
			u := tens[run[i+1]]
			if u == 0 || u >= last {
				return 0, false
			}
			sum, last, seen, zero = sum+d*u, u, true, false
			i++
			continue
		}
		if seen && last != 10 && !zero || !seen && !first && !zero {
			return 0, false
		}
		return sum + d, true
	}
	return sum, seen
}
