# The result at hand: it exists, is of this product, and is in a state that
# allows the step.
package glovebox.rules.result

import data.glovebox.lib

texts := {
	"result.none": {
		"req": "R12",
		"en": "there is no such release; check its id with `glovebox release show`",
		"zh": "没有该发布；请用 `glovebox release show` 核对编号",
	},
	"result.product": {
		"req": "R13",
		"en": "release {release} was made for product {made}, not for {product}",
		"zh": "发布 {release} 属于产品 {made}，不属于 {product}",
	},
	"result.submitter": {
		"req": "R19",
		"en": "nobody is named as the one who submitted release {release}, so nobody can check that reviewers and exporter are other persons",
		"zh": "发布 {release} 没有说明提交人，无法核对批准人、导出人与提交人是否为不同人员",
	},
	"result.state": {
		"req": "R12",
		"en": "release {release} is in state {state}; it must be one of: {states}",
		"zh": "发布 {release} 的状态为 {state}；应为：{states}",
	},
}

deny contains lib.fault("result.none", "release", {}) if not made

made if input.release.id != ""

deny contains lib.fault("result.product", "release", {"release": r.id, "made": r.product, "product": input.product}) if {
	r := input.release
	r.id != ""
	r.product != input.product
}

deny contains lib.fault("result.submitter", "people.submitter", {"release": input.release.id}) if {
	made
	not submitted
}

deny contains lib.fault("result.state", "release", {"release": r.id, "state": r.state, "states": concat(", ", states[input.point])}) if {
	r := input.release
	r.id != ""
	not in_state
}

submitted if input.people.submitter != ""

in_state if input.release.state in states[input.point]

states := {"release": lib.reviewable, "export": lib.exportable}
