package domain

import (
	"math"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/privacy/accounting"
)

// Outlook says what one unit of a space can have lost in the worst case, over
// everything that the domain let out, and when the space's total ends if it goes
// on as in the last days.
type Outlook struct {
	Space    string   `json:"space"`
	Datasets []string `json:"datasets"` // codes of those that are charged to it
	// Epsilon and Delta say what was spent as (epsilon, delta)-differential
	// privacy: Delta is ten times what was spent of it, at least 1e-6.
	Epsilon float64 `json:"epsilon"`
	Delta   float64 `json:"delta"`
	Charges int     `json:"charges"`
	First   string  `json:"first,omitempty"` // time of the first charge, RFC 3339, UTC; "": none
	// PerMonth is what was charged in the last PaceDays days, or since the first
	// charge if that is less, in 30 days.
	PerMonth glovebox.Amount `json:"per_month"`
	// Ends is the day, YYYY-MM-DD, on which the total is spent at this pace; "":
	// not within a hundred years.
	Ends string `json:"ends,omitempty"`
}

const (
	// PaceDays is how far back a pace looks.
	PaceDays = 90
	// monthDays is how long a month of PerMonth is.
	monthDays = 30
	// farDays is the longest projection.
	farDays = 36500
	// leastDelta is that at which a space's spending is read.
	leastDelta = 1e-6
)

// outlook reads one space. Charges are all of it, oldest first.
func outlook(b glovebox.Balance, datasets []string, rows []store.ChargeRow, now time.Time) Outlook {
	o := Outlook{Space: b.Space, Datasets: list(datasets), Charges: len(rows)}
	o.Delta = math.Max(leastDelta, 10*float64(b.Spent.Delta)*glovebox.DeltaUnit)
	if e, err := accounting.EpsilonAt(b.Kind, b.Spent, o.Delta); err == nil { // delta is above the ledger's own
		o.Epsilon = e
	}
	if len(rows) == 0 {
		return o
	}
	o.First = rows[0].At
	first, err := time.Parse(time.RFC3339, o.First)
	if err != nil {
		return o
	}
	days := math.Min(PaceDays, math.Max(1, now.Sub(first).Hours()/24))
	since := now.Add(-time.Duration(days * 24 * float64(time.Hour))).UTC().Format(time.RFC3339)
	var pace glovebox.Amount
	for _, r := range rows {
		if r.At >= since {
			pace = pace.Add(r.Amount)
		}
	}
	month := func(n int64) int64 { return int64(math.Ceil(float64(n) * monthDays / days)) }
	o.PerMonth = glovebox.Amount{Loss: month(pace.Loss), Delta: month(pace.Delta)}
	left := b.Total.Sub(b.Spent)
	lasts := func(left, pace int64) float64 {
		if pace == 0 {
			return math.Inf(1)
		}
		return float64(left) * days / float64(pace)
	}
	if d := math.Min(lasts(left.Loss, pace.Loss), lasts(left.Delta, pace.Delta)); d <= farDays {
		o.Ends = now.Add(time.Duration(d * 24 * float64(time.Hour))).UTC().Format(time.DateOnly)
	}
	return o
}

// list makes the JSON of no elements an empty list, not null.
func list(v []string) []string {
	if v == nil {
		return []string{}
	}
	return v
}
