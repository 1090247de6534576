# The one question Go asks: data.glovebox.decision.
#
# A request is allowed if a rule of allow.rego fires and no deny rule does.
# All deny rules of the point are evaluated; none hides another.
package glovebox

import data.glovebox.allow
import data.glovebox.domain
import data.glovebox.lib
import data.glovebox.rules

# groups says which groups of rules are asked at which point. A rule has one
# text and one meaning; its id starts with the point that asked.
groups := {
	"admit": {
		"freeze", "scenario", "grant", "product", "user", "developer", "inputs",
		"snapshot", "columns", "masks", "job", "module", "budget", "guard",
	},
	"columns": {
		"freeze", "scenario", "grant", "product", "user", "developer", "inputs",
		"snapshot", "columns", "masks",
	},
	"release": {"freeze", "scenario", "grant", "product", "user", "inputs", "module", "result", "approvals"},
	"export": {"freeze", "scenario", "grant", "product", "user", "inputs", "result", "approvals", "exporter"},
}

decision := {
	"allow": allowed,
	"reasons": reasons,
	"obligations": obligations,
}

# allowed looks at the faults, not at the reasons made of them: a fault whose
# text were missing refuses all the same.
default allowed := false

allowed if {
	count(faults) == 0
	count(domain.deny) == 0
	count(general) == 0
	some _ in allow[input.point]
}

faults contains {"group": group, "fault": f} if {
	some group in groups[input.point]
	some f in rules[group].deny
}

reasons contains {
	"rule": sprintf("%s.%s", [input.point, e.fault.rule]),
	"at": e.fault.at,
	"req": t.req,
	"text": {"en": lib.fill(t.en, e.fault.args), "zh": lib.fill(t.zh, e.fault.args)},
} if {
	some e in faults
	t := object.get(rules[e.group].texts, e.fault.rule, lib.untold)
}

reasons contains general[_]

reasons contains lib.domain_reason(d) if some d in domain.deny

# general reasons belong to no point.
general contains {
	"rule": "policy.point", "at": "point", "req": "R01",
	"text": {
		"en": "the policy knows no such decision point; it knows admit, columns, release and export",
		"zh": "策略没有这个决策点；只有 admit、columns、release、export",
	},
} if {
	not groups[input.point]
}

general contains {
	"rule": "policy.obligation", "at": "domain", "req": "R04",
	"text": {
		"en": "a rule of this domain demands something that cannot be carried out; whoever keeps the domain's policy must correct its obligation",
		"zh": "本域的策略规则提出了无法执行的义务；请域策略的维护者更正该义务",
	},
} if {
	some o in domain.obligation
	not lib.obligation_ok(o)
}

# default deny: nothing refused, but nothing allowed either.
general contains {
	"rule": "policy.default", "at": "", "req": "R01",
	"text": {
		"en": "no rule allows this request; what no rule allows is refused",
		"zh": "没有规则允许该请求；未经允许的一律拒绝",
	},
} if {
	groups[input.point]
	count(faults) == 0
	count(domain.deny) == 0
	not any_allow
}

any_allow if some _ in allow[input.point]

obligations contains o if {
	allowed
	input.point == "columns"
	some o in rules.masks.obligations
}

# What the domain's masks name that this request does not hold: whoever acts on
# the decision knows whether the domain has it, and refuses where it has not.
obligations contains {"kind": "exists", "dataset": o.dataset, "column": o.column} if {
	allowed
	input.point == "columns"
	some o in domain.obligation
	o.kind == "mask"
	not input.datasets[o.dataset].columns[o.column]
}

obligations contains {"kind": "approvals", "roles": sort(rules.approvals.required)} if {
	allowed
	input.point == "release"
}
