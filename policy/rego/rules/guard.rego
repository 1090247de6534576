# What a job must not ask even where the ledgers hold its price. A grant can
# accept each of them by name.
package glovebox.rules.guard

import data.glovebox.lib
import data.glovebox.tables

texts := {
	"guard.exact": {
		"req": "R10",
		"en": "the noise of {number} hides less than half of one unit: the figure would be exact in all but name; declare a lower price, read columns of class public alone, or the grant accepts `exact`",
		"zh": "{number} 的噪声不足以掩盖半个单元：该数名为加噪、实为精确；请降低价格，或仅读取 public 类字段，或由授权接受 `exact`",
	},
	"guard.delta": {
		"req": "R10",
		"en": "delta {delta} is above one over the {units} units of dataset {dataset}: it would let a job give somebody away; declare a lower one, or the grant accepts `delta`",
		"zh": "delta {delta} 大于数据资源 {dataset} 的单元数 {units} 的倒数：作业可能泄露某个单元；请降低 delta，或由授权接受 `delta`",
	},
	"guard.job": {
		"req": "R10",
		"en": "the job costs {cost} of what a unit of space {space} may lose, a job costs {most} at most; declare a lower price, or the grant accepts `price`",
		"zh": "作业占用空间 {space} 的单元损失总额 {cost}，每个作业至多 {most}；请降低价格，或由授权接受 `price`",
	},
	"guard.product": {
		"req": "R10",
		"en": "product {product} has taken {spent} of what a unit of space {space} may lose, and may take {most}; the job costs {cost}; declare a lower price, or the grant accepts `price`",
		"zh": "产品 {product} 已占用空间 {space} 的单元损失总额 {spent}，至多 {most}；作业需要 {cost}；请降低价格，或由授权接受 `price`",
	},
	"guard.month": {
		"req": "R10",
		"en": "this month {spent} was taken of what a unit of space {space} may lose, and {most} may be; the job costs {cost}; run it next month, declare a lower price, or the grant accepts `price`",
		"zh": "本月已占用空间 {space} 的单元损失总额 {spent}，至多 {most}；作业需要 {cost}；请于下月运行、降低价格，或由授权接受 `price`",
	},
}

deny contains lib.fault("guard.exact", "release", {"number": number}) if {
	some number in input.job.exact
	not accepted("exact")
	not all_public
}

deny contains lib.fault("guard.delta", "release.delta", {"delta": input.job.release.delta, "units": d.units, "dataset": dataset}) if {
	some dataset, _ in input.job.inputs
	d := input.datasets[dataset]
	input.job.release.delta * d.units > 1
	not accepted("delta")
}

deny contains lib.fault("guard.job", "release", {"space": space, "cost": lib.decimal(s.cost.loss, 9), "most": lib.decimal(most, 9)}) if {
	some space, s in priced
	most := tables.most_price.job[s.ledger.kind]
	s.cost.loss > most
}

deny contains lib.fault("guard.product", "release", {
	"space": space,
	"product": input.product,
	"cost": lib.decimal(s.cost.loss, 9),
	"spent": lib.decimal(max({0, s.product_spent.loss}), 9),
	"most": lib.decimal(most, 9),
}) if {
	some space, s in priced
	most := tables.most_price.product[s.ledger.kind]
	s.product_spent.loss + s.cost.loss > most
}

deny contains lib.fault("guard.month", "release", {
	"space": space,
	"cost": lib.decimal(s.cost.loss, 9),
	"spent": lib.decimal(max({0, s.month_spent.loss}), 9),
	"most": lib.decimal(most, 9),
}) if {
	some space, s in priced
	most := tables.most_price.month[s.ledger.kind]
	s.month_spent.loss + s.cost.loss > most
}

# The ledgers that a job would take from; none, where it is paid for or the grant
# accepts the price.
priced := {space: s |
	object.get(input, ["job", "paid"], false) != true
	not accepted("price")
	some space, s in input.spaces
	s.cost.loss >= 0
}

accepted(what) if what in input.grant.accept

# A domain of one account, for a demo, a test or an author's desk, is not held to
# what keeps a city's figures apart from raw counts.
accepted(what) if {
	what in {"exact", "delta", "price"}
	input.local == true
}

# Whoever reads nothing counts who is there, which is not public.
all_public if {
	count(input.uses) > 0
	every u in input.uses {
		u.info.class == "public"
	}
}
