// Package verify checks an audit log, or one entry of it, from the bytes on
// disk. It is the auditor's half: it shares no code with the package that
// writes the log and does not import it; both only follow
// docs/formats/audit-log.md. Hashes and signatures come from golang.org/x/mod,
// which the writer's tree code does not use.
//
// # What is promised
//
// If Log reports no problem, then the checkpoint is signed by the given key,
// every entry hashes into the signed root, every stored tile is what the
// entries make it, the entries are numbered 1, 2, 3, ... without gap or
// duplicate, their times never go back, and every other file of the folder is
// one that belongs there and says nothing else. With State, every column of
// every row of the domain database is what the entries of the log make it:
// documents and their revisions, ledgers with their totals and what is spent,
// charges, kept bytes, and the outbox; and the log itself opens no ledger twice
// and charges none beyond its total. With Acts, every act that an entry holds is one
// that the entry's person signed for this domain, about this subject, in this
// state, once, with a key that the log says was that person's and valid; and in a
// domain that is served nothing but the program's own steps is without such an
// act. All problems are reported, each with its
// place, not the first.
//
// # What is not promised
//
// A signature proves who signed, not that it is true, and the holder of the
// key can sign two histories. A log that was put back to an older copy of
// itself is consistent: it is found out only with a checkpoint kept elsewhere
// (Options.Remembered) or through the database (State), if that was not put
// back with it.
//
// Whether an act was allowed (roles, rights, the policy) Acts does not ask, and
// the people and keys that a domain begins to be served with are its owner's word.
//
// Everything in the folder is treated as hostile: sizes are checked before
// anything is read, and only regular files are opened. Messages name files,
// indexes, subjects and amounts, with what does not show written out (package
// text, which the writer does not use); they never quote an entry's body.
package verify
