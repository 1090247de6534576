package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Actions of entries whose body lists charges:
// {"charges":[{"dataset":"…","kind":"…","amount":{"loss":1,"delta":0}}, …],"scenario":"…"},
// with the job as their subject, or the snapshot whose units were counted, or a
// fit; the last two have no scenario. A charge to a unit space has "space" in
// the place of "dataset"; one to parts of a ledger alone has
// "parts":{"family":"…","values":["…"]}.
const (
	ChargeAction = "job.charge"
	CountAction  = "dataset.count"
	FitAction    = "fit.charge"
)

// Actions of entries that open a ledger. The subject of the first is
// "dataset/CODE", that of the others "space/NAME". One that is assumed is fixed by
// a later space.add. Their body holds
// {"ledger":{"kind":"…","total":{"loss":1,"delta":0},"assumed":true}}. That of a
// dataset lists "spaces": whatever is charged to it is charged to each of them.
const (
	LedgerAction = "dataset.add"
	SpaceAction  = "space.add"
	AssumeAction = "space.assume"
)

// chargedKinds are the kinds of subject that each of them may have.
var chargedKinds = map[string]string{ChargeAction: "job/", CountAction: "snapshot/", FitAction: "fit/"}

type amount struct {
	Loss  int64 `json:"loss"`
	Delta int64 `json:"delta"`
}

func (a amount) String() string { return fmt.Sprintf("loss %d and delta %d", a.Loss, a.Delta) }

func (a amount) less(b amount) amount { return amount{a.Loss - b.Loss, a.Delta - b.Delta} }

func (a amount) within(b amount) bool { return a.Loss <= b.Loss && a.Delta <= b.Delta }

// item is one charge of an entry.
type item struct {
	Dataset string `json:"dataset"`
	Space   string `json:"space"`
	Kind    string `json:"kind"`
	Amount  amount `json:"amount"`
	Parts   *struct {
		Family string   `json:"family"`
		Values []string `json:"values"`
	} `json:"parts"`
}

func (c *item) ledger() string {
	if c.Space != "" {
		return "space/" + c.Space
	}
	return c.Dataset
}

// parts is what a row of the database holds of them; false: they name none, or
// one twice.
func (c *item) parts() (string, bool) {
	if c.Parts == nil {
		return "", true
	}
	seen := map[string]bool{}
	for _, v := range c.Parts.Values {
		seen[v] = true
	}
	if c.Parts.Family == "" || len(seen) == 0 || len(seen) != len(c.Parts.Values) {
		return "", false
	}
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	if err := w.Encode(c.Parts); err != nil {
		return "", false
	}
	return strings.TrimSuffix(b.String(), "\n"), true
}
