package role

import (
	"encoding/binary"
	"os"

	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// Messages are kinds of messages to workers.
const (
	MessageJob     = 'J' // to Work; files: the encoded job, then its machine code if there is any
	MessagePart    = 'P' // to Work and Fit; data: see PartData; files: those of each input, in order
	MessageUpdate  = 'U' // to Work, and no other; files: the encoded step, then machine code if there is any
	MessageCompile = 'C' // to Compile, one; files: the module
	MessageLoad    = 'L' // to Load, one; files: the encoded LoadSpec, then where rows put aside can be read, if they may
	MessageFilter  = 'F' // to Read; files: an encoded FilterSpec
	MessageTable   = 'T' // to Read; files: an encoded TableSpec, the CSV file
	MessageLook    = 'K' // to Read; files: an encoded LookSpec, a provider's file
	MessageFit     = 'F' // to Fit, the first; files: the encoded FitSpec
	MessageAlike   = 'A' // to Alike, the first; files: the encoded AlikeSpec
	MessageFetch   = 'D' // to Fetch, one; files: an encoded FetchSpec, the connection
)

// EncodeJob puts a job and its inputs' manifests into a sealed file in memory.
func EncodeJob(j *work.Job, manifests [][]byte) (*os.File, error) {
	b, err := j.Bytes(manifests)
	if err != nil {
		return nil, err
	}
	return SealedFile(b)
}

// DecodeJob reads what EncodeJob wrote: a job, checked again, and its inputs'
// manifests.
func DecodeJob(f *os.File) (*work.Job, []*engine.Manifest, error) {
	p, err := readSealed(f, work.MaxSpec)
	if err != nil {
		return nil, nil, err
	}
	j, raw, err := work.JobOf(p)
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

// EncodeUpdate puts a step of mode train into a sealed file in memory.
func EncodeUpdate(u *work.Update) (*os.File, error) {
	b, err := u.Bytes()
	if err != nil {
		return nil, err
	}
	return SealedFile(b)
}

// PartData encodes a part number and, for each input, whether it comes with a
// sealed file.
func PartData(part int, files []work.Files) ([]byte, []*os.File) {
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
func PartFiles(m *jail.Message, manifests []*engine.Manifest) (files []work.Files, ok bool) {
	if len(m.Data) != 4+len(manifests) {
		return nil, false
	}
	files = make([]work.Files, len(manifests))
	rest := m.Files
	for i := range files {
		n := 1 + int(m.Data[4+i])
		if n > 2 || n > len(rest) {
			return nil, false
		}
		files[i] = work.Files{Manifest: manifests[i], Index: int(binary.LittleEndian.Uint32(m.Data)), Part: rest[0]}
		if n == 2 {
			files[i].Sealed = rest[1]
		}
		rest = rest[n:]
	}
	return files, true
}
