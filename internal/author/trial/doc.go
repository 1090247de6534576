// Package trial runs a module on sample rows and shows its author everything:
// the rows as the module got them, what it printed, its records, what is left
// of them after bounding, fuel, time, why it failed, and the aggregate before
// and after noise.
//
// It promises that the rows are sample rows: they come from internal/author/sample,
// made from a record or read from a CSV file of the author's. The package
// knows no vault, no domain and no store, a test of the architecture keeps it
// so, and the keys of its tokens are made from the seed. What runs is what
// runs on real data: internal/worker/work, sandbox and privacy. It charges nothing
// and makes no release.
//
// It does not promise that a module which does well here does well on real
// data, whose values nobody here has seen; nor anything about privacy, which
// rests on what the host does with a module and not on what a module does on
// samples. The module runs in a worker behind the walls of package jail, as on
// real data, and so is an author's own CSV file taken in; what a module that
// breaks out could do is lie about its author's rows.
package trial
