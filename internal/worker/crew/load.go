package crew

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// loadWithin is how long a loader may say nothing: sorting a large part takes
// a while.
const loadWithin = 10 * time.Minute

// roomAtLeast and roomPerByte bound, in bytes, what a loader may send of a file
// of so many bytes: far more than parts of any honest file take, and less than a
// disk.
const (
	roomAtLeast = 1 << 30
	roomPerByte = 256
)

// Load is engine.Load in a jail: the file is read by a worker that has nothing
// but its descriptor and the keys of its identifiers. What the worker sends is
// checked for form, and the parts against the manifest; that the rows are the
// file's is the worker's word, and the file the provider's own.
func Load(ctx context.Context, ds glovebox.Dataset, src *os.File, o engine.LoadOptions) (*engine.LoadResult, error) {
	return loadFile(ctx, ds, src, o, TryLoad)
}

// loadFile is Load. try says whether loads work here at all; nil: not to be
// asked.
func loadFile(ctx context.Context, ds glovebox.Dataset, src *os.File, o engine.LoadOptions, try func(context.Context) error) (*engine.LoadResult, error) {
	if st, err := src.Stat(); err != nil || !st.Mode().IsRegular() {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the source is not a regular file").WithFix("write the data to a file first")
	}
	if o.Memory == 0 {
		o.Memory = engine.DefaultMemory
	}
	spec := role.LoadSpec{Record: ds, UnitKey: o.UnitKey, IdentKeys: map[string][32]byte{}, Parts: o.Parts, Memory: o.Memory, Hold: o.Hold}
	for _, c := range ds.Columns {
		if c.Class == glovebox.ClassIdentifier && c.Name != ds.Unit.Column {
			spec.IdentKeys[c.Name] = o.IdentKey(c)
		}
	}
	f, err := spec.Encode()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := jail.Start(role.Load, role.Frames(role.Load), &jail.Options{Source: src, Limits: jail.Limits{Memory: 2*uint64(o.Memory) + 1<<30}})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	stop := kill(ctx, p)
	defer stop()
	st, err := src.Stat()
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the source cannot be looked at")
	}
	if o.Parts == 0 {
		o.Parts = engine.DefaultParts
	}
	handed := []*os.File{f}
	if a, ok := o.Spill.(*Aside); ok {
		handed = append(handed, a.Read)
	} else {
		o.Spill = nil
	}
	r := &receiver{o: &o, aside: roomAtLeast + roomPerByte*st.Size(), form: engine.NewManifest(&ds, o.Parts), room: roomAtLeast + roomPerByte*st.Size(), files: map[uint16]*received{}, done: map[string]engine.File{}}
	err = p.Send(role.MessageLoad, nil, handed...)
	for err == nil && r.result == nil {
		var frame jail.Frame
		if frame, err = p.Next(loadWithin); err == nil {
			err = r.take(frame)
		}
	}
	cause := context.Cause(ctx)
	if err == nil && cause == nil {
		return r.result, nil
	}
	r.drop()
	if cause != nil {
		return nil, cause
	}
	switch {
	case errors.Is(err, jail.ErrGone), errors.Is(err, jail.ErrHang):
		return nil, atFault(ctx, p.Walls(), try, glovebox.Errorf(glovebox.CodeInvalid, "the process that reads the file came to an end").
			WithFix("the file may be damaged, or need more memory than a load may use: load a smaller one"))
	case errors.Is(err, jail.ErrFrame):
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the process that reads the file sent what it may not").Because(err)
	}
	return nil, err
}

// receiver turns a loader's frames into files.
type receiver struct {
	o      *engine.LoadOptions
	form   *engine.Manifest     // what the manifest has to say of the record
	room   int64                // bytes that may still come
	aside  int64                // bytes that may still be put aside
	files  map[uint16]*received // open
	next   uint16
	done   map[string]engine.File
	result *engine.LoadResult
}

