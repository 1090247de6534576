package crew

import (
	"bytes"
	"slices"
	"testing"

	"glovebox.example/glovebox/internal/worker/work"
)

// pile is a spool in memory.
type pile struct{ records [][]byte }

func (p *pile) Append(b []byte) error {
	p.records = append(p.records, slices.Clone(b))
	return nil
}

func (p *pile) Each(f func([]byte) error) error {
	for _, b := range p.records {
		if err := f(b); err != nil {
			return err
		}
	}
	return nil
}

func (p *pile) Close() error { return nil }

// TestPieces: parts that come in pieces sum up to what they sum up to whole,
// also if the last piece of a part is bad at first and the part is done again.
func TestPieces(t *testing.T) {
	f := newFixture(t)
	want, err := f.run(t.Context(), t, &Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	f.spec.PieceBytes = 1
	if f.job, err = work.Check(f.spec); err != nil {
		t.Fatal(err)
	}
	c := New(&Options{Workers: 2})
	defer c.Close()
	sum := &collect{total: f.plan().NewPartial(), job: f.job}
	var spools []*pile
	refused := false
	err = c.Run(t.Context(), &Task{Job: f.job, Manifests: [][]byte{f.manifest}, Inputs: f.inputs(), Parts: parts, Open: f.open(t), Done: sum.done,
		Spool: func() (Spool, error) {
			sum.mu.Lock()
			defer sum.mu.Unlock()
			spools = append(spools, &pile{})
			return spools[len(spools)-1], nil
		},
		Check: func(data []byte) error {
			sum.mu.Lock()
			defer sum.mu.Unlock()
			if !refused && slices.ContainsFunc(spools, func(p *pile) bool { return &p.records[len(p.records)-1][0] == &data[0] }) {
				refused = true
				return ErrPartial
			}
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := sum.total.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatal("the sums differ")
	}
	if !refused || len(spools) != parts+1 || sum.n != parts || sum.all < 100 {
		t.Fatalf("refused %v, %d spools, %d parts, %d pieces", refused, len(spools), sum.n, sum.all)
	}
}
