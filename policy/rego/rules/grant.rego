# The grant: of this scenario, active, within its term, no longer than a grant
# may be.
package glovebox.rules.grant

import data.glovebox.lib
import data.glovebox.tables

texts := {
	"grant.none": {
		"req": "R01",
		"en": "scenario {scenario} holds no grant; the authority gives one with `glovebox scenario grant`",
		"zh": "应用场景 {scenario} 没有授权；由实施机构用 `glovebox scenario grant` 授权",
	},
	"grant.scenario": {
		"req": "R01",
		"en": "the grant belongs to scenario {granted}, not to {scenario}; one scenario's grant serves no other",
		"zh": "该授权属于应用场景 {granted}，不属于 {scenario}；一场景一授权，不得挪用",
	},
	"grant.suspended": {
		"req": "R18",
		"en": "the grant is suspended with its scenario; `glovebox scenario show` says who did and why, and each of them resumes it",
		"zh": "授权已随其场景暂停；`glovebox scenario show` 显示暂停者与原因，须由各暂停者恢复",
	},
	"grant.ended": {
		"req": "R18",
		"en": "the grant was ended before its term; the authority can grant anew",
		"zh": "授权已提前终止；如需继续，由实施机构重新授权",
	},
	"grant.state": {
		"req": "R02",
		"en": "the grant is not active; the authority must activate it",
		"zh": "授权未生效；须由实施机构激活",
	},
	"grant.early": {
		"req": "R02",
		"en": "the grant starts on {from}, the request is of {today}; wait, or ask the authority for an earlier start",
		"zh": "授权自 {from} 起生效，请求日期为 {today}；请等待，或请实施机构提前生效日期",
	},
	"grant.expired": {
		"req": "R02",
		"en": "the grant ended on {until}, the request is of {today}; the authority can renew it",
		"zh": "授权已于 {until} 到期，请求日期为 {today}；可由实施机构续期",
	},
	"grant.dates": {
		"req": "R02",
		"en": "the grant's first and last day are not two days (YYYY-MM-DD) in order; the authority must correct them",
		"zh": "授权的起止日期无效或次序颠倒（应为 YYYY-MM-DD）；须由实施机构更正",
	},
	"grant.term": {
		"req": "R02",
		"en": "the grant runs to {until}, past {years} years after its start on {from}; the authority must shorten it",
		"zh": "授权期限自 {from} 至 {until}，超过 {years} 年；须由实施机构缩短",
	},
	"grant.approval_role": {
		"req": "R12",
		"en": "the grant asks for approval by role {role}, which reviews nothing; the authority must name provider, authority, operator or auditor",
		"zh": "授权要求由角色 {role} 批准，但该角色不参与批准；实施机构应改为数据提供单位、实施机构、运营机构或审计（provider、authority、operator、auditor）",
	},
}

deny contains lib.fault("grant.none", "scenario", {"scenario": input.scenario.code}) if {
	lib.has_scenario
	not lib.has_grant
}

deny contains lib.fault("grant.scenario", "grant.scenario", {"granted": input.grant.scenario, "scenario": input.scenario.code}) if {
	input.grant.scenario != input.scenario.code
}

deny contains lib.fault("grant.suspended", "grant.state", {}) if input.grant.state == "suspended"

deny contains lib.fault("grant.ended", "grant.state", {}) if input.grant.state == "ended"

deny contains lib.fault("grant.state", "grant.state", {}) if {
	lib.has_grant
	not known_state
}

deny contains lib.fault("grant.early", "grant.from", {"from": input.grant.from, "today": lib.today}) if {
	valid_days
	lib.today < input.grant.from
}

deny contains lib.fault("grant.expired", "grant.until", {"until": input.grant.until, "today": lib.today}) if {
	valid_days
	lib.today > input.grant.until
}

deny contains lib.fault("grant.dates", "grant.from", {}) if {
	lib.has_grant
	not valid_days
}

deny contains lib.fault("grant.term", "grant.until", {
	"from": input.grant.from,
	"until": input.grant.until,
	"years": tables.max_term_years,
}) if {
	valid_days
	input.grant.until > last_day
}

deny contains lib.fault("grant.approval_role", sprintf("grant.approvals[%d]", [i]), {"role": role}) if {
	some i, role in input.grant.approvals
	not role in tables.approver_roles
}

known_state if input.grant.state in {"active", "suspended", "ended"}

valid_days if {
	lib.is_day(input.grant.from)
	lib.is_day(input.grant.until)
	input.grant.from <= input.grant.until
}

# The same day of the year, so many years on. Days compare as text, so it does
# not matter that a 29 February may not exist then.
last_day := sprintf("%04d%s", [
	to_number(substring(input.grant.from, 0, 4)) + tables.max_term_years,
	substring(input.grant.from, 4, -1),
])
