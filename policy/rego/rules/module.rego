# Only admitted modules, and only approved ones where the grant lists them.
package glovebox.rules.module

import data.glovebox.lib

texts := {
	"module.revoked": {
		"req": "R21",
		"en": "module {digest} was revoked; its developer registers another one: `glovebox module register`",
		"zh": "分析模块 {digest} 已撤销；请开发主体另行登记：`glovebox module register`",
	},
	"module.uncertified": {
		"req": "R21",
		"en": "this domain runs certified modules, and {digest} is none; its developer registers it (`glovebox module register`), two reviewers certify it (`glovebox module certify`)",
		"zh": "本域仅运行已认证的分析模块，{digest} 未认证；请开发主体登记（`glovebox module register`），由两名审核人员认证（`glovebox module certify`）",
	},
	"module.unpromoted": {
		"req": "R07",
		"en": "this domain runs jobs that were promoted, and this one with module {digest} was not; somebody of another institution runs it on samples: `glovebox module promote`",
		"zh": "本域仅运行已转产的作业，使用分析模块 {digest} 的本作业尚未转产；请由其他机构人员在样例数据上运行：`glovebox module promote`",
	},
	"module.none": {
		"req": "R21",
		"en": "the job names no module; give the path of a module file",
		"zh": "作业没有指定分析模块；请填写模块文件路径",
	},
	"module.not_admitted": {
		"req": "R21",
		"en": "the module did not pass admission; `glovebox module check` tells its developer why",
		"zh": "分析模块未通过准入检查；开发主体可用 `glovebox module check` 查看原因",
	},
	"module.not_approved": {
		"req": "R21",
		"en": "the grant approves certain modules only, and {digest} is not among them; a changed module is reviewed again, the authority adds its digest to the grant",
		"zh": "授权只允许经批准的分析模块，{digest} 不在其中；模块变更后须重新批准，由实施机构将摘要加入授权",
	},
}

deny contains lib.fault("module.revoked", "module", {"digest": input.module.digest}) if input.module.state == "revoked"

deny contains lib.fault("module.uncertified", "module", {"digest": input.module.digest}) if {
	named
	"certified" in input.require
	not vouched
}

# One that was revoked is refused for that.
vouched if input.module.state in {"certified", "revoked"}

deny contains lib.fault("module.unpromoted", "module", {"digest": input.module.digest}) if {
	named
	"promoted" in input.require
	not promoted
}

promoted if input.module.promoted

deny contains lib.fault("module.none", "module", {}) if not named

named if input.module.digest != ""

deny contains lib.fault("module.not_admitted", "module", {}) if {
	named
	not input.module.admitted
}

deny contains lib.fault("module.not_approved", "module", {"digest": input.module.digest}) if {
	named
	some _ in input.grant.modules
	not approved
}

approved if input.module.digest in input.grant.modules
