// Package audit keeps the domain's tamper-evident log: every decision, charge,
// run, review and export is one entry, in the order in which it happened.
//
// # What is promised
//
// The log is a Merkle tree in the tlog-tiles layout (C2SP), written by Tessera
// and signed with the domain's Ed25519 key. An entry whose Append returned is
// on disk, in the tree, and covered by the next signed checkpoint. A writer
// that is killed at any moment loses no acknowledged entry: opening the log
// again signs what was left unsigned. Entry i of the tree carries the number
// i+1, so the log has no gap, no duplicate and no other order than the domain
// database's own outbox. One process writes at a time.
//
// Whoever holds the domain's public key can check the whole log (package
// audit/verify, which shares no code with this one) or one entry (Proof)
// without trusting the machine it lies on.
//
// # What is not promised
//
// The owner of the signing key can write a second log with another history.
// Only a checkpoint that somebody else keeps shows that; hand it to
// verify.Options.Remembered. For the same reason a rollback of the whole
// directory to an older copy cannot be seen from the directory alone. The
// package does not check that an entry is true, and it does not keep secrets:
// an entry is meant to be shown to auditors, so a cell value has no place in it.
//
// Files are written with O_SYNC, renamed into place and their folders synced,
// so acknowledged entries survive a power cut as far as the disk keeps its
// word.
package audit
