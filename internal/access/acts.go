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
	{"org.add", registrar, Any, "POST /orgs", "org add", glovebox.Text{EN: "register an institution", ZH: "登记机构"}},
	{"user.add", registrar, Any, "POST /users", "user add", glovebox.Text{EN: "register a person, or ask for one more role", ZH: "登记人员或申请增加角色"}},
	{"user.role_confirm", second, Any, "POST /users/{id}/roles", "user role confirm", glovebox.Text{EN: "confirm a role that another person asked for", ZH: "确认他人申请的角色"}},
	{"user.role_remove", second, Any, "POST /users/{id}/roles", "user role remove", glovebox.Text{EN: "take a role away", ZH: "收回角色"}},
	{"user.suspend", second, Any, "POST /users/{id}/state", "user suspend", glovebox.Text{EN: "suspend a person", ZH: "停用人员"}},
	{"user.resume", second, Any, "POST /users/{id}/state", "user resume", glovebox.Text{EN: "let a suspended person act again", ZH: "恢复人员"}},
	{"user.key_add", nil, Own, "POST /users/{id}/keys", "user key add", glovebox.Text{EN: "hand in a public key", ZH: "提交公钥"}},
	{"user.key_confirm", second, Any, "POST /users/{id}/keys", "user key confirm", glovebox.Text{EN: "confirm a key that another person handed in", ZH: "确认他人提交的公钥"}},
	{"user.key_revoke", nil, Own, "POST /users/{id}/keys", "user key revoke", glovebox.Text{EN: "revoke a key", ZH: "吊销密钥"}},
	{"user.bind", registrar, Any, "POST /users/{id}/bindings", "user bind", glovebox.Text{EN: "bind a login of the identity provider to a person", ZH: "将统一身份认证账号绑定到人员"}},
	{"user.unbind", registrar, Any, "POST /users/{id}/bindings", "user unbind", glovebox.Text{EN: "undo a binding", ZH: "解除绑定"}},

	{"dataset.add", provider, Org, "POST /datasets", "dataset add", glovebox.Text{EN: "register a dataset", ZH: "登记数据资源"}},
	{"dataset.load", provider, Org, "POST /datasets/{id}/snapshots", "dataset load", glovebox.Text{EN: "load a file into a new snapshot", ZH: "载入新快照"}},
	{"fit.charge", provider, Org, "POST /datasets/{id}/sample", "dataset sample", glovebox.Text{EN: "measure a dataset for samples that resemble it", ZH: "为相似样例测算数据资源"}},

	{"scenario.add", operator, Scenario, "POST /scenarios", "scenario add", glovebox.Text{EN: "propose a scenario", ZH: "申报应用场景"}},
	{"scenario.grant", authority, District, "POST /scenarios/{id}/grants", "scenario grant", glovebox.Text{EN: "grant a scenario", ZH: "授权应用场景"}},

	{"job.run", developer, Own, "POST /jobs", "job run", glovebox.Text{EN: "run a job", ZH: "运行作业"}},
	{"release.attach", developer, Own, "POST /releases/{id}/reports", "release attach", glovebox.Text{EN: "attach a report to one's own release", ZH: "为本人的发布附上报告"}},
	{"release.approve", approvers, District, "POST /releases/{id}/reviews", "release approve", glovebox.Text{EN: "approve a release", ZH: "批准发布"}},
	{"release.export", operator, Scenario, "POST /releases/{id}/exports", "release export", glovebox.Text{EN: "export an approved release", ZH: "导出已批准的发布"}},
}
