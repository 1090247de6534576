package glovebox

import (
	"math/big"
	"strconv"
	"strings"
)

// LedgerKind is how a dataset or a unit space counts privacy loss. It is fixed
// when its ledger is opened: deciding later which rule still allows is not a
// proved filter.
type LedgerKind string

const (
	LedgerPure LedgerKind = "pure" // sums of epsilon (and delta), basic composition
	LedgerZCDP LedgerKind = "zcdp" // sums of rho (and delta), zero-concentrated DP
)

// Amount is a privacy loss in integers: no float ever adds up in a ledger.
// Conversions into it round up, what is left is never negative.
type Amount struct {
	Loss  int64 `json:"loss"`  // billionths of epsilon (pure) or of rho (zcdp)
	Delta int64 `json:"delta"` // units of 1e-15
}

// Units of an Amount.
const (
	LossUnit  = 1e-9
	DeltaUnit = 1e-15
)

// Add returns a+b.
func (a Amount) Add(b Amount) Amount { return Amount{a.Loss + b.Loss, a.Delta + b.Delta} }

// Sub returns a-b.
func (a Amount) Sub(b Amount) Amount { return Amount{a.Loss - b.Loss, a.Delta - b.Delta} }

// Fits says whether a is within limit.
func (a Amount) Fits(limit Amount) bool { return a.Loss <= limit.Loss && a.Delta <= limit.Delta }

// CeilLoss turns epsilon or rho into billionths, rounding the shortest decimal
// text of x up, so that 0.1 is 100,000,000 and not one more.
func CeilLoss(x float64) (int64, error) { return units(x, 9, true) }

// CeilDelta turns delta into units of 1e-15, rounding up in the same way.
func CeilDelta(x float64) (int64, error) { return units(x, 15, true) }

// FloorLoss turns a total of epsilon or rho into billionths, rounding down.
func FloorLoss(x float64) (int64, error) { return units(x, 9, false) }

// FloorDelta turns a total of delta into units of 1e-15, rounding down.
func FloorDelta(x float64) (int64, error) { return units(x, 15, false) }

func units(x float64, digits int64, up bool) (int64, error) {
	if !(x >= 0 && x <= 1e6) {
		return 0, Errorf(CodeInvalid, "privacy loss is outside [0, 1e6]")
	}
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	if !ok {
		return 0, Errorf(CodeInvalid, "privacy loss is not a number")
	}
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(digits), nil)))
	q, m := new(big.Int).DivMod(r.Num(), r.Denom(), new(big.Int))
	if up && m.Sign() > 0 {
		q.Add(q, big.NewInt(1))
	}
	if !q.IsInt64() {
		return 0, Errorf(CodeInvalid, "privacy loss is too large")
	}
	return q.Int64(), nil
}

// Charge is what a job takes from one ledger: that of a dataset, or that of a
// unit space. Exactly one of Dataset and Space is set.
type Charge struct {
	Dataset string     `json:"dataset,omitempty"`
	Space   string     `json:"space,omitempty"`
	Kind    LedgerKind `json:"kind"`
	Amount  Amount     `json:"amount"`
	// Parts are those of the ledger that pay, where the job cannot touch any
	// other; nil: all of it pays.
	Parts *Parts `json:"parts,omitempty"`
}

// Account names the ledger that is charged.
func (c *Charge) Account() string {
	if c.Space != "" {
		return SpaceAccount(c.Space)
	}
	return c.Dataset
}

// Parts are disjoint parts of what a ledger protects, by a value that is
// constant in each. A ledger keeps for each part what it has taken; what they
// took together is the largest of them.
type Parts struct {
	Family string   `json:"family"` // which way of dividing: parts of one family are disjoint
	Values []string `json:"values"` // sorted, each once, at least one
}

// SpaceAccount names the ledger of a unit space, as CODE names that of a
// dataset: no dataset's code has a slash.
func SpaceAccount(space string) string { return spacePrefix + space }

const spacePrefix = "space/"

// AccountOf is the dataset or the unit space whose ledger has that name.
func AccountOf(account string) (dataset, space string) {
	if s, ok := strings.CutPrefix(account, spacePrefix); ok {
		return "", s
	}
	return account, ""
}

// Receipt proves that a job was charged before its first row was read.
type Receipt struct {
	Job     string   `json:"job"`
	Charges []Charge `json:"charges"`
	At      string   `json:"at"`    // RFC 3339, UTC
	Index   uint64   `json:"index"` // entry of the audit log
}

// Balance is what a ledger holds: of a dataset, or of a unit space.
type Balance struct {
	Dataset string     `json:"dataset,omitempty"`
	Space   string     `json:"space,omitempty"`
	Kind    LedgerKind `json:"kind"`
	Total   Amount     `json:"total"`
	Spent   Amount     `json:"spent"`
	// Assumed: the authority has not said the space's total; that of its first
	// dataset stands for it.
	Assumed bool `json:"assumed,omitempty"`
}

// Account names the ledger.
func (b *Balance) Account() string {
	if b.Space != "" {
		return SpaceAccount(b.Space)
	}
	return b.Dataset
}

// Space is a unit space: those whom the datasets that name it are about, all
// together. Its ledger bounds what one of them can lose over everything that
// this domain lets out of all these datasets.
type Space struct {
	Name  string `json:"name"`
	Added string `json:"added"` // RFC 3339, UTC
	By    string `json:"by"`
	// From is the dataset whose total stands for the space's; "": the authority
	// said it.
	From   string    `json:"from,omitempty"`
	Ledger LedgerDef `json:"ledger"`
	// PerPeriod: the total is what a unit may lose in each period of datasets that
	// have periods, and in all that have none.
	PerPeriod bool `json:"per_period,omitempty"`
	// Period is the column that tells those periods: datasets of the space whose
	// period is another column, or that have none, are paid for as a whole. "" with
	// PerPeriod, in a space of before it was named: any column, each by itself.
	Period string `json:"period,omitempty"`
	// Key is the generation of the key that turns its identifiers into tokens; 0:
	// the first.
	Key int `json:"key,omitempty"`
}
