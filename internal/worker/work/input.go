package work

import (
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/masking"
	"glovebox.example/glovebox/value"
)

// Input is one dataset of a job.
type Input struct {
	Dataset string
	Record  []glovebox.Column // columns of the record
	Columns []string          // given to the guest, in this order
	Where   string            // row filter; empty: none
	Reads   []string          // columns that the filter reads
	Masks   map[string]glovebox.Mask
	MaxRows int // of one unit
}

// reads are all columns that a part is read for: the guest's, then those that
// only the filter needs.
func (in *Input) reads() []string {
	out := append([]string{}, in.Columns...)
	for _, c := range in.Reads {
		if !contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// kept are the identifiers whose mask is made from the original.
func (in *Input) kept() []string {
	var out []string
	for _, c := range in.Record {
		if m, masked := in.Masks[c.Name]; masked && contains(in.reads(), c.Name) && c.Class == glovebox.ClassIdentifier && fromOriginal(m.Kind) {
			out = append(out, c.Name)
		}
	}
	return out
}

// fromOriginal says whether a mask of an identifier needs more than its token.
func fromOriginal(kind string) bool {
	return slices.Contains([]string{masking.None, masking.Redact, masking.FPE, masking.Generalise, masking.Clip, masking.Constant}, kind)
}

// masksFilter says whether a mask changes what the row filter sees.
func (in *Input) masksFilter() bool {
	for _, c := range in.Reads {
		if m, ok := in.Masks[c]; ok && m.Kind != "none" {
			return true
		}
	}
	return false
}

// unitMasks are the masks with the steps and bounds of decimals and times in the
// whole numbers by which their columns are kept.
func (in *Input) unitMasks() map[string]glovebox.Mask {
	out := maps.Clone(in.Masks)
	for _, c := range in.Record {
		m, masked := in.Masks[c.Name]
		if !masked || c.Type != glovebox.Decimal && c.Type != glovebox.DateTime {
			continue
		}
		if c.Type == glovebox.Decimal && m.Step > 0 {
			m.Step = float64(value.Step(m.Step, c.Scale)) // 0 is refused as no step
		}
		for _, b := range []*glovebox.Bound{&m.Low, &m.High} {
			if n, ok := value.Bound(c, *b); ok && *b != "" {
				*b = glovebox.Bound(strconv.FormatInt(n, 10))
			} else if *b != "" {
				*b = "none" // refused as no bound
			}
		}
		out[c.Name] = m
	}
	return out
}

// maskedColumns describes the read columns as the filter sees them.
func (in *Input) maskedColumns(s *arrow.Schema) []glovebox.Column {
	var out []glovebox.Column
	for _, f := range s.Fields()[1:] {
		for _, c := range in.Record {
			if c.Name == f.Name {
				shown := glovebox.Column{Name: c.Name, Type: typeOf(f.Type), Class: glovebox.ClassPersonal, Nullable: true}
				if c.Type.Plain() == shown.Type && c.Class != glovebox.ClassIdentifier {
					shown.Type, shown.Scale, shown.Zone = c.Type, c.Scale, c.Zone
				}
				out = append(out, shown)
			}
		}
	}
	return out
}

// typeOf is the declared type behind an Arrow type.
func typeOf(t arrow.DataType) glovebox.Type {
	switch t.ID() {
	case arrow.INT32:
		return glovebox.Int32
	case arrow.INT64:
		return glovebox.Int64
	case arrow.FLOAT64:
		return glovebox.Float64
	case arrow.BOOL:
		return glovebox.Bool
	case arrow.DATE32:
		return glovebox.Date
	case arrow.FIXED_SIZE_BINARY:
		return glovebox.Token
	}
	return glovebox.String
}

// maxBytes bounds the strings that the guest may get.
func (in *Input) maxBytes() map[string]int {
	out := map[string]int{}
	for _, c := range in.Record {
		if c.Type != glovebox.String {
			continue
		}
		n := c.MaxBytes
		if n == 0 {
			n = glovebox.DefaultMaxBytes
		}
		switch m := in.Masks[c.Name]; {
		case m.Kind == masking.Redact && m.Form == "":
			// Three stars stand for one byte or more, or for the whole text.
			n = min(n+2, utf8.UTFMax*(m.KeepFirst+m.KeepLast)+3)
		case m.Kind == masking.Constant:
			n = len(m.Value)
		case m.Kind == masking.Generalise:
			n = len(m.Other)
			for _, g := range m.Groups {
				n = max(n, len(g.Label))
			}
		}
		out[c.Name] = n
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
