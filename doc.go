// Package glovebox says what the system is about: the nouns that every other
// package speaks (dataset, snapshot, scenario, grant, module, job, decision,
// obligation, budget, receipt) and the errors they fail with.
//
// A glovebox lets people work on data they must not touch. Product developers
// send in WebAssembly modules; the box runs them over data that stays inside
// its domain; only aggregates that are private by construction come out.
//
// The package holds words and their own consistency rules, no behaviour: it
// imports the standard library alone, opens no file and keeps no state. It
// does not promise that a value of one of its types was checked by a policy,
// charged to a budget or recorded in the log. Only internal/pipeline can say
// that, by building a release.
package glovebox
