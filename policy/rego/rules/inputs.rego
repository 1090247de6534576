# The datasets of a job: known, granted, not withdrawn, of one unit space.
package glovebox.rules.inputs

import data.glovebox.lib

texts := {
	"inputs.firm": {
		"req": "R10",
		"en": "column {dataset}.{column} is a firm's secret in data about persons: a firm with many of them would show in their figures; the provider declares the firm as a further unit of the dataset (`other_units`), whose ledger then pays for all its persons, or the job does without the column",
		"zh": "字段 {dataset}.{column} 为个人数据中的企业商业秘密：人数众多的企业会在这些人的统计中显现；请数据提供单位将企业声明为该数据资源的另一单元（`other_units`），由其账本为全部相关个人支付，否则作业不得使用该字段",
	},
	"inputs.none": {
		"req": "R05",
		"en": "the job names no dataset; list what it needs under inputs",
		"zh": "作业没有列出任何数据资源；请在 inputs 中列出所需数据",
	},
	"dataset.unknown": {
		"req": "R03",
		"en": "the domain has no dataset {dataset}; check the code against `glovebox dataset list`, or ask its provider to add it",
		"zh": "本域没有数据资源 {dataset}；请用 `glovebox dataset list` 核对编码，或请数据提供单位登记",
	},
	"dataset.not_granted": {
		"req": "R02",
		"en": "the grant does not cover dataset {dataset}; the authority can add it, with the provider's consent",
		"zh": "授权不含数据资源 {dataset}；经数据提供单位同意，可由实施机构加入授权",
	},
	"dataset.paused": {
		"req": "R18",
		"en": "dataset {dataset} of {provider} is paused; nothing that rests on it may run or leave until everyone who paused it lets go of it with `glovebox dataset resume`",
		"zh": "数据资源 {dataset}（{provider}）已暂停；在所有暂停者用 `glovebox dataset resume` 恢复之前，不得运行或输出依赖该数据的任何内容",
	},
	"dataset.withdrawn": {
		"req": "R18",
		"en": "dataset {dataset} was withdrawn by {provider}, for good; nothing that rests on it may run or leave, and what the provider offers anew is another dataset",
		"zh": "数据资源 {dataset} 已由 {provider} 收回，不再恢复；不得运行或输出依赖该数据的任何内容，重新提供的须登记为另一数据资源",
	},
	"dataset.inactive": {
		"req": "R18",
		"en": "dataset {dataset} is not active: its registration was cancelled; ask its provider {provider} which dataset stands for it",
		"zh": "数据资源 {dataset} 未启用：其登记已撤销；请向数据提供单位 {provider} 了解以何数据资源代替",
	},
	"dataset.taken_back": {
		"req": "R06",
		"en": "the provider {provider} of dataset {dataset} does not agree to the use of {columns} in this scenario; nothing that reads it may run, and nothing made of it may leave; `glovebox scenario show` says why",
		"zh": "数据资源 {dataset} 的提供单位 {provider} 不同意在本应用场景中使用 {columns}；不得运行读取它的作业，由其得出的内容也不得输出；理由见 `glovebox scenario show`",
	},
	"inputs.unit_space": {
		"req": "R11",
		"en": "dataset {dataset} is about units of {space}, the job's first dataset {first} about {first_space}; one job joins datasets of one unit space only",
		"zh": "数据资源 {dataset} 的隐私单元属于 {space}，而作业的首个数据资源 {first} 属于 {first_space}；一个作业只能使用同一单元空间的数据",
	},
}

deny contains lib.fault("inputs.none", "inputs", {}) if count(codes) == 0

# Noise for one person hides no firm behind many persons.
deny contains lib.fault("inputs.firm", u.at, {"dataset": u.dataset, "column": u.column}) if {
	some u in input.uses
	u.info["class"] == "business"
	d := input.datasets[u.dataset]
	about_persons(d)
	d.other_units == 0
}

about_persons(d) if {
	some c in d.columns
	c["class"] in {"personal", "sensitive"}
}

deny contains lib.fault("dataset.unknown", sprintf("inputs.%s", [dataset]), {"dataset": dataset}) if {
	some dataset in codes
	not input.datasets[dataset]
}

deny contains lib.fault("dataset.not_granted", sprintf("inputs.%s", [dataset]), {"dataset": dataset}) if {
	lib.has_grant
	some dataset in codes
	not input.grant.datasets[dataset]
}

deny contains lib.fault("dataset.withdrawn", sprintf("inputs.%s", [dataset]), {"dataset": dataset, "provider": d.provider}) if {
	some dataset in codes
	d := input.datasets[dataset]
	d.state == "withdrawn"
}

deny contains lib.fault("dataset.paused", sprintf("inputs.%s", [dataset]), {"dataset": dataset, "provider": d.provider}) if {
	some dataset in codes
	d := input.datasets[dataset]
	d.state == "paused"
}

deny contains lib.fault("dataset.inactive", sprintf("inputs.%s", [dataset]), {"dataset": dataset, "provider": d.provider}) if {
	some dataset in codes
	d := input.datasets[dataset]
	state := d.state
	not state in {"active", "paused", "withdrawn"}
}

deny contains lib.fault("dataset.taken_back", sprintf("inputs.%s", [dataset]), {"dataset": dataset, "provider": d.provider, "columns": concat(", ", taken)}) if {
	some dataset, part in input.job.inputs
	d := input.datasets[dataset]
	taken := {c | some c in array.concat(list(part.columns), list(part.filter_columns)); c in d.taken_back}
	count(taken) > 0
}

list(x) := x if is_array(x)

list(x) := [] if not is_array(x)

deny contains lib.fault("inputs.unit_space", sprintf("inputs.%s", [dataset]), {
	"dataset": dataset,
	"space": space,
	"first": first,
	"first_space": first_space,
}) if {
	some dataset, space in spaces
	first := min(object.keys(spaces))
	first_space := spaces[first]
	space != first_space
}

codes := {dataset | some dataset, _ in input.job.inputs}

spaces := {dataset: input.datasets[dataset].unit_space | some dataset in codes}
