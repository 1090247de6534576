package release

import (
	"bytes"
	"encoding/json"
	"testing"

	"glovebox.example/glovebox"
)

func content() Content {
	return Content{ID: "r-1", Columns: []Column{{"k", glovebox.String}, {"n", glovebox.Int64}, {"x", glovebox.Float64}},
		Rows: [][]any{{"东风", int64(3), 2.0}, {"<b>", int64(-1), 0.25}}, Facts: json.RawMessage(`{"a":1}`)}
}

var (
	allowed = glovebox.Decision{Point: glovebox.PointRelease, Allow: true}
	paid    = glovebox.Receipt{Job: "j-1", Charges: []glovebox.Charge{{Dataset: "d"}}}
)

func TestOnlyWithDecisionAndReceipt(t *testing.T) {
	c := content()
	if _, err := New(glovebox.Decision{}, paid, 1, c); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("without an allowing decision: %v", err)
	}
	for _, r := range []glovebox.Receipt{{}, {Job: "j-1"}, {Charges: paid.Charges}} {
		if _, err := New(allowed, r, 1, c); err == nil {
			t.Errorf("made from the receipt %+v", r)
		}
	}
	c.Rows = append(c.Rows, []any{"short"})
	if _, err := New(allowed, paid, 1, c); err == nil {
		t.Error("made from a row that does not fit")
	}
}

func TestTakenOnce(t *testing.T) {
	r, err := New(allowed, paid, 7, content())
	if err != nil {
		t.Fatal(err)
	}
	if r.Index() != 7 || r.ID() != "r-1" {
		t.Fatalf("%d %s", r.Index(), r.ID())
	}
	if _, err := r.Take(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Take(); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Fatalf("taken twice: %v", err)
	}
	var zero Release
	if _, err := zero.Take(); err == nil {
		t.Fatal("an empty release was taken")
	}
	var none *Release
	if _, err := none.Take(); err == nil {
		t.Fatal("no release was taken")
	}
}

func TestStoredBytesComeBackAsTheyWere(t *testing.T) {
	c := content()
	data, digest, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	again, same, err := d.Encode()
	if err != nil || same != digest || !bytes.Equal(again, data) {
		t.Fatalf("%s\n%s", data, again)
	}
	if _, ok := d.Rows[0][2].(float64); !ok {
		t.Fatalf("a float column came back as %T", d.Rows[0][2])
	}
}

// FuzzDecode: whatever bytes lie in the database, decoding them ends in an
// error or in a content that encodes to one stable form.
func FuzzDecode(f *testing.F) {
	c := content()
	data, _, err := c.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"id":"r","columns":[],"rows":null,"facts":null}`))
	f.Add([]byte(`{"id":"r","columns":[{"name":"x","type":"float64"}],"rows":[[1e400]],"facts":{}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Decode(b)
		if err != nil {
			return
		}
		one, _, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		d, err := Decode(one)
		if err != nil {
			t.Fatalf("%v: %s", err, one)
		}
		if two, _, err := d.Encode(); err != nil || !bytes.Equal(one, two) {
			t.Fatalf("%s\n%s", one, two)
		}
	})
}

// TestDecodeTakesOneForm: members twice, unknown, or rows before the columns that
// give them their types are no release.
func TestDecodeTakesOneForm(t *testing.T) {
	const columns = `"columns":[{"name":"n","type":"int64"}]`
	for doc, ok := range map[string]bool{
		`{"id":"r",` + columns + `,"rows":[[1],[2]],"facts":{}}`:                           true,
		`{"id":"r",` + columns + `,"rows":[],"facts":null}`:                                true,
		`{"id":"r",` + columns + `,"rows":null,"facts":null}`:                              true,
		`{"id":"r","id":"s",` + columns + `,"rows":[],"facts":{}}`:                         false,
		`{"id":"r","rows":[[1]],` + columns + `,"facts":{}}`:                               false,
		`{"id":"r",` + columns + `,"rows":[[1]],"rows":[[2]],"facts":{}}`:                  false,
		`{"id":"r",` + columns + `,"rows":[[1]],"facts":{},"more":1}`:                      false,
		`{"id":"r","columns":[{"name":"n","type":"int64","more":1}],"rows":[],"facts":{}}`: false,
		`{"id":"r",` + columns + `,"rows":[[1,2]],"facts":{}}`:                             false,
		`{"id":"r",` + columns + `,"rows":[["1"]],"facts":{}}`:                             false,
		`{"id":"r",` + columns + `,"rows":[1],"facts":{}}`:                                 false,
		`{"id":"r",` + columns + `,"rows":{},"facts":{}}`:                                  false,
		`{"id":"r",` + columns + `,"rows":[[1]`:                                            false,
		`{"id":"r",` + columns + `,"rows":[[1]],"facts":{}} {}`:                            false,
		`[]`: false, `null`: false, `{`: false, ``: false,
	} {
		if _, err := Decode([]byte(doc)); (err == nil) != ok {
			t.Errorf("%s: %v", doc, err)
		}
	}
}
