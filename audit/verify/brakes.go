package verify

import (
	"encoding/json"
	"slices"
	"strings"
)

// brakes are what is stopped, as the log tells it: scenarios, datasets, the whole
// domain, jobs that were cancelled and releases that were taken back. Each stop is
// its author's, and what stands on something that is stopped is not charged and
// does not leave.
type brakes struct {
	holds map[string][]holder // by subject
	done  map[string]string   // by subject: why it is over, for good
	ran   map[string]ran      // by job: what it stands on
}

// holder pulled a brake.
type holder struct{ name, role, org string }

type ran struct {
	scenario string
	datasets []string
}

func newBrakes() brakes {
	return brakes{map[string][]holder{}, map[string]string{}, map[string]ran{}}
}

// pulls and frees are the actions that stop something and let go of it.
var (
	pulls = []string{"scenario.suspend", "dataset.pause", "domain.freeze"}
	frees = []string{"scenario.resume", "dataset.resume", "domain.unfreeze"}
	// ends are the actions after which their subject is over, and how that is called.
	ends = map[string]string{"scenario.end": "ended", "scenario.refuse": "refused", "dataset.withdraw": "withdrawn", "dataset.cancel": "cancelled", "job.cancel": "cancelled", "release.reject": "refused", "release.withdraw": "withdrawn"}
	// leaving are the actions by which a release leaves; each is decided on anew.
	leaving = []string{"release.export", "release.export_again"}
)

const freezeSubject = "freeze/domain"

// take takes in an entry and returns what is wrong with it.
func (b *brakes) take(e *Entry, body map[string]any, org string) string {
	role, _ := body["role"].(string)
	who := holder{e.Actor, role, org}
	switch {
	case slices.Contains(pulls, e.Action):
		if b.done[e.Subject] != "" {
			return "stops what is over"
		}
		b.holds[e.Subject] = append(b.holds[e.Subject], who)
	case slices.Contains(frees, e.Action):
		was := b.holds[e.Subject]
		left := slices.DeleteFunc(slices.Clone(was), func(h holder) bool {
			return h.role == role && (h.name == e.Actor || h.org != "" && h.org == org)
		})
		if len(left) == len(was) {
			return "lets go of what its author did not stop"
		}
		b.holds[e.Subject] = left
	case e.Action == "scenario.granted" && len(b.holds[e.Subject]) > 0:
		return "grants a scenario that somebody holds stopped"
	case (e.Action == "dataset.current" || e.Action == "dataset.rollback") && (len(b.holds[e.Subject]) > 0 || b.done[e.Subject] != ""):
		return "loads a dataset that is stopped"
	case e.Action == ChargeAction:
		return b.charge(e)
	case slices.Contains(leaving, e.Action):
		return b.leave(e)
	}
	if how, ok := ends[e.Action]; ok {
		if b.done[e.Subject] != "" {
			return "ends what is over"
		}
		b.done[e.Subject] = how
		delete(b.holds, e.Subject)
	}
	return ""
}

// charge takes in what a job stands on: none of it may be stopped.
func (b *brakes) charge(e *Entry) string {
	var body struct {
		Charges []struct {
			Dataset string `json:"dataset"`
		} `json:"charges"`
		Scenario string `json:"scenario"`
	}
	if json.Unmarshal(e.Body, &body) != nil {
		return "" // State names it
	}
	r := ran{scenario: "scenario/" + body.Scenario}
	for _, c := range body.Charges {
		if c.Dataset != "" {
			r.datasets = append(r.datasets, "dataset/"+c.Dataset)
		}
	}
	b.ran[strings.TrimPrefix(e.Subject, "job/")] = r
	if b.done[e.Subject] != "" {
		return "charges a job that was cancelled"
	}
	if what := b.stopped(r); what != "" {
		return "charges a job while " + what
	}
	return ""
}

// leave says why a release may not leave by what it stands on.
func (b *brakes) leave(e *Entry) string {
	if how := b.done[e.Subject]; how != "" {
		return "lets a release leave that was " + how
	}
	r, ok := b.ran["j-"+strings.TrimPrefix(e.Subject, "release/r-")]
	if !ok {
		return ""
	}
	if what := b.stopped(r); what != "" {
		return "lets a release leave while " + what
	}
	return ""
}

// stopped says what of it is stopped or over.
func (b *brakes) stopped(r ran) string {
	if len(b.holds[freezeSubject]) > 0 {
		return "the domain is frozen"
	}
	if len(b.holds[r.scenario]) > 0 || b.done[r.scenario] != "" {
		return "its scenario is stopped"
	}
	for _, d := range r.datasets {
		if len(b.holds[d]) > 0 || b.done[d] != "" {
			return "a dataset that it reads is stopped"
		}
	}
	return ""
}
