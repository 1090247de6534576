// Package spread has a job's parts worked on by nodes of other machines, which
// an engine that exists there (Apache Spark, NATS) picks.
//
// The engine is an untrusted courier. It carries the name of a run and numbers
// of tasks, nothing else, and nothing that it says is believed. What a node needs
// lies on shared storage in an envelope that is sealed to the trusted nodes and
// signed by the domain; what a node gives back lies there too, signed by the node
// and sealed to a key that lives as long as the run. docs/formats/run.md says how
// both look.
//
// What it promises: each group of parts counts once, by the first valid answer,
// whoever hands out tasks how often. Equal answers are dropped; two that differ
// fail the run, and name the nodes. What is forged, stale, of another run or
// damaged is as if it had not come. What the engine and the storage hold is
// ciphertext, names drawn at random, and sizes in classes. When a run ends, its
// envelope goes, and with it the nodes' leave to work.
//
// What it does not promise: that a trusted node tells the truth. It holds what a
// worker of the domain's own machine holds; that it lies shows only where
// another did the same group, which happens to one group in sixteen, drawn at
// random, and wherever the engine tries again. The engine sees when a task begins
// and ends; docs/threat-model.md says what is done about it.
package spread
