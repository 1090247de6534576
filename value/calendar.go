package value

import (
	"glovebox.example/glovebox"
)

const (
	firstMicros = firstDay * dayMicros
	lastMicros  = (lastDay + 1) * dayMicros
)

// serial reads a day of a spreadsheet: days since 1899-12-30, from 1900-03-01
// on (before it, spreadsheets know a day that was none), with a fraction of a
// day that is rounded to the second, which is what a spreadsheet shows.
func serial(t []byte, typ glovebox.Type) (micros int64, ok bool) {
	const scale = 12
	neg, whole, fraction, ok := decimalText(t, false)
	if !ok || neg || len(whole) == 0 || len(whole) > 7 {
		return 0, false
	}
	if len(fraction) > 17 {
		return 0, false
	}
	v, fault := fixed(whole, false, 0, 0, 0, true)
	if fault != None || v.I < 61 || v.I-25569 > lastDay {
		return 0, false
	}
	if len(fraction) > scale {
		fraction = fraction[:scale]
	}
	part, fault := fixed(append([]byte("0."), fraction...), false, 0, scale, 0, true)
	if fault != None || typ == glovebox.Date && part.I != 0 {
		return 0, false
	}
	seconds := (part.I*864 + 5_000_000_000) / 10_000_000_000 // 86400 / 1e12
	return (v.I-25569)*dayMicros + seconds*secondMicros, true
}

// SerialMicros is the time of a spreadsheet's day number, to the second; epoch
// is the day number of 1970-01-01 there: 25569, or 24107 in a workbook that
// counts from 1904. False: no day that a spreadsheet knows.
func SerialMicros(n float64, epoch int64) (int64, bool) {
	if !(n >= 0 && n < 3e6) || epoch == 25569 && n < 61 {
		return 0, false
	}
	days := int64(n)
	seconds := int64((n-float64(days))*86400 + 0.5)
	return (days-epoch)*dayMicros + seconds*secondMicros, days-epoch <= lastDay
}

func monthDays(y, m int64) int64 {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysOf counts the days since 1970-01-01 of a day of the proleptic Gregorian
// calendar.
func daysOf(y, m, d int64) int64 {
	if m <= 2 {
		y--
		m += 12
	}
	era, yoe := floorDiv(y, 400)
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + (153*(m-3)+2)/5 + d - 1 - 719468
}

// civil is the inverse of daysOf.
func civil(days int64) (y, m, d int64) {
	era, doe := floorDiv(days+719468, 146097)
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	y, m, d = yoe+era*400, mp+3, doy-(153*mp+2)/5+1
	if m > 12 {
		y, m = y+1, m-12
	}
	return y, m, d
}

func floorDiv(a, b int64) (q, r int64) {
	q, r = a/b, a%b
	if r < 0 {
		q, r = q-1, r+b
	}
	return q, r
}
