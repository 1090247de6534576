package work

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/sandbox"
)

// Roles of jailed processes.
const (
	RoleWork    = "work"
	RoleCompile = "compile"
)

// Kinds of messages to them.
const (
	MessageJob     = 'J' // files: the encoded job, then its machine code if there is any
	MessagePart    = 'P' // data: see PartData; files: those of each input, in order
	MessageCompile = 'C' // files: the module
)

// beatEvery is how often a worker says that it got on. It says so by the
// clock, not by the unit, and the frame is empty: it carries nothing.
const beatEvery = time.Second

// Roles are what this program does in a jail. Main and TestMain hand them to
// jail.Main.
func Roles() map[string]jail.Role {
	return map[string]jail.Role{RoleWork: serve, RoleCompile: compile, RoleProbe: probe, RoleLoad: load, RoleRead: read, RoleFit: count, RoleFetch: fetch}
}

// PartData encodes a part number and, for each input, whether it comes with a
// sealed file.
func PartData(part int, files []Files) ([]byte, []*os.File) {
	data := binary.LittleEndian.AppendUint32(nil, uint32(part))
	var list []*os.File
	for i := range files {
		list = append(list, files[i].Part)
		sealed := byte(0)
		if files[i].Sealed != nil {
			list, sealed = append(list, files[i].Sealed), 1
		}
		data = append(data, sealed)
	}
	return data, list
}

// PartFiles reads what PartData wrote. The files stay the message's.
func PartFiles(m *jail.Message, manifests []*engine.Manifest) (files []Files, ok bool) {
	if len(m.Data) != 4+len(manifests) {
		return nil, false
	}
	files = make([]Files, len(manifests))
	rest := m.Files
	for i := range files {
		n := 1 + int(m.Data[4+i])
		if n > 2 || n > len(rest) {
			return nil, false
		}
		files[i] = Files{Manifest: manifests[i], Index: int(binary.LittleEndian.Uint32(m.Data)), Part: rest[0]}
		if n == 2 {
			files[i].Sealed = rest[1]
		}
		rest = rest[n:]
	}
	return files, true
}

var errMessage = errors.New("the supervisor sent something else")

// serve is the worker: a job, then parts until the supervisor is gone. The
// walls are complete before anything foreign is read: the module, the files.
func serve(in *jail.Inside) error {
	m, err := in.Receive()
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Kind != MessageJob && m.Kind != MessageUpdate || len(m.Files) < 1 || len(m.Files) > 2 {
		return errMessage
	}
	cache := ""
	if len(m.Files) == 2 && in.HasCache() {
		if err := putCode(m.Files[1]); err != nil {
			return errors.Join(err, in.Fail(jail.FaultInternal))
		}
		cache = jail.CacheDir
	}
	if err := in.Seal(); err != nil {
		return err
	}
	if m.Kind == MessageUpdate {
		return serveUpdate(in, m, cache)
	}
	ctx := context.Background()
	job, manifests, err := decode(m.Files[0])
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	r, err := job.Compile(ctx, cache)
	if err != nil && cache != "" {
		// Code of another processor: the runtime did not take it and could not
		// write its own.
		r, err = job.Compile(ctx, "")
	}
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultModule))
	}
	w, err := r.Worker(ctx)
	if err != nil {
		why := jail.FaultFilter
		if glovebox.CodeOf(err) == glovebox.CodeModule {
			why = jail.FaultModule
		}
		return errors.Join(err, in.Fail(why))
	}
	if err := in.Send(jail.Frame{Kind: FrameReady}); err != nil {
		return err
	}
	go beat(in, w)
	for {
		if err := w.servePart(ctx, in, manifests); err != nil {
			return err
		}
	}
}

// beat says once in a while that units were worked on.
func beat(in *jail.Inside, w *Worker) {
	for range time.Tick(beatEvery) {
		if w.moved.Swap(false) && in.Send(jail.Frame{Kind: jail.Beat}) != nil {
			return
		}
	}
}

// servePart works on the next part.
func (w *Worker) servePart(ctx context.Context, in *jail.Inside, manifests []*engine.Manifest) error {
	m, err := in.Receive()
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Kind != MessagePart {
		return errors.Join(errMessage, in.Fail(jail.FaultInternal))
	}
	files, ok := PartFiles(m, manifests)
	if !ok {
		return errors.Join(errMessage, in.Fail(jail.FaultInternal))
	}
	send := func(kind jail.Kind, data []byte) error {
		return in.Send(jail.Frame{Kind: kind, Payload: append(m.Data[:4:4], data...)})
	}
	data, err := w.Part(ctx, files, func(data []byte) error { return send(FramePiece, data) })
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultData))
	}
	if data == nil {
		return in.Send(jail.Frame{Kind: FrameReady}) // for the part that the block goes on in
	}
	return send(FramePartial, data)
}

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
	wasm, err := readSealed(m.Files[0], maxSpec)
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
