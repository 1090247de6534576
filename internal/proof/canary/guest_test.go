package canary

import (
	"context"
	"encoding/binary"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/worker/work"
)

// loaded is a domain with the people in its vault, in three parts' worth of
// files that only its keys open.
type loaded struct {
	d        *domain.Domain
	rec      *glovebox.Dataset
	manifest *engine.Manifest
	wasm     []byte
}

func load(t *testing.T) *loaded {
	t.Helper()
	ctx := t.Context()
	dir := t.TempDir()
	l := &loaded{wasm: read(t, "testdata/canary.wasm")}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := domain.Init(ctx, filepath.Join(dir, "dom"), domain.InitOptions{Name: "canary", Parts: 4})
	must(err)
	l.d, err = domain.Open(ctx, filepath.Join(dir, "dom"), &domain.Options{})
	must(err)
	t.Cleanup(func() { must(l.d.Close()) })
	_, err = l.d.AddUser(ctx, domain.OwnerBy(), domain.NewUser{Name: "pat", Role: glovebox.RoleProvider, Org: "Canary Office"})
	must(err)
	pat, err := l.d.Acting(ctx, "pat")
	must(err)
	l.rec, err = catalog.ParseDataset("people.yaml", []byte(record("people", "{format: csv, encoding: gb18030}", "")))
	must(err)
	must(l.d.AddDataset(ctx, pat, l.rec))
	file := filepath.Join(dir, "people.csv")
	write(t, file, csvFile(t, people()))
	res, err := l.d.LoadDataset(ctx, pat, "people", domain.PathSource(file), nil)
	must(err)
	if res.Report.Accepted != population {
		t.Fatalf("%d of %d rows were loaded", res.Report.Accepted, population)
	}
	data, err := l.d.Vault.ReadManifest("people", 1)
	must(err)
	l.manifest, err = engine.DecodeManifest(data)
	must(err)
	return l
}

// spec is a job over people whose result is one row: how many units the guest
// answered for, and the sums of its metrics, each in [0, 1].
func (l *loaded) spec(function string, columns []string, masks map[string]glovebox.Mask, metrics ...string) work.Spec {
	out := glovebox.Output{Key: []glovebox.KeyField{}, MaxKeysPerUnit: 1, Metrics: []glovebox.Metric{{Name: "people", Kind: glovebox.Count}}}
	for _, m := range metrics {
		out.Metrics = append(out.Metrics, glovebox.Metric{Name: m, Kind: glovebox.Sum, Min: 0, Max: 1})
	}
	return work.Spec{
		Wasm: l.wasm, Function: function, Output: out, Release: glovebox.ReleaseDef{Method: "dp", Epsilon: 1},
		Inputs: []work.Input{{Dataset: "people", Record: l.rec.Columns, Columns: columns, Masks: masks, MaxRows: l.rec.Unit.MaxRows}},
		Secret: [32]byte{1}, TokenKey: [32]byte{2},
	}
}

// exact runs a job over every part and reads what the parts add up to: raw,
// before any noise. It reads the frames by their documented layout
// (docs/formats, privacy.Partial.MarshalBinary), with code of its own.
func (l *loaded) exact(ctx context.Context, spec work.Spec) (units int64, sums []*big.Int, one []int64, err error) {
	r, err := work.New(ctx, spec)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	w, err := r.Worker(ctx)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for _, n := range r.Mode().Facts().Noise {
		if n.Of != "units" {
			one = append(one, n.Reach) // the most of one unit is the value 1
			sums = append(sums, new(big.Int))
		}
	}
	for i, p := range l.manifest.Parts {
		f := work.Files{Manifest: l.manifest, Index: i}
		if f.Part, err = l.d.Vault.OpenPart("people", 1, p.Name); err != nil {
			return 0, nil, nil, err
		}
		if r.NeedsSealed()[0] && p.Sealed != nil {
			if f.Sealed, err = l.d.Vault.OpenPart("people", 1, p.Sealed.Name); err != nil {
				return 0, nil, nil, err
			}
		}
		frame, err := w.Part(ctx, []work.Files{f}, nil)
		for _, x := range []*os.File{f.Part, f.Sealed} {
			if x != nil {
				err = errors.Join(err, x.Close())
			}
		}
		if err != nil {
			return 0, nil, nil, err
		}
		n, s, err := decodeFrame(frame, len(sums))
		if err != nil {
			return 0, nil, nil, err
		}
		units += n
		for j := range s {
			sums[j].Add(sums[j], s[j])
		}
	}
	return units, sums, one, nil
}

