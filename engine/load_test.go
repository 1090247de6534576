package engine

import (
	"slices"
	"testing"

	"glovebox.example/glovebox/engine/internal/rowtest"
	"glovebox.example/glovebox/engine/source"
)

func TestLoadReadsBack(t *testing.T) {
	v := newVault()
	o := testOptions(v)
	o.Allocator = rowtest.Checked(t)
	data := visitsHeader +
		"b, 东城 ,7,,2020-01-31,,\n" +
		"a,东城,7,1.5,2020-01-31,true,12\n" +
		" a ,\"O'Hare\",+08,-1e3,2020-02-29,0,\r\n" +
		"\n" +
		"c,西城,120,.5,2000-01-01,false,12"
	r := mustLoad(t, visits(), data, o)
	if r.Report.Rows != 4 || r.Report.Accepted != 3 || r.Report.ByReason[source.ReasonValue] != 1 || bare(r.Report)[0] != rejected(1, "town", source.ReasonValue) {
		t.Fatalf("report %+v", r.Report)
	}
	got := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"cost", "doctor", "town", "age", "seen", "urgent", "person"}, Kept: []string{"person"}, Allocator: o.Allocator})
	doctor := tokenOf(o.IdentKey(visits().Columns[6]), "12")
	want := []string{
		tokenOf(testKey, "a") + "|1.5|" + doctor + "|东城|7|2020-01-31|true|a",
		tokenOf(testKey, "a") + "|-1000|-|O'Hare|8|2020-02-29|false|a",
		tokenOf(testKey, "c") + "|0.5|" + doctor + "|西城|120|2000-01-01|false|c",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("got\n%q\nwant\n%q", got, want)
	}
}
