package wasmbin

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Reason is the stable code of one kind of refusal.
type Reason string

// Reasons found on a module's bytes.
const (
	Malformed      Reason = "G001"
	TooLarge       Reason = "G002"
	NotCore        Reason = "G003"
	BadSection     Reason = "G004"
	BadIndex       Reason = "G005"
	BadImport      Reason = "G010"
	ReservedImport Reason = "G011"
	Start          Reason = "G012"
	ReservedExport Reason = "G013"
	BadExport      Reason = "G014"
	Memory         Reason = "G020"
	Table          Reason = "G021"
	Global         Reason = "G022"
	Data           Reason = "G023"
	Element        Reason = "G024"
	ValueType      Reason = "G025"
	HiddenState    Reason = "G030"
	Instruction    Reason = "G031"
	Count          Reason = "G040"
	BodyBytes      Reason = "G041"
	Blocks         Reason = "G042"
	Locals         Reason = "G043"
	LocalBlocks    Reason = "G044"
	BrTable        Reason = "G045"
	Nesting        Reason = "G046"
	CallGlobals    Reason = "G047"
	TotalWork      Reason = "G048"
)

// Fixes says, for each reason, what an author changes. It is the text of the
// table in docs/formats/module-manifest.md.
func Fixes() map[Reason]string {
	return map[Reason]string{
		Malformed:      "name a .wasm file (`module build` makes one of a source); if it is one, rebuild it: it is cut short or damaged",
		TooLarge:       "build for size (-Os, strip debug sections)",
		NotCore:        "build a core module, version 1; components are not supported",
		BadSection:     "rebuild with exceptions, threads and other proposals off",
		BadIndex:       "rebuild the file; no valid module refers to something that is not there",
		BadImport:      "build without imports (freestanding), or say \"wasi\": true in the manifest if all are functions of wasi_snapshot_preview1",
		ReservedImport: "choose another name; this one is the host's",
		Start:          "export the start function as _initialize instead (AssemblyScript: --exportStart _initialize)",
		ReservedExport: "rename the export; names that start with $ are the host's",
		BadExport:      "give every export a name of its own of at most 256 bytes of UTF-8",
		Memory:         "define one 32-bit memory that is not shared and starts within the manifest's pages",
		Table:          "use at most one table, of funcref, with at most 20000 entries",
		Global:         "use mutable globals of i32, i64, f32 or f64 only, at most 64 of them",
		Data:           "use active data segments that lie inside the initial memory",
		Element:        "use active element segments that lie inside the table",
		ValueType:      "use i32, i64, f32, f64 and v128 only; no references",
		HiddenState:    "build without bulk table and segment instructions; they hide state from the reset",
		Instruction:    "rebuild with threads, exceptions, tail calls, relaxed SIMD and GC off",
		Count:          "make the module smaller; real programs stay far below this limit",
		BodyBytes:      "split the function, or build with -Os or with less inlining",
		Blocks:         "split the function, or build with less inlining and unrolling",
		Locals:         "split the function",
		LocalBlocks:    "split the function, or build with optimisation: it has many variables over many branches, which compiles too slowly",
		BrTable:        "split the switch",
		Nesting:        "nest fewer blocks",
		CallGlobals:    "split the function, or use fewer mutable globals",
		TotalWork:      "make the module smaller, or split its largest functions; it compiles too slowly",
	}
}

// Refusal is one reason why a module may not run.
type Refusal struct {
	Code   Reason `json:"code"`
	Msg    string `json:"msg"`    // what is wrong; names of the module are quoted
	Fix    string `json:"fix"`    // what to change
	Offset int    `json:"offset"` // byte of the file; -1: not one place
}

// String prints "G012 message".
func (r Refusal) String() string { return string(r.Code) + " " + r.Msg }

// refusals collects reasons: each code and text once, at most maxRefusals.
type refusals struct {
	list  []Refusal
	seen  map[string]bool
	fixes map[Reason]string
}

func (c *refusals) add(code Reason, off int, format string, a ...any) {
	msg := fmt.Sprintf(format, a...)
	key := string(code) + msg
	if c.seen[key] || len(c.list) >= maxRefusals {
		return
	}
	if c.seen == nil {
		c.seen, c.fixes = map[string]bool{}, Fixes()
	}
	c.seen[key] = true
	c.list = append(c.list, Refusal{Code: code, Msg: msg, Fix: c.fixes[code], Offset: off})
}

func (c *refusals) has(code Reason) bool {
	for _, r := range c.list {
		if r.Code == code {
			return true
		}
	}
	return false
}

// Quote makes a name of a module safe to print: quoted, cut to 64 bytes.
func Quote(s string) string {
	cut := ""
	if len(s) > 64 {
		s, cut = s[:64], "..."
		for len(s) > 0 && !utf8.ValidString(s) && len(s) > 60 {
			s = s[:len(s)-1]
		}
	}
	q := strconv.QuoteToASCII(s)
	return strings.TrimSuffix(q, `"`) + cut + `"`
}
