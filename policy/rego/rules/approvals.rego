# Review by several parties (R12): each approval given is a valid one; at export
# none is missing.
package glovebox.rules.approvals

import data.glovebox.domain
import data.glovebox.lib
import data.glovebox.tables

texts := {
	"approval.unknown": {
		"req": "R19",
		"en": "an approval names nobody; every approval has one known person behind it",
		"zh": "有一项批准没有说明批准人；每项批准都须对应一个已登记的人员",
	},
	"approval.suspended": {
		"req": "R19",
		"en": "approver {user} is not an active user; another holder of role {role} must approve",
		"zh": "批准人 {user} 未处于启用状态；请由另一名 {role} 角色人员批准",
	},
	"approval.role": {
		"req": "R12",
		"en": "{user} approved as {role} but does not hold that role, or it reviews nothing; somebody who holds one of the roles asked must approve: {required}",
		"zh": "{user} 以 {role} 身份批准，但没有该角色，或该角色不参与批准；请由具有所需角色的人员批准：{required}",
	},
	"approval.provider": {
		"req": "R06",
		"en": "{user} approved as provider for {org}, which provides none of the job's datasets; the providers are: {providers}",
		"zh": "{user} 以数据提供单位 {org} 的身份批准，但该单位未提供作业所用数据；数据提供单位为：{providers}",
	},
	"approval.duplicate": {
		"req": "R12",
		"en": "{user} approved this release before; approvals come from distinct persons",
		"zh": "{user} 已批准过该发布；各项批准须由不同人员作出",
	},
	"approval.two_roles": {
		"req": "R19",
		"en": "approver {user} holds several roles on product {product}: {roles}; one person never holds two, so another person must approve",
		"zh": "批准人 {user} 在产品 {product} 上兼任多个角色：{roles}；一人不得兼任两个角色，请换人批准",
	},
	"approval.same_org": {
		"req": "R19",
		"en": "approver {user} belongs to the institution of whoever {what}; somebody of another institution must approve as {role}",
		"zh": "批准人 {user} 与{what_zh}属同一机构；请由其他机构的 {role} 人员批准",
	},
	"approval.missing": {
		"req": "R12",
		"en": "release {release} lacks the approval of role {role}; somebody who holds it approves with `glovebox release approve`",
		"zh": "发布 {release} 缺少 {role} 角色的批准；请由该角色人员用 `glovebox release approve` 批准",
	},
	"approval.provider_missing": {
		"req": "R06",
		"en": "release {release} lacks the approval of {provider}, which provides dataset {dataset}; one of its people approves with `glovebox release approve`",
		"zh": "发布 {release} 缺少数据提供单位 {provider}（数据资源 {dataset}）的批准；请由该单位人员用 `glovebox release approve` 批准",
	},
}

deny contains lib.fault("approval.unknown", at(i), {}) if {
	some i, a in input.people.approvals
	a.user == ""
}

deny contains lib.fault("approval.suspended", at(i), {"user": a.user, "role": a.role}) if {
	some i, a in input.people.approvals
	a.user != ""
	a.state != "active"
}

deny contains lib.fault("approval.role", at(i), {"user": a.user, "role": a.role, "required": concat(", ", required)}) if {
	some i, a in input.people.approvals
	not holds_role(a)
}

deny contains lib.fault("approval.provider", at(i), {
	"user": a.user,
	"org": a.org,
	"providers": concat(", ", lib.providers),
}) if {
	some i, a in input.people.approvals
	a.role == "provider"
	not provides(a)
}

deny contains lib.fault("approval.duplicate", at(i), {"user": a.user}) if {
	some i, a in input.people.approvals
	some j, b in input.people.approvals
	j < i
	a.user != ""
	a.user == b.user
}

deny contains lib.fault("approval.two_roles", at(i), {
	"user": a.user,
	"product": input.product,
	"roles": concat(", ", roles),
}) if {
	some i, a in input.people.approvals
	a.user != ""
	roles := lib.roles_of({"name": a.user, "roles": a.roles, "org": a.org})
	count(roles) > 1
}

# Where institutions are known, who approves is not of the author's: nor, as
# authority or auditor, of the operator's who takes the result out.
deny contains lib.fault("approval.same_org", at(i), {"user": a.user, "role": a.role, "what": "submitted the job", "what_zh": "作业提交人"}) if {
	not input.local
	some i, a in input.people.approvals
	a.org != ""
	a.org == input.people.submitter_org
}

deny contains lib.fault("approval.same_org", at(i), {"user": a.user, "role": a.role, "what": "exports the release", "what_zh": "导出人"}) if {
	not input.local
	input.point == "export"
	some i, a in input.people.approvals
	a.role in {"authority", "auditor", "provider"}
	a.org != ""
	a.org == input.user.org
}

deny contains lib.fault("approval.missing", "people.approvals", {"release": input.release.id, "role": role}) if {
	input.point == "export"
	input.release.id != ""
	some role in required
	not given[role]
}

# Every provider of an input consents, not just one of them.
deny contains lib.fault("approval.provider_missing", sprintf("inputs.%s", [dataset]), {
	"release": input.release.id,
	"provider": provider,
	"dataset": dataset,
}) if {
	input.point == "export"
	input.release.id != ""
	"provider" in required
	given.provider
	some dataset, _ in input.job.inputs
	provider := input.datasets[dataset].provider
	not given.provider[provider]
}

# given approvals that count: for each role, the organisations they come from.
given[a.role] contains a.org if some a in valid

valid contains a if {
	some a in input.people.approvals
	a.user != ""
	a.state == "active"
	holds_role(a)
}

provides(a) if a.org in lib.providers

holds_role(a) if {
	a.role in tables.approver_roles
	a.role in a.roles
}

at(i) := sprintf("people.approvals[%d]", [i])

# required roles: the grant's, or the default, what no grant can lower, and what
# the domain adds.
required := by_grant | floor | {r |
	some o in domain.obligation
	lib.obligation_ok(o)
	o.kind == "approvals"
	some r in o.roles
}

# The authority always approves, and one who is not of the operator's side with it:
# every provider, or an auditor.
floor := {"authority"} | second

second := set() if {
	some r in by_grant
	r in {"provider", "auditor"}
} else := {"provider"}

by_grant := {r | some r in input.grant.approvals} if {
	some _ in input.grant.approvals
} else := {r | some r in tables.default_approvals}
