package sandbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
)

// The shared vectors: docs/formats/abi-vectors.md. A host of another make, or
// an SDK of another language, can be tested with the files alone.
const vectorsDir = "../sdk/vectors/"

// vectorFile is one file of vectors.
type vectorFile struct {
	Format   string          `json:"format"`
	Module   string          `json:"module"` // name of the example
	Function string          `json:"function"`
	Kind     string          `json:"kind"`
	Manifest json.RawMessage `json:"manifest"`
	Cases    []vectorCase    `json:"cases"`
}

const vectorFormat = "gbx-vectors/1"

// vectorCase is one call. Of a map or blocks function, Window to Records are given;
// of a map_scalar function, Args and Results.
type vectorCase struct {
	Name    string              `json:"name"`
	Params  map[string]any      `json:"params,omitempty"`
	Tables  map[string][]row    `json:"tables,omitempty"`
	Starts  map[string][]uint32 `json:"starts,omitempty"` // of a blocks function
	Rows    int                 `json:"rows,omitempty"`   // the function's parameter
	In      int                 `json:"in_bytes,omitempty"`
	Out     int                 `json:"out_bytes,omitempty"`
	Window  map[string]string   `json:"window,omitempty"` // offset: hex; zero elsewhere
	Fails   bool                `json:"fails,omitempty"`
	Count   int                 `json:"records"`
	Records string              `json:"record_bytes,omitempty"` // hex
	Expect  []row               `json:"expect,omitempty"`
	Args    []string            `json:"args,omitempty"`
	Results []string            `json:"results,omitempty"`
}

type row = []any

func readVectors(t *testing.T, name string) *vectorFile {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(read(t, vectorsDir+name+".json")))
	d.DisallowUnknownFields()
	v := new(vectorFile)
	if err := d.Decode(v); err != nil || v.Format != vectorFormat || v.Function != name || len(v.Cases) < 20 {
		t.Fatalf("%s: %d cases, %v", name, len(v.Cases), err)
	}
	return v
}

// write writes the file, one case to a line.
func (v *vectorFile) bytes(t *testing.T) []byte {
	t.Helper()
	cases := v.Cases
	v.Cases = []vectorCase{}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	v.Cases = cases
	head, ok := strings.CutSuffix(out.String(), "[]\n}\n")
	if !ok {
		t.Fatal("the cases are not the last field")
	}
	out.Reset()
	out.WriteString(head + "[\n")
	for i := range cases {
		var line bytes.Buffer
		e := json.NewEncoder(&line)
		e.SetEscapeHTML(false)
		if err := e.Encode(&cases[i]); err != nil {
			t.Fatal(err)
		}
		out.WriteString("  " + strings.TrimSpace(line.String()))
		if i < len(cases)-1 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
	}
	out.WriteString(" ]\n}\n")
	return out.Bytes()
}

// pieces writes bytes as the runs that are not zero.
func pieces(b []byte) map[string]string {
	const gap = 8
	out := map[string]string{}
	for at := 0; at < len(b); {
		if b[at] == 0 {
			at++
			continue
		}
		end := at + 1
		for i := end; i < len(b) && i < end+gap; i++ {
			if b[i] != 0 {
				end = i + 1
			}
		}
		out[strconv.Itoa(at)] = hex.EncodeToString(b[at:end])
		at = end
	}
	return out
}

func (c *vectorCase) window(t *testing.T) []byte {
	t.Helper()
	b := make([]byte, c.In)
	for at, h := range c.Window {
		n, err := strconv.Atoi(at)
		x, err2 := hex.DecodeString(h)
		if err != nil || err2 != nil || n < 0 || n+len(x) > len(b) {
			t.Fatalf("%s: piece at %s", c.Name, at)
		}
		copy(b[n:], x)
	}
	return b
}

