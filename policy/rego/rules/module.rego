# Only admitted modules, and only approved ones where the grant lists them.
package glovebox.rules.module

import data.glovebox.lib

texts := {
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
