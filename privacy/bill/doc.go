// Package bill is what a job costs: a declared price, the noise that its parts
// buy, and what all mechanisms together use up.
//
// Price reads what a job declares, divides it and makes the noise that each part
// pays for. A Bill lists the mechanisms that came of it as numbers: laws, exact
// parameters, what one unit can change. Cost and Whole are computed from that
// list; Facts are its text, written last and never read back.
//
// Promised: Cost is never below what the listed mechanisms use, and where the list
// does not make up the price, the price counts. Not promised: that the list is
// what runs. Packages privacy and blocks make each mechanism and its line
// together. No ledger is kept here, and no data is seen.
package bill
