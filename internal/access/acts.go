package access

import "glovebox.example/glovebox"

var (
	authority = []glovebox.Role{glovebox.RoleAuthority}
	registrar = []glovebox.Role{glovebox.RoleRegistrar}
	provider  = []glovebox.Role{glovebox.RoleProvider}
	operator  = []glovebox.Role{glovebox.RoleOperator}
	developer = []glovebox.Role{glovebox.RoleDeveloper}
	// second are those who confirm what a registrar began, and are not the same
	// person.
	second    = []glovebox.Role{glovebox.RoleRegistrar, glovebox.RoleAuthority}
	approvers = []glovebox.Role{glovebox.RoleProvider, glovebox.RoleAuthority, glovebox.RoleOperator, glovebox.RoleAuditor}
)

// Acts is the table, in the order in which people meet them.
var Acts = []Act{
	{Name: "org.add", Roles: registrar, Scope: Any, Route: "POST /orgs", Command: "org add", Text: "register an institution", Keeping: true},
	{Name: "user.add", Roles: registrar, Scope: Any, Route: "POST /users", Command: "user add", Text: "register a person, or ask for one more role", Keeping: true},
	{Name: "user.role_confirm", Roles: second, Scope: Any, Route: "POST /users/{id}/roles", Command: "user role confirm", Text: "confirm a role that another person asked for", Keeping: true},
	{Name: "user.role_remove", Roles: second, Scope: Any, Route: "POST /users/{id}/roles", Command: "user role remove", Text: "take a role away", Keeping: true},
	{Name: "user.suspend", Roles: second, Scope: Any, Route: "POST /users/{id}/state", Command: "user suspend", Text: "suspend a person", Keeping: true},
	{Name: "user.resume", Roles: second, Scope: Any, Route: "POST /users/{id}/state", Command: "user resume", Text: "let a suspended person act again", Keeping: true},
	{Name: "user.key_add", Scope: Own, Route: "POST /users/{id}/keys", Command: "user key add", Text: "hand in a public key", Keeping: true},
	{Name: "user.key_confirm", Roles: second, Scope: Any, Route: "POST /users/{id}/keys", Command: "user key confirm", Text: "confirm a key that another person handed in", Keeping: true},
	{Name: "user.key_revoke", Scope: Own, Route: "POST /users/{id}/keys", Command: "user key revoke", Text: "revoke a key", Keeping: true},

	{Name: "session.open", Scope: Own, Route: "POST /tokens", Command: "login", Text: "log in"},

	{Name: "dataset.add", Roles: provider, Scope: Org, Route: "POST /datasets", Command: "dataset add", Text: "register a dataset"},
	{Name: "dataset.load", Roles: provider, Scope: Org, Route: "POST /datasets/{id}/snapshots", Command: "dataset load", Text: "load a file into a new snapshot", Long: true},
	{Name: "fit.charge", Roles: provider, Scope: Org, Route: "POST /datasets/{id}/sample", Command: "dataset sample", Text: "measure a dataset for samples that resemble it"},

	{Name: "space.add", Roles: authority, Scope: Any, Route: "POST /spaces", Command: "space add", Text: "say what a unit of a space may lose over all datasets"},

	{Name: "scenario.add", Roles: operator, Scope: Scenario, Route: "POST /scenarios", Command: "scenario add", Text: "propose a scenario"},
	{Name: "scenario.grant", Roles: authority, Scope: District, Route: "POST /scenarios/{id}/grants", Command: "scenario grant", Text: "grant a scenario"},

	{Name: "node.trust", Roles: authority, Scope: Any, Route: "POST /nodes", Command: "node trust", Text: "let a node work on parts of jobs"},
	{Name: "node.revoke", Roles: authority, Scope: Any, Route: "POST /nodes/{id}/state", Command: "node revoke", Text: "take a node's leave to work"},
	{Name: "node.use", Roles: authority, Scope: Any, Route: "POST /engine", Command: "node use", Text: "say who hands the parts of jobs out"},

	{Name: "job.run", Roles: developer, Scope: Own, Route: "POST /jobs", Command: "job run", Text: "run a job", Long: true},
	{Name: "release.attach", Roles: developer, Scope: Own, Route: "POST /releases/{id}/reports", Command: "release attach", Text: "attach a report to one's own release"},
	{Name: "release.approve", Roles: approvers, Scope: District, Route: "POST /releases/{id}/reviews", Command: "release approve", Text: "approve a release"},
	{Name: "release.export", Roles: operator, Scope: Scenario, Route: "POST /releases/{id}/exports", Command: "release export", Text: "export an approved release"},
}
