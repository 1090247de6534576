// Package bundle is the form in which a release leaves its domain: a folder of
// files that proves, to anyone who holds the domain's public key and with no
// network, what was released, how it was made, who decided it and that the
// decision is in the domain's log.
//
//	result.parquet       the result, three times the same rows
//	result.csv
//	result.json          the canonical content, whose digest names the release
//	statement.json       in-toto statement: facts, decision, receipt, digests
//	statement.dsse.json  the same bytes in a DSSE envelope, signed
//	audit/entry.json     the log entry of the decision
//	audit/proof.json     that it is in the log, with a signed checkpoint
//	key.pub              the domain's public key (for information)
//	README.txt           what it is and what may be done with it
//
// docs/formats/release-bundle.md describes every byte.
//
// # What is promised
//
// Build is a function of its arguments: the same content and evidence give the
// same bytes, so that an export that was interrupted can be repeated. Verify
// names every failure, not the first: a signature, a digest, a missing or
// extra file, an entry that does not name this release, a proof that does not
// lead to the signed checkpoint, results that differ.
//
// # What is not promised
//
// A bundle that verifies against its own key.pub was changed by nobody but the
// holder of that key; whose key that is, a reader knows only if the key came
// to them another way (Options.TrustedKey). Verify does not check that the
// facts are true, nor that the noise was drawn as they say: it checks that the
// domain put its name to them. The inclusion proof shows that the log held the
// entry when the checkpoint was signed.
//
// The domain's one key signs checkpoints and statements. The two cannot be
// mistaken for each other: a statement is signed as "DSSEv1 " and its length,
// and no log may be named so.
package bundle
