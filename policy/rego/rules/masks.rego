# What a mask must be: for the column's class and grade, for its type, and in
# its own parameters.
package glovebox.rules.masks

import data.glovebox.columns
import data.glovebox.lib
import data.glovebox.tables

texts := {
	"mask.identifier": {
		"req": "R09",
		"en": "column {column} of {dataset} identifies a unit and is never shown as it is; the authority must grant it with mask token or suppress, or leave the mask out",
		"zh": "数据资源 {dataset} 的字段 {column} 是直接标识，不得以原样提供；实施机构应改为 token 或 suppress 脱敏，或不填以采用默认方式",
	},
	"mask.grade": {
		"req": "R09",
		"en": "column {column} of {dataset} is of grade {grade} and needs a mask other than none; the authority must name one: {fits}",
		"zh": "数据资源 {dataset} 的字段 {column} 为 {grade} 级，必须脱敏；实施机构应指定一种脱敏方式：{fits}",
	},
	"mask.unfit": {
		"req": "R09",
		"en": "mask {mask} does not fit column {column} of {dataset} ({type}); the authority can choose among {fits}",
		"zh": "脱敏方式 {mask} 不适用于数据资源 {dataset} 的字段 {column}（{type}）；实施机构可选：{fits}",
	},
	"mask.dropped": {
		"req": "R09",
		"en": "mask {mask} cannot be made of column {column} of {dataset}: it is an identifier, and only its token was kept when the data were loaded; the authority can choose token or suppress, or the provider {provider} loads it anew with its original kept",
		"zh": "数据资源 {dataset} 的字段 {column} 是标识，载入时只保留了令牌，无法采用脱敏方式 {mask}；实施机构可选 token 或 suppress，或由数据提供单位 {provider} 保留原值重新载入",
	},
	"mask.params": {
		"req": "R09",
		"en": "mask {mask} of column {column} of {dataset} has wrong parameters; redact and fpe take keep_first and keep_last from 0 to 64 and a form, generalise takes a step above 0 for numbers (whole, up to 2^53, for integers), to: year, quarter or month for dates or groups for texts, clip takes low or high, constant a value; the authority must correct the grant",
		"zh": "数据资源 {dataset} 的字段 {column} 的脱敏方式 {mask} 参数有误；redact 与 fpe 的 keep_first、keep_last 为 0 至 64，可有 form，generalise 对数值须有大于 0 的 step（整数字段须为不超过 2^53 的整数），对日期须有 to：year、quarter 或 month，对文本须有 groups，clip 须有 low 或 high，constant 须有 value；请实施机构更正授权",
	},
	"mask.reveals": {
		"req": "R09",
		"en": "the mask of identifier {column} of {dataset} keeps {kept} characters, more than the {most} that may stay; the authority must keep fewer",
		"zh": "数据资源 {dataset} 的标识字段 {column} 脱敏后保留 {kept} 个字符，超过上限 {most} 个；实施机构应减少保留字符",
	},
	"mask.conflict": {
		"req": "R09",
		"en": "rules of this domain demand different masks for column {column} of {dataset}; whoever keeps the domain's policy must settle on one",
		"zh": "本域的策略规则对数据资源 {dataset} 的字段 {column} 要求了不同的脱敏方式；请域策略的维护者统一",
	},
}

deny contains lib.fault("mask.identifier", u.at, {"dataset": u.dataset, "column": u.column}) if {
	some i, m in columns.mask
	m.kind == "none"
	u := input.uses[i]
	columns.is_secret(u.info.class, u.info.type)
}

deny contains lib.fault("mask.grade", u.at, {
	"dataset": u.dataset,
	"column": u.column,
	"grade": u.info.grade,
	"fits": concat(", ", fitting(u.info) - {"none"}),
}) if {
	some i, m in columns.mask
	m.kind == "none"
	u := input.uses[i]
	u.info.grade >= tables.masked_from_grade
	columns.is_secret(u.info.class, u.info.type) == false
}

