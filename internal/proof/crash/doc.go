// Package crash holds no code of the product, only its hardest test: the
// real binary is killed with SIGKILL at every mark that a command passes
// (package fault) and at random moments, and the same command is run again.
//
// It promises: after any of these kills, and after a second kill in the middle
// of the recovery, nothing is spent twice, nothing that was recorded is lost,
// no half of a load, a job, a release or an export can be seen, no row lies
// unencrypted on the disk, and the same command ends in the state in which an
// undisturbed run ends. That is so for every command that changes a domain, for
// jobs of all modes and for a fit. Marks are found by running each command once; a mark
// that is added is tested without a line here.
//
// It does not promise anything about a loss of power: a killed process loses
// what it had in memory, not what the kernel had not written yet.
package crash
