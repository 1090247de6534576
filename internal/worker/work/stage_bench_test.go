package work

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/privacy"
)

// stageUnits is how many units the benchmarks of the stage have, of one row
// each, in batches of stageBatch.
const (
	stageUnits = 1 << 18
	stageBatch = 1 << 14
)

// stageSpec is a job of the bands guest: cost by decade of birth.
func stageSpec(tb testing.TB) Spec {
	wasm, err := os.ReadFile("../../../sandbox/testdata/bands_scalar.wasm")
	if err != nil {
		tb.Fatal(err)
	}
	var decades []any
	for d := 1900; d < 2020; d += 10 {
		decades = append(decades, d)
	}
	return Spec{
		Wasm: wasm,
		Inputs: []Input{{Dataset: "bills", Columns: []string{"born", "cost"}, MaxRows: 10, Masks: map[string]glovebox.Mask{"born": {Kind: "none"}, "cost": {Kind: "none"}}, Record: []glovebox.Column{
			{Name: "born", Type: glovebox.Int32, Class: glovebox.ClassPersonal},
			{Name: "cost", Type: glovebox.Float64, Class: glovebox.ClassPersonal}}}},
		Output: glovebox.Output{
			Key: []glovebox.KeyField{{Name: "decade", Type: glovebox.Int64, Public: decades}}, MaxKeysPerUnit: 1,
			Metrics: []glovebox.Metric{{Name: "people", Kind: glovebox.Count}, {Name: "cost", Kind: glovebox.Sum, Min: 0, Max: 1000}},
		},
		Release: glovebox.ReleaseDef{Method: "dp", Epsilon: 1},
	}
}

// stage makes a worker and batches of units with ascending tokens.
func stage(tb testing.TB) (*Worker, *arrow.Schema, []arrow.RecordBatch) {
	r, err := New(tb.Context(), stageSpec(tb))
	if err != nil {
		tb.Fatal(err)
	}
	w, err := r.Worker(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := w.Close(); err != nil {
			tb.Error(err)
		}
		if err := r.Close(); err != nil {
			tb.Error(err)
		}
	})
	schema := r.binding.Inputs[0].Schema
	rng := rand.New(rand.NewPCG(11, 12))
	var batches []arrow.RecordBatch
	for from := 0; from < stageUnits; from += stageBatch {
		b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
		for i := from; i < from+stageBatch; i++ {
			var token [16]byte
			binary.BigEndian.PutUint64(token[:], uint64(i)<<40|uint64(rng.Uint32()))
			b.Field(0).(*array.FixedSizeBinaryBuilder).Append(token[:])
			b.Field(1).(*array.Int32Builder).Append(int32(1900 + rng.IntN(120)))
			b.Field(2).(*array.Float64Builder).Append(float64(rng.IntN(2000) - 200))
		}
		batches = append(batches, b.NewRecordBatch())
		b.Release()
	}
	return w, schema, batches
}

// native is the bands guest, in Go, with nothing around it.
type native struct{ record []byte }

func (n *native) unit(b *privacy.Bounder, token [engine.TokenBytes]byte, rows [][]engine.Span) error {
	n.record = n.record[:0]
	count := 0
	for _, s := range rows[0] {
		born := s.Batch.Column(1).(*array.Int32).Int32Values()[s.From:s.To]
		cost := s.Batch.Column(2).(*array.Float64).Float64Values()[s.From:s.To]
		for i := range born {
			if cost[i] > 0 {
				n.record = binary.LittleEndian.AppendUint64(n.record, uint64(int64(born[i]/10*10)))
				n.record = binary.LittleEndian.AppendUint64(n.record, math.Float64bits(cost[i]))
				count++
			}
		}
	}
	b.Unit(token, count, n.record)
	return nil
}

// pass runs all batches once, from spans to a partial aggregate.
func pass(tb testing.TB, w *Worker, schema *arrow.Schema, batches []arrow.RecordBatch, unit func(*privacy.Bounder, [engine.TokenBytes]byte, [][]engine.Span) error) []byte {
	reader, err := array.NewRecordReader(schema, batches)
	if err != nil {
		tb.Fatal(err)
	}
	defer reader.Release()
	b := w.r.Round().(*privacy.Plan).NewBounder(w.r.spec.Secret)
	err = engine.Units([]array.RecordReader{reader}, func(token [engine.TokenBytes]byte, rows [][]engine.Span) error {
		return unit(b, token, rows)
	})
	if err != nil {
		tb.Fatal(err)
	}
	p, err := b.Partial()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := p.MarshalBinary()
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func (w *Worker) guestUnit(ctx context.Context) func(*privacy.Bounder, [engine.TokenBytes]byte, [][]engine.Span) error {
	return func(b *privacy.Bounder, token [engine.TokenBytes]byte, rows [][]engine.Span) error {
		return w.hand.(*unitHand).unit(ctx, b, token, rows)
	}
}

// TestStageAgrees: the guest and the native loop give the same aggregate.
func TestStageAgrees(t *testing.T) {
	w, schema, batches := stage(t)
	guest := pass(t, w, schema, batches, w.guestUnit(t.Context()))
	var n native
	if string(guest) != string(pass(t, w, schema, batches, n.unit)) {
		t.Fatal("the aggregates differ")
	}
}

func benchStage(b *testing.B, f func()) {
	cpu := func() int64 {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
			b.Fatal(err)
		}
		return ts.Nano()
	}
	f()
	b.ResetTimer()
	from, n := cpu(), 0
	for b.Loop() {
		f()
		n++
	}
	ns := float64(cpu()-from) / float64(n*stageUnits)
	b.ReportMetric(ns, "cpu-ns/unit")
	b.ReportMetric(1e9/ns, "units/cpu-s")
}

// BenchmarkStage is units of one row, from Arrow batches in memory to a partial
// aggregate: found, run through a function of kind map_scalar, bounded, added.
func BenchmarkStage(b *testing.B) {
	w, schema, batches := stage(b)
	run := w.guestUnit(b.Context())
	benchStage(b, func() { pass(b, w, schema, batches, run) })
}

// BenchmarkStageNative is the same with the loop in Go in place of the guest.
func BenchmarkStageNative(b *testing.B) {
	w, schema, batches := stage(b)
	var n native
	benchStage(b, func() { pass(b, w, schema, batches, n.unit) })
}
