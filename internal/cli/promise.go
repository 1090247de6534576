package cli

import (
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/pipeline"
)

// printPromise says where a release's promise is not one to all units over all
// time: who paid for it, and to whom in which period it is made.
func (a *app) printPromise(f *pipeline.Facts) {
	for i := range f.Charges {
		if c := &f.Charges[i]; c.Parts != nil && f.Inputs[c.Dataset].Period == "" {
			a.printPaidBy(c.Dataset, c.Space, c.Parts)
		}
	}
	for _, code := range sortedKeys(f.Inputs) {
		if p := f.Inputs[code].Period; p != "" {
			a.say(a.t("what is promised for %s is promised to a unit in one %s: whoever has rows in several loses by each", "对 %s 的承诺以单元在一个 %s 内的数据为准：在多个期间有数据者，每个期间各受其影响"), code, p)
		}
	}
}

// printPaidBy says which parts of a ledger pay.
func (a *app) printPaidBy(dataset, space string, p *glovebox.Parts) {
	family, _, _ := strings.Cut(p.Family, "@")
	a.say(a.t("%s: paid by those of %s %s alone", "%s：仅由 %s 为 %s 者支付"), a.account(dataset, space), family, strings.Join(p.Values, a.t(", ", "、")))
}
