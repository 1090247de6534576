# Only listed, registered products (R12, R13).
package glovebox.rules.product

import data.glovebox.lib

texts := {
	"product.retired": {
		"req": "R12",
		"en": "product {product} is retired: nothing of it runs or leaves any more; register another one: `glovebox product register`",
		"zh": "产品 {product} 已停用：不再运行，也不再出域；请另行登记产品：`glovebox product register`",
	},
	"product.not_listed": {
		"req": "R12",
		"en": "this domain runs products on the list, and {product} of scenario {scenario} is not there under the code that the scenario names; the authority registers it (`glovebox product register`), the operator enters the code that is issued",
		"zh": "本域仅运行已登记的产品，应用场景 {scenario} 的 {product} 未以该场景所填编码登记；请实施机构登记（`glovebox product register`），运营机构填入所发编码",
	},
	"product.unlisted": {
		"req": "R13",
		"en": "scenario {scenario} does not list product {product}; the operator adds it to the scenario, the authority reviews it",
		"zh": "应用场景 {scenario} 的产品清单没有产品 {product}；请运营机构补充清单，由实施机构审核",
	},
	"product.unregistered": {
		"req": "R12",
		"en": "product {product} has no registration code; the operator registers it and enters the code in the scenario",
		"zh": "产品 {product} 没有登记编码；请运营机构办理登记，并将编码填入场景",
	},
	"product.not_granted": {
		"req": "R13",
		"en": "the grant does not cover product {product}; the authority can add it to the grant",
		"zh": "授权不含产品 {product}；可由实施机构加入授权",
	},
}

deny contains lib.fault("product.retired", "product", {"product": input.product}) if {
	input.listed.state == "retired"
	input.listed.scenario == input.scenario.code
}

deny contains lib.fault("product.not_listed", "product", {"product": input.product, "scenario": input.scenario.code}) if {
	"listed" in input.require
	lib.has_scenario
	not on_list
}

on_list if {
	input.listed.scenario == input.scenario.code
	some p in listed
	p.registration == input.listed.registration
}

deny contains lib.fault("product.unlisted", "product", {"scenario": input.scenario.code, "product": input.product}) if {
	lib.has_scenario
	count(listed) == 0
}

deny contains lib.fault("product.unregistered", "product", {"product": input.product}) if {
	some p in listed
	trim_space(p.registration) == ""
}

deny contains lib.fault("product.not_granted", "product", {"product": input.product}) if {
	lib.has_grant
	not granted
}

granted if input.product in input.grant.products

listed contains p if {
	some p in input.scenario.products
	p.code == input.product
}
