package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"glovebox.example/glovebox"
)

// MustExist is the obligation to know a dataset's column. Whoever acts on a
// decision meets it or refuses, under the name ObligationRule; it is no part of
// the decision that others see.
const (
	MustExist      = "exists"
	ObligationRule = "policy.obligation"
)

// answer is the shape of data.glovebox.decision.
type answer struct {
	Allow       bool                  `json:"allow"`
	Reasons     []glovebox.Reason     `json:"reasons"`
	Obligations []glovebox.Obligation `json:"obligations"`
}

// read puts what OPA returned into d, except Allow. It is strict: a reason or an
// obligation that does not fit its Go type is no answer.
func read(d *glovebox.Decision, v any) (allow, ok bool) {
	b, err := json.Marshal(v)
	if err != nil {
		return false, false
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	var a answer
	if dec.Decode(&a) != nil || a.Reasons == nil {
		return false, false
	}
	for i := range a.Reasons {
		if a.Reasons[i].Rule == "" || a.Reasons[i].Text.EN == "" || a.Reasons[i].Text.ZH == "" {
			return false, false
		}
	}
	d.Reasons, d.Obligations = a.Reasons, a.Obligations
	if len(d.Obligations) == 0 {
		d.Obligations = nil
	}
	return a.Allow, true
}

// sortDecision gives reasons and obligations their one order.
func sortDecision(d *glovebox.Decision) {
	slices.SortFunc(d.Reasons, func(a, b glovebox.Reason) int {
		return firstOf(strings.Compare(a.Rule, b.Rule), strings.Compare(a.At, b.At), strings.Compare(a.Text.EN, b.Text.EN))
	})
	slices.SortFunc(d.Obligations, func(a, b glovebox.Obligation) int {
		return firstOf(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Dataset, b.Dataset), strings.Compare(a.Column, b.Column))
	})
}

func firstOf(cmps ...int) int {
	for _, c := range cmps {
		if c != 0 {
			return c
		}
	}
	return 0
}
