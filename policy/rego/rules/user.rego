# Who acts: a known, active person, by a signature, of an institution that plays
# one part on the product.
package glovebox.rules.user

import data.glovebox.lib

texts := {
	"user.unknown": {
		"req": "R19",
		"en": "nobody is named as the one who asks; every request has one known person behind it",
		"zh": "没有说明请求人；每个请求都须对应一个已登记的人员",
	},
	"user.suspended": {
		"req": "R19",
		"en": "user {user} is not active; a registrar or the authority can say why, and resumes the person with `glovebox user resume`",
		"zh": "用户 {user} 未处于启用状态；请向安全管理员或实施机构了解原因，由其用 `glovebox user resume` 恢复",
	},
	"user.unsigned": {
		"req": "R19",
		"en": "user {user} did not sign: the proof is {proof}; in a domain that is served a decision counts by its person's passkey or key",
		"zh": "用户 {user} 没有签名：凭证为 {proof}；服务域中的决定须以本人的通行密钥或密钥签名",
	},
	"user.one_institution": {
		"req": "R19",
		"en": "{org} both operates product {product} and develops on it; somebody of another institution must do one of them",
		"zh": "{org} 既运营产品 {product} 又在其上开发；其中之一须由其他机构的人员承担",
	},
}

deny contains lib.fault("user.unknown", "user.name", {}) if not named

named if input.user.name != ""

deny contains lib.fault("user.suspended", "user.state", {"user": input.user.name}) if {
	named
	input.user.state != "active"
}

# What nobody takes, but asks about, has no proof yet.
deny contains lib.fault("user.unsigned", "act.proof", {"user": input.user.name, "proof": input.act.proof}) if {
	named
	not input.local
	not signs
}

signs if input.act.proof in {"passkey", "key", ""}

deny contains lib.fault("user.one_institution", "people.operator_org", {"org": input.people.operator_org, "product": input.product}) if {
	not input.local
	input.people.operator_org != ""
	input.people.operator_org == input.people.submitter_org
}
