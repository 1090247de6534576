package console

// States of jobs and releases as the core says them; TestStatesAreTheCores holds
// them to internal/domain/job, which pages must not import.
const (
	jobRefused      = "refused"
	releasePending  = "pending"
	releaseReturned = "returned"
)
