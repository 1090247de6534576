package domain

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// Brake is what somebody says who stops something, or lets go of it.
type Brake struct {
	Role     glovebox.Role // in which it is done
	Reason   string
	Incident string // what it is done for; "": for none that is recorded
}

// hold is the brake that by pulls now.
func (d *Domain) hold(tx *store.Tx, by *By, b Brake) (h glovebox.Hold, err error) {
	h = glovebox.Hold{By: by.Name, Role: b.Role, Org: by.Org, Reason: b.Reason, Incident: b.Incident, At: d.Stamp()}
	return h, openIncident(tx, b.Incident)
}

// pull adds a hold. Whose brake is on already cannot pull it again.
func pull(holds []glovebox.Hold, h glovebox.Hold, u glovebox.User) ([]glovebox.Hold, error) {
	if slices.ContainsFunc(holds, func(x glovebox.Hold) bool { return x.Of(u, h.Role) }) {
		return nil, glovebox.Errorf(glovebox.CodeConflict, "%s stopped it already, as %s", h.By, h.Role)
	}
	return append(slices.Clone(holds), h), nil
}

// letGo takes the holds of a person off, and says whether none is left.
func letGo(holds []glovebox.Hold, u glovebox.User, role glovebox.Role) (left []glovebox.Hold, free bool, err error) {
	left, mine := glovebox.LetGo(holds, u, role)
	if !mine && len(holds) > 0 {
		return nil, false, glovebox.Errorf(glovebox.CodeDenied, "%s did not stop it, as %s: %s did, as %s", u.Name, role, holds[0].By, holds[0].Role).
			WithFix("whoever stopped it lets go of it")
	}
	return left, len(left) == 0, nil
}

// said is a brake as its entry tells it.
func (b *Brake) said(by *By) map[string]any {
	m := map[string]any{"reason": b.Reason, "role": b.Role}
	if by.Org != "" {
		m["org"] = by.Org
	}
	if b.Incident != "" {
		m["incident"] = b.Incident
	}
	return m
}

// stopped records what a stop freezes: each job that is not done, and each
// release that has not left. Their states stay: what they stand on is stopped,
// and they go on when that does.
func stopped(tx *store.Tx, subject string, on func(*job.Doc) bool) error {
	jobs, err := Jobs.List(tx)
	if err != nil {
		return err
	}
	body := map[string]any{"for": subject}
	for i := range jobs {
		j := &jobs[i]
		if !on(j) {
			continue
		}
		switch j.State {
		case job.Admitted, job.Charged, job.Running:
			err = Jobs.Record(tx, "job.stop", j.ID, body)
		case job.Done:
			err = frozen(tx, j.Release, body)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// frozen records that a release may not leave, unless it did, or never will.
func frozen(tx *store.Tx, id string, body map[string]any) error {
	r, err := Releases.Find(tx, id)
	if err != nil || r == nil || !r.State.Waits() {
		return err
	}
	return Releases.Record(tx, "release.freeze", id, body)
}

// reads says whether a job reads a dataset.
func reads(code string) func(*job.Doc) bool {
	return func(j *job.Doc) bool { _, ok := j.Basis.Job.Inputs[code]; return ok }
}

// Freeze stops the whole domain: nothing runs, is loaded, granted or leaves. Any
// authority of the whole city does it, alone.
func (d *Domain) Freeze(ctx context.Context, by *By, b Brake) (doc FreezeDoc, err error) {
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := wholeCity(tx, by.User, b.Role); err != nil {
			return err
		}
		if doc, err = readFreeze(tx); err != nil {
			return err
		}
		h, err := d.hold(tx, by, b)
		if err == nil {
			doc.Holds, err = pull(doc.Holds, h, by.User)
		}
		if err == nil {
			doc.State, err = doc.State.To(glovebox.FreezeOn)
		}
		if err == nil {
			err = Freezes.Put(tx, "domain.freeze", FreezeID, doc, b.said(by))
		}
		if err != nil {
			return err
		}
		return stopped(tx, Freezes.Subject(FreezeID), func(*job.Doc) bool { return true })
	})
}

// Unfreeze lets go of a freeze. The domain goes on when everyone who froze it let
// go.
func (d *Domain) Unfreeze(ctx context.Context, by *By, b Brake) (doc FreezeDoc, err error) {
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := wholeCity(tx, by.User, b.Role); err != nil {
			return err
		}
		if doc, err = readFreeze(tx); err != nil {
			return err
		}
		if _, err := doc.State.To(glovebox.FreezeOff); err != nil {
			return err
		}
		free := false
		if doc.Holds, free, err = letGo(doc.Holds, by.User, b.Role); err != nil {
			return err
		}
		if free {
			doc.State = glovebox.FreezeOff
		}
		return Freezes.Put(tx, "domain.unfreeze", FreezeID, doc, b.said(by))
	})
}

// FreezeDoc says whether the domain is stopped, and by whom.
type FreezeDoc struct {
	State glovebox.FreezeState `json:"state"`
	Holds []glovebox.Hold      `json:"holds,omitempty"`
}

// FreezeID is the name of the one such document.
const FreezeID = "domain"

func readFreeze(tx *store.Tx) (FreezeDoc, error) {
	doc, err := Freezes.Find(tx, FreezeID)
	if err != nil || doc == nil {
		return FreezeDoc{}, err
	}
	return *doc, nil
}

// Frozen says whether the authority stopped the whole domain.
func Frozen(tx *store.Tx) (bool, error) {
	doc, err := readFreeze(tx)
	return doc.State == glovebox.FreezeOn, err
}

// thawed fails while the domain is frozen.
func thawed(tx *store.Tx) error {
	on, err := Frozen(tx)
	if err == nil && on {
		err = glovebox.Errorf(glovebox.CodeDenied, "the domain is frozen").WithFix("the authority can say why, and ends it: `glovebox unfreeze`")
	}
	return err
}

// FreezeState reads whether the domain is frozen, and by whom.
func (d *Domain) FreezeState(ctx context.Context) (doc FreezeDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		doc, err = readFreeze(tx)
		return err
	})
	if doc.State == "" {
		doc.State = glovebox.FreezeOff
	}
	return doc, err
}