deny contains lib.fault("mask.unfit", u.at, {
	"mask": m.kind,
	"dataset": u.dataset,
	"column": u.column,
	"type": u.info.type,
	"fits": concat(", ", fitting(u.info)),
}) if {
	some i, m in columns.mask
	m.kind != "none"
	u := input.uses[i]
	not fits(m, u)
	not dropped(u, m)
}

deny contains lib.fault("mask.dropped", u.at, {
	"mask": m.kind,
	"dataset": u.dataset,
	"column": u.column,
	"provider": input.datasets[u.dataset].provider,
}) if {
	some i, m in columns.mask
	m.kind != "none"
	u := input.uses[i]
	not fits(m, u)
	dropped(u, m)
}

deny contains lib.fault("mask.params", u.at, {"mask": m.kind, "dataset": u.dataset, "column": u.column}) if {
	some i, m in columns.mask
	m.kind in {"redact", "fpe", "generalise", "clip", "constant"}
	u := input.uses[i]
	fits(m, u)
	type := u.info.type
	not params_ok(m, type)
}

deny contains lib.fault("mask.reveals", u.at, {
	"dataset": u.dataset,
	"column": u.column,
	"kept": kept,
	"most": tables.max_kept,
}) if {
	some i, m in columns.mask
	m.kind in {"redact", "fpe"}
	u := input.uses[i]
	u.info.class == "identifier"
	kept := object.get(m, "keep_first", 0) + object.get(m, "keep_last", 0)
	kept > tables.max_kept
}

deny contains lib.fault("mask.conflict", u.at, {"dataset": u.dataset, "column": u.column}) if {
	count(columns.demands) > 0
	some i, _ in columns.mask
	u := input.uses[i]
	count(columns.strongest(i)) > 1
}

# What the decision demands: a mask for every column that is read, also none.
obligations contains {"kind": "mask", "dataset": u.dataset, "column": u.column, "mask": scoped(u, m)} if {
	some i, m in columns.mask
	u := input.uses[i]
}

# A token, or a text that keeps its form, means something within one unit of one job, unless the grant gives the
# column the use key. Its bits are then the same in all units that share the
# value, and can leave through any figure.
scoped(u, m) := object.union(m, {"shared": true}) if {
	m.kind in {"token", "fpe"}
	"key" in u.grant.use
} else := object.remove(m, ["shared"])

fits(m, u) if m.kind in fitting(u.info)

# The masks that fit a column. An identifier whose original was dropped at load
# is a token, and nothing else can be made of it.
fitting(info) := tables.fits[info.type] if {
	columns.is_secret(info.class, info.type) == false
} else := tables.fits[info.type] - {"none"} if {
	info.keep
	info.type != "token"
} else := {"token", "suppress"}

# dropped: the mask would fit the column, had its original been kept.
dropped(u, m) if {
	u.info.class == "identifier"
	m.kind in tables.fits[u.info.type]
}

default params_ok(_, _) := false

params_ok(m, _) if {
	m.kind == "clip"
	count(object.filter(m, ["low", "high"])) > 0
}

params_ok(m, _) if {
	m.kind == "constant"
	count(object.get(m, "value", "")) > 0
}

params_ok(m, "string") if {
	m.kind == "generalise"
	count(object.get(m, "groups", [])) > 0
}

params_ok(m, _) if {
	m.kind in {"redact", "fpe"}
	object.get(m, "form", "digits") in tables.mask_forms
	object.get(m, "keep_first", 0) in numbers.range(0, tables.max_kept_at_end)
	object.get(m, "keep_last", 0) in numbers.range(0, tables.max_kept_at_end)
}

params_ok(m, type) if {
	m.kind == "generalise"
	type in {"float64", "decimal"}
	m.step > 0
}

params_ok(m, type) if {
	m.kind == "generalise"
	type in {"int32", "int64"}
	m.step >= 1
	m.step <= tables.max_whole_step
	m.step == floor(m.step)
}

params_ok(m, type) if {
	m.kind == "generalise"
	type in {"date", "datetime"}
	m.to in {"year", "quarter", "month"}
}
