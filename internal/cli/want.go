package cli

import (
	"fmt"
	"strings"

	"glovebox.example/glovebox/internal/pipeline"
)

// printWanted prints what wants would cost, and what the budget buys.
func (a *app) printWanted(w *pipeline.Wanted) {
	if w == nil {
		return
	}
	a.say("")
	switch {
	case w.Least == nil:
		a.say(a.t("no price up to the largest of a job makes that of it", "任何允许的价格都达不到所要求的精度"))
	case !w.Least.Fits:
		a.say(a.t("what is wanted costs %s, which the ledgers or the grant do not hold: %s", "达到所要求的精度需要 %s，余额或授权上限不足：%s"), offered(w.Least), a.bought(w.Least))
	default:
		a.say(a.t("what is wanted costs %s: %s", "达到所要求的精度需要 %s：%s"), offered(w.Least), a.bought(w.Least))
		a.printAgainst(w.Least)
	}
	if w.Most != nil {
		a.say(a.t("the most that they hold is %s: %s", "现有余额最多可支付 %s：%s"), offered(w.Most), a.bought(w.Most))
		a.printAgainst(w.Most)
	}
}

// offered is a price as a job file declares it.
func offered(o *pipeline.Offer) string {
	if o.Rho > 0 {
		return fmt.Sprintf("release.rho: %g", o.Rho)
	}
	return fmt.Sprintf("release.epsilon: %g", o.Epsilon)
}

// bought lists the errors that a price buys.
func (a *app) bought(o *pipeline.Offer) string {
	var out []string
	for _, e := range o.Errors {
		out = append(out, fmt.Sprintf("%s ±%.4g", e.Of, e.Within))
	}
	return strings.Join(out, a.t(", ", "，"))
}

// printAgainst says where the policy is against an offer.
func (a *app) printAgainst(o *pipeline.Offer) {
	if o.Decision.Allow {
		return
	}
	a.say(a.t("the policy would refuse the job at this price:", "以此价格，策略会拒绝该作业："))
	for _, r := range o.Decision.Reasons {
		a.say("  %s %s", r.Rule, r.Text.In(a.lang))
	}
}
