package console

import (
	"testing"

	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
)

// TestStatesAreTheCores: what pages compare with is what the core says.
func TestStatesAreTheCores(t *testing.T) {
	if jobRefused != string(job.Refused) || releasePending != string(job.Pending) || releaseReturned != string(job.Returned) || keyActive != string(domain.KeyActive) {
		t.Error("a state has another name")
	}
}
