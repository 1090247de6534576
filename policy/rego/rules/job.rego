# What a job asks the box to do.
package glovebox.rules.job

import data.glovebox.columns
import data.glovebox.lib
import data.glovebox.tables

texts := {
	"job.mode": {
		"req": "R08",
		"en": "mode {mode} is not carried out here; choose one of: {modes}",
		"zh": "不支持运行方式 {mode}；可选：{modes}",
	},
	"job.method": {
		"req": "R10",
		"en": "release method {method} is not carried out here; choose one of: {methods}",
		"zh": "不支持发布方法 {method}；可选：{methods}",
	},
	"job.keys": {
		"req": "R10",
		"en": "the job does not say how many keys one unit may reach; set output.max_keys_per_unit to 1 or more",
		"zh": "作业没有说明一个隐私单元最多贡献多少个键；请将 output.max_keys_per_unit 设为 1 或以上",
	},
	"key.token": {
		"req": "R11",
		"en": "the job makes its own keys and reads column {column} of {dataset}, which is a token: the token could leave as a key and be joined outside; use public keys or drop the column, or the authority grants the column use `key`",
		"zh": "作业自行生成输出键，又读取数据资源 {dataset} 的令牌列 {column}：令牌可能作为键输出并在域外关联；请改用公开键或去掉该列，或由实施机构授予该列 key 用途",
	},
}

deny contains lib.fault("job.mode", "mode", {"mode": input.job.mode, "modes": concat(", ", tables.modes)}) if {
	not known_mode
}

deny contains lib.fault("job.method", "release.method", {"method": input.job.release.method, "methods": concat(", ", tables.methods)}) if {
	not known_method
}

deny contains lib.fault("job.keys", "output.max_keys_per_unit", {}) if not bounded_keys

known_mode if input.job.mode in tables.modes

bounded_keys if input.job.output.max_keys_per_unit >= 1

known_method if input.job.release.method in tables.methods

# A module can copy any bytes it reads into a private key: 16 bytes into two
# integers as well as into a string. A filter's columns never reach the module.
deny contains lib.fault("key.token", u.at, {"dataset": u.dataset, "column": u.column}) if {
	input.job.output.private_keys
	some i, m in columns.mask
	m.kind == "token"
	u := input.uses[i]
	u.use == "input"
	not may_be_key(u)
}

may_be_key(u) if "key" in u.grant.use
