package policy

import (
	"errors"
	"fmt"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"
)

// TestAPolicyIsCompiledOnce: engines of the same texts share what was compiled,
// those of other texts do not, and a failure is tried again.
func TestAPolicyIsCompiledOnce(t *testing.T) {
	t.Cleanup(func() { forget("one"); forget("two"); forget("bad") })
	made := map[string]int{}
	ask := func(revision string, err error) error {
		_, got := once(revision, func() (rego.PreparedEvalQuery, error) {
			made[revision]++
			return rego.PreparedEvalQuery{}, err
		})()
		return got
	}
	for range 3 {
		if err := errors.Join(ask("one", nil), ask("two", nil)); err != nil {
			t.Fatal(err)
		}
		if ask("bad", errors.New("no")) == nil {
			t.Fatal("a failure is forgotten before it is told")
		}
	}
	if made["one"] != 1 || made["two"] != 1 || made["bad"] != 3 {
		t.Errorf("compiled %v", made)
	}
}

// TestFewPoliciesAreKept: those that were used last.
func TestFewPoliciesAreKept(t *testing.T) {
	t.Cleanup(func() {
		for i := range mostPrepared + 2 {
			forget(fmt.Sprint("r", i))
		}
	})
	made := map[string]int{}
	ask := func(revision string) {
		_, _ = once(revision, func() (rego.PreparedEvalQuery, error) { made[revision]++; return rego.PreparedEvalQuery{}, nil })()
	}
	for i := range mostPrepared + 2 {
		ask("r0") // in use all the time
		ask(fmt.Sprint("r", i))
	}
	if ask("r1"); made["r0"] != 1 || made["r1"] != 2 {
		t.Errorf("compiled %v", made)
	}
	if n := len(prepared.list); n > mostPrepared {
		t.Errorf("%d policies are kept", n)
	}
}
