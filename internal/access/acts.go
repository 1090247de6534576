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
	holders   = []glovebox.Role{glovebox.RoleProvider, glovebox.RoleAuthority}
	leaders   = []glovebox.Role{glovebox.RoleOperator, glovebox.RoleAuthority}
	owners    = []glovebox.Role{glovebox.RoleOperator, glovebox.RoleProvider, glovebox.RoleAuthority}
	appliers  = []glovebox.Role{glovebox.RoleOperator, glovebox.RoleDeveloper}
	askers    = []glovebox.Role{glovebox.RoleDeveloper, glovebox.RoleOperator, glovebox.RoleAuthority}
	handlers  = []glovebox.Role{glovebox.RoleOperator, glovebox.RoleProvider, glovebox.RoleAuthority, glovebox.RoleRegistrar}
	reviewers = []glovebox.Role{glovebox.RoleAuthority, glovebox.RoleAuditor, glovebox.RoleProvider}
	samplers  = []glovebox.Role{glovebox.RoleAuthority, glovebox.RoleAuditor}
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
	{Name: "user.end", Roles: second, Scope: Any, Route: "POST /users/{id}/state", Command: "user end", Text: "end a person's part for good", Keeping: true},
	{Name: "org.suspend", Roles: second, Scope: Any, Route: "POST /orgs/{id}/state", Command: "org suspend", Text: "suspend an institution", Keeping: true},
	{Name: "org.resume", Roles: second, Scope: Any, Route: "POST /orgs/{id}/state", Command: "org resume", Text: "let a suspended institution act again", Keeping: true},
	{Name: "org.end", Roles: second, Scope: Any, Route: "POST /orgs/{id}/state", Command: "org end", Text: "end an institution's part for good", Keeping: true},
	{Name: "user.key_add", Scope: Own, Route: "POST /users/{id}/keys", Command: "user key add", Text: "hand in a public key", Keeping: true},
	{Name: "user.key_confirm", Roles: second, Scope: Any, Route: "POST /users/{id}/keys", Command: "user key confirm", Text: "confirm a key that another person handed in", Keeping: true},
	{Name: "user.key_revoke", Scope: Own, Route: "POST /users/{id}/keys", Command: "user key revoke", Text: "revoke a key", Keeping: true},

	{Name: "domain.backup", Roles: registrar, Scope: Any, Route: "POST /copies", Command: "domain backup", Text: "take a safety copy of the domain", Keeping: true},
	{Name: "domain.rotate", Roles: registrar, Scope: Any, Route: "POST /rotations", Command: "domain rotate-keys", Text: "replace a key of the domain", Keeping: true},
	{Name: "user.bind", Roles: registrar, Scope: Any, Route: "POST /users/{id}/bindings", Command: "user bind", Text: "ask for an account of an identity provider to be a person's", Keeping: true},
	{Name: "user.bind_confirm", Roles: second, Scope: Any, Route: "POST /users/{id}/bindings", Command: "user bind-confirm", Text: "confirm whose an account of an identity provider is", Keeping: true},
	{Name: "user.unbind", Scope: Own, Route: "POST /users/{id}/bindings", Command: "user unbind", Text: "end that an account of an identity provider is a person's", Keeping: true},

	{Name: "session.open", Scope: Own, Route: "POST /tokens", Command: "login", Text: "log in"},
	{Name: "session.end", Scope: Own, Route: "POST /sessions/{id}", Command: "session end", Text: "end a session"},
	{Name: "token.add", Scope: Own, Route: "POST /programs", Command: "token add", Text: "make a token for a program"},
	{Name: "token.end", Scope: Own, Route: "POST /programs/{id}", Command: "token end", Text: "end a token"},

	{Name: "dataset.add", Roles: provider, Scope: Org, Route: "POST /datasets", Command: "dataset add", Text: "register a dataset"},
	{Name: "dataset.load", Roles: provider, Scope: Org, Route: "POST /datasets/{id}/snapshots", Command: "dataset load", Text: "load a file into a new snapshot", Long: true},
	{Name: "fit.charge", Roles: provider, Scope: Org, Route: "POST /datasets/{id}/sample", Command: "dataset sample", Text: "measure a dataset for samples that resemble it"},

	{Name: "dataset.pause", Roles: holders, Scope: Stake, Route: "POST /datasets/{id}/state", Command: "dataset pause", Text: "stop all use of a dataset at once"},
	{Name: "dataset.resume", Roles: holders, Scope: Stake, Route: "POST /datasets/{id}/state", Command: "dataset resume", Text: "let go of a dataset that one paused"},
	{Name: "space.add", Roles: authority, Scope: Any, Route: "POST /spaces", Command: "space add", Text: "say what a unit of a space may lose over all datasets"},

	{Name: "scenario.add", Roles: operator, Scope: Scenario, Route: "POST /scenarios", Command: "scenario add", Text: "propose a scenario"},
	{Name: "scenario.apply", Roles: appliers, Scope: Scenario, Route: "POST /scenarios", Command: "scenario apply", Text: "apply for a scenario"},
	{Name: "scenario.review", Roles: owners, Scope: Stake, Route: "POST /scenarios/{id}/reviews", Command: "scenario review", Text: "review an application: first, as provider, as authority"},
	{Name: "scenario.return", Roles: leaders, Scope: Stake, Route: "POST /scenarios/{id}/reviews", Command: "scenario return", Text: "send an application back with remarks"},
	{Name: "scenario.amend", Roles: appliers, Scope: Scenario, Route: "POST /scenarios/{id}/versions", Command: "scenario amend", Text: "file another version of a scenario"},
	{Name: "scenario.refuse", Roles: authority, Scope: Stake, Route: "POST /scenarios/{id}/reviews", Command: "scenario refuse", Text: "refuse an application for good"},
	{Name: "scenario.grant", Roles: authority, Scope: District, Route: "POST /scenarios/{id}/grants", Command: "scenario grant", Text: "grant a scenario"},

	{Name: "scenario.suspend", Roles: leaders, Scope: Stake, Route: "POST /scenarios/{id}/state", Command: "scenario suspend", Text: "stop a scenario at once"},
	{Name: "scenario.resume", Roles: leaders, Scope: Stake, Route: "POST /scenarios/{id}/state", Command: "scenario resume", Text: "let go of a scenario that one stopped"},

	{Name: "domain.freeze", Roles: authority, Scope: Any, Route: "POST /freeze/{id}", Command: "freeze", Text: "stop the whole domain at once"},
	{Name: "domain.unfreeze", Roles: authority, Scope: Any, Route: "POST /freeze/{id}", Command: "unfreeze", Text: "let go of a freeze"},
	{Name: "incident.open", Roles: glovebox.Roles, Scope: Any, Route: "POST /incidents", Command: "incident open", Text: "report an incident, or a drill"},
	{Name: "incident.note", Roles: handlers, Scope: Any, Route: "POST /incidents/{id}/notes", Command: "incident note", Text: "record a step of handling an incident"},
	{Name: "incident.close", Roles: authority, Scope: Any, Route: "POST /incidents/{id}/notes", Command: "incident close", Text: "close an incident"},

	{Name: "product.register", Roles: authority, Scope: District, Route: "POST /products", Command: "product register", Text: "put a product on the list and issue its registration code"},
	{Name: "product.publish", Roles: authority, Scope: District, Route: "POST /products/{id}/state", Command: "product publish", Text: "publish a product, or say that it runs"},

	{Name: "ticket.open", Roles: glovebox.Roles, Scope: Any, Route: "POST /tickets", Command: "ticket open", Text: "ask about the quality of a dataset"},
	{Name: "ticket.answer", Roles: glovebox.Roles, Scope: Any, Route: "POST /tickets/{id}/words", Command: "ticket answer", Text: "answer a question about quality, or ask on"},
	{Name: "ticket.close", Roles: glovebox.Roles, Scope: Any, Route: "POST /tickets/{id}/words", Command: "ticket close", Text: "close a question about quality"},

	{Name: "module.register", Roles: developer, Scope: Own, Route: "POST /modules", Command: "module register", Text: "register a module"},
	{Name: "module.certify", Roles: reviewers, Scope: Any, Route: "POST /modules/{id}/reviews", Command: "module certify", Text: "vouch for a module"},
	{Name: "module.promote", Roles: leaders, Scope: Any, Route: "POST /modules/{id}/reviews", Command: "module promote", Text: "run a job on samples and let it become real"},

	{Name: "node.trust", Roles: authority, Scope: Any, Route: "POST /nodes", Command: "node trust", Text: "let a node work on parts of jobs"},
	{Name: "node.revoke", Roles: authority, Scope: Any, Route: "POST /nodes/{id}/state", Command: "node revoke", Text: "take a node's leave to work"},
	{Name: "node.use", Roles: authority, Scope: Any, Route: "POST /engine", Command: "node use", Text: "say who hands the parts of jobs out"},

	{Name: "job.run", Roles: developer, Scope: Own, Route: "POST /jobs", Command: "job run", Text: "run a job", Long: true},
	{Name: "job.cancel", Roles: askers, Scope: Stake, Route: "POST /jobs/{id}/state", Command: "job cancel", Text: "end a job for good"},
	{Name: "release.attach", Roles: developer, Scope: Own, Route: "POST /releases/{id}/reports", Command: "release attach", Text: "attach a report to one's own release"},
	{Name: "release.return", Roles: approvers, Scope: Stake, Route: "POST /releases/{id}/reviews", Command: "release return", Text: "send a release back with remarks"},
	{Name: "release.approve", Roles: approvers, Scope: District, Route: "POST /releases/{id}/reviews", Command: "release approve", Text: "approve a release"},
	{Name: "release.export", Roles: operator, Scope: Scenario, Route: "POST /releases/{id}/exports", Command: "release export", Text: "export an approved release"},
	{Name: "release.supersede", Roles: operator, Scope: Stake, Route: "POST /releases/{id}/state", Command: "release supersede", Text: "have a later release stand for one"},
	{Name: "release.reject", Roles: approvers, Scope: Stake, Route: "POST /releases/{id}/reviews", Command: "release refuse", Text: "refuse a release for good"},
	{Name: "release.withdraw", Roles: owners, Scope: Stake, Route: "POST /releases/{id}/state", Command: "release withdraw", Text: "take a release back"},

	{Name: "dataset.rollback", Roles: provider, Scope: Org, Route: "POST /datasets/{id}/state", Command: "dataset rollback", Text: "go back to an earlier snapshot"},
	{Name: "dataset.destroy", Roles: provider, Scope: Org, Route: "POST /datasets/{id}/state", Command: "dataset destroy", Text: "destroy a snapshot that is not the current one"},
	{Name: "dataset.cancel", Roles: provider, Scope: Org, Route: "POST /datasets/{id}/state", Command: "dataset cancel", Text: "take a mistaken registration back"},
	{Name: "dataset.withdraw", Roles: holders, Scope: Stake, Route: "POST /datasets/{id}/state", Command: "dataset withdraw", Text: "take a dataset back for good, and destroy its keys"},
	{Name: "scenario.end", Roles: leaders, Scope: Stake, Route: "POST /scenarios/{id}/state", Command: "scenario end", Text: "end a scenario for good"},

	{Name: "product.sample", Roles: samplers, Scope: Any, Route: "POST /products/{id}/samples", Command: "product sample-review", Text: "record a look at a delivered product"},
	{Name: "product.retire", Roles: leaders, Scope: Stake, Route: "POST /products/{id}/state", Command: "product retire", Text: "retire a product for good"},
	{Name: "module.revoke", Roles: []glovebox.Role{glovebox.RoleAuthority, glovebox.RoleDeveloper}, Scope: Own, Route: "POST /modules/{id}/state", Command: "module revoke", Text: "revoke a module for good"},
}
