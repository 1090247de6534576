package privacy

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
)

// Table is the private result of a job. Everything in it may be shown.
type Table struct {
	Keys    []glovebox.KeyField `json:"keys"`    // without lists, widths filled in
	Metrics []glovebox.Metric   `json:"metrics"` // as declared
	Figures []Figure            `json:"figures"` // what the metrics make of each key
	// Rows are sorted by key, field by field: numbers by value, text by bytes;
	// those of a top by the figure that it is by, largest first. With public keys there is one for every possible key, with no key exactly
	// one, with private keys one for every key that was selected.
	Rows  []Row `json:"rows"`
	Facts Facts `json:"facts"`
}

// Row is one key and its figures.
type Row struct {
	Key   []any  `json:"key"`   // string or int64, per key field
	Cells []Cell `json:"cells"` // per figure
}

// Cell is one figure with its 95 % confidence interval: Lo <= Value <= Hi.
//
// All three are functions of noisy integers and of the declaration, rounded to
// a decimal place that follows from the width of the interval; none is
// negative zero, infinite or not a number. The interval covers the noise alone.
//
// A count is a whole number; it is clamped at 0 (at 1 for a private key, which
// somebody has), which is free and makes counts of empty public keys positive
// on average. A sum is clamped at 0 if no value can have the other sign. A
// mean is clamped to [min, max]; for a key without units it means nothing and
// its interval tends to the whole range. Where a key shows because this very
// number is above a threshold, it is too high for keys that are below it: see
// SelectionFacts.
type Cell struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
}

// Facts say how a table is made: package bill.
type (
	Facts          = bill.Facts
	NoiseFacts     = bill.NoiseFacts
	SelectionFacts = bill.SelectionFacts
	Error          = bill.Error
	Whole          = bill.Whole
)

// alpha is how often a confidence interval may miss, at most.
const alpha = bill.Alpha
