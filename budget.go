package glovebox

import (
	"math/big"
	"strconv"
)

// LedgerKind is how a dataset counts privacy loss. It is fixed when the
// dataset is registered: deciding later which rule still allows is not a
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

// Charge is what a job takes from one dataset's ledger.
type Charge struct {
	Dataset string     `json:"dataset"`
	Kind    LedgerKind `json:"kind"`
	Amount  Amount     `json:"amount"`
}

// Receipt proves that a job was charged before its first row was read.
type Receipt struct {
	Job     string   `json:"job"`
	Charges []Charge `json:"charges"`
	At      string   `json:"at"`    // RFC 3339, UTC
	Index   uint64   `json:"index"` // entry of the audit log
}

// Balance is what a dataset's ledger holds.
type Balance struct {
	Dataset string     `json:"dataset"`
	Kind    LedgerKind `json:"kind"`
	Total   Amount     `json:"total"`
	Spent   Amount     `json:"spent"`
}
