// Package node is a machine's side of package spread: a service that holds the
// node's keys and does the work, and a task, which is what an engine starts.
//
// The task promises to know no key and to print nothing but one constant word. It
// gives the run's name and a number to the service of its machine, by a socket,
// and ends with it. The service takes what the task says as a stranger's word: it
// opens the run's envelope, which only its domain can have made, fetches the
// encrypted parts, checks them against the envelope, has the jailed crew of this
// machine work on them, and lays the signed, sealed answer on shared storage. It
// stops when its caller is gone, when the envelope is, or when the lease ends.
//
// It does not promise that the machine's administrator sees nothing: who is root
// there reads the memory of the service and of its workers.
package node
