# What a job asks the box to do.
package glovebox.rules.job

import data.glovebox.lib
import data.glovebox.tables

texts := {
	"job.mode": {
		"req": "R08",
		"en": "mode {mode} is not carried out here; choose one of: {modes}",
		"zh": "不支持模式 {mode}；可选：{modes}",
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
