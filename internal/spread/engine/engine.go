// Package engine is what a job's parts are handed out by: something that exists
// at a site (Spark, NATS) and knows how to start a task on a machine that is free,
// to try it again elsewhere and to run a slow one twice.
//
// What an engine is given is the name of a run, drawn at random, and numbers of
// tasks. It promises to have each task started on some node at least once, and
// nothing that it says is believed: package spread looks at the nodes' answers.
// internal/archtest holds the types here to names and numbers.
package engine

import "context"

// Engine hands out tasks.
type Engine interface {
	// Run has each task of the run started until one attempt of it ended well, or
	// the engine gives up. It returns when all are done, when the engine fails, or
	// soon after the context ends; then it starts nothing more where it can help
	// it. Which error it is does not matter but to people.
	Run(ctx context.Context, run string, tasks []int) error
}

// Setting is how a domain's engine is reached.
type Setting struct {
	Kind    string // of Table
	At      string // address, as the engine takes it
	Command string // what the engine starts on a node's machine, for those that start programs
	Token   string // from the environment of the core; never stored
}

// Table has a function for each kind of engine that a program has.
type Table map[string]func(Setting) (Engine, error)

// Pull takes tasks from an engine that starts no programs, and calls do for each,
// until the context ends. A task whose do fails is tried again, here or elsewhere.
type Pull func(ctx context.Context, s Setting, do func(ctx context.Context, run string, task int) error) error
