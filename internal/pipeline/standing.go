package pipeline

import (
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/request"
	"glovebox.example/glovebox/policy"
)

// spentOn is what was taken of a ledger for a product, and in the calendar month
// of a moment, UTC, for whatever.
func spentOn(tx *store.Tx, account, product, now string) (forProduct, inMonth glovebox.Amount, err error) {
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		return forProduct, inMonth, glovebox.Errorf(glovebox.CodeInternal, "the domain's clock gives no time").Because(err)
	}
	month := at.UTC().Format("2006-01-")
	rows, err := tx.Charges(account)
	for _, r := range rows {
		if r.Product == product {
			forProduct = forProduct.Add(r.Amount)
		}
		if strings.HasPrefix(r.At, month) {
			inMonth = inMonth.Add(r.Amount)
		}
	}
	return forProduct, inMonth, err
}

// readScenario puts the scenario and its grant into the input, if the domain
// knows them.
func readScenario(tx *store.Tx, code string, in *policy.Input) (err error) {
	if in.Frozen, err = domain.Frozen(tx); err != nil {
		return err
	}
	s, err := domain.Scenarios.Find(tx, code)
	if err != nil {
		return err
	}
	if s != nil {
		in.Scenario = &s.Scenario
	}
	in.Grant, err = domain.Grants.Find(tx, code)
	return err
}

// readInstitutions says of which institutions the developer and the operator are.
func readInstitutions(tx *store.Tx, in *policy.Input) error {
	of := func(name string) (string, error) {
		u, err := domain.Users.Find(tx, name)
		if err != nil || u == nil {
			return "", err
		}
		return u.Org, nil
	}
	var err error
	if in.People.SubmitterOrg, err = of(in.People.Submitter); err == nil && in.Scenario != nil {
		in.People.OperatorOrg, err = of(in.Scenario.Operator)
	}
	return err
}

// readDataset puts a dataset into the input, as the job is about it, with what
// its ledger holds and what a scenario and a developer under it took of it.
func readDataset(tx *store.Tx, code string, d *request.Dataset, in *policy.Input, scenario, developer string) error {
	rec := &d.Record
	ds := policy.Dataset{OtherUnits: len(rec.OtherUnits), Provider: rec.Provider, State: d.State, Snapshot: policy.SnapshotNone, UnitSpace: rec.Unit.Space, Columns: map[string]policy.Column{}}
	if d.Snapshot != nil {
		ds.Units = d.Snapshot.NoisyUnits // as the job is about them: see request.Dataset
		ds.Snapshot = d.Snapshot.State
	}
	s, err := domain.Scenarios.Find(tx, scenario)
	if err != nil {
		return err
	}
	ds.TakenBack = []string{}
	if s != nil {
		ds.TakenBack = append(ds.TakenBack, s.TakenBack(rec.Code)...)
	}
	for _, c := range rec.Columns {
		ds.Columns[c.Name] = policy.Column{Type: c.Type, Class: c.Class, Grade: c.Grade, Keep: c.Keep}
	}
	b, err := tx.Balance(rec.Code)
	if err != nil {
		return err
	}
	ds.Ledger = policy.Ledger{Kind: b.Kind, Total: b.Total, Spent: b.Spent}
	if ds.ScenarioSpent, err = tx.Spent(rec.Code, scenario, "", nil); err != nil {
		return err
	}
	if ds.DeveloperSpent, err = tx.Spent(rec.Code, scenario, developer, nil); err != nil {
		return err
	}
	if in.Grant != nil {
		g := in.Grant.Datasets[rec.Code]
		if ds.ScenarioCap, err = amountOf(g.Share(), b.Kind); err != nil {
			return err
		}
		if g.PerDeveloper != nil {
			if ds.DeveloperCap, err = amountOf(*g.PerDeveloper, b.Kind); err != nil {
				return err
			}
		}
	}
	in.Datasets[code] = ds
	return nil
}

// amountOf is a share in integers; nil where it names no amount.
func amountOf(s glovebox.Share, kind glovebox.LedgerKind) (*glovebox.Amount, error) {
	a, given, err := s.Amount(kind)
	if err != nil || !given {
		return nil, err
	}
	return &a, nil
}

// capsOf are the limits that a charge has to keep beside the ledger's own.
func capsOf(code, developer string, ds policy.Dataset) (out []store.Cap) {
	if ds.ScenarioCap != nil {
		out = append(out, store.Cap{Dataset: code, Most: *ds.ScenarioCap})
	}
	if ds.DeveloperCap != nil {
		out = append(out, store.Cap{Dataset: code, Developer: developer, Most: *ds.DeveloperCap})
	}
	return out
}
