package privacy

import (
	"encoding/json"

	"glovebox.example/glovebox"
)

// MaxTableFigures bounds the figures of a table whose keys are public, before a
// top is cut from it: they are in memory together, some 24 bytes each.
const MaxTableFigures = 1 << 24

// Most bytes of a figure and its two bounds, as JSON, with commas. A count is one
// of units, at most 2^40; other whole numbers are of at most 1000 records each;
// the noise of either is far below, and a sign is there.
const (
	countBytes = 3 * (14 + 1)
	wholeBytes = 3 * (18 + 1)
	floatBytes = 3 * (25 + 1)
	rowBytes   = 3 // brackets and a comma
)

// figureBytes is the most that the figures of one row take.
func (l *layout) figureBytes() int64 {
	n := int64(rowBytes)
	for _, f := range l.figures {
		switch {
		case !f.Whole:
			n += floatBytes
		case l.kindOf(f.Metric) == glovebox.Count:
			n += countBytes
		default:
			n += wholeBytes
		}
	}
	return n
}

func (l *layout) kindOf(name string) glovebox.MetricKind {
	for i := range l.metrics {
		if l.metrics[i].Name == name {
			return l.metrics[i].Kind
		}
	}
	return ""
}

// keyBytes is what a value of a key takes at most in a text or a column: a text
// as JSON, where a character may need six bytes, with its comma and the
// apostrophe of a CSV file; a number in the wider of its two forms.
func keyBytes(v any) int64 {
	b, err := json.Marshal(v)
	if err != nil {
		return 0 // of a text or a number: it cannot fail
	}
	if _, text := v.(string); text {
		return int64(len(b)) + 2
	}
	return max(8, int64(len(b))+1)
}

// TableBytes bounds what the rows of the table take in any file of a bundle: the
// widest figures, and the declared keys as they are. 0: keys are private, and how
// many show is not known (SpoolOptions.Table bounds those).
func (p *Plan) TableBytes() int64 {
	if p.private {
		return 0
	}
	rows, most := int64(p.rows), int64(0)
	keys := int64(0) // of all rows
	for i := range p.fields {
		f := p.fields[i]
		f.at = 0
		n, sum, widest := int64(f.list.len()), int64(0), int64(0)
		for j := range f.list.len() {
			b := keyBytes(f.decode(f.list.at(j)))
			sum, widest = sum+b, max(widest, b)
		}
		keys += rows / n * sum
		most += widest
	}
	if p.top != nil && int64(p.top.k) < rows {
		return int64(p.top.k) * (p.figureBytes() + most)
	}
	return rows*p.figureBytes() + keys
}

// room is what is left for rows of private keys.
type room struct {
	left, row int64 // row: of the figures of one
}

// reserve takes room for a row.
func (r *room) reserve(key []any) error {
	if r == nil {
		return nil
	}
	r.left -= r.row
	for _, v := range key {
		r.left -= keyBytes(v)
	}
	if r.left < 0 {
		return glovebox.Errorf(glovebox.CodeInvalid, "more keys were selected than a release holds").
			WithFix("use coarser keys, fewer metrics, or a top")
	}
	return nil
}
