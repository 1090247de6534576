package trial

import (
	"bytes"
	"encoding/json"
	"io"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy"
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
	Blocks   []GoldenBlock     `json:"blocks,omitempty"`
	Result   []privacy.Row     `json:"result,omitempty"`   // the job's table before noise
	Combined map[string]any    `json:"combined,omitempty"` // likewise in mode blocks, by metric
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

// GoldenBlock is what it gave on one block.
type GoldenBlock struct {
	Block   int      `json:"block"`
	Units   []string `json:"units"`
	Outcome string   `json:"outcome"`
	Cause   string   `json:"cause,omitempty"`
	Log     string   `json:"log,omitempty"`
	Records [][]any  `json:"records"`
	Outputs []any    `json:"outputs,omitempty"`
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
	for _, b := range r.Blocks {
		g.Blocks = append(g.Blocks, GoldenBlock{b.Block, b.Units, b.Outcome, b.Cause, b.Log, b.Records, b.Outputs})
	}
	if r.Result != nil {
		g.Result = r.Result.Exact
	}
	if r.Combined != nil {
		g.Combined = map[string]any{}
		for _, f := range r.Combined.Figures {
			g.Combined[f.Name] = f.Exact
		}
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
