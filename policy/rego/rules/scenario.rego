# No scenario, no grant (无场景不授权): an approved purpose stands behind every
# request, at the time of the request.
package glovebox.rules.scenario

import data.glovebox.lib

texts := {
	"time.invalid": {
		"req": "R02",
		"en": "the request carries no valid time (RFC 3339), so no term can be checked; this is a fault of the caller, tell whoever keeps the domain",
		"zh": "请求没有有效的时间（RFC 3339），无法核对授权期限；这是调用方的错误，请联系域的维护者",
	},
	"scenario.none": {
		"req": "R01",
		"en": "the domain knows no such scenario, and without a scenario nothing is granted; the operator proposes one, the authority grants it",
		"zh": "本域没有该应用场景，无场景不授权；请运营机构申报场景，由实施机构审核授权",
	},
	"scenario.proposed": {
		"req": "R01",
		"en": "scenario {scenario} is proposed but not granted yet; the authority decides on it",
		"zh": "应用场景 {scenario} 已申报、尚未授权；请实施机构审核",
	},
	"scenario.suspended": {
		"req": "R18",
		"en": "scenario {scenario} is suspended; `glovebox scenario show` says who did and why, and each of them resumes it",
		"zh": "应用场景 {scenario} 已暂停；`glovebox scenario show` 显示暂停者与原因，须由各暂停者恢复",
	},
	"scenario.ended": {
		"req": "R18",
		"en": "scenario {scenario} has ended; a new use needs a new scenario, proposed by the operator and granted by the authority",
		"zh": "应用场景 {scenario} 已终止；如需再用，请运营机构申报新场景，由实施机构授权",
	},
	"scenario.returned": {
		"req": "R04",
		"en": "the application of scenario {scenario} was returned with remarks; its operator files it again with `glovebox scenario amend`",
		"zh": "应用场景 {scenario} 的申请已退回；请运营机构按意见修改后，用 `glovebox scenario amend` 重新申报",
	},
	"scenario.refused": {
		"req": "R04",
		"en": "the application of scenario {scenario} was refused; another use needs another scenario",
		"zh": "应用场景 {scenario} 的申请未获批准；如需他用，请另行申报场景",
	},
	"scenario.state": {
		"req": "R01",
		"en": "scenario {scenario} is in no state that allows use; the authority must grant it",
		"zh": "应用场景 {scenario} 的状态不允许使用；须由实施机构授权",
	},
}

deny contains lib.fault("time.invalid", "time", {}) if not lib.valid_time

deny contains lib.fault("scenario.none", "scenario", {}) if not lib.has_scenario

deny contains lib.fault("scenario.proposed", "scenario", {"scenario": input.scenario.code}) if {
	input.scenario.state in {"proposed", "reviewed"}
}

deny contains lib.fault("scenario.suspended", "scenario", {"scenario": input.scenario.code}) if {
	input.scenario.state == "suspended"
}

deny contains lib.fault("scenario.ended", "scenario", {"scenario": input.scenario.code}) if {
	input.scenario.state == "ended"
}

deny contains lib.fault("scenario.returned", "scenario", {"scenario": input.scenario.code}) if {
	input.scenario.state == "returned"
}

deny contains lib.fault("scenario.refused", "scenario", {"scenario": input.scenario.code}) if {
	input.scenario.state == "refused"
}

deny contains lib.fault("scenario.state", "scenario", {"scenario": input.scenario.code}) if {
	lib.has_scenario
	not known_state
}

known_state if input.scenario.state in {"proposed", "reviewed", "returned", "refused", "granted", "suspended", "ended"}
