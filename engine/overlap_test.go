package engine

import (
	"context"
	"strings"
	"testing"
)

// TestOverlap counts the shared units of two snapshots, of which one lacks half of
// the other's people and has strangers, as a map of the file's ids does.
func TestOverlap(t *testing.T) {
	all := manyVisits(6000, 1)
	var less strings.Builder
	ids := [2]map[string]bool{{}, {}}
	for i, line := range strings.Split(strings.TrimSpace(all), "\n") {
		id, rest, _ := strings.Cut(line, ",")
		if i == 0 {
			less.WriteString(line + "\n")
			continue
		}
		ids[0][id] = true
		switch {
		case id[len(id)-1]%2 == 1:
		case id[len(id)-1] == '4': // a stranger
			id = "s" + id
			fallthrough
		default:
			ids[1][id] = true
			less.WriteString(id + "," + rest + "\n")
		}
	}
	v1, v2 := newVault(), newVault()
	x := mustLoad(t, visits(), all, testOptions(v1))
	y := mustLoad(t, visits(), less.String(), testOptions(v2))
	var got [3]int64
	for i := range x.Manifest.Parts {
		a, b, both, err := Overlap(context.Background(), PartSpec{Manifest: x.Manifest, Index: i, Part: v1.open(t, x.Manifest.Parts[i].Name)},
			PartSpec{Manifest: y.Manifest, Index: i, Part: v2.open(t, y.Manifest.Parts[i].Name)}, 1<<40)
		if err != nil {
			t.Fatal(err)
		}
		got[0], got[1], got[2] = got[0]+a, got[1]+b, got[2]+both
	}
	want := [3]int64{int64(len(ids[0])), int64(len(ids[1])), 0}
	for id := range ids[1] {
		if ids[0][id] {
			want[2]++
		}
	}
	if got != want || want[2] == 0 || want[2] == want[1] {
		t.Errorf("%v units, not %v", got, want)
	}
	a, b, both, err := Overlap(context.Background(), PartSpec{Manifest: x.Manifest, Part: v1.open(t, x.Manifest.Parts[0].Name)},
		PartSpec{Manifest: y.Manifest, Part: v2.open(t, y.Manifest.Parts[0].Name)}, 10)
	if err != nil || a+b-both != 10 {
		t.Errorf("%d and %d units, %d of both, %v: not the first 10", a, b, both, err)
	}
}
