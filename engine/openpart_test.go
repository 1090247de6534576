package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/filter"
	"glovebox.example/glovebox/engine/internal/column"
	"glovebox.example/glovebox/engine/internal/rowtest"
)

func TestOpenPartWhereAndCap(t *testing.T) {
	mem := rowtest.Checked(t)
	v := newVault()
	ds := visits()
	r := mustLoad(t, ds, manyVisits(20000, 1), testOptions(v))
	f, err := filter.Open(context.Background(), "age >= 60 and urgent", ds.Columns, &filter.Options{Allocator: mem})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"cost", "person", "age", "urgent"}, Kept: []string{"person"}, Uncapped: true, Allocator: mem})
	var want []string
	seen := map[string]int{}
	for _, row := range all {
		c := strings.Split(row, "|")
		var age int
		if _, err := fmt.Sscan(c[3], &age); err != nil {
			t.Fatal(err)
		}
		if tokenOf(testKey, c[2]) != c[0] {
			t.Fatalf("the original %s lies beside another unit", c[2])
		}
		if age >= 60 && c[4] == "true" && seen[c[0]] < ds.Unit.MaxRows {
			seen[c[0]]++
			want = append(want, strings.Join(c[:3], "|"))
		}
	}
	got := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"cost", "person"}, Kept: []string{"person"}, Where: f, Allocator: mem})
	if len(all) != 20000 || len(want) < 1000 || !slices.Equal(got, want) {
		t.Fatalf("%d rows, %d wanted, %d got", len(all), len(want), len(got))
	}
}

