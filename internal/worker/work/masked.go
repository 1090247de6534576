package work

import (
	"fmt"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/masking"
)

// checkMasked finds columns that the module takes as the record declares them
// and gets otherwise, because their mask makes them tokens or nulls. The binding
// would say the two types alone, and an author wonders where the record says so.
func (j *Job) checkMasked() error {
	f, ok := j.module.Manifest().Function(j.spec.Function)
	if !ok {
		return nil // the binding says so
	}
	for i := range j.spec.Inputs {
		in := &j.spec.Inputs[i]
		for _, t := range f.Inputs {
			if t.Name != in.Dataset {
				continue
			}
			for _, want := range t.Columns {
				at := slices.IndexFunc(in.Record, func(c glovebox.Column) bool { return c.Name == want.Name })
				m, masked := in.Masks[want.Name]
				if at < 0 || !masked || want.Type != in.Record[at].Type {
					continue
				}
				c := in.Record[at]
				got, as := "", ""
				switch {
				case m.Kind == masking.Token && c.Type != glovebox.Token:
					got, as = "a token", `"type": "token"`
				case m.Kind == masking.Suppress && !c.Nullable && !want.Nullable:
					got, as = "missing in every row", `"nullable": true`
				default:
					continue
				}
				e := glovebox.Errorf(glovebox.CodeInvalid, "column of type %s is %s after its mask %s, which is the default of its class and grade where the grant names none, and the module takes %s", c.Type, got, m.Kind, want.Type)
				e.Field = "inputs." + in.Dataset + "." + c.Name
				if line := grantLine(c); line != "" {
					return e.WithFix("declare it %s in the module's manifest, or have the grant say under datasets, %s, columns: %s", as, in.Dataset, line)
				}
				return e.WithFix("declare it %s in the module's manifest: no mask shows such a column otherwise", as)
			}
		}
	}
	return nil
}

// grantLine is a line of a grant that leaves a column its type: as open as its
// class and grade allow; "" if there is none.
func grantLine(c glovebox.Column) string {
	mask := "{kind: none}"
	switch identifier := c.Class == glovebox.ClassIdentifier; {
	case identifier && (!c.Keep || c.Type != glovebox.String):
		return ""
	case c.Type == glovebox.String && (identifier || c.Grade >= 4):
		mask = "{kind: redact, keep_first: 1}"
	case c.Grade < 4:
	case c.Type == glovebox.Bool || c.Type == glovebox.Date:
		return ""
	default:
		mask = "{kind: generalise, step: 10}"
	}
	return fmt.Sprintf("%s: {use: [input], mask: %s}", c.Name, mask)
}
