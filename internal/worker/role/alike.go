package role

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// AlikeSpec is what a comparer needs: two manifests, in canonical bytes, and no
// key.
type AlikeSpec struct {
	Manifests [2][]byte `json:"manifests"`
}

// Encode puts a spec into a sealed file in memory.
func (s *AlikeSpec) Encode() (*os.File, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a job cannot be encoded for its workers")
	}
	return SealedFile(b)
}

// AlikeUnits is how many units a comparer looks at in a part.
const AlikeUnits = 4096

// alike is the comparer: it counts the units that parts of two snapshots share.
func alike(in *jail.Inside) error {
	m, err := in.Receive()
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Kind != MessageAlike || len(m.Files) != 1 {
		return errMessage
	}
	if err := in.Seal(); err != nil {
		return err
	}
	var spec AlikeSpec
	raw, err := readSealed(m.Files[0], work.MaxSpec)
	if err == nil {
		err = json.Unmarshal(raw, &spec)
	}
	manifests := make([]*engine.Manifest, len(spec.Manifests))
	for i := 0; err == nil && i < len(manifests); i++ {
		manifests[i], err = engine.DecodeManifest(spec.Manifests[i])
	}
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	for {
		m, err := in.Receive()
		if err != nil {
			return err
		}
		payload, err := overlap(m, manifests)
		m.Close()
		if err != nil {
			return errors.Join(err, in.Fail(jail.FaultData))
		}
		if err := in.Send(jail.Frame{Kind: FrameOverlap, Payload: payload}); err != nil {
			return err
		}
	}
}

// overlap makes a frame: the number of the part, the units of either snapshot and
// those of both.
func overlap(m *jail.Message, manifests []*engine.Manifest) ([]byte, error) {
	files, ok := PartFiles(m, manifests)
	if m.Kind != MessagePart || !ok {
		return nil, errMessage
	}
	var parts [2]engine.PartSpec
	for i, f := range files {
		if f.Index < 0 || f.Index >= len(f.Manifest.Parts) {
			return nil, errMessage
		}
		parts[i] = engine.PartSpec{Manifest: f.Manifest, Index: f.Index, Part: f.Part}
	}
	x, y, both, err := engine.Overlap(context.Background(), parts[0], parts[1], AlikeUnits)
	if err != nil {
		return nil, err
	}
	payload := append([]byte{}, m.Data[:4]...)
	for _, n := range []int64{x, y, both} {
		payload = binary.LittleEndian.AppendUint64(payload, uint64(n))
	}
	return payload, nil
}
