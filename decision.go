package glovebox

import "strings"

// Point is a moment at which the policy is asked.
type Point string

const (
	PointAdmit   Point = "admit"
	PointColumns Point = "columns"
	PointRelease Point = "release"
	PointExport  Point = "export"
)

// Decision is the policy's answer. Allow is true only if a rule allows and
// none denies; the reasons are all of them, not the first.
type Decision struct {
	Point       Point        `json:"point"`
	Allow       bool         `json:"allow"`
	Reasons     []Reason     `json:"reasons"`
	Obligations []Obligation `json:"obligations,omitempty"`
	Revision    string       `json:"revision"` // digest of the policy that decided
	InputDigest string       `json:"input_digest"`
}

// Reason is one rule's word.
type Reason struct {
	Rule string `json:"rule"`          // such as "admit.grant.expired"
	At   string `json:"at,omitempty"`  // position in the request, such as "inputs.population.columns[1]"
	Req  string `json:"req,omitempty"` // requirement, such as "R02"
	Text Text   `json:"text"`
}

// Obligation is what a decision demands of whoever acts on it.
type Obligation struct {
	Kind    string `json:"kind"` // mask, approvals, exists: refuse where the column is not known
	Dataset string `json:"dataset,omitempty"`
	Column  string `json:"column,omitempty"`
	Mask    *Mask  `json:"mask,omitempty"`
	Roles   []Role `json:"roles,omitempty"` // approvals: who must approve
}

// Denied makes the error of a refusal.
func (d *Decision) Denied() error {
	return &DeniedError{Decision: *d}
}

// DeniedError carries a refusal with all its reasons.
type DeniedError struct{ Decision Decision }

// Error prints the rules that refused, not their texts.
func (e *DeniedError) Error() string {
	s := "refused by policy at " + string(e.Decision.Point)
	for i, r := range e.Decision.Reasons {
		if i == 0 {
			s += ": "
		} else {
			s += ", "
		}
		s += r.Rule
	}
	return s
}

// BudgetRules is the prefix of the rules that refuse for want of budget.
const BudgetRules = "admit.budget."

// Unwrap gives the error its code: CodeBudget if budget is all that stands in
// the way, CodeDenied otherwise.
func (e *DeniedError) Unwrap() error {
	code := CodeBudget
	for _, r := range e.Decision.Reasons {
		if !strings.HasPrefix(r.Rule, BudgetRules) {
			code = CodeDenied
		}
	}
	if len(e.Decision.Reasons) == 0 {
		code = CodeDenied
	}
	return &Error{Code: code, Msg: "refused by policy"}
}
