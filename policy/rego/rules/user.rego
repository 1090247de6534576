# Who acts: a known, active person.
package glovebox.rules.user

import data.glovebox.lib

texts := {
	"user.unknown": {
		"req": "R19",
		"en": "nobody is named as the one who asks; every request has one known person behind it",
		"zh": "没有说明请求人；每个请求都须对应一个已登记的人员",
	},
	"user.suspended": {
		"req": "R19",
		"en": "user {user} is not active; a registrar or the authority can say why, and resumes the person with `glovebox user resume`",
		"zh": "用户 {user} 未处于启用状态；请向安全管理员或实施机构了解原因，由其用 `glovebox user resume` 恢复",
	},
}

deny contains lib.fault("user.unknown", "user.name", {}) if not named

named if input.user.name != ""

deny contains lib.fault("user.suspended", "user.state", {"user": input.user.name}) if {
	named
	input.user.state != "active"
}
