package crew

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// kept keeps the files of a load.
type kept map[string]*bytes.Buffer

type keptFile struct{ *bytes.Buffer }

func (keptFile) Close() error { return nil }

func (m kept) create(name string) (io.WriteCloser, error) {
	if !strings.HasSuffix(name, ".parquet") {
		return nil, errors.New("not a part")
	}
	m[name] = &bytes.Buffer{}
	return keptFile{m[name]}, nil
}

func loadRecord() glovebox.Dataset {
	return glovebox.Dataset{
		Code: "visits", Unit: glovebox.Unit{Space: "person", Column: "id", MaxRows: 3}, MaxRejects: 0.5,
		Source: glovebox.Source{Format: "csv"},
		Columns: []glovebox.Column{
			{Name: "id", Type: glovebox.String, MaxBytes: 20, Class: glovebox.ClassIdentifier},
			{Name: "phone", Type: glovebox.String, MaxBytes: 20, Class: glovebox.ClassIdentifier, Nullable: true},
			{Name: "cost", Type: glovebox.Int64, Class: glovebox.ClassPersonal, Min: "0", Max: "1000"},
		},
	}
}

func loadOptions(m kept) engine.LoadOptions {
	return engine.LoadOptions{UnitKey: [32]byte{1}, IdentKey: func(glovebox.Column) [32]byte { return [32]byte{2} }, Parts: 2, Create: m.create}
}

func sourceFile(t *testing.T, text string) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "visits.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestChannelProviderFile: a file that is read behind the walls gives byte for
// byte what it gives without them, refusals included.
func TestChannelProviderFile(t *testing.T) {
	var good strings.Builder
	good.WriteString("id,phone,cost\n")
	for i := range 5000 {
		fmt.Fprintf(&good, "p%d,%d,%d\n", i/2, 13800000000+i, i%1100)
	}
	for name, text := range map[string]string{
		"good": good.String(), "other columns": "id,cost\n1,2\n", "too many rejects": "id,phone,cost\na,,x\nb,,y\nc,,3\n",
		"empty": "", "not text": "id,phone,cost\n\x00\xff\xfe\n",
	} {
		t.Run(name, func(t *testing.T) {
			inside, outside := kept{}, kept{}
			got, err := Load(t.Context(), loadRecord(), sourceFile(t, text), loadOptions(inside))
			want, wantErr := engine.Load(t.Context(), loadRecord(), sourceFile(t, text), loadOptions(outside))
			if fmt.Sprint(err) != fmt.Sprint(wantErr) || glovebox.CodeOf(err) != glovebox.CodeOf(wantErr) {
				t.Fatalf("behind the walls: %v\nwithout: %v", err, wantErr)
			}
			if err != nil {
				return
			}
			if !bytes.Equal(got.ManifestBytes, want.ManifestBytes) || fmt.Sprint(got.Report) != fmt.Sprint(want.Report) || len(inside) != len(outside) {
				t.Fatalf("behind the walls: %s %v\nwithout: %s %v", got.ManifestBytes, got.Report, want.ManifestBytes, want.Report)
			}
			for name, b := range outside {
				if !bytes.Equal(inside[name].Bytes(), b.Bytes()) {
					t.Fatalf("%s differs", name)
				}
			}
		})
	}
}