// decodeFrame reads a partial aggregate without keys: at most one entry.
func decodeFrame(b []byte, sums int) (units int64, out []*big.Int, err error) {
	le := binary.LittleEndian
	for range sums {
		out = append(out, new(big.Int))
	}
	if len(b) < 40 || string(b[:4]) != "gbpp" || le.Uint32(b[24:]) != 0 || le.Uint32(b[28:]) != uint32(sums) {
		return 0, nil, errors.New("not a frame of this job")
	}
	n := le.Uint64(b[32:])
	if n == 0 && len(b) == 40 {
		return 0, out, nil
	}
	if n != 1 || len(b) != 40+8+16*sums {
		return 0, nil, errors.New("a frame of another size")
	}
	b = b[40:]
	units = int64(le.Uint64(b))
	for i := range out {
		lo, hi := le.Uint64(b[8+16*i:]), int64(le.Uint64(b[16+16*i:]))
		out[i].Lsh(big.NewInt(hi), 64).Add(out[i], new(big.Int).SetUint64(lo))
	}
	return units, out, nil
}

var (
	none  = glovebox.Mask{Kind: "none"}
	token = glovebox.Mask{Kind: "token"}
)

func redact(first, last int) glovebox.Mask {
	return glovebox.Mask{Kind: "redact", KeepFirst: first, KeepLast: last}
}

