// Package assdk is the AssemblyScript SDK for guests as the tools see it: the
// files that projects get a copy of, and new projects.
//
// It promises that one version of the compiler makes the same bytes of the
// same source, in every folder. It does not promise that a module is admitted.
package assdk

import "embed"

// Compiler is the version of the compiler that new projects ask npm for.
const Compiler = "0.28.20"

// SDK is what a new project gets a copy of: the folder gbx, and asconfig.json
// with the compiler's flags. No collector is built in, since what a unit
// allocates is gone when it ends.
//
//go:embed gbx asconfig.json package.json tsconfig.json
var SDK embed.FS

// Template are the sources of a new project: template, with functions of kind
// map, scalar, with one of kind map_scalar, and blocks, with one of kind blocks.
//
//go:embed template scalar blocks
var Template embed.FS
