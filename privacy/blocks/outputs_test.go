package blocks

import (
	"bytes"
	"encoding/binary"
	"math"
	"reflect"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
	"glovebox.example/glovebox/privacy/mechanism"
)

// TestChannelBlockRecord: whatever a guest says about a block, the block counts
// with one point of the grid for each metric: those of its own record, clamped,
// or all its defaults.
func TestChannelBlockRecord(t *testing.T) {
	p := blockPlan(t, 8, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, blockMetrics()...)
	good := blockRecord(7.04, 1e3, 0.5, 33.3, 2)
	want := []uint32{70, 300, 1500, 333, 2}
	fall := []uint32{50, 100, 1000, 500, 1}
	with := func(i int, v float64) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint64(b[8*i:], math.Float64bits(v))
		return b
	}
	for _, c := range []struct {
		name   string
		n      int
		record []byte
		want   []uint32
	}{
		{"as it should be", 1, good, want},
		{"none", 0, nil, fall},
		{"two", 2, append(bytes.Clone(good), good...), fall},
		{"a lie about the number", 2, good, fall},
		{"too short", 1, good[8:], fall},
		{"not a number", 1, with(0, math.NaN()), fall},
		{"infinite", 1, with(3, math.Inf(-1)), fall},
		{"below the range", 1, with(1, -1e300), []uint32{70, 0, 1500, 333, 2}},
		{"above the range", 1, with(2, math.MaxFloat64), []uint32{70, 300, 2000, 333, 2}},
		{"denormal", 1, with(0, 5e-324), []uint32{0, 300, 1500, 333, 2}},
		{"no candidate", 1, with(4, 3), fall},
		{"below all candidates", 1, with(4, -1), fall},
		{"far from any candidate", 1, with(4, 1e300), fall},
	} {
		o := p.NewOutputs(3, 2)
		o.Put(4, c.n, c.record)
		if !reflect.DeepEqual(o.points[:5], fall) || !reflect.DeepEqual(o.points[5:], c.want) {
			t.Errorf("%s: %v", c.name, o.points)
		}
	}
}

func TestOutputsRefuse(t *testing.T) {
	p := blockPlan(t, 64, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, blockMetrics()...)
	other := blockPlan(t, 128, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, blockMetrics()...)
	total := p.NewTotal()
	if _, err := p.Release(total, check.Must(mechanism.NewSource())); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("released without its blocks: %v", err)
	}
	first := p.NewOutputs(0, 8)
	if err := total.Merge(first); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]*Outputs{"the same": first, "a block twice": p.NewOutputs(7, 1), "another job's": other.NewOutputs(64, 1), "a total": p.NewTotal()} {
		if err := total.Merge(o); glovebox.CodeOf(err) != glovebox.CodeConflict {
			t.Errorf("merged %s: %v", name, err)
		}
	}
	if _, err := other.Release(total, check.Must(mechanism.NewSource())); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("released as another job: %v", err)
	}
	o := p.NewOutputs(8, 2)
	good, err := o.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.NewOutputs(10, 2).UnmarshalBinary(good); err == nil {
		t.Error("took the outputs of other blocks")
	}
	if err := other.NewOutputs(8, 2).UnmarshalBinary(good); err == nil {
		t.Error("took another job's outputs")
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x80
		again := p.NewOutputs(8, 2)
		err := again.UnmarshalBinary(bad)
		if i < outputsHeader && err == nil {
			t.Errorf("took a frame with another byte %d", i)
		}
	}
}

// FuzzOutputs: whatever a worker sends, it is refused or it is points of the
// grids, encoded in one way.
func FuzzOutputs(f *testing.F) {
	p := blockPlan(f, 64, glovebox.ReleaseDef{Method: "dp", Epsilon: 1}, blockMetrics()...)
	good, err := p.NewOutputs(8, 2).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte("gbpb"))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := p.NewOutputs(8, 2)
		if o.UnmarshalBinary(data) != nil {
			if again, err := o.MarshalBinary(); err != nil || !bytes.Equal(again, good) {
				t.Fatal("not the defaults after an error")
			}
			return
		}
		for i, v := range o.points {
			if v >= p.metrics[i%5].points {
				t.Fatal("a point off its grid")
			}
		}
		if again, err := o.MarshalBinary(); err != nil || !bytes.Equal(again, data) {
			t.Fatal("another encoding")
		}
	})
}
