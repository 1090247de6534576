# The price fits what is left. Ids that start with budget. say that the job is
# over budget and, if they stand alone, that nothing else is wrong with it.
package glovebox.rules.budget

import data.glovebox.lib

texts := {
	"price.none": {
		"req": "R10",
		"en": "the job has no price on dataset {dataset}: its release takes no epsilon and no rho, or a negative one; declare one of them above 0",
		"zh": "作业在数据资源 {dataset} 上没有有效的隐私预算价格；请在 release 中声明大于 0 的 epsilon 或 rho",
	},
	"budget.dataset": {
		"req": "R10",
		"en": "dataset {dataset} has {left} (delta {left_delta}) of its {kind} budget left, the job costs {cost} (delta {cost_delta}); declare a lower price; what is spent never comes back",
		"zh": "数据资源 {dataset} 的隐私预算（{kind}）剩余 {left}（delta {left_delta}），作业需要 {cost}（delta {cost_delta}）；请降低价格；已用预算不退还",
	},
	"budget.scenario": {
		"req": "R02",
		"en": "scenario {scenario} may still spend {left} (delta {left_delta}) on dataset {dataset}, the job costs {cost} (delta {cost_delta}); declare a lower price, or the authority raises the scenario's cap",
		"zh": "应用场景 {scenario} 在数据资源 {dataset} 上还可使用 {left}（delta {left_delta}），作业需要 {cost}（delta {cost_delta}）；请降低价格，或由实施机构提高场景上限",
	},
}

deny contains lib.fault("price.none", "release", {"dataset": dataset}) if {
	some dataset, d in priced
	not has_price(d)
}

deny contains lib.fault("budget.dataset", sprintf("inputs.%s", [dataset]), object.union(
	{"dataset": dataset, "kind": d.ledger.kind},
	amounts(d.cost, d.ledger.total, d.ledger.spent),
)) if {
	some dataset, d in priced
	not fits_ledger(d)
}

deny contains lib.fault("budget.scenario", sprintf("inputs.%s", [dataset]), object.union(
	{"dataset": dataset, "scenario": input.scenario.code},
	amounts(d.cost, d.scenario_cap, d.scenario_spent),
)) if {
	some dataset, d in priced
	is_object(d.scenario_cap)
	not fits_scenario(d)
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

fits_ledger(d) if {
	d.ledger.spent.loss + d.cost.loss <= d.ledger.total.loss
	d.ledger.spent.delta + d.cost.delta <= d.ledger.total.delta
}

fits_scenario(d) if {
	d.scenario_spent.loss + d.cost.loss <= d.scenario_cap.loss
	d.scenario_spent.delta + d.cost.delta <= d.scenario_cap.delta
}

amounts(cost, total, spent) := {
	"cost": lib.decimal(max({0, cost.loss}), 9),
	"cost_delta": lib.decimal(max({0, cost.delta}), 15),
	"left": lib.decimal(max({0, total.loss - spent.loss}), 9),
	"left_delta": lib.decimal(max({0, total.delta - spent.delta}), 15),
}
