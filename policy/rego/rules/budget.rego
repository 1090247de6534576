# The price fits what is left. Ids that start with budget. say that the job is
# over budget and, if they stand alone, that nothing else is wrong with it.
package glovebox.rules.budget

import data.glovebox.lib
import data.glovebox.tables

texts := {
	"price.none": {
		"req": "R10",
		"en": "the job has no price on dataset {dataset}: its release takes no epsilon and no rho, or a negative one; declare one of them above 0",
		"zh": "作业在数据资源 {dataset} 上没有有效的隐私预算价格；请在 release 中声明大于 0 的 epsilon 或 rho",
	},
	"price.floor": {
		"req": "R17",
		"en": "the job costs {cost} on dataset {dataset}, a job costs {least} there at least: many cheap jobs could tell much by the time they take; declare a higher price",
		"zh": "作业在数据资源 {dataset} 上的价格为 {cost}，低于每个作业的最低价格 {least}：大量廉价作业可能通过耗时泄露信息；请提高价格",
	},
	"budget.dataset": {
		"req": "R10",
		"en": "dataset {dataset} has {left} (delta {left_delta}) of its {kind} budget left, the job costs {cost} (delta {cost_delta}); declare a lower price; what is spent never comes back",
		"zh": "数据资源 {dataset} 的隐私预算（{kind}）剩余 {left}（delta {left_delta}），作业需要 {cost}（delta {cost_delta}）；请降低价格；已用预算不退还",
	},
	"price.space": {
		"req": "R10",
		"en": "the job takes nothing from the ledger of unit space {space}, which every job on dataset {dataset} is charged to",
		"zh": "作业未从单元空间 {space} 的账本支付；数据资源 {dataset} 上的每个作业都须计入该账本",
	},
	"budget.space": {
		"req": "R10",
		"en": "unit space {space} has {left} (delta {left_delta}) of its {kind} budget left, over all its datasets; the job costs {cost} (delta {cost_delta}); declare a lower price; what is spent never comes back",
		"zh": "单元空间 {space} 的隐私预算（{kind}，覆盖该空间全部数据资源）剩余 {left}（delta {left_delta}），作业需要 {cost}（delta {cost_delta}）；请降低价格；已用预算不退还",
	},
	"budget.scenario": {
		"req": "R02",
		"en": "scenario {scenario} may still spend {left} (delta {left_delta}) on dataset {dataset}, the job costs {cost} (delta {cost_delta}); declare a lower price, or the authority raises the scenario's cap",
		"zh": "应用场景 {scenario} 在数据资源 {dataset} 上还可使用 {left}（delta {left_delta}），作业需要 {cost}（delta {cost_delta}）；请降低价格，或由实施机构提高场景上限",
	},
	"budget.developer": {
		"req": "R02",
		"en": "{developer} may still spend {left} (delta {left_delta}) on dataset {dataset} in scenario {scenario}, the job costs {cost} (delta {cost_delta}); declare a lower price, or the authority raises what each developer may spend",
		"zh": "{developer} 在应用场景 {scenario} 中对数据资源 {dataset} 还可使用 {left}（delta {left_delta}），作业需要 {cost}（delta {cost_delta}）；请降低价格，或由实施机构提高每个开发主体的上限",
	},
}

deny contains lib.fault("price.none", "release", {"dataset": dataset}) if {
	some dataset, d in priced
	not has_price(d)
}

deny contains lib.fault("price.space", sprintf("inputs.%s", [dataset]), {"dataset": dataset, "space": space}) if {
	some dataset, d in priced
	space := d.unit_space
	not paid_space(space)
}

deny contains lib.fault("price.floor", "release", {
	"dataset": dataset,
	"cost": lib.decimal(d.cost.loss, 9),
	"least": lib.decimal(tables.least_price[d.ledger.kind], 9),
}) if {
	some dataset, d in priced
	has_price(d)
	d.cost.loss < tables.least_price[d.ledger.kind]
}

deny contains lib.fault("budget.dataset", sprintf("inputs.%s", [dataset]), object.union(
	{"dataset": dataset, "kind": d.ledger.kind},
	amounts(d.cost, d.ledger.total, d.ledger.spent),
)) if {
	some dataset, d in priced
	not fits_ledger(d)
}

deny contains lib.fault("budget.space", "release", object.union(
	{"space": space, "kind": s.ledger.kind},
	amounts(s.cost, s.ledger.total, s.ledger.spent),
)) if {
	object.get(input, ["job", "paid"], false) != true
	some space, s in input.spaces
	not fits_ledger(s)
}

deny contains lib.fault("budget.scenario", sprintf("inputs.%s", [dataset]), object.union(
	{"dataset": dataset, "scenario": input.scenario.code},
	amounts(d.cost, d.scenario_cap, d.scenario_spent),
)) if {
	some dataset, d in priced
	is_object(d.scenario_cap)
	not fits_scenario(d)
}

deny contains lib.fault("budget.developer", sprintf("inputs.%s", [dataset]), object.union(
	{"dataset": dataset, "scenario": input.scenario.code, "developer": input.user.name},
	amounts(d.cost, d.developer_cap, d.developer_spent),
)) if {
	some dataset, d in priced
	is_object(d.developer_cap)
	not fits_developer(d)
}

# A job that is paid for takes nothing more from any ledger.
priced := {dataset: d |
	object.get(input, ["job", "paid"], false) != true
	some dataset, _ in input.job.inputs
	d := input.datasets[dataset]
}

has_price(d) if {
	d.cost.loss > 0
	d.cost.delta >= 0
}

paid_space(space) if has_price(input.spaces[space])

fits_ledger(d) if {
	d.ledger.spent.loss + d.cost.loss <= d.ledger.total.loss
	d.ledger.spent.delta + d.cost.delta <= d.ledger.total.delta
}

fits_scenario(d) if {
	d.scenario_spent.loss + d.cost.loss <= d.scenario_cap.loss
	d.scenario_spent.delta + d.cost.delta <= d.scenario_cap.delta
}

fits_developer(d) if {
	d.developer_spent.loss + d.cost.loss <= d.developer_cap.loss
	d.developer_spent.delta + d.cost.delta <= d.developer_cap.delta
}

amounts(cost, total, spent) := {
	"cost": lib.decimal(max({0, cost.loss}), 9),
	"cost_delta": lib.decimal(max({0, cost.delta}), 15),
	"left": lib.decimal(max({0, total.loss - spent.loss}), 9),
	"left_delta": lib.decimal(max({0, total.delta - spent.delta}), 15),
}
