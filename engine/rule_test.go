package engine

import (
	"fmt"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
)

// TestQualityRulesAndNotANumber: a rule about what is not a number is about a
// missing value, which passes; it was true of it before, or false.
func TestQualityRulesAndNotANumber(t *testing.T) {
	ds := notes()
	ds.Quality = []glovebox.Quality{{Name: "low", Check: "0 / n <= 100"}, {Name: "whole", Check: "try_cast(note as bigint) is not null"}}
	r, ids := loadedIDs(t, ds, "id,note,n\na,1,0\nb,1.5,1\nc,1_0,1\nd,0x2,1\ne, 12 ,1\n")
	if !slices.Equal(ids, []string{"a", "e"}) || r.ByReason[source.ReasonQuality] != 3 {
		t.Fatalf("%q, %+v", ids, r)
	}
}

// TestTryCastTakesWhatALoadTakes: every text, to every type.
func TestTryCastTakesWhatALoadTakes(t *testing.T) {
	texts := []string{"1.5", "1_0", "0x2", "0b1", "1e3", "1e400", "-0", "-0.0", "+7", " 7 ", "\t7", "007", "2147483648", "9223372036854775808", "nan", "inf", "-infinity", "NULL", " ", "1.", ".5", "1_0.5", "1,5", "１", "2020-1-1", "2020-02-30", "2020-02-29", " 2020-02-29 ", "2020-02-29 00:00:00", "infinity", "epoch",
		"true", "T", "yes", "on", "1", "0", "2", "no", " false ", "TRUE", "maybe", "5e-324", "1e-400", "9007199254740993", "99999999999999999999999999999999999999999"}
	for duck, typ := range map[string]glovebox.Type{"integer": glovebox.Int32, "bigint": glovebox.Int64, "double": glovebox.Float64, "date": glovebox.Date, "boolean": glovebox.Bool} {
		ds := notes()
		ds.Columns = append(slices.Clone(ds.Columns), glovebox.Column{Name: "v", Type: typ, Nullable: true})
		// A load refuses a row whose v is no value; where it takes v, the rule compares.
		ds.Quality = []glovebox.Quality{{Name: "same", Check: "try_cast(note as " + duck + ") is not distinct from v"}}
		data := "id,note,n,v\n"
		for i, s := range texts {
			data += fmt.Sprintf("%d,\"%s\",1,\"%s\"\n", i, s, s)
		}
		ds.Source.Null = []string{}
		loads, ids := loadedIDs(t, ds, data)
		if loads.ByReason[source.ReasonQuality] != 0 || len(ids) == 0 {
			t.Errorf("%s: %+v", duck, loads)
		}
		// And where a load refuses v, try_cast is null.
		ds.Columns = ds.Columns[:3]
		ds.Quality = []glovebox.Quality{{Name: "none", Check: "try_cast(note as " + duck + ") is null"}}
		_, nulls := loadedIDs(t, ds, data2(texts))
		if len(nulls)+len(ids) != len(texts) {
			t.Errorf("%s: a load takes %d of %d, try_cast makes null of %d", duck, len(ids), len(texts), len(nulls))
		}
	}
}

// data2 is a file of notes that are texts.
func data2(texts []string) string {
	data := "id,note,n\n"
	for i, s := range texts {
		data += fmt.Sprintf("%d,\"%s\",1\n", i, s)
	}
	return data
}
