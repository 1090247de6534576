// Package crew supervises the workers of a job: it starts them behind the
// walls of package jail, hands them parts, checks what they send and does a
// part again when its worker was lost.
//
// What is promised: a worker gets its job, the two keys that masks and
// bounding need, and the descriptors of its parts; no other key and no path. A
// worker that crashes, is killed, is silent for too long or sends anything but
// well-formed frames is killed and its part is done again by a new one, at
// most Attempts times in all; a part's partial aggregate is handed on once,
// after it decoded. Nothing a worker says reaches a user but one of a few
// fixed sentences. Cancelling the context kills all workers at once. A module
// is compiled in a process with limits of its own, and its machine code kept
// in a folder of the domain.
//
// What is not promised: that a part that ends its worker every time ends the
// job's charge. The job stays running, is charged, and can be run again.
package crew
