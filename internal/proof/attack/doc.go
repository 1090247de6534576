// Package attack finds lower bounds on epsilon from the outside: it runs a
// mechanism many times on two neighbouring inputs and proves, from what comes
// out alone, that its loss is at least so much.
//
// A claim is (epsilon, delta). Half of the way Audit learns from samples which
// event tells the two sides apart best; then it counts that one event in fresh
// samples and bounds its two probabilities by Clopper and Pearson (1934),
// which is exact. If P(event | one side) >= p and P(event | other side) <= q,
// the loss is at least ln((p - delta)/q).
//
// # What is promised
//
//   - If the claim is true and samples are independent, the bound exceeds
//     epsilon with a probability of at most Alpha for each audit: one event is
//     tested, and each of its two probabilities is missed with at most Alpha/2.
//     The event may be chosen in any way, because it is tested on samples that
//     had no part in the choice. A run of n audits therefore raises a false
//     alarm with a probability below n*Alpha (Bonferroni); with the default of
//     1e-8 and the at most MaxAudits = 90 audits of a run that is below 1e-6.
//   - Nothing is known about the mechanism but its outputs.
//
// # What is not promised
//
//   - A bound below epsilon proves nothing. An audit of n samples sees only
//     events that occur often enough: a loss that hides in an event of
//     probability 1/n stays hidden, and so does one that depends on inputs
//     other than the two given.
//   - The events are thresholds on, and values of, single figures, their sums
//     and differences, the last bits of floats, a likelihood ratio learned as if
//     figures were independent, and whole outputs. Another shape of leak has to
//     be turned into a figure by whoever writes the audit.
package attack

// Bounds of a run.
const (
	// DefaultAlpha is how often one audit may raise a false alarm.
	DefaultAlpha = 1e-8
	// MaxAudits is how many audits a run may hold, so that it raises a false
	// alarm with a probability below 1e-6.
	MaxAudits = 90
)
