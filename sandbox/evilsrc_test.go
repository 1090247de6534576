package sandbox

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// evilDir holds the hostile modules, one trick each. The first line of a source
// says what it tries and what must happen to it.
//
// A source is WAT, with its binary beside it, or text that stands for bytes
// (.hex), for what no assembler writes. Its manifest is the file of its name
// with .json, or manifest.json.
const evilDir = "testdata/evil"

// evil is one module of the suite.
type evil struct {
	name, tries string
	refused     string            // code of the refusal; empty: it runs
	ends        map[int64]Outcome // how a unit ends, by its first x
	otherwise   Outcome           // all other units
	gives       string            // the metric of their one record; empty: anything
	wasm        []byte
}

var evilLine = regexp.MustCompile(`^(?:;;|;) Tries to (.+)\. Must: (.+)$`)

// evilNames lists the suite.
func evilNames(t testing.TB, pattern string) []string {
	t.Helper()
	var names []string
	for _, ext := range []string{".wat", ".hex"} {
		files, err := filepath.Glob(filepath.Join(evilDir, pattern+ext))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			names = append(names, strings.TrimSuffix(filepath.Base(f), ext))
		}
	}
	if len(names) == 0 {
		t.Fatalf("no hostile module %s", pattern)
	}
	return names
}

// loadEvil reads one module of the suite.
func loadEvil(t testing.TB, name string) *evil {
	t.Helper()
	base := filepath.Join(evilDir, name)
	e := &evil{name: name, otherwise: OK}
	src, err := os.ReadFile(base + ".wat")
	if err == nil {
		e.wasm = read(t, base+".wasm")
	} else {
		src = read(t, base+".hex")
		manifest, err := os.ReadFile(base + ".json")
		if err != nil {
			manifest = read(t, filepath.Join(evilDir, "manifest.json"))
		}
		if e.wasm, err = assemble(string(src), manifest); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	first, _, _ := strings.Cut(string(src), "\n")
	m := evilLine.FindStringSubmatch(first)
	if m == nil {
		t.Fatalf("%s: the first line does not say what the module tries and what must happen", name)
	}
	e.tries = m[1]
	if code, ok := strings.CutPrefix(m[2], "refused "); ok {
		e.refused = code
		return e
	}
	end, targets, _ := strings.Cut(m[2], ", ")
	end, e.gives, _ = strings.Cut(end, " with ")
	e.otherwise = outcomeNamed(t, end)
	e.ends = map[int64]Outcome{}
	if targets != "" {
		x, end, _ := strings.Cut(targets, ": ")
		n, err := strconv.ParseInt(x, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		e.ends[n] = outcomeNamed(t, end)
	}
	return e
}

func outcomeNamed(t testing.TB, s string) Outcome {
	t.Helper()
	for o := OK; o <= Oversize; o++ {
		if o.String() == s {
			return o
		}
	}
	t.Fatalf("no outcome is called %q", s)
	return 0
}

// macros are pieces of a module that does all that the ABI asks for.
var macros = map[string]string{
	"magic":    `00 "asm" 01 00 00 00`,
	"typelist": "60 00 01 7f  60 02 7f 7f 01 7e  60 01 7f 01 7f  60 00 00",
	"types":    "01 [ 04 @typelist ]",
	"funcs":    "03 [ 03 00 01 02 ]",
	"memory":   "05 [ 01 00 04 ]",
	"exports":  `07 [ 04 ["memory"] 02 00 ["gbx_abi_1"] 00 00 ["gbx_buffers"] 00 01 ["run"] 00 02 ]`,
	"version":  "[ 00 41 00 0b ]",
	"buffers":  "[ 00 42 s:562949953486848 0b ]", // 0x20000 << 32 | 0x10000
	"code":     "0a [ 03 @version @buffers [ 00 41 00 0b ] ]",
}

// assemble turns text into bytes: hex bytes, "text", u:N and s:N (LEB128),
// [ ... ] (with its length before it), N*( ... ), @name (a macro), and
// @manifest (the section). A comment goes from ; to the end of the line.
func assemble(src string, manifest []byte) ([]byte, error) {
	a := &assembler{src: src, manifest: manifest}
	out, err := a.list("")
	if err == nil && a.p < len(a.src) {
		err = fmt.Errorf("%q is open to nothing", a.src[a.p])
	}
	return out, err
}

type assembler struct {
	src      string
	p        int
	manifest []byte
}

var token = regexp.MustCompile(`^(?:[ \t\n]+|;[^\n]*|"[^"\n]*"|@[a-z]+|[us]:-?[0-9]+|[0-9]+\*\(|[0-9a-f]{2}|\[)`)

// list reads up to the closing character, which it takes.
func (a *assembler) list(end string) (out []byte, err error) {
	for {
		rest := a.src[a.p:]
		if end != "" && strings.HasPrefix(rest, end) {
			a.p++
			return out, nil
		}
		if rest == "" && end == "" {
			return out, nil
		}
		t := token.FindString(rest)
		if t == "" {
			return nil, fmt.Errorf("cannot read %.20q", rest)
		}
		a.p += len(t)
		var b []byte
		n := 1
		switch {
		case strings.ContainsAny(t[:1], " \t\n;"):
		case t[0] == '"':
			b = []byte(t[1 : len(t)-1])
		case t == "@manifest":
			b = w.Section(nil, 0, append(w.Name(nil, "gbx.manifest"), a.manifest...))
		case t[0] == '@':
			b, err = assemble(macros[t[1:]], a.manifest)
		case t[0] == 'u':
			var v uint64
			v, err = strconv.ParseUint(t[2:], 10, 64)
			b = w.U(nil, v)
		case t[0] == 's':
			var v int64
			v, err = strconv.ParseInt(t[2:], 10, 64)
			b = w.S(nil, v)
		case strings.HasSuffix(t, "*("):
			if n, err = strconv.Atoi(t[:len(t)-2]); err == nil {
				b, err = a.list(")")
			}
		case t == "[":
			b, err = a.list("]")
			b = w.Name(nil, string(b))
		default:
			b, err = hex.DecodeString(t)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, w.Repeat(n, b)...)
	}
}
