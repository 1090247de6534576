package source

import (
	"bytes"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/value"
)

// csvState is where a reader of CSV stands, byte by byte.
type csvState byte

const (
	csvStart  csvState = iota // at the start of a field
	csvPlain                  // in a field without quotes, or behind a quoted one
	csvInside                 // inside quotes
	csvQuote                  // behind a quote that ends them, or is half of a doubled one
)

// step reads one byte.
func (s csvState) step(c, delim, quote byte) csvState {
	switch {
	case quote == noQuote && c != delim && c != '\n': // NUL is a byte of a text as any other
		return csvPlain
	case s == csvInside && c == quote:
		return csvQuote
	case s == csvInside, s == csvQuote && c == quote:
		return csvInside
	case c == delim, c == '\n':
		return csvStart
	case s == csvStart && c == quote:
		return csvInside
	}
	return csvPlain
}

// swallow drops a record that is too long, never closes its quote, or has a
// quote in the wrong place behind a line break, and says how many lines went
// with it. A quote that is never closed takes the rest of the file.
func (s *csvSplitter) swallow() (csvRecord, error) {
	r := csvRecord{line: s.line + 1, why: ReasonQuote}
	// as reads the quotes as they stand, other without the one that opened the
	// first cell with a line break; broken says that a quote stood wrong.
	var as, other csvState
	broken, apart := false, false
	// empty is about the line of the file, blank about what a bare \r leaves of it.
	size, empty, blank := int64(0), true, true
	for {
		b := s.w.rest()
		for i, c := range b {
			if size++; c != '\n' && c != '\r' {
				empty, blank = false, false
			} else if !blank {
				r.lines++
				blank = true
			}
			was := as
			as = as.step(c, s.delim, s.quote)
			broken = broken || as == csvPlain && (was == csvQuote && c != '\r' || c == s.quote)
			if apart {
				other = other.step(c, s.delim, s.quote)
			}
			if c != '\n' {
				continue
			}
			s.line++
			if empty = true; as == csvInside {
				apart = true // other is at the start of a line
				continue
			}
			if s.w.pos += i + 1; size > MaxRowBytes {
				r.why = ReasonLong
			}
			if !broken || !apart || other != csvInside {
				return r, nil
			}
			n, err := s.rejoin(as, other)
			r.lines += n
			return r, err
		}
		s.w.pos = len(s.w.buf)
		if s.w.eof {
			break
		}
		if err := s.w.more(); err != nil {
			return r, err
		}
	}
	if !empty {
		s.line++
	}
	if !blank {
		r.lines++
	}
	if as != csvInside && size > MaxRowBytes {
		r.why = ReasonLong
	}
	return r, nil
}

// rejoin goes on to the next line end that both readings of a record with a
// quote in the wrong place take for one, and returns how many lines that were:
// nobody knows which quote is the stray one, and what is a row to one reading
// is inside a cell to the other. It stays where it is if there is no such line
// end, or only behind more than a row may have: then the other reading is none.
func (s *csvSplitter) rejoin(as, other csvState) (lines int64, err error) {
	for at := 0; ; {
		b := s.w.rest()
		for ; at < len(b); at++ {
			as, other = as.step(b[at], s.delim, s.quote), other.step(b[at], s.delim, s.quote)
			if b[at] == '\n' && as != csvInside && other != csvInside {
				s.line += int64(bytes.Count(b[:at+1], []byte("\n")))
				s.w.pos += at + 1
				return filled(b[:at]), nil
			}
		}
		switch {
		case s.w.eof && as != csvInside && other != csvInside: // the last line has no end
			s.w.pos = len(s.w.buf)
			return filled(b), nil
		case s.w.eof || at > MaxRowBytes:
			return 0, nil
		}
		if err := s.w.more(); err != nil {
			return 0, err
		}
	}
}

// maxHidden is how many lines of a cell may have as many fields as a row has,
// whatever else the cell holds, where no value tells rows from prose.
const maxHidden = 15

// ambiguous says whether a sound record of several lines looks like rows that
// two stray quotes made one: nobody can tell which was meant. It does if its
// first and its last line, more than half of its lines, or more than maxHidden
// of them would be rows if the quotes around the line breaks were not there.
// Not all of them need be: between the two quotes a line may be wrong itself,
// and so may the lines that the quotes stand in. One line between the first and
// the last is enough if it is a row by its values too.
func (s *csvSplitter) ambiguous(text []byte) bool {
	total, rows := 0, 0
	first, last, sound := false, false, false
	for l := range lines(text) {
		if total > 1 && sound {
			return true // and it was not the last
		}
		if last = s.lineFields(l) == s.fields; last {
			rows++
		}
		sound = last && total > 0 && s.soundRow(l)
		first = first || last && total == 0
		total++
	}
	return first && last || 2*rows > total || rows > maxHidden
}

// soundRow says whether a line with the right number of fields is a row by its
// values, as far as they tell: false if the record declares nothing of its
// columns that prose would break.
func (s *csvSplitter) soundRow(l []byte) bool {
	if s.parsers == nil {
		for _, c := range s.cols {
			p, err := value.Compile(c)
			if err != nil {
				return true // the load ends by this
			}
			s.parsers = append(s.parsers, p)
		}
	}
	fields := s.split(l)
	if len(fields) != s.fields { // a quote that is not closed
		fields = strings.Split(string(l), string(s.delim))
	}
	told := false
	for i, c := range s.cols {
		if i >= len(s.layout.At) || s.layout.At[i] >= len(fields) {
			return true
		}
		t := strings.TrimSpace(fields[s.layout.At[i]])
		if slices.Contains(s.null, t) || t == "" {
			if !c.Nullable {
				return false
			}
			continue
		}
		told = told || c.Type != glovebox.String || len(c.Values) > 0
		switch _, fault := s.parsers[i].Parse([]byte(t)); {
		case fault != value.None, len(t) > MaxBytes(c):
			return false
		case c.Type == glovebox.String && len(c.Values) > 0 && !slices.Contains(c.Values, t):
			return false
		}
	}
	return told
}

// lineFields counts the fields of one line, in which a quote that is not closed
// is a letter like others.
func (s *csvSplitter) lineFields(l []byte) int {
	n, state, field := 1, csvStart, 0
	for i := 0; i < len(l); i++ {
		was := state
		if state = state.step(l[i], s.delim, s.quote); was == csvStart && state == csvInside {
			field = i
		}
		if state == csvStart {
			n++
		}
		if state == csvInside && i == len(l)-1 { // never closed: read the field again
			i, state = field, csvPlain
		}
	}
	return n
}
