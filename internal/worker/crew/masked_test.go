package crew

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/work"
)

// TestMaskThatChangesAType: a module that takes a column as the record has it
// is told which mask makes it another, and the line of the grant that would not.
func TestMaskThatChangesAType(t *testing.T) {
	spec := newFixture(t).spec
	in := &spec.Inputs[0]
	for _, q := range []struct {
		column string
		mask   string
		change func(*glovebox.Column)
		want   string
	}{
		{"educ", "token", nil, `inputs.pums.educ: column of type int32 is a token after its mask token, which is the default of its class and grade where the grant names none, and the module takes int32 (declare it "type": "token" in the module's manifest, or have the grant say under datasets, pums, columns: educ: {use: [input], mask: {kind: none}})`},
		{"educ", "token", func(c *glovebox.Column) { c.Grade = 4 }, `educ: {use: [input], mask: {kind: generalise, step: 10}})`},
		{"income", "suppress", func(c *glovebox.Column) { c.Grade = 4 }, `inputs.pums.income: column of type float64 is missing in every row after its mask suppress`},
		{"educ", "token", func(c *glovebox.Column) { c.Class = glovebox.ClassIdentifier }, "no mask shows such a column otherwise"},
	} {
		s := spec
		s.Inputs = slices.Clone(spec.Inputs)
		x := &s.Inputs[0]
		x.Masks, x.Record = maps.Clone(in.Masks), slices.Clone(in.Record)
		x.Masks[q.column] = glovebox.Mask{Kind: q.mask}
		if at := slices.IndexFunc(x.Record, func(c glovebox.Column) bool { return c.Name == q.column }); q.change != nil {
			q.change(&x.Record[at])
		}
		if _, err := work.Check(s); err == nil || !strings.Contains(err.Error(), q.want) {
			t.Errorf("%s of %s: %v", q.mask, q.column, err)
		}
	}
}
