package work

import (
	"bytes"
	"encoding/gob"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
)

// maxSpec bounds an encoded spec, references included.
const maxSpec = 1 << 30

// envelope is a spec as it goes to a worker.
type envelope struct {
	Spec       Spec
	References map[string][]byte // Arrow IPC streams of one batch
	Manifests  [][]byte          // canonical bytes, one an input
}

// types names what a job's open-ended fields may hold. Naming a type again is
// no change.
func types() { gob.Register([]any{}) }

// Encode puts a job and its inputs' manifests into a sealed file in memory: see
// Bytes.
func (j *Job) Encode(manifests [][]byte) (*os.File, error) {
	b, err := j.Bytes(manifests)
	if err != nil {
		return nil, err
	}
	return SealedFile(b)
}

// Bytes are a job and its inputs' manifests. They hold the two keys that workers
// need.
func (j *Job) Bytes(manifests [][]byte) ([]byte, error) {
	types()
	e := envelope{Spec: j.spec, References: map[string][]byte{}, Manifests: manifests}
	e.Spec.References = nil
	for name, batch := range j.spec.References {
		var b bytes.Buffer
		w := ipc.NewWriter(&b, ipc.WithSchema(batch.Schema()))
		if err := w.Write(batch); err != nil {
			return nil, encodeError()
		}
		if err := w.Close(); err != nil {
			return nil, encodeError()
		}
		e.References[name] = b.Bytes()
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(&e); err != nil || b.Len() > maxSpec {
		return nil, encodeError()
	}
	return b.Bytes(), nil
}

func encodeError() error {
	return glovebox.Errorf(glovebox.CodeInternal, "a job cannot be encoded for its workers")
}

// SealedFile makes a file in memory that nobody can change any more.
func SealedFile(p []byte) (*os.File, error) { return SealedCopy(bytes.NewReader(p)) }

// SealedCopy is SealedFile of all that a reader gives.
func SealedCopy(r io.Reader) (*os.File, error) {
	fd, err := unix.MemfdCreate("glovebox", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot make a file in memory").Because(err)
	}
	f := os.NewFile(uintptr(fd), "sealed")
	_, err = io.Copy(f, r)
	if err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SEAL|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	}
	if err != nil {
		_ = f.Close()
		return nil, glovebox.Errorf(glovebox.CodeInternal, "cannot write a file in memory").Because(err)
	}
	return f, nil
}

// readSealed reads a whole file of at most max bytes, from its start.
func readSealed(f *os.File, max int64) ([]byte, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() > max {
		return nil, encodeError()
	}
	p := make([]byte, st.Size())
	_, err = io.ReadFull(io.NewSectionReader(f, 0, st.Size()), p)
	return p, err
}

// decode reads what Encode wrote.
func decode(f *os.File) (*Job, []*engine.Manifest, error) {
	p, err := readSealed(f, maxSpec)
	if err != nil {
		return nil, nil, err
	}
	j, raw, err := JobOf(p)
	if err != nil {
		return nil, nil, err
	}
	manifests := make([]*engine.Manifest, len(raw))
	for i, m := range raw {
		if manifests[i], err = engine.DecodeManifest(m); err != nil {
			return nil, nil, err
		}
	}
	return j, manifests, nil
}

// JobOf reads what Bytes wrote: a job, admitted and checked again, and its
// inputs' manifests.
func JobOf(p []byte) (*Job, [][]byte, error) {
	types()
	if len(p) > maxSpec {
		return nil, nil, encodeError()
	}
	var e envelope
	if err := gob.NewDecoder(bytes.NewReader(p)).Decode(&e); err != nil || len(e.Manifests) != len(e.Spec.Inputs) {
		return nil, nil, encodeError()
	}
	e.Spec.References = map[string]arrow.RecordBatch{}
	for name, data := range e.References {
		r, err := ipc.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, nil, encodeError()
		}
		if !r.Next() {
			return nil, nil, encodeError()
		}
		b := r.RecordBatch()
		b.Retain()
		e.Spec.References[name] = b
		r.Release()
	}
	j, err := Check(e.Spec)
	return j, e.Manifests, err
}
