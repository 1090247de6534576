package console

import (
	"slices"

	"glovebox.example/glovebox"
)

// What the form of a grant is filled with: the grant of now, or what follows from
// the scenario.

// Today is the day in Beijing.
func (v *view) Today() string { return v.c.o.Now().In(beijing).Format("2006-01-02") }

func (v *view) grant() *glovebox.Grant {
	if p, ok := v.D.(*scenarioPage); ok {
		return p.Grant
	}
	return nil
}

// Granted says whether a developer is one of the grant.
func (v *view) Granted(name string) bool {
	g := v.grant()
	return g != nil && slices.Contains(g.Developers, name)
}

// Asked says whether the grant asks a role to approve.
func (v *view) Asked(role string) bool {
	if g := v.grant(); g != nil && len(g.Approvals) > 0 {
		return slices.Contains(g.Approvals, glovebox.Role(role))
	}
	return role == string(glovebox.RoleAuthority) || role == string(glovebox.RoleProvider)
}

// KindOf is how a dataset counts.
func (v *view) KindOf(code string) glovebox.LedgerKind {
	if p, ok := v.D.(*scenarioPage); ok {
		return p.Known[code].Record.Ledger.Kind
	}
	return ""
}

// CapOf and DeltaOf are the caps of a dataset as digits; "": none.
func (v *view) CapOf(code string) string {
	if g := v.grant(); g != nil {
		if d := g.Datasets[code]; d.Rho > 0 {
			return digits(d.Rho)
		} else if d.Epsilon > 0 {
			return digits(d.Epsilon)
		}
	}
	return ""
}

func (v *view) DeltaOf(code string) string {
	if g := v.grant(); g != nil && g.Datasets[code].Delta > 0 {
		return digits(g.Datasets[code].Delta)
	}
	return ""
}

// Uses says whether a column's grant has a use; a column that is not granted yet is
// proposed as an input.
func (v *view) Uses(g *glovebox.GrantColumn, use string) bool {
	if g == nil {
		return v.grant() == nil && use == "input"
	}
	return slices.Contains(g.Use, use)
}

// Masked says whether a column's grant has one of the masks of the form.
func (v *view) Masked(g *glovebox.GrantColumn, mask string) bool {
	if g == nil || g.Mask == nil {
		return mask == ""
	}
	return maskText(mask) != "" && maskText(mask) == maskYAML(g.Mask)
}

// maskYAML is a mask as maskText writes it, where the form has it.
func maskYAML(m *glovebox.Mask) string {
	switch {
	case m.Kind == "generalise" && m.To != "":
		return maskText("generalise-" + m.To)
	case m.Kind == "generalise":
		return maskText("generalise-" + digits(m.Step))
	}
	return maskText(m.Kind)
}

// MaskChoice is a mask of the form in words.
func (v *view) MaskChoice(mask string) string {
	switch mask {
	case "":
		return v.T("by the policy")
	case "none":
		return v.T("as it is")
	case "token":
		return v.T("token")
	case "suppress":
		return v.T("left out")
	case "generalise-year", "generalise-quarter", "generalise-month":
		return v.T("rounded to the %s", word(v.Lang, mask[len("generalise-"):]))
	}
	return v.T("rounded down to steps of %s", mask[len("generalise-"):])
}
