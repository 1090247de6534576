package domain

import (
	"maps"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// Stake is who answers for something: a developer for its own jobs, an operator
// for its scenarios, a provider for its institution's datasets and what reads
// them, the authority for what belongs to its district.
type Stake struct {
	Submitter string
	Operator  string
	Datasets  []string // codes
}

// Answers fails with CodeDenied unless u answers for it in that role.
func (s *Stake) Answers(tx *store.Tx, u glovebox.User, role glovebox.Role) error {
	ok := false
	switch role {
	case glovebox.RoleDeveloper:
		ok = s.Submitter != "" && s.Submitter == u.Name
	case glovebox.RoleOperator:
		ok = s.Operator != "" && s.Operator == u.Name
	case glovebox.RoleProvider, glovebox.RoleAuthority:
		mine, err := District(tx, u.Org)
		if err != nil {
			return err
		}
		ok = role == glovebox.RoleAuthority && mine == ""
		for _, code := range s.Datasets {
			doc, err := Datasets.Find(tx, code)
			if err != nil {
				return err
			}
			if doc == nil {
				continue
			}
			if role == glovebox.RoleProvider {
				ok = ok || u.Org != "" && doc.Record.Provider == u.Org
				continue
			}
			district, err := District(tx, doc.Record.Provider)
			if err != nil {
				return err
			}
			ok = ok || mine != "" && district == mine
		}
	}
	if !ok {
		return glovebox.Errorf(glovebox.CodeDenied, "%s does not answer for it, as %s", u.Name, role).WithFix("its operator, a provider of its data or the authority of its district does that")
	}
	return nil
}

// wholeCity fails with CodeDenied unless u is the authority of no district alone.
func wholeCity(tx *store.Tx, u glovebox.User, role glovebox.Role) error {
	return (&Stake{}).Answers(tx, u, role)
}

// ofScenario is who answers for a scenario.
func ofScenario(s *glovebox.Scenario) *Stake {
	return &Stake{Operator: s.Operator, Datasets: slices.Sorted(maps.Keys(s.Needs))}
}

// OfJob is who answers for a job and its release.
func OfJob(tx *store.Tx, j *job.Doc) (*Stake, error) {
	s := &Stake{Submitter: j.Submitter, Datasets: slices.Sorted(maps.Keys(j.Basis.Job.Inputs))}
	sc, err := Scenarios.Find(tx, j.Scenario)
	if err == nil && sc != nil {
		s.Operator = sc.Operator
	}
	return s, err
}
