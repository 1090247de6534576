package sandbox

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// Refusal is one reason why a module may not run: a stable code, what is
// wrong, and what its author changes.
type Refusal = wasmbin.Refusal

// Reasons that are found on the manifest, by the compiler, or when a guest
// starts. Those on the bytes are in package wasmbin.
const (
	reasonNoManifest wasmbin.Reason = "G050"
	reasonManifest   wasmbin.Reason = "G051"
	reasonDomain     wasmbin.Reason = "G052"
	reasonPages      wasmbin.Reason = "G053"
	reasonExports    wasmbin.Reason = "G054"
	reasonImpure     wasmbin.Reason = "G055"
	reasonCompile    wasmbin.Reason = "G060"
	reasonInit       wasmbin.Reason = "G061"
	reasonVersion    wasmbin.Reason = "G062"
	reasonBuffers    wasmbin.Reason = "G063"
	reasonImage      wasmbin.Reason = "G064"
	reasonLog        wasmbin.Reason = "G065"
)

// Reasons returns every code with what an author changes.
func Reasons() map[wasmbin.Reason]string {
	all := wasmbin.Fixes()
	maps.Copy(all, map[wasmbin.Reason]string{
		reasonNoManifest: "add the manifest: glovebox module build does it",
		reasonManifest:   "correct the field that is named",
		reasonDomain:     "ask for less in the manifest, or ask the domain's operator",
		reasonPages:      "raise pages in the manifest, or give the module less memory",
		reasonExports:    "export the function with exactly this type",
		reasonImpure:     "write no memory and no global in the function and in what it calls, or make it of kind map",
		reasonCompile:    "rebuild the file; it is not valid WebAssembly, or the compiler does not take it",
		reasonInit:       "make _initialize, gbx_buffers and gbx_log return without a trap and within 1e9 fuel",
		reasonVersion:    "build against minor version 0 of gbx/1",
		reasonBuffers:    "return two regions of the given sizes, 64-byte aligned, inside memory, apart from each other",
		reasonImage:      "write less memory before the first unit, or give the module fewer reference tables: at most 16 MiB may be other than zero",
		reasonLog:        "return a region of 8 bytes to 1 MiB, 8-byte aligned, inside memory, apart from window and output, or export no gbx_log",
	})
	return all
}

func refusal(code wasmbin.Reason, format string, a ...any) Refusal {
	return Refusal{Code: code, Msg: fmt.Sprintf(format, a...), Fix: Reasons()[code], Offset: -1}
}

func one(code wasmbin.Reason, format string, a ...any) []Refusal {
	return []Refusal{refusal(code, format, a...)}
}

// refusedError carries the reasons of a refusal.
type refusedError struct{ list []Refusal }

func (e *refusedError) Error() string {
	var b strings.Builder
	for i, r := range e.list {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s (%s)", r, r.Fix)
	}
	return b.String()
}

func refuse(list []Refusal) error {
	return glovebox.Errorf(glovebox.CodeModule, "module refused").Because(&refusedError{list})
}

// Refused is the error of a refusal that was made elsewhere, for these reasons.
func Refused(list []Refusal) error { return refuse(list) }

// Refusals returns the reasons of an error of Admit, Compile or NewGuest, or
// nil if it is no refusal.
func Refusals(err error) []Refusal {
	if e, ok := errors.AsType[*refusedError](err); ok {
		return e.list
	}
	return nil
}
