// Package cluster is a module of its own: the engines that need libraries which
// the program glovebox does without (Spark Connect's client, NATS), a program that
// has them, and tests that run whole jobs over real engines.
//
// What an engine promises is said in internal/spread/engine. Nothing of the
// product imports this module.
package cluster
