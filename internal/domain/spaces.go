package domain

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"sync"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/privacy/accounting"
	"glovebox.example/glovebox/text"
)

// SpaceView is a unit space with its ledger and the datasets that are charged to
// it.
type SpaceView struct {
	glovebox.Space
	Balance  glovebox.Balance `json:"balance"`
	Datasets []string         `json:"datasets"` // codes of those that have units of it
}

// AddSpace opens the ledger of a unit space, or fixes the total of one that was
// assumed from its first dataset: see store.Kind.FixLedger. With a period, the name
// of a column, the total is for each period of datasets whose period is that column;
// "": it is for everything. The authority does it.
func (d *Domain) AddSpace(ctx context.Context, by *By, name string, l glovebox.LedgerDef, period string) (*SpaceView, error) {
	if err := require(by.User, glovebox.RoleAuthority, "say what a unit space may lose"); err != nil {
		return nil, err
	}
	if err := checkSpace(name, l); err != nil {
		return nil, err
	}
	if period != "" && text.Name(period) != "" {
		return nil, glovebox.Invalid("period", "is not the name of a column").WithFix("name the column that tells the periods, as the datasets' records have it")
	}
	total, err := ledgerTotal(l)
	if err != nil {
		return nil, err
	}
	var v *SpaceView
	err = d.Effect(ctx, by, func(tx *store.Tx) error {
		doc := glovebox.Space{Name: name, Added: d.Stamp(), By: by.Name, Ledger: l, PerPeriod: period != "", Period: period}
		b := glovebox.Balance{Space: name, Kind: l.Kind, Total: total}
		known, err := Spaces.Has(tx, name)
		if err != nil {
			return err
		}
		if known {
			if err := payable(tx, name, l.Kind); err != nil {
				return err
			}
			if err := samePromise(tx, name, period); err != nil {
				return err
			}
			var old glovebox.Space
			if err := Spaces.Get(tx, name, &old); err != nil {
				return err
			}
			doc.Key = old.Key
			err = Spaces.FixLedger(tx, "space.add", name, doc, b)
		} else {
			err = Spaces.OpenLedger(tx, "space.add", name, doc, b)
		}
		if err == nil {
			v, err = spaceView(tx, name)
		}
		return err
	})
	return v, err
}

var spaceRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`) })

// Bounds of a space's total, those of a dataset's.
const (
	maxSpaceLoss  = 1000
	maxSpaceDelta = 0.01
)

// checkSpace checks what a space is called and what it may lose.
func checkSpace(name string, l glovebox.LedgerDef) error {
	bad := func(field, format string, a ...any) *glovebox.Error {
		e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
		e.Field = field
		return e
	}
	if !spaceRule().MatchString(name) {
		return bad("NAME", "not the name of a unit space").WithFix("use the name in `unit.space` of its dataset records: a lower-case letter, then at most 62 of a-z, 0-9, _ and -")
	}
	loss, flag := l.Epsilon, "--epsilon"
	if l.Kind == glovebox.LedgerZCDP {
		loss, flag = l.Rho, "--rho"
	}
	if !(loss > 0 && loss <= maxSpaceLoss) {
		return bad(flag, "is outside (0, %d]", maxSpaceLoss).WithFix("name the total that one unit may lose over all datasets, such as 2")
	}
	if !(l.Delta >= 0 && l.Delta <= maxSpaceDelta) {
		return bad("--delta", "is outside [0, %g]", maxSpaceDelta).WithFix("name a total well below one over the number of units, such as 1e-6")
	}
	return nil
}

// samePromise makes sure that what was spent of a space counts for the promise
// that it was spent under: to a unit, or to a unit in a period.
func samePromise(tx *store.Tx, name, period string) error {
	var s glovebox.Space
	if err := Spaces.Get(tx, name, &s); err != nil {
		return err
	}
	b, err := tx.Balance(glovebox.SpaceAccount(name))
	// Where the column was not named, to name it lets less be paid by periods.
	same := s.PerPeriod == (period != "") && (s.Period == "" || s.Period == period)
	if err != nil || same || b.Spent == (glovebox.Amount{}) {
		return err
	}
	return glovebox.Errorf(glovebox.CodeConflict, "something was spent of unit space %q already: whether its total is for each period stays as it is", name).
		WithFix("give --per-period as `glovebox space show %s` says it is", name)
}

// payable makes sure that every dataset of a space can be paid for in a ledger
// of that kind.
func payable(tx *store.Tx, name string, kind glovebox.LedgerKind) error {
	if kind == glovebox.LedgerZCDP {
		return nil
	}
	all, err := Datasets.List(tx)
	if err != nil {
		return err
	}
	for i := range all {
		if r := &all[i].Record; r.Ledger.Kind != kind && slices.Contains(spacesOf(r), name) {
			return glovebox.Errorf(glovebox.CodeInvalid, "dataset %s of unit space %q has a ledger of kind zcdp, whose prices have no epsilon that adds up", r.Code, name).
				WithFix("give the space a total in rho")
		}
	}
	return nil
}

// AllSpaces lists the unit spaces of the domain.
func (d *Domain) AllSpaces(ctx context.Context) (out []SpaceView, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		all, err := Spaces.List(tx)
		for _, s := range all {
			v, err := spaceView(tx, s.Name)
			if err != nil {
				return err
			}
			out = append(out, *v)
		}
		return err
	})
	return out, err
}

// Space returns one unit space.
func (d *Domain) Space(ctx context.Context, name string) (v *SpaceView, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		v, err = spaceView(tx, name)
		return err
	})
	return v, err
}

func spaceView(tx *store.Tx, name string) (*SpaceView, error) {
	v := &SpaceView{Datasets: []string{}}
	if err := Spaces.Get(tx, name, &v.Space); err != nil {
		return nil, err
	}
	var err error
	if v.Balance, err = tx.Balance(glovebox.SpaceAccount(name)); err != nil {
		return nil, err
	}
	all, err := Datasets.List(tx)
	for i := range all {
		if r := &all[i].Record; slices.Contains(spacesOf(r), name) {
			v.Datasets = append(v.Datasets, r.Code)
		}
	}
	return v, err
}

// spacesOf lists the unit spaces of a record, sorted, each once.
func spacesOf(rec *glovebox.Dataset) []string {
	var out []string
	for _, u := range rec.Units() {
		out = append(out, u.Space)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// openSpaces opens the ledger of each unit space of a new record that has none
// yet, with the record's own total, until the authority says another; and makes
// sure that those that have one can pay for jobs on the record.
func (d *Domain) openSpaces(tx *store.Tx, by *By, rec *glovebox.Dataset, total glovebox.Amount) error {
	for _, name := range spacesOf(rec) {
		known, err := Spaces.Has(tx, name)
		if err != nil {
			return err
		}
		if !known {
			doc := glovebox.Space{Name: name, Added: d.Stamp(), By: by.Name, From: rec.Code, Ledger: rec.Ledger, PerPeriod: rec.Period != "", Period: rec.Period}
			b := glovebox.Balance{Space: name, Kind: rec.Ledger.Kind, Total: total, Assumed: true}
			if err := Spaces.OpenLedger(tx, "space.assume", name, doc, b); err != nil {
				return err
			}
			continue
		}
		b, err := tx.Balance(glovebox.SpaceAccount(name))
		if err != nil {
			return err
		}
		if b.Kind == glovebox.LedgerPure && rec.Ledger.Kind == glovebox.LedgerZCDP {
			e := glovebox.Errorf(glovebox.CodeInvalid, "the ledger of unit space %q is of kind pure: a price in rho has no epsilon that it could add up", name)
			if b.Assumed && b.Spent == (glovebox.Amount{}) {
				e = e.WithFix("the authority gives the space a total in rho before anything is charged: `glovebox space add %s --rho TOTAL`; or make the ledger pure", name)
			} else {
				e = e.WithFix("make the ledger pure, with its total in epsilon")
			}
			e.Field = "ledger.kind"
			return e
		}
	}
	return nil
}

// SpaceCharges are what the ledgers of the unit spaces of records pay for one
// answer on all of them, each space once, sorted by name. Records are as the
// answer is about them; cost is what it costs for one unit of its own, in a
// ledger of a kind. A space pays for the group that one of its units is: one in
// whose rows others stand is more than one step away from not being there.
func SpaceCharges(tx *store.Tx, records []glovebox.Dataset, cost func(glovebox.LedgerKind) (glovebox.Amount, error)) ([]glovebox.Charge, error) {
	sizes := accounting.GroupSizes(records)
	var out []glovebox.Charge
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		b, err := tx.Balance(glovebox.SpaceAccount(name))
		if err != nil {
			return nil, err
		}
		price, err := cost(b.Kind)
		if err == nil {
			price, err = accounting.Group(b.Kind, price, sizes[name])
		}
		if err != nil {
			return nil, err
		}
		out = append(out, glovebox.Charge{Space: name, Kind: b.Kind, Amount: price})
	}
	return out, nil
}

// converted is the cost of SpaceCharges for a price in the kind of a ledger.
func converted(kind glovebox.LedgerKind, price glovebox.Amount) func(glovebox.LedgerKind) (glovebox.Amount, error) {
	return func(to glovebox.LedgerKind) (glovebox.Amount, error) { return accounting.Convert(kind, to, price) }
}

// saidSpaces makes sure, in a domain that is served, that the authority has said
// what a unit of each of the record's spaces may lose in all, before anybody is
// granted a part of it.
func saidSpaces(tx *store.Tx, rec *glovebox.Dataset) error {
	served, err := Served.Has(tx, servedID)
	if err != nil || !served {
		return err
	}
	for _, name := range spacesOf(rec) {
		b, err := tx.Balance(glovebox.SpaceAccount(name))
		if err != nil {
			return err
		}
		if b.Assumed {
			return glovebox.Errorf(glovebox.CodeConflict, "nobody has said what a unit of space %q may lose over all datasets", name).
				WithFix("the authority says it first: `glovebox space add %s --rho TOTAL`", name)
		}
	}
	return nil
}
