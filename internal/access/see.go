package access

import (
	"slices"

	"glovebox.example/glovebox"
)

// Viewer is who looks: a person, and the district of the person's institution,
// "" for one of the whole city.
type Viewer struct {
	glovebox.User
	District string
}

// Work is what a job or a release belongs to, for those who want to look at it.
type Work struct {
	Submitter string
	Operator  string   // of its scenario
	Providers []string // institutions whose data it reads
	Districts []string // of these institutions; "" is the whole city
	// Needed are the roles that are asked to approve its release, Out whether that
	// has been approved: what is out of review is for everybody who sees the job.
	Needed []glovebox.Role
	Out    bool
}

// Sees says whether v may know of a job: what was asked, decided and paid, not
// the figures. A developer sees its own, an operator those of its scenarios, a
// provider those that read its data, the authority those of its district, an
// auditor all.
func (v *Viewer) Sees(w *Work) bool {
	return v.Name == w.Submitter || slices.ContainsFunc(v.Roles, func(r glovebox.Role) bool { return v.seesAs(r, w) })
}

func (v *Viewer) seesAs(r glovebox.Role, w *Work) bool {
	switch r {
	case glovebox.RoleAuditor:
		return true
	case glovebox.RoleAuthority:
		return v.District == "" || slices.Contains(w.Districts, v.District)
	case glovebox.RoleProvider:
		return v.Org != "" && slices.Contains(w.Providers, v.Org)
	case glovebox.RoleOperator:
		return v.Name == w.Operator
	}
	return false
}

// Reads says whether v may read the figures of a release: once it is out of
// review whoever sees it; before that its submitter, its operator, and those of
// whom an approval is asked for.
func (v *Viewer) Reads(w *Work) bool {
	if w.Out || v.Name == w.Submitter {
		return v.Sees(w)
	}
	return slices.ContainsFunc(v.Roles, func(r glovebox.Role) bool {
		return (slices.Contains(w.Needed, r) || r == glovebox.RoleOperator) && v.seesAs(r, w)
	})
}

// Log says whether v may read the whole log.
func (v *Viewer) Log() bool {
	return slices.Contains(v.Roles, glovebox.RoleAuditor) || slices.Contains(v.Roles, glovebox.RoleAuthority) && v.District == ""
}

// Places says whether v may know where exports go: who exports, who checks.
func (v *Viewer) Places() bool {
	return slices.ContainsFunc(v.Roles, func(r glovebox.Role) bool {
		return r == glovebox.RoleOperator || r == glovebox.RoleAuditor || r == glovebox.RoleAuthority
	})
}

// People says whether v may list everybody: who keeps the records, and who
// checks them. Others see those of their own institution.
func (v *Viewer) People() bool {
	return slices.ContainsFunc(v.Roles, func(r glovebox.Role) bool {
		return r == glovebox.RoleRegistrar || r == glovebox.RoleAuditor || r == glovebox.RoleAuthority
	})
}