// received is a file on its way.
type received struct {
	w    io.WriteCloser
	name string
	sum  hash.Hash
	n    int64
}

// take takes one frame. Whatever does not fit is jail.ErrFrame.
func (r *receiver) take(f jail.Frame) error {
	switch f.Kind {
	case jail.Sealed:
		return nil
	case role.FrameProgress:
		if r.o.Progress != nil {
			done, total := int64(binary.LittleEndian.Uint64(f.Payload)), int64(binary.LittleEndian.Uint64(f.Payload[8:]))
			if total < 0 || done < 0 || done > total {
				return jail.ErrFrame
			}
			r.o.Progress(done, total)
		}
		return nil
	case role.FrameAside:
		if r.o.Spill == nil {
			return jail.ErrFrame
		}
		if r.aside -= int64(len(f.Payload)); r.aside < 0 {
			return tooLarge()
		}
		_, err := r.o.Spill.Write(f.Payload)
		return err
	case role.FrameOpened, role.FrameData, role.FrameClosed:
		if len(f.Payload) < 2 {
			return jail.ErrFrame
		}
		return r.file(f.Kind, binary.LittleEndian.Uint16(f.Payload), f.Payload[2:])
	case role.FrameLoaded:
		return r.loaded(f.Payload)
	case role.FrameRefused:
		return refusal(f.Payload)
	case jail.Failure:
		if fault := jail.Fault(f.Payload[0]); fault.Known() {
			return glovebox.Errorf(glovebox.CodeInternal, "the file cannot be loaded: %s", fault)
		}
	}
	return jail.ErrFrame
}

func (r *receiver) file(kind jail.Kind, number uint16, data []byte) error {
	if kind == role.FrameOpened {
		name := string(data)
		if _, known := r.done[name]; known || number != r.next || int(number) >= 2*engine.MaxParts {
			return jail.ErrFrame
		}
		w, err := r.o.Create(name) // which checks the name
		if err != nil {
			return err
		}
		r.next++
		r.files[number] = &received{w: w, name: name, sum: sha256.New()}
		return nil
	}
	f := r.files[number]
	if f == nil {
		return jail.ErrFrame
	}
	if kind == role.FrameData {
		if r.room -= int64(len(data)); r.room < 0 {
			return tooLarge()
		}
		f.sum.Write(data)
		f.n += int64(len(data))
		_, err := f.w.Write(data)
		return err
	}
	delete(r.files, number)
	r.done[f.name] = engine.File{Name: f.name, Bytes: f.n, SHA256: hex.EncodeToString(f.sum.Sum(nil))}
	return f.w.Close()
}

// tooLarge is the error of a file that would fill the disk.
func tooLarge() error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the file becomes more than %d times as large when it is read", roomPerByte).
		WithFix("load it in another form, such as CSV")
}

// drop closes what is open, for the caller to throw away.
func (r *receiver) drop() {
	for _, f := range r.files {
		_ = f.w.Close() // the load has failed already
	}
}

// loaded ends a load: the manifest must be of the files that came.
func (r *receiver) loaded(payload []byte) error {
	var doc role.Loaded
	if err := strict(payload, &doc); err != nil {
		return jail.ErrFrame
	}
	m, err := engine.DecodeManifest(doc.Manifest)
	if err != nil || len(r.files) > 0 || !m.SameForm(r.form) {
		return jail.ErrFrame
	}
	n := 0
	for _, p := range m.Parts {
		list := []engine.File{p.File}
		if p.Sealed != nil {
			list = append(list, *p.Sealed)
		}
		for _, f := range list {
			if r.done[f.Name] != f {
				return jail.ErrFrame
			}
			n++
		}
	}
	rep := &doc.Report
	if n != len(r.done) || rep.Rows != rep.Accepted+rep.Rejected || rep.Accepted != m.Rows || !validReport(rep) {
		return jail.ErrFrame
	}
	r.result = &engine.LoadResult{Report: *rep, Manifest: m, ManifestBytes: doc.Manifest}
	return nil
}
