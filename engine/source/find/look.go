package find

import (
	"context"
	"os"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
	"glovebox.example/glovebox/value"
)

// MaxRows is how many rows of a file are looked at.
const MaxRows = 20_000

// Seen is what a look at a file says of it.
type Seen struct {
	Source  glovebox.Source `json:"source"`
	Rows    int             `json:"rows"` // that were looked at, at most MaxRows
	Columns []Column        `json:"columns"`
}

// Column is what a look says of a column. Shares are whole per cents of the rows
// or, of kinds, of the values.
type Column struct {
	Name    string        `json:"name"` // in the file; "": it has none
	Place   int           `json:"place"`
	Type    glovebox.Type `json:"type"`
	Fits    int           `json:"fits"` // share of the values that are of the type, as written
	Written []string      `json:"written,omitempty"`
	Scale   int           `json:"scale,omitempty"`
	Null    []string      `json:"null,omitempty"` // of value.NoValues
	Missing int           `json:"missing"`
	Unlike  int           `json:"unlike"` // share of different values among the values
	Long    bool          `json:"long"`   // a text is longer than the default of max_bytes
	Found   *Found        `json:"found,omitempty"`
	Rounded int           `json:"rounded,omitempty"` // share of numbers that a spreadsheet rounded
}

// Look looks at a file. hint has what cannot be seen in it: a sheet's or table's
// name, an entry.
func Look(ctx context.Context, f *os.File, size int64, hint glovebox.Source) (*Seen, error) {
	t, err := source.Peek(ctx, f, size, hint, MaxRows)
	if err != nil {
		return nil, err
	}
	s := &Seen{Source: t.Source, Rows: t.Rows}
	for i, c := range t.Columns {
		s.Columns = append(s.Columns, column(i, c, t.Rows))
	}
	return s, nil
}

// column judges one column.
func column(i int, c source.Peeked, rows int) Column {
	out := Column{Name: c.Name, Place: i + 1, Type: c.Type, Scale: c.Scale, Fits: 100, Missing: 100}
	if c.Place > 0 {
		out.Place = c.Place
	}
	var kept [][]byte
	var texts []string
	unlike := map[string]bool{}
	for _, t := range c.Texts {
		if slices.Contains(value.NoValues, strings.TrimSpace(t)) {
			if w := strings.TrimSpace(t); w != "" && !slices.Contains(out.Null, w) {
				out.Null = append(out.Null, w)
			}
			continue
		}
		kept, texts = append(kept, []byte(t)), append(texts, t)
		unlike[t] = true
		out.Long = out.Long || len(t) > glovebox.DefaultMaxBytes
	}
	if rows > 0 {
		out.Missing = 100 - (100*(len(texts)+c.Typed)+rows-1)/rows
	}
	if len(texts) == 0 {
		if out.Type == "" {
			out.Type = glovebox.String
		}
		spoilt(&out, c.Typed > 0)
		return out
	}
	out.Unlike = 100 * len(unlike) / len(texts)
	rounded := 0
	for _, t := range kept {
		if value.LooksRounded(t) || cutOff(t) {
			rounded++
		}
	}
	out.Rounded = 100 * rounded / len(kept)
	if f, ok := Judge(c.Name, texts); ok {
		out.Found = &f
	}
	if clean := cleaned(texts); clean == nil {
	} else if f, ok := Judge(c.Name, clean); ok && (out.Found == nil || f.Kind == out.Found.Kind && f.Share > out.Found.Share) {
		out.Found = &f
	}
	spoilt(&out, false)
	if out.Type == "" {
		typed(&out, kept)
	}
	return out
}

// cleaned are texts as the words of a record can have them read; nil: none of
// them is another.
func cleaned(texts []string) []string {
	p, err := value.Compile(glovebox.Column{Type: glovebox.String, Written: []string{value.NoInvisible, value.FullWidth, value.ExcelText, value.NoSpaces, value.NoHyphens}})
	if err != nil {
		return nil
	}
	out, other := make([]string, len(texts)), false
	for i, t := range texts {
		out[i] = t
		if v, f := p.Parse([]byte(t)); f == value.None {
			out[i] = string(v.T)
		}
		other = other || out[i] != strings.TrimSpace(t)
	}
	if !other {
		return nil
	}
	return out
}

// cutOff says whether a text is a long number whose last digits a spreadsheet
// program made zeros: it keeps fifteen.
func cutOff(t []byte) bool {
	return (len(t) == 18 || len(t) == 19) && strings.Trim(string(t), "0123456789") == "" && strings.HasSuffix(string(t), "000")
}

