# What is allowed, and why. Each rule states the positive ground on which a
# request stands; the deny rules then look for what speaks against it.
package glovebox.allow

import data.glovebox.lib

# A listed developer asks, for a listed product, for at least one dataset that
# the scenario's grant names.
admit contains "granted" if developer_stands

columns contains "granted" if developer_stands

# A product of an active grant has a result with a name.
release contains "made" if {
	product_stands
	input.release.id != ""
}

# An operator takes out an approved result of a listed product.
export contains "approved" if {
	product_stands
	input.release.state in lib.exportable
	"operator" in input.user.roles
}

developer_stands if {
	product_stands
	input.user.name in input.grant.developers
	some dataset, _ in input.job.inputs
	input.grant.datasets[dataset]
}

product_stands if {
	input.scenario.state == "granted"
	input.grant.state == "active"
	input.grant.scenario == input.scenario.code
	input.product in input.grant.products
}
