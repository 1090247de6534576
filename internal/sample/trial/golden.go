package trial

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"slices"

	"glovebox"
	"glovebox/privacy"
)

// MaxGolden is the largest golden file, in bytes.
const MaxGolden = 64 << 20

// goldenFormat names the form of golden files.
const goldenFormat = "glovebox-golden/1"

// Golden is what a module gave on some sample rows, kept beside its source, so
// that a later version can be held against it. Time, noise and fuel are not in
// it: another compiler changes them.
type Golden struct {
	Format   string            `json:"format"`
	Function string            `json:"function"`
	Seed     uint64            `json:"seed"`
	Rows     map[string]string `json:"rows"` // by input: digest
	Started  string            `json:"started,omitempty"`
	Units    []GoldenUnit      `json:"units"`
	Result   []privacy.Row     `json:"result,omitempty"` // the job's table before noise
}

// GoldenUnit is what it gave on one unit.
type GoldenUnit struct {
	Unit         string        `json:"unit"`
	Outcome      string        `json:"outcome"`
	Cause        string        `json:"cause,omitempty"`
	Log          string        `json:"log,omitempty"`
	Records      [][]any       `json:"records"`
	Contribution []privacy.Row `json:"contribution,omitempty"`
}

// Golden takes what is worth keeping out of a report.
func (r *Report) Golden() *Golden {
	g := &Golden{Format: goldenFormat, Function: r.Module.Function, Seed: r.Seed, Rows: map[string]string{}, Started: r.Started, Units: []GoldenUnit{}}
	for code, in := range r.Inputs {
		g.Rows[code] = in.Digest
	}
	for _, u := range r.Units {
		g.Units = append(g.Units, GoldenUnit{u.Unit, u.Outcome, u.Cause, u.Log, u.Records, u.Contribution})
	}
	if r.Result != nil {
		g.Result = r.Result.Exact
	}
	return g
}

// Encode returns the bytes of a golden file: indented, so that a difference
// shows in a review.
func (g *Golden) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(g)
	return b.Bytes(), err
}

// DecodeGolden reads what Encode wrote. Numbers stay as they are written, so
// that equal files are equal in every digit.
func DecodeGolden(p []byte) (*Golden, error) {
	var g Golden
	if len(p) > MaxGolden || strictly(p, &g) != nil || g.Format != goldenFormat || g.Units == nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "this is no golden file of form %s", goldenFormat).
			WithFix("`glovebox module test MODULE --update` writes one")
	}
	return &g, nil
}

// strictly decodes one JSON document without unknown fields.
func strictly(p []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(p))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// MaxDifferences is how many differences are listed.
const MaxDifferences = 20

// Difference is one thing that is not as it was.
type Difference struct {
	Unit string `json:"unit,omitempty"` // empty: not of one unit
	What string `json:"what"`           // rows, order, outcome, cause, log, records, contribution, fuel, started, result, function
}

// Compare lists what a report gives otherwise than a golden file says, at most
// MaxDifferences things. Where the rows are others it says so and no more:
// then nothing can be compared.
func (g *Golden) Compare(r *Report) ([]Difference, error) {
	now, err := r.Golden().Encode()
	if err != nil {
		return nil, err
	}
	got, err := DecodeGolden(now) // both sides the same way
	if err != nil {
		return nil, err
	}
	var list []Difference
	add := func(unit, what string, same bool) {
		if !same && len(list) < MaxDifferences {
			list = append(list, Difference{unit, what})
		}
	}
	if !reflect.DeepEqual(g.Rows, got.Rows) || g.Seed != got.Seed {
		return []Difference{{What: "rows"}}, nil
	}
	add("", "function", g.Function == got.Function)
	add("", "started", g.Started == got.Started)
	id := func(u GoldenUnit) string { return u.Unit }
	if !slices.Equal(collect(g.Units, id), collect(got.Units, id)) {
		add("", "order", false)
		return list, nil
	}
	for i, want := range g.Units {
		u := got.Units[i]
		add(u.Unit, "outcome", u.Outcome == want.Outcome)
		add(u.Unit, "cause", u.Cause == want.Cause)
		add(u.Unit, "log", u.Log == want.Log)
		add(u.Unit, "records", reflect.DeepEqual(u.Records, want.Records))
		add(u.Unit, "contribution", reflect.DeepEqual(u.Contribution, want.Contribution))
	}
	add("", "result", reflect.DeepEqual(g.Result, got.Result))
	return list, nil
}

func collect[T, V any](list []T, of func(T) V) []V {
	out := make([]V, 0, len(list))
	for _, x := range list {
		out = append(out, of(x))
	}
	return out
}