// relocate lays a window out as another host might: buffers first, in reverse,
// then texts, parameters and descriptors, with gaps of bytes that mean nothing.
func relocate(window []byte) []byte {
	head := bytes.Clone(window[:64])
	tables := int(le.Uint32(head[8:]) + le.Uint32(head[12:]))
	params := int(le.Uint32(head[16:]))
	tablesAt, columnsAt, paramsAt := le.Uint32(head[20:]), le.Uint32(head[24:]), le.Uint32(head[28:])
	directory := bytes.Clone(window[tablesAt:][:16*tables])
	columns, units := 0, int(le.Uint32(head[48:]))
	for i := range tables {
		columns += int(le.Uint32(directory[16*i+4:]))
	}
	descriptors := bytes.Clone(window[columnsAt:][:48*columns])
	list := bytes.Clone(window[paramsAt:][:16*params])

	out := make([]byte, 64+len(directory))
	place := func(b []byte) uint32 {
		for len(out)%64 != 0 {
			out = append(out, 0xa5)
		}
		out = append(out, 0xa5)
		for len(out)%64 != 0 {
			out = append(out, 0x5a)
		}
		at := len(out)
		out = append(out, b...)
		return uint32(at)
	}
	for i := columns - 1; i >= 0; i-- {
		d := descriptors[48*i:]
		rows := int(le.Uint32(d[8:]))
		le.PutUint32(d[24:], place(window[le.Uint32(d[24:]):][:le.Uint32(d[28:])]))
		if le.Uint32(d) == 1 {
			le.PutUint32(d[20:], place(window[le.Uint32(d[20:]):][:4*(rows+1)]))
		}
		if v := le.Uint32(d[16:]); v != 0 {
			le.PutUint32(d[16:], place(window[v:][:(rows+7)/8]))
		}
	}
	for i := range tables {
		if s := directory[16*i+12:]; le.Uint32(s) != 0 {
			le.PutUint32(s, place(window[le.Uint32(s):][:4*(units+1)]))
		}
	}
	for i := range params {
		if p := list[16*i:]; le.Uint32(p[8:]) == 1 {
			le.PutUint32(p, place(window[le.Uint32(p):][:le.Uint32(p[4:])]))
		}
	}
	le.PutUint32(head[28:], place(list))
	le.PutUint32(head[24:], place(descriptors))
	le.PutUint32(head[36:], uint32(len(out)))
	copy(out, head)
	copy(out[64:], directory)
	return out
}

var le = binary.LittleEndian

// raw is one instance of a module, driven as the page on the ABI says and no
// further: what a host of another make would do.
type raw struct {
	in *instance
}

func newRaw(t *testing.T, p *Program, function string) *raw {
	t.Helper()
	in, err := p.newInstance(function, DefaultFuelSlice)
	if err != nil {
		t.Fatal(err)
	}
	r := &raw{in}
	in.meter.start(context.Background(), InitFuel)
	if p.module.hasInit {
		r.must(t, abi.ExportInitialize)
	}
	if v := r.must(t, abi.ExportVersion); v != 0 {
		t.Fatalf("minor version %d", v)
	}
	return r
}

func (r *raw) must(t *testing.T, name string, params ...uint64) uint64 {
	t.Helper()
	v, err := r.in.call(r.in.mod.ExportedFunction(name), params...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// runMap gives the output region, or ok false if the unit fails.
func (r *raw) runMap(t *testing.T, window []byte, rows, outBytes int, fuel int64) (out []byte, ok bool) {
	t.Helper()
	v := r.must(t, abi.ExportBuffers, uint64(len(window)), uint64(outBytes))
	in, to := int(v>>32), int(uint32(v))
	if in%64 != 0 || to%64 != 0 || in+len(window) > r.in.size() || to+outBytes > r.in.size() {
		t.Fatalf("regions at %d and %d", in, to)
	}
	clear(r.in.bytes()[to:][:outBytes])
	copy(r.in.bytes()[in:], window)
	r.in.meter.start(context.Background(), fuel)
	status, err := r.in.call(r.in.entry, uint64(rows))
	if err != nil || uint32(status) != 0 {
		return nil, false
	}
	return bytes.Clone(r.in.bytes()[to:][:outBytes]), true
}

// TestVectors runs every example module of examples/languages on the shared
// vectors: through the ABI alone, in the host's layout of the window and in
// another. The modules come from all languages that there are SDKs for, so
// they all give the same bytes.
func TestVectors(t *testing.T) {
	for _, name := range []string{"visits", "totals", "bands", "spending"} {
		v := readVectors(t, name)
		files, err := filepath.Glob("../examples/languages/" + v.Module + "-*.wasm")
		if err != nil || len(files) == 0 {
			t.Fatalf("%d modules %s: %v", len(files), v.Module, err)
		}
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".wasm")+"/"+name, func(t *testing.T) {
				p := compile(t, read(t, file), nil)
				f, ok := p.module.manifest.Function(name)
				if want, err := abi.DecodeManifest(v.Manifest); !ok || err != nil || !sameFunction(t, f, want, name) {
					t.Fatalf("the module's manifest is not that of the vectors: %v", err)
				}
				for i := range v.Cases {
					if c := &v.Cases[i]; f.Scalar() {
						runScalarVector(t, p, f, c)
					} else {
						runMapVector(t, p, f, c)
					}
				}
			})
		}
	}
}