// TestParquetBehindWalls: a Parquet file is decoded behind the walls as without
// them, whatever account the worker has.
func TestParquetBehindWalls(t *testing.T) {
	rec := loadRecord()
	rec.Source = glovebox.Source{Format: "parquet"}
	rec.Key, rec.Quality, rec.OtherUnits, rec.MaxRejects = nil, nil, nil, 1
	rec.Unit.Column = "id"
	rec.Columns = []glovebox.Column{
		{Name: "id", Type: glovebox.String, Class: glovebox.ClassIdentifier},
		{Name: "town", Type: glovebox.String, Class: glovebox.ClassPersonal, Nullable: true},
		{Name: "n", Type: glovebox.Int64, Class: glovebox.ClassPersonal},
	}
	for name, accepted := range map[string]int64{"crc-v1": 60, "crc-v2": 60, "no-crc": 60, "flba-delta": -1} {
		b, err := os.ReadFile(filepath.Join("..", "..", "..", "engine", "testdata", "parquet", name+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Load(t.Context(), rec, sourceFile(t, string(b)), loadOptions(kept{}))
		want, wantErr := engine.Load(t.Context(), rec, sourceFile(t, string(b)), loadOptions(kept{}))
		if fmt.Sprint(err) != fmt.Sprint(wantErr) || (err == nil) != (accepted >= 0) {
			t.Fatalf("%s behind the walls: %v\nwithout: %v", name, err, wantErr)
		}
		if err == nil && (!bytes.Equal(got.ManifestBytes, want.ManifestBytes) || got.Report.Accepted != accepted) {
			t.Errorf("%s behind the walls: %+v\nwithout: %+v", name, got.Report, want.Report)
		}
	}
}

// TestLoadStops: a load that is stopped ends with the reason.
func TestLoadStops(t *testing.T) {
	why := errors.New("enough")
	ctx, stop := context.WithCancelCause(t.Context())
	o := loadOptions(kept{})
	o.Progress = func(int64, int64) { stop(why) }
	if _, err := Load(ctx, loadRecord(), sourceFile(t, "id,phone,cost\na,,1\n"), o); !errors.Is(err, why) {
		t.Fatal(err)
	}
}

// TestLoaderLies: what does not fit together is no load.
func TestLoaderLies(t *testing.T) {
	m := kept{}
	o := loadOptions(m)
	good, err := Load(t.Context(), loadRecord(), sourceFile(t, "id,phone,cost\na,,1\n"), o)
	if err != nil {
		t.Fatal(err)
	}
	number := func(n int, rest string) []byte {
		return append(binary.LittleEndian.AppendUint16(nil, uint16(n)), rest...)
	}
	doc := fmt.Sprintf(`{"report":{"rows":1,"accepted":1,"rejected":0},"manifest":%q}`, base64.StdEncoding.EncodeToString(good.ManifestBytes))
	open, end := jail.Frame{Kind: role.FrameOpened, Payload: number(0, "part-0000.parquet")}, jail.Frame{Kind: role.FrameLoaded, Payload: []byte(doc)}
	rec := loadRecord()
	form := engine.NewManifest(&rec, 2)
	// lie ends a load with a manifest that says something else.
	lie := func(change func(*engine.Manifest)) jail.Frame {
		m, err := engine.DecodeManifest(good.ManifestBytes)
		if err != nil {
			t.Fatal(err)
		}
		change(m)
		b, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf(`{"report":{"rows":%d,"accepted":%d,"rejected":0},"manifest":%q}`, m.Rows, m.Rows, base64.StdEncoding.EncodeToString(b))
		return jail.Frame{Kind: role.FrameLoaded, Payload: []byte(text)}
	}
	var all []jail.Frame
	for i, name := range []string{"part-0000.parquet", "part-0001.parquet"} {
		all = append(all, jail.Frame{Kind: role.FrameOpened, Payload: number(i, name)}, jail.Frame{Kind: role.FrameData, Payload: number(i, m[name].String())}, jail.Frame{Kind: role.FrameClosed, Payload: number(i, "")})
	}
	for name, c := range map[string]struct {
		frames []jail.Frame
		ok     bool
	}{
		"all is well":         {append(all, end), true},
		"a part is missing":   {append(all[:3:3], end), false},
		"a part is open":      {append(all[:5:5], end), false},
		"other bytes":         {append(append(all[:4:4], jail.Frame{Kind: role.FrameData, Payload: number(1, "x")}, all[5]), end), false},
		"no file":             {[]jail.Frame{{Kind: role.FrameData, Payload: number(3, "x")}}, false},
		"closed twice":        {append(all[:3:3], all[2]), false},
		"another number":      {[]jail.Frame{{Kind: role.FrameOpened, Payload: number(7, "part-0000.parquet")}}, false},
		"twice the name":      {append(all[:3:3], jail.Frame{Kind: role.FrameOpened, Payload: number(1, "part-0000.parquet")}), false},
		"a foreign name":      {[]jail.Frame{{Kind: role.FrameOpened, Payload: number(0, "../../key")}}, false},
		"more rows":           {append(all, jail.Frame{Kind: role.FrameLoaded, Payload: []byte(strings.Replace(doc, `"accepted":1`, `"accepted":2`, 1))}), false},
		"a worker's frame":    {[]jail.Frame{open, {Kind: role.FramePartial, Payload: make([]byte, 8)}}, false},
		"other parts":         {append(all[:3:3], lie(func(m *engine.Manifest) { m.Parts = m.Parts[:1]; m.Rows, m.Units = m.Parts[0].Rows, m.Parts[0].Units })), false},
		"another bound":       {append(all, lie(func(m *engine.Manifest) { m.MaxRows++ })), false},
		"a column is missing": {append(all, lie(func(m *engine.Manifest) { m.Columns = m.Columns[:2] })), false},
		"another type":        {append(all, lie(func(m *engine.Manifest) { m.Columns[2].Type = glovebox.String })), false},
		"progress over":       {[]jail.Frame{{Kind: role.FrameProgress, Payload: bytes.Repeat([]byte{0xff}, 16)}}, false},
	} {
		r := &receiver{o: &engine.LoadOptions{Create: kept{}.create, Progress: func(int64, int64) {}}, form: form, room: 1 << 20, files: map[uint16]*received{}, done: map[string]engine.File{}}
		var err error
		for _, f := range c.frames {
			if err = r.take(f); err != nil {
				break
			}
		}
		if ok := err == nil && r.result != nil; ok != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := &receiver{o: &engine.LoadOptions{Create: kept{}.create}, room: 1000, files: map[uint16]*received{}, done: map[string]engine.File{}}
	more := jail.Frame{Kind: role.FrameData, Payload: number(0, strings.Repeat("x", 600))}
	if err := errors.Join(r.take(open), r.take(more)); err != nil {
		t.Fatal(err)
	}
	if err := r.take(more); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Errorf("more bytes than there is room for: %v", err)
	}
}

// FuzzLoaderFrame: whatever a loader sends, nothing but an error comes of it, and no error
// text that cannot be printed.
func FuzzLoaderFrame(f *testing.F) {
	f.Add(byte(role.FrameRefused), []byte(`{"code":"invalid","msg":"no\u001b[31m column"}`))
	f.Add(byte(role.FrameLoaded), []byte(`{"report":{"rows":1,"accepted":1},"manifest":"e30="}`))
	f.Add(byte(role.FrameOpened), []byte{0, 0, 'a'})
	f.Fuzz(func(t *testing.T, kind byte, payload []byte) {
		rec := loadRecord()
		r := &receiver{o: &engine.LoadOptions{Create: kept{}.create}, form: engine.NewManifest(&rec, 2), room: 1 << 20, files: map[uint16]*received{}, done: map[string]engine.File{}}
		if k := jail.Kind(kind); k == jail.Failure && len(payload) != 1 || k == role.FrameProgress && len(payload) != 16 {
			return // ReadFrame sees to it
		}
		err := r.take(jail.Frame{Kind: jail.Kind(kind), Payload: payload})
		if r.result != nil {
			t.Fatal("a load out of one frame")
		}
		var e *glovebox.Error
		if errors.As(err, &e) && clean(e.Msg+e.Field+e.Fix) != e.Msg+e.Field+e.Fix && len(e.Msg+e.Field+e.Fix) < maxText {
			t.Fatalf("%q", err)
		}
	})
}
