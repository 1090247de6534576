package work

import (
	"bytes"
	"encoding/gob"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"glovebox.example/glovebox"
)

// MaxSpec bounds an encoded spec, in bytes, references included.
const MaxSpec = 1 << 30

// envelope is a spec as it goes to a worker.
type envelope struct {
	Spec       Spec
	References map[string][]byte // Arrow IPC streams of one batch
	Manifests  [][]byte          // canonical bytes, one an input
}

// types names what a job's open-ended fields may hold. Naming a type again is
// no change.
func types() { gob.Register([]any{}) }

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
	if err := gob.NewEncoder(&b).Encode(&e); err != nil || b.Len() > MaxSpec {
		return nil, encodeError()
	}
	return b.Bytes(), nil
}

func encodeError() error {
	return glovebox.Errorf(glovebox.CodeInternal, "a job cannot be encoded for its workers")
}

// JobOf reads what Bytes wrote: a job, admitted and checked again, and its
// inputs' manifests.
func JobOf(p []byte) (*Job, [][]byte, error) {
	types()
	if len(p) > MaxSpec {
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