func sameFunction(t *testing.T, f *abi.Function, m *abi.Manifest, name string) bool {
	t.Helper()
	g, ok := m.Function(name)
	a, err := json.Marshal(f)
	b, err2 := json.Marshal(g)
	return ok && err == nil && err2 == nil && bytes.Equal(a, b)
}

func runMapVector(t *testing.T, p *Program, f *abi.Function, c *vectorCase) {
	t.Helper()
	records, err := abi.NewRecords(&f.Output)
	if err != nil {
		t.Fatal(err)
	}
	for layout, window := range map[string][]byte{"the host's layout": c.window(t), "another layout": relocate(c.window(t))} {
		r := newRaw(t, p, f.Name)
		out, ok := r.runMap(t, window, c.Rows, c.Out, p.module.manifest.FuelOf(f))
		r.in.close()
		if ok == c.Fails {
			t.Errorf("%s, %s: fails %v, want %v", c.Name, layout, !ok, c.Fails)
			continue
		}
		if c.Fails {
			continue
		}
		n := int(le.Uint32(out))
		got := ""
		if n <= f.Output.MaxRecords {
			got = hex.EncodeToString(out[16:][:n*records.Size()])
		}
		if n != c.Count || got != c.Records {
			t.Errorf("%s, %s: %d records\n%s, want %d\n%s", c.Name, layout, n, got, c.Count, c.Records)
		}
	}
}

func runScalarVector(t *testing.T, p *Program, f *abi.Function, c *vectorCase) {
	t.Helper()
	r := newRaw(t, p, f.Name)
	defer r.in.close()
	r.must(t, abi.ExportBuffers, uint64(c.In), uint64(c.Out))
	stack := make([]uint64, max(len(c.Args), 1+len(f.Output.Key)+len(f.Output.Metrics)))
	for i, a := range c.Args {
		stack[i] = slot(t, a, f.Inputs[0].Columns[i].Type)
	}
	r.in.meter.start(context.Background(), p.module.manifest.Fuel)
	r.in.depth.Set(depthBytes)
	err := r.in.entry.CallWithStack(r.in.ctx, stack)
	if status := uint32(stack[0]); err != nil || status > 1 {
		if !c.Fails {
			t.Errorf("%s: failed with status %d, %v", c.Name, status, err)
		}
		return
	}
	var want []uint64
	for i, x := range c.Results {
		typ := glovebox.Float64
		if i < len(f.Output.Key) {
			typ = glovebox.Int64
		}
		want = append(want, slot(t, x, typ))
	}
	if c.Fails || int(stack[0]) != c.Count || c.Count == 1 && !slices.Equal(stack[1:1+len(want)], want) {
		t.Errorf("%s: %x, want %d records, %x, fails %v", c.Name, stack, c.Count, want, c.Fails)
	}
}

// slot reads a number as it is passed to a function.
func slot(t *testing.T, s string, typ glovebox.Type) uint64 {
	t.Helper()
	if typ == glovebox.Float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return math.Float64bits(f)
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if typ != glovebox.Int64 {
		return uint64(uint32(n))
	}
	return uint64(n)
}

// show writes the records of an output region for people.
func show(r *abi.Records, f *abi.Function, b []byte, n int) []row {
	var out []row
	for i := range n {
		x := b[i*r.Size():][:r.Size()]
		var line row
		for k := range f.Output.Key {
			line = append(line, r.Key(x, k))
		}
		for m := range f.Output.Metrics {
			line = append(line, r.Metric(x, m))
		}
		out = append(out, line)
	}
	return out
}
