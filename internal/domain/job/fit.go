package job

import "glovebox.example/glovebox"

// States of a fit. The diagram is in docs/states.md.
const (
	// FitCharged: its price is taken; rows may have been counted, nothing was
	// shown. A crash leaves it here; the next request counts again without a
	// charge. Exits: FitDone.
	FitCharged = "charged"
	// FitDone: the model is stored. No exits.
	FitDone = "done"
)

// FitDoc is the fit of one snapshot as the database keeps it.
type FitDoc struct {
	Dataset  string          `json:"dataset"`
	Version  int             `json:"version"`  // of the snapshot
	Snapshot string          `json:"snapshot"` // its digest
	State    string          `json:"state"`    // charged or done; "": there is none
	Charge   glovebox.Charge `json:"charge"`
	// Spaces are what the ledgers of the dataset's unit spaces paid.
	Spaces []glovebox.Charge `json:"spaces,omitempty"`
	// Group is how many units of the first unit column whoever is protected
	// stands in at most; 0 or 1 where rows belong to one unit. The charge is for
	// as many, the noise is made for one.
	Group   int64    `json:"group,omitempty"`
	Columns []string `json:"columns"`
	Model   string   `json:"model,omitempty"` // digest of the stored bytes, when done
	Walls   []string `json:"walls,omitempty"` // around the worker that counted
	By      string   `json:"by"`
	At      string   `json:"at"` // of the charge, RFC 3339, UTC
}

// UnitLoss is the part of the charge that noise is made for: what
// accounting.Group made the charge of.
func (d *FitDoc) UnitLoss() int64 {
	n := max(d.Group, 1)
	if d.Charge.Kind == glovebox.LedgerZCDP {
		n *= n
	}
	return d.Charge.Amount.Loss / n
}
