# Who takes a result out: an operator, and nothing but an operator on this
# product.
package glovebox.rules.exporter

import data.glovebox.lib

texts := {
	"exporter.role": {
		"req": "R19",
		"en": "user {user} does not hold the role operator; an operator exports releases",
		"zh": "用户 {user} 没有运营机构角色；发布须由运营机构人员导出",
	},
	"exporter.two_roles": {
		"req": "R19",
		"en": "user {user} holds several roles on product {product}: {roles}; one person never holds two, so another operator must export",
		"zh": "用户 {user} 在产品 {product} 上兼任多个角色：{roles}；一人不得兼任两个角色，请由另一名运营机构人员导出",
	},
}

deny contains lib.fault("exporter.role", "user.roles", {"user": input.user.name}) if {
	input.user.name != ""
	not is_operator
}

deny contains lib.fault("exporter.two_roles", "user", {
	"user": input.user.name,
	"product": input.product,
	"roles": concat(", ", roles),
}) if {
	input.user.name != ""
	roles := lib.roles_of(input.user) | {"operator"}
	count(roles) > 1
}

is_operator if "operator" in input.user.roles
