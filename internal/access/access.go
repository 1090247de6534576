// Package access is the one table of rights: which acts there are, who may take
// each of them in which role and by what proof, and what of the domain each
// person may look at.
//
// Commands, the API, pages, docs/access.md and the test that walks every act as
// every role are read from it. What it does not promise: that an act is allowed.
// An act that the table lets through is still decided by the policy, by the
// state of what it is about and by the transaction that makes the change.
package access

import (
	"slices"

	"glovebox.example/glovebox"
)

// Proof is what shows that a step was taken by its person, weakest first.
type Proof string

const (
	// ProofOwner: the account that owns the directory said so (--as). A domain
	// that is served takes it for nothing that changes state.
	ProofOwner Proof = "owner"
	// ProofSession: a person who is logged in, by a token that says nothing of
	// the step itself.
	ProofSession Proof = "session"
	// ProofKey: the person's key file signed the act.
	ProofKey Proof = "key"
	// ProofPasskey: the person's passkey signed the act.
	ProofPasskey Proof = "passkey"
)

// Signed says whether the proof is a signature of the act itself.
func (p Proof) Signed() bool { return p == ProofKey || p == ProofPasskey }

// Act is a row of the table: something that a person can do.
type Act struct {
	// Name of the act, and of the first entry that it makes: "release.approve".
	Name string
	// Roles of which the person holds one, and acts in one. Empty: anybody who is
	// known and active.
	Roles []glovebox.Role
	// Scope says of what.
	Scope Scope
	// Route is where the API takes it, under /api/v1: "POST /releases/{id}/reviews".
	Route string
	// Command is what a shell calls it.
	Command string
	// Text says what it does; package words has the Chinese.
	Text string
	// Keeping: it is about people and institutions, which the owner of a directory
	// that is not served keeps.
	Keeping bool
	// Long: it takes long, and is in the log before it is done.
	Long bool
}

// Scope is what a right is about, beside the role.
type Scope string

const (
	Any      Scope = "any"      // all of the domain
	Own      Scope = "own"      // the person's own: keys, jobs, reports
	Org      Scope = "org"      // the datasets of the person's institution
	Scenario Scope = "scenario" // scenarios whose operator the person is
	Stake    Scope = "stake"    // what the person answers for in the role: see docs/access.md
	District Scope = "district" // what belongs to the district of the person's institution; all, for one without district
)

// Find returns an act by its name.
func Find(name string) (*Act, bool) {
	i := slices.IndexFunc(Acts, func(a Act) bool { return a.Name == name })
	if i < 0 {
		return nil, false
	}
	return &Acts[i], true
}

// Role is the role in which u takes the act: the one that is asked for, or for
// "" the only one, or the first, that u holds and the act is open to; "" again
// where the act is open to anybody. It fails with CodeDenied.
func (a *Act) Role(u glovebox.User, asked glovebox.Role) (glovebox.Role, error) {
	if asked != "" && !slices.Contains(u.Roles, asked) {
		return "", glovebox.Errorf(glovebox.CodeDenied, "%s is not %s", u.Name, asked).WithFix("act in a role that you hold")
	}
	if len(a.Roles) == 0 {
		return asked, nil
	}
	for _, r := range a.Roles {
		if slices.Contains(u.Roles, r) && (asked == "" || asked == r) {
			return r, nil
		}
	}
	if asked != "" {
		return "", glovebox.Errorf(glovebox.CodeDenied, "%s is not for role %s", a.Name, asked).WithFix("act as a user with role %s", a.roles())
	}
	return "", glovebox.Errorf(glovebox.CodeDenied, "%s holds no role that may %s", u.Name, a.Text).WithFix("act as a user with role %s", a.roles())
}

func (a *Act) roles() string {
	s := string(a.Roles[0])
	for _, r := range a.Roles[1:] {
		s += ", " + string(r)
	}
	return s
}
