// Package csdk is the C and C++ SDK for guests as the tools see it: the header and the
// flags that modules are built with.
//
// It promises that one version of clang makes the same bytes of the same
// source with them, on every machine and in every folder, unless the source
// itself asks for them (__FILE__, __DATE__), and that these bytes hold no
// paths and no names of tools. Another version of clang may well make others.
// It does not promise that a module is admitted.
package csdk

import "embed"

// Header is glovebox.h: the whole SDK.
//
//go:embed glovebox.h
var Header []byte

// SDK is what a new project gets a copy of.
//
//go:embed glovebox.h
var SDK embed.FS

// Template are the sources of a new project: template, with functions of kind
// map, scalar, with one of kind map_scalar, and blocks, with one of kind blocks;
// cpp has the same in C++.
//
//go:embed template scalar blocks cpp
var Template embed.FS

// CPPFlags are added for C++: the language without its library, and without
// what needs one.
var CPPFlags = []string{"-x", "c++", "-std=c++20", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-fno-c++-static-destructors"}

// ScalarFlags are added for modules with functions of kind map_scalar: clang
// gives several results for a struct.
var ScalarFlags = []string{"-mmultivalue", "-Xclang", "-target-abi", "-Xclang", "experimental-mv"}

// Flags are clang's, to compile one source to an object.
var Flags = []string{
	"--target=wasm32", "-O2", "-nostdlib", "-ffreestanding",
	"-Wall", "-Werror", "-Wno-unused-function", // of the header, a guest uses what it needs
}

// LinkFlags are wasm-ld's, to link the object to a module. --strip-all drops
// names and the producers section; 16 KiB of stack leave most of a module's
// first page for its data, its window and its output.
var LinkFlags = []string{"--no-entry", "--strip-all", "-z", "stack-size=16384"}
