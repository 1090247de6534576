package privacy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/internal/check"
)

func TestFrame(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	for name, p := range jobs() {
		part := bound(p, randomUnits(p, r, 300))
		frame := check.Must(part.MarshalBinary())
		back := p.NewPartial()
		if err := back.UnmarshalBinary(frame); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if fmt.Sprint(content(back)) != fmt.Sprint(content(part)) || !bytes.Equal(check.Must(back.MarshalBinary()), frame) {
			t.Errorf("%s: the frame decodes to something else", name)
		}
		// What was decoded can be added to.
		if err := back.Merge(part); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := content(part)
		for k, c := range content(back) {
			for i := range c {
				times := int64(2)
				if slot := i - 1 - p.cells; slot >= 0 && p.binsOf(uint32(slot)).marks() {
					times = 1
				}
				if c[i] != times*want[k][i] {
					t.Fatalf("%s: merging a decoded partial does not double it", name)
				}
			}
		}
	}
}

// TestFrameRefuses breaks a frame byte by byte and field by field.
func TestFrameRefuses(t *testing.T) {
	p := jobs()["mixed"]
	part := p.NewPartial()
	for i, k := range []string{"a", "b"} {
		c := part.cell(part.add(wordsOf(string(record(10, []any{k, i})))))
		c[0], c[1], c[3] = 2, 1<<38, 5
	}
	good := check.Must(part.MarshalBinary())
	entry := 24 + 8 + 32
	put := func(at int, v uint64) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint64(b[at:], v)
		return b
	}
	reach := uint64(p.grids[0].reach())
	for what, frame := range map[string][]byte{
		"nothing":           nil,
		"half a header":     good[:20],
		"a header alone":    good[:frameHeader],
		"one byte less":     good[:len(good)-1],
		"one byte more":     append(bytes.Clone(good), 0),
		"one entry less":    good[:len(good)-entry],
		"too many keys":     put(32, 3),
		"absurdly many":     put(32, 1<<61),
		"other magic":       append([]byte("GBPP"), good[4:]...),
		"other version":     append(append([]byte("gbpp"), 1, 0, 0, 0), good[8:]...),
		"other job":         put(8, 1),
		"other key width":   put(24, 25|2<<32),
		"other sums":        put(24, 24|3<<32),
		"keys out of order": put(frameHeader, uint64('c')),
		"equal keys":        append(good[:frameHeader+entry:frameHeader+entry], good[frameHeader:frameHeader+entry]...),
		"bad text":          put(frameHeader+entry, 0xff),
		"text too long":     append(append(bytes.Clone(good[:frameHeader+entry]), "bcdefghijkl"...), good[frameHeader+entry+11:]...),
		"no units":          put(frameHeader+24, 0),
		"too many units":    put(frameHeader+24, maxUnits+1),
		"sum too large":     put(frameHeader+32, 2*reach+1),
		"sum far too large": put(frameHeader+40, 1),
		"sum too small":     put(frameHeader+40, 1<<63),
	} {
		back := p.NewPartial()
		err := back.UnmarshalBinary(frame)
		check.Code(t, what, err, glovebox.CodeInvalid)
		if back.Len() != 0 {
			t.Errorf("%s: something was decoded", what)
		}
	}
	refuseBins(t)
	check.Code(t, "a partial without plan", (&Partial{}).UnmarshalBinary(good), glovebox.CodeInternal)
	_, err := (&Partial{}).MarshalBinary()
	check.Code(t, "a partial without plan", err, glovebox.CodeConflict)
}

// refuseBins breaks the bins of a frame of one key, of 10 + 4 bins, 2 records of
// a unit each.
func refuseBins(t *testing.T) {
	t.Helper()
	p := check.Must(NewPlan(records(output(1, nil, unitBins, unitEdges), 2, 0), laplace(1, 0), nil))
	frame := func(words ...uint64) []byte {
		b := check.Must(p.NewPartial().MarshalBinary())
		b[32] = 1
		for _, w := range words {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
		return b
	}
	const units = 2
	if err := p.NewPartial().UnmarshalBinary(frame(units, 3, 0, 1, 9, 2, 13, 4)); err != nil {
		t.Fatal(err)
	}
	for what, words := range map[string][]uint64{
		"no number of bins":        {units},
		"fewer bins than it says":  {units, 4, 0, 1, 9, 2, 13, 4},
		"far fewer":                {units, 1 << 62, 0, 1, 9, 2, 13, 4},
		"more bins than it says":   {units, 2, 0, 1, 9, 2, 13, 4},
		"half a bin":               {units, 3, 0, 1, 9, 2, 13},
		"a bin that is not there":  {units, 3, 0, 1, 9, 2, 14, 4},
		"one that is far off":      {units, 3, 0, 1, 9, 2, 1 << 40, 4},
		"bins out of order":        {units, 3, 9, 2, 0, 1, 13, 4},
		"a bin twice":              {units, 3, 9, 2, 9, 1, 13, 4},
		"an empty bin":             {units, 4, 0, 1, 5, 0, 9, 2, 13, 4},
		"a count too large":        {units, 3, 0, 1, 9, 2, 13, 5},
		"counts too large":         {units, 3, 0, 3, 9, 2, 13, 4},
		"counts that wrap around":  {units, 3, 0, 1 << 63, 9, 1<<63 + 2, 13, 4},
		"fewer values than units":  {units, 2, 0, 1, 13, 4},
		"no values of one metric":  {units, 1, 13, 4},
		"something after the last": {units, 3, 0, 1, 9, 2, 13, 4, 0},
	} {
		back := p.NewPartial()
		check.Code(t, what, back.UnmarshalBinary(frame(words...)), glovebox.CodeInvalid)
		if back.Len() != 0 || back.bins.n != 0 {
			t.Errorf("%s: something was decoded", what)
		}
	}
}

// FuzzPartial decodes any bytes: what is accepted encodes to the same bytes.
func FuzzPartial(f *testing.F) {
	plans := jobs()
	r := rand.New(rand.NewPCG(19, 20))
	for _, p := range plans {
		f.Add(check.Must(p.NewPartial().MarshalBinary()))
		f.Add(check.Must(bound(p, randomUnits(p, r, 3)).MarshalBinary()))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		for name, p := range plans {
			part := p.NewPartial()
			if err := part.UnmarshalBinary(frame); err != nil {
				if glovebox.CodeOf(err) != glovebox.CodeInvalid {
					t.Fatalf("%s: %v", name, err)
				}
				continue
			}
			if got := check.Must(part.MarshalBinary()); !bytes.Equal(got, frame) {
				t.Fatalf("%s: %x encodes to %x", name, frame, got)
			}
		}
	})
}
