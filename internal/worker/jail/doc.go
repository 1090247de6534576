// Package jail is the outer wall: it runs a part of the program in a worker, a
// process of its own that can reach nothing.
//
// A worker is the same binary started again. It gets descriptors by one socket
// that only the supervisor writes to, and answers by one pipe in frames of a
// bounded, checked form (docs/formats/worker-frames.md). Around it stand up to
// ten walls: see Walls. Each is raised on its own, so a machine that lacks one
// keeps the others, and the worker's first frame says which hold.
//
// The program's main and every test binary that runs jobs call Main first
// thing: in a worker it does not return. That call is the whole hook.
//
// What is promised: what Start returns runs under exactly the walls that it
// reports; system calls outside a short list fail or kill the worker before
// the first foreign byte is read; a worker dies with its supervisor, when it
// is killed, and when its frames are not well formed; nothing it writes but
// frames goes anywhere. What is not promised: that every machine has all walls
// (ask Walls.Missing); that the kernel has no bug in the calls that are left;
// that how long a worker takes tells nothing.
package jail
