package verify

import "testing"

// TestBrakesInTheLog: whoever lets go of what somebody else stopped, charges or
// exports what is stopped, or brings back what is over, is named.
func TestBrakesInTheLog(t *testing.T) {
	h := begun(t)
	brake := func(who, name, subject, role string) {
		h.sign(who, name, subject, map[string]any{"reason": "a test"}, change{body: func(b map[string]any) { b["role"] = role }})
	}
	charge := func(job string) {
		h.sign("sm", "job.run", "job/j-"+job, nil, change{as: "job.admit"})
		nonce := h.last
		h.write("sm", ChargeAction, "job/j-"+job, map[string]any{"by_act": nonce, "scenario": "care", "charges": []any{map[string]any{"dataset": "people", "kind": "pure", "amount": map[string]any{"loss": 1, "delta": 0}}}})
	}
	h.sign("reg", "user.add", "user/sm", map[string]any{"org": "Firm"}, change{})
	charge("1")
	h.good()
	for _, x := range []struct{ stop, free, subject string }{
		{"scenario.suspend", "scenario.resume", "scenario/care"}, {"dataset.pause", "dataset.resume", "dataset/people"}, {"domain.freeze", "domain.unfreeze", "freeze/domain"},
	} {
		brake("auth", x.stop, x.subject, "authority")
		h.good()
		brake("sm", x.free, x.subject, "authority")
		h.wrong(x.free+" by somebody else", "did not stop")
		brake("auth", x.free, x.subject, "operator")
		h.wrong(x.free+" in another role", "did not stop")
		charge("2")
		h.wrong("a charge under "+x.stop, "charges a job while")
		h.sign("sm", "release.export", "release/r-1", nil, change{})
		h.wrong("an export under "+x.stop, "leave while")
		// Two brakes are two to let go of.
		brake("sm", x.stop, x.subject, "provider")
		brake("auth", x.free, x.subject, "authority")
		h.good()
		h.sign("sm", "release.export", "release/r-1", nil, change{})
		h.wrong("an export under the other brake", "leave while")
		brake("sm", x.free, x.subject, "provider")
		h.sign("sm", "release.export", "release/r-1", nil, change{})
		h.good()
	}
	for _, x := range [][2]string{{"release.withdraw", "release/r-1"}, {"job.cancel", "job/j-3"}, {"dataset.withdraw", "dataset/people"}, {"scenario.end", "scenario/care"}} {
		brake("auth", x[0], x[1], "authority")
		h.good()
		brake("auth", x[0], x[1], "authority")
		h.wrong(x[0]+" twice", "over")
	}
	h.sign("sm", "release.export", "release/r-1", nil, change{})
	h.wrong("an export of what was withdrawn", "was withdrawn")
	charge("3")
	h.wrong("a charge of what was cancelled", "cancelled")
	brake("auth", "dataset.pause", "dataset/people", "authority")
	h.wrong("a pause of what is over", "stops what is over")
	// People and institutions that are stopped or out.
	brake("auth", "org.suspend", "org/Bureau", "authority")
	h.wrong("stops its own", "own institution")
	brake("auth", "org.suspend", "org/Firm", "authority")
	h.sign("sm", "user.add", "user/x", nil, change{})
	h.wrong("an act from a stopped institution", "institution is suspended")
	brake("auth", "org.resume", "org/Firm", "authority")
	h.sign("sm", "user.add", "user/x", nil, change{})
	brake("auth", "user.end", "user/sm", "authority")
	h.good()
	h.sign("sm", "user.add", "user/x", nil, change{})
	h.wrong("an act of somebody who is out", "suspended")
	brake("auth", "user.resume", "user/sm", "authority")
	h.wrong("brings back who is out", "ended for good")
	brake("auth", "org.end", "org/Firm", "authority")
	h.good()
	brake("auth", "org.resume", "org/Firm", "authority")
	h.wrong("brings back an institution that is out", "ended for good")
}