// TestNoUnmaskedIdentifierReachesAGuest runs guests that read their whole
// linear memory for the markers. The unit's id, another id that was dropped at
// load, one that was kept and is redacted, and one that is a number must give
// an exact zero over all units; so must what only a row filter reads. The
// control is a column that nobody masked: there the same code finds a marker
// in every unit. No noise is involved, so nothing here is a matter of chance.
func TestNoUnmaskedIdentifierReachesAGuest(t *testing.T) {
	l := load(t)
	scan := []string{"texts", "numbers"}
	for name, c := range map[string]struct {
		function string
		columns  []string
		masks    map[string]glovebox.Mask
		where    string
		reads    []string
		found    int64 // units in which either marker was seen
	}{
		"identifiers are tokens": {function: "tokens", columns: []string{"pid", "phone", "card", "num"},
			masks: map[string]glovebox.Mask{"pid": token, "phone": token, "card": token, "num": token}},
		"a kept identifier is redacted": {function: "redacted", columns: []string{"phone"},
			masks: map[string]glovebox.Mask{"phone": redact(3, 4)}},
		"a kept identifier is stars alone": {function: "redacted", columns: []string{"phone"},
			masks: map[string]glovebox.Mask{"phone": redact(0, 0)}},
		"other columns stay away": {function: "other", columns: []string{"age"}, masks: map[string]glovebox.Mask{"age": none}},
		"a filter's columns stay away": {function: "other", columns: []string{"age"},
			masks: map[string]glovebox.Mask{"age": none, "note": none, "serial": none},
			where: "starts_with(note, 'CANARYQX') and serial > 1777712345000000000", reads: []string{"note", "serial"}},
		"a masked filter's columns stay away": {function: "other", columns: []string{"age"},
			masks: map[string]glovebox.Mask{"age": none, "phone": redact(3, 0), "note": none},
			where: "phone = 'CAN***' and starts_with(note, 'CANARYQX')", reads: []string{"phone", "note"}},
		"control: what nobody masks": {function: "plain", columns: []string{"note", "serial"},
			masks: map[string]glovebox.Mask{"note": none, "serial": none}, found: population},
	} {
		t.Run(name, func(t *testing.T) {
			spec := l.spec(c.function, c.columns, c.masks, scan...)
			spec.Inputs[0].Where, spec.Inputs[0].Reads = c.where, c.reads
			units, sums, one, err := l.exact(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			if units != population { // or the zeros would be those of guests that failed
				t.Fatalf("the guest answered for %d of %d units", units, population)
			}
			for i, s := range sums {
				want := new(big.Int).Mul(big.NewInt(c.found), big.NewInt(one[i]))
				if s.Cmp(want) != 0 {
					t.Errorf("%s: %v grid steps, want %v: the guest saw markers in %v units", scan[i], s, want, new(big.Int).Div(s, big.NewInt(one[i])))
				}
			}
		})
	}
}

// TestRowFiltersSeeMaskedValues: a filter on a masked column behaves as on the
// masked value, whatever the original is. The last column of each case says
// what it would give on originals, where that differs.
func TestRowFiltersSeeMaskedValues(t *testing.T) {
	l := load(t)
	count := func(keep func(i int) bool) (n int64) {
		for i := range population {
			if keep(i) {
				n++
			}
		}
		return n
	}
	generalise := func(step float64, to string) glovebox.Mask {
		return glovebox.Mask{Kind: "generalise", Step: step, To: to}
	}
	original := count(func(i int) bool { return age(i) >= 35 })
	masked := count(func(i int) bool { return age(i)/10*10 >= 35 })
	if original == masked {
		t.Fatal("the data cannot tell masked values from originals")
	}
	for name, c := range map[string]struct {
		column string
		mask   glovebox.Mask
		where  string
		want   int64
	}{
		"a number as it is":             {"age", none, "age >= 35", original},
		"a number, generalised":         {"age", generalise(10, ""), "age >= 35", masked},
		"a number, generalised, exact":  {"age", generalise(10, ""), "age % 10 <> 0", 0},
		"a number, suppressed":          {"code", glovebox.Mask{Kind: "suppress"}, "code is null", population},
		"a date as it is":               {"born", none, "born = '1931-07-23'", population},
		"a date, generalised":           {"born", generalise(0, "year"), "born = '1931-07-23'", 0},
		"a date, generalised, its year": {"born", generalise(0, "year"), "born = '1931-01-01'", population},
		"a large number, generalised":   {"serial", generalise(1e9, ""), "serial = 1777712345000000000", population},
		"a text as it is":               {"note", none, "starts_with(note, 'CANARYQX')", population},
		"a text, redacted":              {"note", redact(2, 0), "starts_with(note, 'CANARYQX')", 0},
		"a text, redacted, what stays":  {"note", redact(2, 0), "note = 'CA***'", population},
		"a text as a token":             {"note", token, "note is not null", population},
		"a kept identifier, redacted":   {"phone", redact(3, 0), "phone = 'CAN***'", population},
		"a kept identifier, original":   {"phone", redact(3, 0), "contains(phone, 'PHONE')", 0},
		"a dropped identifier, a token": {"card", token, "card is not null", population},
	} {
		t.Run(name, func(t *testing.T) {
			masks := map[string]glovebox.Mask{"age": none}
			masks[c.column] = c.mask
			spec := l.spec("present", []string{"age"}, masks)
			spec.Inputs[0].Where, spec.Inputs[0].Reads = c.where, []string{c.column}
			got, _, _, err := l.exact(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("%q kept %d units, want %d", c.where, got, c.want)
			}
		})
	}
	// A token has no order and no text: a filter cannot look into it.
	for _, where := range []string{"card = 'CANARYQX-CARD-0001'", "starts_with(card, 'C')", "card > card"} {
		spec := l.spec("present", []string{"age"}, map[string]glovebox.Mask{"age": none, "card": token})
		spec.Inputs[0].Where, spec.Inputs[0].Reads = where, []string{"card"}
		if _, _, _, err := l.exact(t.Context(), spec); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%q was taken: %v", where, err)
		}
	}
}

// TestRedactionMayLengthenAText: three stars can be longer than what they
// stand for. The unit must not count as one that the guest failed on.
func TestRedactionMayLengthenAText(t *testing.T) {
	l := load(t)
	for _, keep := range [][2]int{{0, 0}, {1, 0}, {1, 1}, {2, 0}} {
		spec := l.spec("tagged", []string{"tag"}, map[string]glovebox.Mask{"tag": redact(keep[0], keep[1])})
		units, _, _, err := l.exact(t.Context(), spec)
		if err != nil || units != population {
			t.Errorf("keep %d and %d of a text of 2: %d of %d units (%v)", keep[0], keep[1], units, population, err)
		}
	}
}