// spoilt makes a column of resident numbers, by its name, that of one whose
// numbers a spreadsheet rounded: its load says what is wrong with it.
func spoilt(out *Column, typed bool) {
	numbers := out.Type == glovebox.Float64 || out.Type == glovebox.Int64
	numbers = numbers || out.Type == glovebox.String && typed
	if out.Found != nil || !says(strings.ToLower(out.Name), kinds[ResidentID].words) || out.Rounded < 50 && !numbers {
		return
	}
	if numbers {
		out.Rounded = 100
	}
	out.Found, out.Type = &Found{Kind: ResidentID, Word: true}, glovebox.String
}

// dateWords are words of the names of columns that hold days or times.
var dateWords = []string{"日期", "时间", "年月日", "出生", "生日", "date", "time", "day", "birth", "born", "dob", "datetime", "timestamp"}

// counted finds the days and times that are written as digits alone, where the
// column's name speaks of them: a day, the number of one in a spreadsheet, the
// seconds or thousandths since 1970.
func counted(out *Column, kept [][]byte) bool {
	if !says(strings.ToLower(out.Name), dateWords) || !allDigits(kept) {
		return false
	}
	for _, q := range []struct {
		t      glovebox.Type
		way    string
		length int
		lo, hi int64 // days since 1970
	}{{glovebox.Date, "YYYYMMDD", 8, -43_830, 47_482}, {glovebox.DateTime, "YYYYMMDDhhmmss", 14, -43_830, 47_482}, {glovebox.Date, value.Serial, 5, -10_958, 21_915},
		{glovebox.DateTime, value.Unix, 10, 3652, 25_000}, {glovebox.DateTime, value.UnixMillis, 13, 3652, 25_000}} {
		p, err := value.Compile(glovebox.Column{Type: q.t, Written: []string{q.way}})
		if err != nil {
			return false
		}
		n := 0
		for _, t := range kept {
			v, f := p.Parse(t)
			if q.t == glovebox.DateTime {
				v.I /= value.DayMicros
			}
			if f == value.None && v.I >= q.lo && v.I <= q.hi && (len(t) == q.length || q.way == value.Serial && len(t) == 4) {
				n++
			}
		}
		if 20*n >= 19*len(kept) {
			out.Type, out.Written, out.Fits = q.t, []string{q.way}, 100*n/len(kept)
			return true
		}
	}
	return false
}

// typed finds the narrowest type that a column's values have.
func typed(out *Column, kept [][]byte) {
	out.Type = glovebox.String
	if f := out.Found; f != nil && f.Kind != Birth && f.Kind != GPS {
		format := proposals[f.Kind].format
		out.Written, out.Fits = writtenText(format, kept)
		return
	}
	if counted(out, kept) {
		return
	}
	if leadingZeros(kept) || out.Rounded > 0 { // digits that are no number, or were no number
		return
	}
	enough := (len(kept)*95 + 99) / 100
	for _, t := range []glovebox.Type{glovebox.Bool, glovebox.Int64, glovebox.Decimal, glovebox.Float64, glovebox.Date, glovebox.DateTime} {
		c := glovebox.Column{Type: t}
		if t == glovebox.Decimal {
			if c.Scale = scale(kept); c.Scale < 0 {
				continue
			}
		}
		w, n := value.Propose(c, sampled(kept), nil)
		if t == glovebox.Bool && len(w) == 0 && allDigits(kept) {
			continue // 0 and 1 are numbers unless a person says otherwise
		}
		if t == glovebox.Date && allDigits(kept) && !slices.Contains(w, "YYYYMMDD") {
			continue
		}
		if n*len(kept) >= enough*len(sampled(kept)) {
			out.Type, out.Written, out.Scale = t, w, c.Scale
			out.Fits = 100 * n / len(sampled(kept))
			return
		}
	}
}

// Valid says whether what another process saw has the form of what Look gives:
// known kinds, types and ways of writing, shares from 0 to 100, texts of ours.
func (s *Seen) Valid() bool {
	if s.Rows < 0 || s.Rows > 2*MaxRows+1<<20 || len(s.Columns) > 1<<14 {
		return false
	}
	share := func(n ...int) bool {
		return !slices.ContainsFunc(n, func(n int) bool { return n < 0 || n > 100 })
	}
	for _, c := range s.Columns {
		one := glovebox.Column{Type: c.Type, Scale: c.Scale, Written: c.Written, Format: "cn-resident-id"}
		if _, err := value.Compile(one); err != nil || len(c.Name) > 512 || c.Scale < 0 || c.Scale > value.MaxScale || !share(c.Fits, c.Missing, c.Unlike, c.Rounded) {
			return false
		}
		if f := c.Found; f != nil && (!slices.Contains(Kinds, f.Kind) || !share(f.Share)) {
			return false
		}
		for _, n := range c.Null {
			if !slices.Contains(value.NoValues, n) {
				return false
			}
		}
	}
	return true
}
