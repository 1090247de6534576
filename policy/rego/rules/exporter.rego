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
	"exporter.unwitnessed": {
		"req": "R19",
		"en": "this domain lets out what a witness saw approved, and no checkpoint that a witness cosigned since then was brought for release {release}: `glovebox witness ask --save FILE`, then `--cosigned FILE`",
		"zh": "本域仅允许见证方已见其获批的内容出域，而未就发布 {release} 提供此后经见证方联署的检查点：`glovebox witness ask --save FILE`，再加 `--cosigned FILE`",
	},
}

deny contains lib.fault("exporter.unwitnessed", "witness", {"release": input.release.id}) if {
	"witnessed" in input.require
	not witnessed
}

witnessed if {
	input.witness.covers
	count(input.witness.names) > 0
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
