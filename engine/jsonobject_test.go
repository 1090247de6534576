package engine

import (
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
)

// TestJSONNamesTwice: of two values of one field nobody knows which is meant,
// however the names are written.
func TestJSONNamesTwice(t *testing.T) {
	ds := notes()
	ds.Source.Format = "json"
	for _, bad := range []string{
		`{"id":"b","n":1,"id":"c"}`, `{"id":"b","n":1,"id":"b"}`, `{"id":"b","n":1,"\u0069d":"c"}`, `{"id":"b","n":1,"n":null}`,
		`{"id":"b","n":1,"note":null,"note":null}`, `{"x":1,"id":"b","n":1,"x":2}`, `{ "id" : "b" , "n" : 1 , "id" : "c" }`,
	} {
		for _, data := range []string{"{\"id\":\"a\",\"n\":1}\n" + bad, "[{\"id\":\"a\",\"n\":1}," + bad + "]"} {
			r, ids := loadedIDs(t, ds, data)
			if !slices.Equal(ids, []string{"a"}) || !slices.Equal(bare(r), []Reject{rejected(2, "", source.ReasonTwice)}) {
				t.Errorf("%s: %q, %+v", data, ids, r)
			}
		}
	}
	if r, ids := loadedIDs(t, ds, `{"id":"a","n":1,"ID":"b"}`+"\n"+`{"id":"n","note":"id","n":1}`); len(ids) != 1 || bare(r)[0] != rejected(1, "", source.ReasonExtra) {
		t.Errorf("names that only look alike: %q, %+v", ids, r)
	}
}

// TestJSONNumbersAsWritten: a number in a text is its digits, not what a double
// makes of them; true and false are no texts.
func TestJSONNumbersAsWritten(t *testing.T) {
	ds := notes()
	ds.Source.Format = "json"
	var data, want []string
	for _, n := range []string{"9007199254740993.0", "9007199254740992.0", "250.00", "250.0", "1e3", "-0", "0", "-0.0", "1E400", "123456789012345678901234567890", "0.1000000000000000055511151231257827"} {
		data, want = append(data, `{"id":`+n+`,"n":1}`), append(want, n)
	}
	slices.Sort(want)
	for _, sep := range []string{"\n", " ,\n"} {
		text := strings.Join(data, sep)
		if sep != "\n" {
			text = "[" + text + "]"
		}
		if r, ids := loadedIDs(t, ds, text); !slices.Equal(ids, want) || r.Rejected != 0 {
			t.Errorf("%q, %+v", ids, r)
		}
	}
	r, ids := loadedIDs(t, ds, `{"id":true,"n":1}`+"\n"+`{"id":"a","note":false,"n":1}`+"\n"+`{"id":"true","note":null,"n":1}`+"\n"+`{"id":"b","n":true}`+"\n"+`{"id":"c","n":1.0}`+"\n"+`{"id":"d","n":-0}`)
	want2 := []Reject{rejected(1, "id", source.ReasonType), rejected(2, "note", source.ReasonType), rejected(4, "n", source.ReasonType), rejected(5, "n", source.ReasonType)}
	if !slices.Equal(ids, []string{"d", "true"}) || !slices.Equal(bare(r), want2) {
		t.Errorf("%q, %+v", ids, r)
	}
}

// TestZeroHasNoSign: in a key, a rule and what is stored, in every format.
func TestZeroHasNoSign(t *testing.T) {
	ds := notes()
	ds.Columns = slices.Clone(ds.Columns)
	ds.Columns[2].Type = glovebox.Float64
	ds.Key = []string{"id", "n"}
	ds.Quality = []glovebox.Quality{{Name: "text", Check: "try_cast(n as varchar) <> '-0.0'"}}
	texts := []string{"-0.0", "0.0", "0", "-0", "1e-400", "-1e-400", "-0e5"}
	csv, jsons, sql := "id,note,n\n", "", []string{}
	for _, n := range texts {
		csv += "a,," + n + "\n"
		jsons += `{"id":"a","n":` + n + "}\n"
		sql = append(sql, "SELECT 'a' AS id, 'x' AS note, '"+n+"'::DOUBLE AS n")
	}
	for format, f := range map[string][]byte{"csv": []byte(csv), "json": []byte(jsons), "parquet": fileBytes(t, makeParquet(t, strings.Join(sql, " UNION ALL ")))} {
		ds.Source.Format = format
		v := newVault()
		r := mustLoad(t, ds, string(f), testOptions(v))
		if r.Report.Accepted != 1 || r.Report.ByReason[source.ReasonDuplicate] != int64(len(texts)-1) {
			t.Errorf("%s: %+v", format, r.Report)
		}
		if got := readAll(t, v, r.Manifest, PartSpec{Columns: []string{"n"}}); !strings.HasSuffix(got[0], "|0") {
			t.Errorf("%s: %q", format, got)
		}
	}
}
