package sandbox

import (
	"errors"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// RewriterVersion names the rules by which modules are rewritten. With the
// digest of the rewritten module it says exactly what ran.
const RewriterVersion = wasmbin.RewriterVersion

// DefaultMaxModuleBytes is the largest module, in bytes, when Options name none.
const DefaultMaxModuleBytes = wasmbin.DefaultMaxBytes

// Options are a domain's own bounds on modules. nil: the defaults.
type Options struct {
	// MaxModuleBytes is the largest binary, in bytes, at most 16 MiB. Zero:
	// DefaultMaxModuleBytes.
	MaxModuleBytes int
	// MaxPages is the most memory that a manifest may ask for, in pages of
	// 64 KiB, at most 1024. Zero: 1024.
	MaxPages int
	// MaxFuel is the most fuel per unit that a manifest may ask for, at most
	// 1e9. Zero: 1e9.
	MaxFuel int64
}

func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if c.MaxModuleBytes == 0 {
		c.MaxModuleBytes = DefaultMaxModuleBytes
	}
	if c.MaxPages == 0 {
		c.MaxPages = abi.MaxPages
	}
	if c.MaxFuel == 0 {
		c.MaxFuel = abi.MaxFuel
	}
	if c.MaxModuleBytes < 0 || c.MaxModuleBytes > 16<<20 || c.MaxPages < 0 || c.MaxPages > abi.MaxPages || c.MaxFuel < 0 || c.MaxFuel > abi.MaxFuel {
		return c, glovebox.Errorf(glovebox.CodeInvalid, "module bounds are out of range")
	}
	return c, nil
}

// Module is an admitted module: judged, and rewritten into what runs. It is
// immutable and safe for concurrent use.
type Module struct {
	digest, rewrittenDigest string
	manifest                *abi.Manifest
	wasm                    []byte // as the author gave it
	rewritten               *wasmbin.Rewritten
	hasInit, hasLog         bool
	facts                   wasmbin.Facts
}

// Admit judges a binary and rewrites it. It compiles and runs nothing, and does
// not look at the types of instructions: Compile does. It never panics, on any bytes. If the module is refused, the error is of code
// module and names every reason that was found; Refusals lists them.
func Admit(wasm []byte, o *Options) (*Module, error) {
	opt, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	wasm = slices.Clone(wasm) // a module shares memory with its bytes
	bin, list := wasmbin.Parse(wasm, &wasmbin.Config{MaxBytes: opt.MaxModuleBytes, MaxPages: uint32(opt.MaxPages), Imports: wasiImports()})
	if len(list) > 0 {
		return nil, refuse(list)
	}
	man, list := manifestOf(bin, &opt)
	if len(list) > 0 {
		return nil, refuse(list)
	}
	keep, list := checkExports(bin, man)
	if len(list) > 0 {
		return nil, refuse(list)
	}
	if list := checkPure(bin, man); len(list) > 0 {
		return nil, refuse(list)
	}
	m := &Module{digest: glovebox.Digest(wasm), manifest: man, wasm: wasm, facts: bin.Facts()}
	m.hasInit = slices.Contains(keep, abi.ExportInitialize)
	m.hasLog = slices.Contains(keep, abi.ExportLog)
	m.rewritten = bin.Rewrite(wasmbin.Rules{Keep: keep, Pages: uint32(man.Pages)})
	m.rewrittenDigest = glovebox.Digest(m.rewritten.Wasm)
	return m, nil
}

// manifestOf reads the manifest section of a module.
func manifestOf(bin *wasmbin.Module, o *Options) (*abi.Manifest, []Refusal) {
	sections := bin.Custom(abi.ManifestSection)
	if len(sections) != 1 {
		return nil, one(reasonNoManifest, "module has %d sections %s, not one", len(sections), abi.ManifestSection)
	}
	man, err := abi.DecodeManifest(sections[0])
	if err != nil {
		field, msg := "", err.Error()
		if e, ok := errors.AsType[*glovebox.Error](err); ok {
			field, msg = e.Field, e.Msg
		}
		if field != "" {
			msg = field + ": " + msg
		}
		return nil, one(reasonManifest, "manifest: %s", msg)
	}
	var list []Refusal
	if man.Pages > o.MaxPages || man.Fuel > o.MaxFuel {
		list = append(list, refusal(reasonDomain, "manifest asks for %d pages and %d fuel; this domain allows %d and %d",
			man.Pages, man.Fuel, o.MaxPages, o.MaxFuel))
	}
	if !man.WASI {
		for _, i := range bin.Imports() {
			list = append(list, wasmbin.Refusal{Code: wasmbin.BadImport, Offset: -1, Fix: Reasons()[wasmbin.BadImport],
				Msg: "import without \"wasi\" in the manifest: " + wasmbin.Quote(i.Module) + "." + wasmbin.Quote(i.Name)})
		}
	}
	if n := bin.MemoryMin(); int64(n) > int64(man.Pages) {
		list = append(list, refusal(reasonPages, "memory starts with %d pages, the manifest's pages are %d", n, man.Pages))
	}
	return man, list
}

// checkExports holds the exports against the ABI and the manifest. It returns
// the names of those that stay.
func checkExports(bin *wasmbin.Module, man *abi.Manifest) (keep []string, list []Refusal) {
	i32, i64 := wasmbin.I32, wasmbin.I64
	want := func(name, signature string, params, results []byte) {
		t, ok := bin.ExportedFunc(name)
		if !ok || !slices.Equal(t.Params, params) || !slices.Equal(t.Results, results) {
			list = append(list, refusal(reasonExports, "export %s must be a function %s", wasmbin.Quote(name), signature))
			return
		}
		keep = append(keep, name)
	}
	if bin.ExportsMemory(abi.ExportMemory) {
		keep = append(keep, abi.ExportMemory)
	} else {
		list = append(list, refusal(reasonExports, "export %q must be the memory", abi.ExportMemory))
	}
	want(abi.ExportVersion, "() -> i32", nil, []byte{i32})
	want(abi.ExportBuffers, "(i32, i32) -> i64", []byte{i32, i32}, []byte{i64})
	if bin.Exports(abi.ExportInitialize) {
		want(abi.ExportInitialize, "() -> ()", nil, nil)
	}
	if bin.Exports(abi.ExportLog) {
		want(abi.ExportLog, "() -> i64", nil, []byte{i64})
	}
	for i := range man.Functions {
		params, results := []byte{i32}, []byte{i32}
		if man.Functions[i].Scalar() {
			params, results = scalarTypes(&man.Functions[i])
		}
		want(man.Functions[i].Name, signature(params, results), params, results)
	}
	return keep, list
}

// Digest is the SHA-256 of the binary as the author gave it.
func (m *Module) Digest() string { return m.digest }

// RewrittenDigest is the SHA-256 of the binary that runs in its place.
func (m *Module) RewrittenDigest() string { return m.rewrittenDigest }

// Manifest returns the module's manifest. It must not be changed.
func (m *Module) Manifest() *abi.Manifest { return m.manifest }

// SetManifest returns the binary with this manifest in place of any that it
// had. The manifest is checked, the rest of the binary is not.
func SetManifest(wasm, manifest []byte) ([]byte, error) {
	if _, err := abi.DecodeManifest(manifest); err != nil {
		return nil, err
	}
	out, bad := wasmbin.SetCustom(wasm, abi.ManifestSection, manifest)
	if bad != nil {
		return nil, refuse([]Refusal{*bad})
	}
	return out, nil
}
