package work

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/author/fit"
	"glovebox.example/glovebox/internal/worker/jail"
)

// RoleFit counts how a dataset's rows fall into the bins of a fit.
const RoleFit = "fit"

// MessageFit is the first message to it; files: the encoded FitSpec. MessagePart
// follows for each part, and a partial frame with that part's counts answers it.
const MessageFit = 'F'

// FitSpec is what a counter needs: no key.
type FitSpec struct {
	Record   glovebox.Dataset `json:"record"`
	Manifest []byte           `json:"manifest"` // canonical bytes
}

// Encode puts a spec into a sealed file in memory.
func (s *FitSpec) Encode() (*os.File, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, encodeError()
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
	raw, err := readSealed(m.Files[0], maxSpec)
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
	return CountPart(context.Background(), l, files[0])
}

// CountPart counts one row of each unit of a part: the first in the order of
// the vault, which follows from the unit's own rows and a key.
func CountPart(ctx context.Context, l *fit.Layout, f Files) ([]uint64, error) {
	r, err := engine.OpenPart(ctx, engine.PartSpec{Manifest: f.Manifest, Index: f.Index, Part: f.Part, Columns: l.Names()})
	if err != nil {
		return nil, err
	}
	defer r.Release()
	counts, bins := make([]uint64, l.Size()), make([]int, len(l.Columns))
	err = engine.Units([]array.RecordReader{r}, func(_ [engine.TokenBytes]byte, rows [][]engine.Span) error {
		first := rows[0][0]
		return l.Add(counts, first.Batch, first.From, bins)
	})
	return counts, err
}
