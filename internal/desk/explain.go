package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/evidence/replay"
	"glovebox.example/glovebox/policy"
)

// unchecked reads the log of a domain as it stands: whoever has to be sure of it
// runs audit verify.
type unchecked struct{ *domain.Domain }

// Entries implements evidence.Source.
func (u unchecked) Entries(ctx context.Context, fn func(*verify.Entry) error) error {
	return u.From(ctx, 0, fn)
}

// lookExplain says how the decisions of an entry came about: ID is its number, or a
// job, whose admission is meant. Args: rule and point leave out all others; policy,
// "now" for the policy of today beside that of then.
func lookExplain(q *question) (any, error) {
	if err := q.reader(); err != nil {
		return nil, err
	}
	if err := q.d.SignAll(q); err != nil {
		return nil, err
	}
	src := unchecked{q.d}
	var entry uint64
	var err error
	if strings.HasPrefix(q.look.ID, "j-") {
		entry, err = replay.Admission(q, src, q.look.ID)
	} else if entry, err = strconv.ParseUint(q.look.ID, 10, 53); err != nil {
		err = glovebox.Errorf(glovebox.CodeInvalid, "an entry is a number").WithFix("`glovebox audit list` shows them")
	}
	if err != nil {
		return nil, err
	}
	var also *policy.Engine
	switch q.look.Args["policy"] {
	case "":
	case "now":
		also = q.d.Policy
	default:
		return nil, glovebox.Invalid("policy", "is not a policy that a question can name").WithFix("write now, or ask in the domain's own directory")
	}
	all, err := replay.Explain(q, src, entry, also)
	if err != nil {
		return nil, err
	}
	return listed(Explained(all, q.look.Args["rule"], q.look.Args["point"]))
}

// Explained leaves one rule and one decision point in explanations; "": all. It
// fails with CodeNotFound if there is no such rule.
func Explained(all []policy.Explanation, rule, point string) ([]policy.Explanation, error) {
	all = slices.DeleteFunc(all, func(x policy.Explanation) bool { return point != "" && string(x.Decision.Point) != point })
	if rule == "" {
		return all, nil
	}
	found := false
	for i := range all {
		all[i].Rules = slices.DeleteFunc(all[i].Rules, func(r policy.Rule) bool { return r.ID != rule })
		found = found || len(all[i].Rules) > 0
	}
	if !found {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "the policy has no rule %q", rule).WithFix("docs/policy.md lists the rules; leave the decision point out of the name")
	}
	return all, nil
}
