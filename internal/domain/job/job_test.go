package job

import (
	"testing"

	"glovebox.example/glovebox"
)

// TestEveryArrowOfAJob walks every pair of states: the arrows of the diagram
// in docs/states.md are allowed, all others are refused and change nothing.
func TestEveryArrowOfAJob(t *testing.T) {
	states := append([]State{""}, States...)
	allowed := map[[2]State]bool{
		{"", Refused}: true, {"", Admitted}: true,
		{Refused, Refused}: true, {Refused, Admitted}: true,
		{Admitted, Admitted}: true, {Admitted, Refused}: true, {Admitted, Charged}: true, {Admitted, Cancelled}: true,
		{Charged, Running}: true, {Charged, Cancelled}: true,
		{Running, Running}: true, {Running, Done}: true, {Running, Cancelled}: true,
	}
	for _, from := range states {
		for _, to := range states {
			d := Doc{ID: "j-x", State: from}
			err := d.To(to)
			if allowed[[2]State{from, to}] {
				if err != nil || d.State != to {
					t.Errorf("%q -> %q: %v", from, to, err)
				}
				continue
			}
			if glovebox.CodeOf(err) != glovebox.CodeConflict || d.State != from {
				t.Errorf("%q -> %q was not refused: %v, now %q", from, to, err, d.State)
			}
		}
	}
}

func TestEveryArrowOfARelease(t *testing.T) {
	states := append([]ReleaseState{""}, ReleaseStates...)
	allowed := map[[2]ReleaseState]bool{
		{"", Pending}: true, {"", Approved}: true, {Pending, Pending}: true, {Pending, Approved}: true,
		{Approved, Exported}: true, {Exported, Exported}: true,
		{Pending, Returned}: true, {Approved, Returned}: true, {Returned, Pending}: true, {Returned, Approved}: true,
		{Pending, Rejected}: true, {Approved, Rejected}: true, {Returned, Rejected}: true,
		{Approved, Superseded}: true, {Exported, Superseded}: true,
		{Pending, Withdrawn}: true, {Approved, Withdrawn}: true, {Exported, Withdrawn}: true, {Returned, Withdrawn}: true, {Superseded, Withdrawn}: true,
	}
	for _, from := range states {
		for _, to := range states {
			d := ReleaseDoc{ID: "r-x", State: from}
			err := d.To(to)
			if allowed[[2]ReleaseState{from, to}] != (err == nil) {
				t.Errorf("%q -> %q: %v", from, to, err)
			}
			if err != nil && d.State != from {
				t.Errorf("%q -> %q was refused but moved to %q", from, to, d.State)
			}
		}
	}
}

// TestIdentity: whatever an answer depends on changes the identity; who asks
// does not.
func TestIdentity(t *testing.T) {
	base := func() Basis {
		return Basis{Job: glovebox.Job{Product: "p", Params: map[string]any{"a": 1.0}}, Module: "sha256:m", Snapshots: map[string]string{"d": "s1"}, Policy: "r1"}
	}
	b := base()
	first, err := b.Identity()
	if err != nil {
		t.Fatal(err)
	}
	again := base()
	if x, _ := again.Identity(); x != first {
		t.Fatal("the same request has two identities")
	}
	for name, change := range map[string]func(*Basis){
		"module":    func(s *Basis) { s.Module = "sha256:n" },
		"params":    func(s *Basis) { s.Job.Params["a"] = 2.0 },
		"snapshot":  func(s *Basis) { s.Snapshots["d"] = "s2" },
		"policy":    func(s *Basis) { s.Policy = "r2" },
		"filter":    func(s *Basis) { s.Job.Inputs = map[string]glovebox.JobInput{"d": {Where: "x"}} },
		"price":     func(s *Basis) { s.Job.Release.Epsilon = 0.5 },
		"masks":     func(s *Basis) { s.Masks = map[string]MaskPlan{"d": {"c": {Kind: "token"}}} },
		"files":     func(s *Basis) { s.Files = map[string]string{"output.key.k": "sha256:f"} },
		"rewriter":  func(s *Basis) { s.Rewriter = "2" },
		"shared":    func(s *Basis) { s.Masks = map[string]MaskPlan{"d": {"c": {Kind: "token", Shared: true}}} },
		"semantics": func(s *Basis) { s.Semantics = 2 },
	} {
		s := base()
		change(&s)
		if x, _ := s.Identity(); x == first {
			t.Errorf("%s does not change the identity", name)
		}
	}
}
