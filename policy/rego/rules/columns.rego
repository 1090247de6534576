# The columns of a job: known, necessary for the scenario, granted for the use
# that is made of them, and of a class that may be used at all.
package glovebox.rules.columns

import data.glovebox.lib
import data.glovebox.tables

texts := {
	"column.unknown": {
		"req": "R03",
		"en": "dataset {dataset} has no column {column}; check the name with `glovebox dataset show`",
		"zh": "数据资源 {dataset} 没有字段 {column}；请用 `glovebox dataset show` 核对字段名",
	},
	"column.not_needed": {
		"req": "R05",
		"en": "column {column} of {dataset} is not on the minimal-necessary list of scenario {scenario}; do without it, or the operator amends the scenario's needs and has them reviewed",
		"zh": "数据资源 {dataset} 的字段 {column} 不在应用场景 {scenario} 的最小必要清单内；请不要使用，或由运营机构修订需求清单并重新审核",
	},
	"column.not_granted": {
		"req": "R02",
		"en": "the grant covers dataset {dataset} but not its column {column}; the authority can add it",
		"zh": "授权含数据资源 {dataset}，但不含其字段 {column}；可由实施机构加入授权",
	},
	"column.use": {
		"req": "R02",
		"en": "column {column} of {dataset} is granted, but not for use as {use}; the authority can add the use",
		"zh": "数据资源 {dataset} 的字段 {column} 已授权，但用途不含 {use}；可由实施机构增加该用途",
	},
	"class.state_secret": {
		"req": "R03",
		"en": "column {column} of {dataset} is a state secret and never usable; take it out of the job, and its provider {provider} must take it out of the domain",
		"zh": "数据资源 {dataset} 的字段 {column} 涉及国家秘密，一律不得使用；请从作业中删除，并由数据提供单位 {provider} 从本域移除",
	},
	"class.explicit": {
		"req": "R03",
		"en": "column {column} of {dataset} is of class {class} at grade {grade}; the grant must name its mask itself, a default will not do; the authority can amend the grant",
		"zh": "数据资源 {dataset} 的字段 {column} 类别为 {class}、级别为 {grade} 级；授权须明确其脱敏方式，不适用默认方式；请实施机构修订授权",
	},
	"type.unknown": {
		"req": "R03",
		"en": "column {column} of {dataset} has no known type; its provider {provider} must correct the dataset record",
		"zh": "数据资源 {dataset} 的字段 {column} 没有有效的类型；须由数据提供单位 {provider} 更正记录",
	},
	"class.unknown": {
		"req": "R03",
		"en": "column {column} of {dataset} has no known class; its provider {provider} must classify it",
		"zh": "数据资源 {dataset} 的字段 {column} 没有有效的数据分类；须由数据提供单位 {provider} 分类",
	},
	"grade.unknown": {
		"req": "R03",
		"en": "column {column} of {dataset} has no grade from 1 to 4; its provider {provider} must grade it",
		"zh": "数据资源 {dataset} 的字段 {column} 没有 1 至 4 级的数据分级；须由数据提供单位 {provider} 定级",
	},
}

deny contains lib.fault("column.unknown", u.at, {"dataset": u.dataset, "column": u.column}) if {
	some u in input.uses
	u.known == false
	input.datasets[u.dataset]
}

deny contains lib.fault("column.not_needed", u.at, {
	"dataset": u.dataset,
	"column": u.column,
	"scenario": input.scenario.code,
}) if {
	some u in input.uses
	u.needed == false
	u.known
	lib.has_scenario
}

deny contains lib.fault("column.not_granted", u.at, {"dataset": u.dataset, "column": u.column}) if {
	some u in input.uses
	u.granted == false
	u.known
	input.grant.datasets[u.dataset]
}

deny contains lib.fault("column.use", u.at, {"dataset": u.dataset, "column": u.column, "use": u.use}) if {
	some u in input.uses
	u.granted_for == false
	u.granted
	u.known
}

deny contains lib.fault("class.state_secret", u.at, {
	"dataset": u.dataset,
	"column": u.column,
	"provider": input.datasets[u.dataset].provider,
}) if {
	some u in input.uses
	u.info.class == "state_secret"
}

deny contains lib.fault("class.explicit", u.at, {
	"dataset": u.dataset,
	"column": u.column,
	"class": u.info.class,
	"grade": u.info.grade,
}) if {
	some u in input.uses
	u.info.grade >= tables.explicit_from_grade[u.info.class]
	u.granted
	not u.grant.mask
}

deny contains lib.fault("type.unknown", u.at, {
	"dataset": u.dataset,
	"column": u.column,
	"provider": input.datasets[u.dataset].provider,
}) if {
	some u in input.uses
	type := u.info.type
	not tables.fits[type]
}

deny contains lib.fault("class.unknown", u.at, {
	"dataset": u.dataset,
	"column": u.column,
	"provider": input.datasets[u.dataset].provider,
}) if {
	some u in input.uses
	class := u.info.class
	not class in tables.classes
}

deny contains lib.fault("grade.unknown", u.at, {
	"dataset": u.dataset,
	"column": u.column,
	"provider": input.datasets[u.dataset].provider,
}) if {
	some u in input.uses
	grade := u.info.grade
	not grade in tables.grades
}
