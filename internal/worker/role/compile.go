package role

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox"
)

// compile is the compiler: one module in, its machine code out. It sees no
// data and has limits of its own; when it passes them the kernel kills it.
func compile(in *jail.Inside) error {
	m, err := in.Receive()
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Kind != MessageCompile || len(m.Files) != 1 {
		return errMessage
	}
	if err := in.SealWriting(); err != nil {
		return err
	}
	wasm, err := readSealed(m.Files[0], work.MaxSpec)
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	cache := ""
	if in.HasCache() {
		cache = jail.CacheDir
	}
	if err := compileInto(wasm, cache); err != nil {
		return errors.Join(err, in.Send(jail.Frame{Kind: FrameReason, Payload: printable(err)}))
	}
	code, err := takeCode(cache)
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	return in.Send(jail.Frame{Kind: FrameCompiled, Payload: code})
}

func compileInto(wasm []byte, cache string) error {
	module, err := sandbox.Admit(wasm, nil)
	if err != nil {
		return err
	}
	p, err := module.Compile(context.Background(), &sandbox.CompileOptions{Cache: cache})
	if err != nil {
		return err
	}
	return p.Close()
}

// printable is what an error says about a module, as a Reason frame takes it.
func printable(err error) []byte {
	text := "the module cannot be compiled"
	if e, ok := errors.AsType[*glovebox.Error](err); ok {
		text = e.Msg
	}
	out := []byte(text[:min(len(text), MaxReason)])
	for i, c := range out {
		if c < ' ' || c > '~' {
			out[i] = '?'
		}
	}
	return out
}

// Machine code travels as the runtime's cache file: the length of its path
// below the folder (2 bytes), the path, the bytes. maxPath bounds the path.
const maxPath = 200

// takeCode reads the one file below the folder. An empty folder is no error:
// there is nothing to keep.
func takeCode(dir string) (code []byte, err error) {
	if dir == "" {
		return nil, nil
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if code != nil {
			return errMessage
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil || len(rel) > maxPath {
			return errMessage
		}
		data, err := os.ReadFile(path) //nolint:gosec // of the files that the supervisor itself laid into this jail
		if err != nil {
			return err
		}
		code = binary.LittleEndian.AppendUint16(nil, uint16(len(rel)))
		code = append(append(code, rel...), data...)
		return nil
	})
	return code, err
}

// putCode writes machine code into the worker's own empty folder, before the
// walls are complete. A path that leaves the folder is refused.
func putCode(f *os.File) error {
	code, err := readSealed(f, MaxCompiled)
	if err != nil {
		return err
	}
	if len(code) < 2 {
		return errMessage
	}
	n := int(binary.LittleEndian.Uint16(code))
	if n > maxPath || len(code) < 2+n {
		return errMessage
	}
	rel := string(code[2 : 2+n])
	if !filepath.IsLocal(rel) {
		return errMessage
	}
	path := filepath.Join(jail.CacheDir, rel)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, code[2+n:], 0o600)
}
