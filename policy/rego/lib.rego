# What the rules share: reading the request, and making reasons.
package glovebox.lib

import data.glovebox.tables

# fault is what a deny rule yields. The rule's text is found by its id; args
# fill the {names} in it.
fault(rule, at, args) := {"rule": rule, "at": at, "args": args}

# fill puts args into a text, in one pass: an arg that looks like a {name} is
# left as it is.
fill(text, args) := strings.replace_n({sprintf("{%s}", [k]): sprintf("%v", [v]) | some k, v in args}, text)

# untold stands in for the text of a rule that has none. It never shows: a test
# holds every rule to its text. It is here so that no reason can get lost.
untold := {"req": "", "en": "refused; the rule gives no text", "zh": "拒绝；该规则没有说明"}

# domain_reason makes a reason of whatever a domain's deny rule yields.
domain_reason(d) := {
	"rule": sprintf("domain.%s", [id]),
	"at": str(d, ["at"]),
	"req": str(d, ["req"]),
	"text": {"en": en, "zh": zh},
} if {
	id := nonempty(trim_prefix(str(d, ["rule"]), "domain."), "unnamed")
	en := nonempty(str(d, ["text", "en"]), nonempty(str(d, ["text", "zh"]), untold.en))
	zh := nonempty(str(d, ["text", "zh"]), nonempty(str(d, ["text", "en"]), untold.zh))
}

str(x, path) := v if {
	is_object(x)
	v := object.get(x, path, "")
	is_string(v)
} else := ""

nonempty(s, other) := s if s != "" else := other

# obligation_ok says whether a domain's obligation can be carried out.
obligation_ok(o) if {
	o.kind == "mask"
	is_string(o.dataset)
	is_string(o.column)
	tables.mask_level[o.mask.kind] > 0
	every k, _ in o.mask { k in tables.mask_fields }
}

obligation_ok(o) if {
	o.kind == "approvals"
	count(o.roles) > 0
	every r in o.roles { r in tables.approver_roles }
}

has_scenario if is_object(input.scenario)

has_grant if is_object(input.grant)

# today is the civil date of the request's time, in the offset the caller's
# clock wrote it with. Days compare as text.
today := input.day if valid_time

valid_time if input.day != ""

is_day(d) if regex.match(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`, d)

# providers of the job's datasets.
providers contains input.datasets[dataset].provider if some dataset, _ in input.job.inputs

# States in which a result may be exported, and in which it may be reviewed.
exportable := {"approved", "exported"}

reviewable := {"pending", "approved", "returned"}

# roles_of says which roles a person plays on this product: what the scenario,
# the grant and the job appointed them to, and what they hold in the whole
# domain. A provider plays that part only where their organisation provides an
# input; a developer only where the grant lists them.
roles_of(person) := appointed(person.name) | held(person)

held(person) := {r | some r in person.roles; r in {"operator", "authority", "auditor"}} | {"provider" |
	"provider" in person.roles
	person.org in providers
}

appointed(name) := {r | some r in appointments[name]}

appointments[input.people.submitter] contains "developer"

appointments[name] contains "developer" if some name in input.grant.developers

appointments[input.scenario.operator] contains "operator"

appointments[input.grant.by] contains "authority"

appointments[a.user] contains a.role if some a in input.people.approvals

# decimal writes an integer of 10^-digits units.
decimal(n, digits) := s if {
	unit := tables.power_of_ten[digits]
	part := n % unit
	padded := sprintf("%d.%s", [(n - part) / unit, substring(sprintf("%d", [unit + part]), 1, -1)])
	s := trim_suffix(trim_right(padded, "0"), ".")
}
