// Package role is what this program is in a jail: the work of package work, the
// compiler, and the readers of what providers and developers hand in, each as a
// process that gets messages and descriptors and answers in frames. Package
// crew is its other end.
//
// It promises that the walls are complete before anything foreign is read, that
// each role sends the frames of its own table alone, and that no error's text
// but a refusal's leaves a process. It does not say who may start a role, and
// trusts the supervisor's messages.
package role

import (
	"errors"

	"glovebox.example/glovebox/internal/worker/jail"
)

// The roles.
const (
	Work    = "work"        // works on parts of one job, or makes one step of mode train
	Compile = "compile"     // compiles a module
	Probe   = "probe"       // says what works where it is
	Load    = jail.RoleLoad // reads a provider's file
	Read    = jail.RoleRead // reads filters and public tables of jobs, or looks at a provider's file
	Fit     = "fit"         // counts how a dataset's rows fall into the bins of a fit
	Alike   = "alike"       // counts the units that two snapshots share
	Fetch   = "fetch"       // copies a table from a database server over the one connection that it was handed
)

// All is what this program does in a jail. Main and TestMain hand it to
// jail.Main.
func All() map[string]jail.Role {
	return map[string]jail.Role{Work: serve, Compile: compile, Probe: probe, Load: load, Read: read, Fit: count, Alike: alike, Fetch: fetch}
}

var errMessage = errors.New("the supervisor sent something else")
