package role

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/author/fit"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// FitSpec is what a counter needs: no key.
type FitSpec struct {
	Record   glovebox.Dataset `json:"record"`
	Manifest []byte           `json:"manifest"` // canonical bytes
}

// Encode puts a spec into a sealed file in memory.
func (s *FitSpec) Encode() (*os.File, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a job cannot be encoded for its workers")
	}
	return SealedFile(b)
}

// count is the counter.
func count(in *jail.Inside) error {
	m, err := in.Receive()
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Kind != MessageFit || len(m.Files) != 1 {
		return errMessage
	}
	if err := in.Seal(); err != nil {
		return err
	}
	raw, err := readSealed(m.Files[0], work.MaxSpec)
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	var spec FitSpec
	if err := json.Unmarshal(raw, &spec); err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	manifest, err := engine.DecodeManifest(spec.Manifest)
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	layout := fit.NewLayout(&spec.Record)
	for {
		m, err := in.Receive()
		if err != nil {
			return err
		}
		counts, err := countPart(m, layout, manifest)
		m.Close()
		if err != nil {
			return errors.Join(err, in.Fail(jail.FaultData))
		}
		payload := append([]byte{}, m.Data[:4]...)
		for _, c := range counts {
			payload = binary.LittleEndian.AppendUint64(payload, c)
		}
		if err := in.Send(jail.Frame{Kind: FramePartial, Payload: payload}); err != nil {
			return err
		}
	}
}

func countPart(m *jail.Message, l *fit.Layout, manifest *engine.Manifest) ([]uint64, error) {
	files, ok := PartFiles(m, []*engine.Manifest{manifest})
	if m.Kind != MessagePart || !ok {
		return nil, errMessage
	}
	return work.CountPart(context.Background(), l, files[0])
}
