package work

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/privacy/blocks"
)

const (
	pums   = "../../../examples/pums/"
	spread = "../../../examples/spread/"
)

// person is a row of the pums example.
type person struct {
	pid       string
	age, educ int
	income    float64
	csv       []string
}

func people(t testing.TB) (header []string, list []person) {
	t.Helper()
	f, err := os.Open(pums + "pums.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	col := func(row []string, name string) float64 {
		v, err := strconv.ParseFloat(row[slices.Index(all[0], name)], 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, r := range all[1:] {
		list = append(list, person{pid: r[slices.Index(all[0], "pid")], age: int(col(r, "age")), educ: int(col(r, "educ")), income: col(r, "income"), csv: r})
	}
	return all[0], list
}

var unitKey = [32]byte{1}

// tokenOf is a person's token.
func tokenOf(id string) [engine.TokenBytes]byte { return engine.UnitToken(unitKey, "", id) }

// snapshot loads people into parts in memory.
func snapshot(t testing.TB, header []string, list []person, parts int) []Files {
	t.Helper()
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	rows := [][]string{header}
	for _, p := range list {
		rows = append(rows, p.csv)
	}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	src, err := os.CreateTemp(t.TempDir(), "people")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if _, err := src.Write(text.Bytes()); err != nil {
		t.Fatal(err)
	}
	files := map[string]*os.File{}
	loaded, err := engine.Load(t.Context(), pumsRecord(t), src, engine.LoadOptions{UnitKey: unitKey, Parts: parts, Create: func(name string) (io.WriteCloser, error) {
		fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
		if err != nil {
			return nil, err
		}
		files[name] = os.NewFile(uintptr(fd), name)
		t.Cleanup(func() { files[name].Close() })
		return keepOpen{files[name]}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	var out []Files
	for i, p := range loaded.Manifest.Parts {
		out = append(out, Files{Manifest: loaded.Manifest, Index: i, Part: files[p.Name]})
	}
	return out
}

func pumsRecord(t testing.TB) glovebox.Dataset {
	t.Helper()
	data, err := os.ReadFile(pums + "dataset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := catalog.ParseDataset("dataset.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	return *rec
}

// blockWorker is a worker of the example's job with so many blocks.
func blockWorker(t testing.TB, blocks int) (*Worker, *Runner) {
	t.Helper()
	data, err := os.ReadFile(spread + "job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	j, err := catalog.ParseJob("job.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := os.ReadFile(spread + "spread.wasm")
	if err != nil {
		t.Fatal(err)
	}
	j.Blocks.Count = blocks
	rec := pumsRecord(t)
	r, err := New(t.Context(), Spec{
		Wasm: wasm, Mode: j.Mode, Blocks: j.Blocks, Release: j.Release,
		Inputs: []Input{{Dataset: "pums", Record: rec.Columns, Columns: j.Inputs["pums"].Columns, Where: j.Inputs["pums"].Where, Reads: []string{"age"}, MaxRows: 1,
			Masks: map[string]glovebox.Mask{"educ": {Kind: "none"}, "income": {Kind: "none"}, "age": {Kind: "none"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w, err := r.Worker(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return w, r
}

// outputs works on all parts and returns the points of all blocks, hex.
func outputs(t testing.TB, w *Worker, parts []Files) []string {
	t.Helper()
	var out []string
	metrics := len(w.r.Round().(*blocks.Plan).Metrics())
	for i := range parts {
		frame, err := w.Part(t.Context(), parts[i:i+1], nil)
		if err != nil {
			t.Fatal(err)
		}
		if frame == nil {
			continue
		}
		const head = 36
		for at := head; at < len(frame); at += 4 * metrics {
			out = append(out, hex.EncodeToString(frame[at:at+4*metrics]))
		}
	}
	if len(out) != w.r.Round().(*blocks.Plan).Count() {
		t.Fatalf("%d outputs of %d blocks", len(out), w.r.Round().(*blocks.Plan).Count())
	}
	return out
}

// native is the example's module, in Go, over one block: its record, or none.
func nativeSpread(block []person) []float64 {
	n, x, y, xx, xy := float64(len(block)), 0.0, 0.0, 0.0, 0.0
	var incomes []float64
	var count [4]int
	for _, p := range block {
		e := float64(p.educ)
		x, y, xx, xy = x+e, y+p.income, xx+e*e, xy+e*p.income
		incomes = append(incomes, p.income)
		switch {
		case p.educ < 9:
			count[0]++
		case p.educ == 9:
			count[1]++
		case p.educ < 13:
			count[2]++
		default:
			count[3]++
		}
	}
	v := n*xx - x*x
	if v == 0 {
		return nil
	}
	slices.Sort(incomes)
	most := slices.Index(count[:], slices.Max(count[:]))
	return []float64{incomes[len(incomes)/2], (n*xy - x*y) / v, float64(most)}
}

// TestBlocks: whatever the numbers of parts and blocks, every block's output is
// what the same statistic gives natively over the people whose token begins
// with the block's number.
func TestBlocks(t *testing.T) {
	header, all := people(t)
	for _, c := range []struct{ blocks, parts int }{{64, 1}, {64, 8}, {64, 64}, {8, 32}, {16, 32}, {1024, 8}} {
		w, r := blockWorker(t, c.blocks)
		got := outputs(t, w, snapshot(t, header, all, c.parts))
		groups := map[int][]person{}
		for _, p := range all {
			if p.age >= 25 {
				b := blocks.Of(tokenOf(p.pid), c.blocks)
				groups[b] = append(groups[b], p)
			}
		}
		want := r.Round().(*blocks.Plan).NewOutputs(0, c.blocks)
		for b, group := range groups {
			if v := nativeSpread(group); v != nil {
				var record []byte
				for _, x := range v {
					record = appendFloat(record, x)
				}
				want.Put(b, 1, record)
			}
		}
		frame, err := want.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		for b := range got {
			if w := hex.EncodeToString(frame[36+12*b : 36+12*(b+1)]); got[b] != w {
				t.Errorf("%d blocks, %d parts: block %d of %d people is %s, natively %s", c.blocks, c.parts, b, len(groups[b]), got[b], w)
			}
		}
	}
}

func appendFloat(b []byte, v float64) []byte {
	u := math.Float64bits(v)
	for i := range 8 {
		b = append(b, byte(u>>(8*i)))
	}
	return b
}

// TestChannelOneUnitOneBlock: without any one person, at most one block's
// output changes, and it is that of the person's own token.
func TestChannelOneUnitOneBlock(t *testing.T) {
	header, all := people(t)
	w, _ := blockWorker(t, 64)
	with := outputs(t, w, snapshot(t, header, all, 8))
	changed := 0
	for i := 0; i < len(all); i += 50 {
		without := outputs(t, w, snapshot(t, header, slices.Delete(slices.Clone(all), i, i+1), 8))
		own := blocks.Of(tokenOf(all[i].pid), 64)
		for b := range with {
			if with[b] == without[b] {
				continue
			}
			changed++
			if b != own {
				t.Errorf("without a person of block %d, block %d changed", own, b)
			}
		}
	}
	if changed == 0 {
		t.Error("nobody makes a difference: the test sees nothing")
	}
}

// TestPartsOutOfOrder: a group begins with its first part and goes on in order.
func TestPartsOutOfOrder(t *testing.T) {
	header, all := people(t)
	w, _ := blockWorker(t, 8)
	parts := snapshot(t, header, all, 32)
	if _, err := w.Part(t.Context(), parts[1:2], nil); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("began in the middle: %v", err)
	}
	for _, next := range []int{2, 1, 4} {
		if _, err := w.Part(t.Context(), parts[:1], nil); err != nil {
			t.Fatal(err)
		}
		frame, err := w.Part(t.Context(), parts[next:next+1], nil)
		if wrong := next == 2; wrong != (glovebox.CodeOf(err) == glovebox.CodeInternal) || frame != nil {
			t.Errorf("part %d after part 0: %v", next, err)
		}
	}
}