func TestOpenPartRefusals(t *testing.T) {
	v := newVault()
	ds := visits()
	r := mustLoad(t, ds, manyVisits(500, 1), testOptions(v))
	m := r.Manifest
	part, sealed := v.open(t, m.Parts[1].Name), v.open(t, m.Parts[1].Sealed.Name)
	f, err := filter.Open(context.Background(), "person is not null", ds.Columns, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lies := func(change func(*Manifest)) *Manifest {
		c, err := DecodeManifest(r.ManifestBytes)
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		return c
	}
	for name, s := range map[string]PartSpec{
		"no manifest":      {Part: part},
		"index":            {Manifest: m, Index: 4, Part: part},
		"negative":         {Manifest: m, Index: -1, Part: part},
		"no file":          {Manifest: m, Index: 1},
		"another part":     {Manifest: m, Index: 0, Part: part},
		"sealed as part":   {Manifest: m, Index: 1, Part: sealed},
		"part as sealed":   {Manifest: m, Index: 1, Part: part, Sealed: part, Columns: []string{"person"}, Kept: []string{"person"}},
		"unknown column":   {Manifest: m, Index: 1, Part: part, Columns: []string{"nosuch"}},
		"hidden column":    {Manifest: m, Index: 1, Part: part, Columns: []string{column.UnitColumn}},
		"twice":            {Manifest: m, Index: 1, Part: part, Columns: []string{"age", "age"}},
		"not kept":         {Manifest: m, Index: 1, Part: part, Sealed: sealed, Columns: []string{"doctor"}, Kept: []string{"doctor"}},
		"no sealed":        {Manifest: m, Index: 1, Part: part, Columns: []string{"person"}, Kept: []string{"person"}},
		"kept unasked":     {Manifest: m, Index: 1, Part: part, Sealed: sealed, Columns: []string{"age"}, Kept: []string{"person"}},
		"filter on kept":   {Manifest: m, Index: 1, Part: part, Sealed: sealed, Columns: []string{"person"}, Kept: []string{"person"}, Where: f},
		"more rows":        {Manifest: lies(func(m *Manifest) { m.Parts[1].Rows++ }), Index: 1, Part: part, Columns: []string{"age"}},
		"another type":     {Manifest: lies(func(m *Manifest) { m.Columns[2].Type = glovebox.Int64 }), Index: 1, Part: part, Columns: []string{"age"}},
		"a missing column": {Manifest: lies(func(m *Manifest) { m.Columns[2].Name = "old" }), Index: 1, Part: part, Columns: []string{"old"}},
	} {
		s.Allocator = rowtest.Checked(t)
		if rd, err := OpenPart(context.Background(), s); err == nil {
			rd.Release()
			t.Errorf("%s: opened", name)
		} else if c := glovebox.CodeOf(err); c != glovebox.CodeInternal && c != glovebox.CodeConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	rd, err := OpenPart(ctx, PartSpec{Manifest: m, Index: 1, Part: part, Columns: []string{"age"}})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Release()
	cancel()
	if rd.Next() || !errors.Is(rd.Err(), context.Canceled) {
		t.Errorf("a cancelled reader: %v", rd.Err())
	}
}

// A sealed part whose rows belong to other units than the part's.
func TestSealedMustAlign(t *testing.T) {
	v, w := newVault(), newVault()
	r := mustLoad(t, visits(), manyVisits(500, 1), testOptions(v))
	other := mustLoad(t, visits(), strings.ReplaceAll(manyVisits(500, 1), "\np", "\nq"), testOptions(w))
	r.Manifest.Parts[1].Sealed = other.Manifest.Parts[1].Sealed
	r.Manifest.Parts[1].Rows = min(r.Manifest.Parts[1].Rows, other.Manifest.Parts[1].Rows)
	rd, err := OpenPart(context.Background(), PartSpec{Manifest: r.Manifest, Index: 1, Part: v.open(t, partName(1)), Sealed: w.open(t, sealedName(1)), Columns: []string{"person"}, Kept: []string{"person"}})
	if err == nil {
		if rd.Next() {
			t.Error("originals of other units came out")
		}
		rd.Release()
	}
}

func TestVerifyPart(t *testing.T) {
	v := newVault()
	m := mustLoad(t, visits(), manyVisits(500, 1), testOptions(v)).Manifest
	f := v.open(t, partName(0))
	if err := VerifyPart(f, m.Parts[0].File); err != nil {
		t.Fatal(err)
	}
	b := slices.Clone(v.files[partName(0)].Bytes())
	for name, c := range map[string][]byte{"flipped": append(slices.Clone(b[:99]), append([]byte{b[99] ^ 1}, b[100:]...)...), "longer": append(slices.Clone(b), 0), "shorter": b[:len(b)-1], "empty": nil} {
		if err := VerifyPart(rowtest.TempFile(t, c), m.Parts[0].File); glovebox.CodeOf(err) != glovebox.CodeConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManifestDecoder(t *testing.T) {
	r := mustLoad(t, visits(), manyVisits(500, 1), testOptions(newVault()))
	m, err := DecodeManifest(r.ManifestBytes)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := m.Encode(); !bytes.Equal(b, r.ManifestBytes) || !m.HasSealed() {
		t.Fatal("a manifest does not survive decoding")
	}
	s := string(r.ManifestBytes)
	for name, bad := range map[string]string{
		"empty":     "",
		"space":     s + " ",
		"more":      s + "{}",
		"field":     strings.Replace(s, `"format":2`, `"format":2,"x":2`, 1),
		"format":    strings.Replace(s, `"format":2`, `"format":3`, 1),
		"reordered": strings.Replace(s, `"format":2,"dataset":"visits"`, `"dataset":"visits","format":2`, 1),
		"case":      strings.Replace(s, `"format":2`, `"Format":2`, 1),
		"count":     strings.Replace(s, fmt.Sprintf(`"rows":%d`, m.Rows), fmt.Sprintf(`"rows":%d`, m.Rows+1), 1),
		"name":      strings.Replace(s, "part-0001", "part-0002", 1),
		"path":      strings.Replace(s, "part-0001", "../t-0001", 1),
		"digest":    strings.Replace(s, m.Parts[0].SHA256, strings.ToUpper(m.Parts[0].SHA256), 1),
		"type":      strings.Replace(s, `"int32"`, `"int16"`, 1),
		"unit":      strings.Replace(s, `"unit":"person"`, `"unit":"town"`, 1),
		"sealed":    strings.Replace(s, `,"kept":"string"`, "", 1),
		"columns":   strings.Replace(s, `"name":"age"`, `"name":"TOWN"`, 1),
		"max_rows":  strings.Replace(s, `"max_rows":3`, `"max_rows":0`, 1),
		"huge":      strings.Repeat(" ", maxManifest+1),
	} {
		if bad == s {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := DecodeManifest([]byte(bad)); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
