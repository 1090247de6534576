package console

// States of jobs, releases and keys as the core says them; TestStatesAreTheCores
// holds them to internal/domain, which pages must not import.
const (
	jobRefused      = "refused"
	releasePending  = "pending"
	releaseReturned = "returned"
	keyActive       = "active"
)
