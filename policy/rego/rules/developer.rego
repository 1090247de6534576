# The developer of a job: vetted, listed by name in the grant, and nothing but a
# developer on this product.
package glovebox.rules.developer

import data.glovebox.lib

texts := {
	"developer.role": {
		"req": "R19",
		"en": "user {user} does not hold the role developer; the authority files developers",
		"zh": "用户 {user} 没有开发主体角色；开发人员由实施机构备案",
	},
	"developer.not_listed": {
		"req": "R02",
		"en": "the grant does not list {user} among its developers; the authority can add them",
		"zh": "授权的开发主体名单没有 {user}；可由实施机构补充",
	},
	"developer.submitter": {
		"req": "R19",
		"en": "the request names {submitter} as the job's developer, but {user} asks; whoever asks is the developer, and the domain's software must say so",
		"zh": "请求所列的开发人是 {submitter}，请求人却是 {user}；请求人即为该作业的开发人，域的软件应如实填写",
	},
	"developer.two_roles": {
		"req": "R19",
		"en": "user {user} holds several roles on product {product}: {roles}; one person never holds two, so another person must develop it or the authority must take the other roles away",
		"zh": "用户 {user} 在产品 {product} 上兼任多个角色：{roles}；一人不得兼任两个角色，请换人开发，或由实施机构收回其他角色",
	},
}

deny contains lib.fault("developer.role", "user.roles", {"user": input.user.name}) if {
	input.user.name != ""
	not is_developer
}

deny contains lib.fault("developer.not_listed", "grant.developers", {"user": input.user.name}) if {
	lib.has_grant
	input.user.name != ""
	not is_listed
}

deny contains lib.fault("developer.submitter", "people.submitter", {"user": input.user.name, "submitter": input.people.submitter}) if {
	input.user.name != ""
	input.people.submitter != input.user.name
}

deny contains lib.fault("developer.two_roles", "user.roles", {
	"user": input.user.name,
	"product": input.product,
	"roles": concat(", ", sort(roles)),
}) if {
	input.user.name != ""
	roles := lib.roles_of(input.user) | {"developer"}
	count(roles) > 1
}

is_developer if "developer" in input.user.roles

is_listed if input.user.name in input.grant.developers
