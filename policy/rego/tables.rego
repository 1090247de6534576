# The numbers and lists of the policy. No document of the cities names them:
# they are this library's choice. A domain tightens them with rules of its own
# (package glovebox.domain); docs/policy.md explains each.
package glovebox.tables

# A grant lasts at most this many years.
max_term_years := 5

# The least that a job takes of a ledger, in billionths. Noise protects what a
# job says; how long it takes is not noise, and a job that costs next to nothing
# could be run as often as one likes: so every job has a price, and the ledger
# bounds how many there can be.
least_price := {"pure": 10000000, "zcdp": 50000}

# The most that a job takes of a unit space's ledger, and that one product and one
# calendar month take of it together, in billionths, unless the grant accepts more.
# A ledger that could be emptied by one slip of a comma would be none.
most_price := {
	"job": {"pure": 10000000000, "zcdp": 50000000000},
	"product": {"pure": 50000000000, "zcdp": 250000000000},
	"month": {"pure": 100000000000, "zcdp": 500000000000},
}

# Who can be asked to approve a release, and who is if the grant does not say.
approver_roles := {"provider", "authority", "operator", "auditor"}

default_approvals := ["authority", "provider"]

# Strength of a mask: an obligation of the domain replaces a weaker mask, and
# stands in for a default of the same strength.
mask_level := {"none": 0, "clip": 1, "fpe": 1, "generalise": 1, "redact": 1, "token": 1, "constant": 2, "suppress": 2}

# Fields of a mask that a domain's obligation can set.
mask_fields := {"kind", "keep_first", "keep_last", "step", "to", "groups", "other", "form", "check", "low", "high", "value", "hash"}

# Forms that a text keeps under masks fpe and redact.
mask_forms := {"digits", "alnum", "cn-resident-id", "cn-uscc", "cn-mobile", "bank-card"}

# Column types, and the masks that each can have.
fits := {
	"string": {"none", "token", "fpe", "redact", "generalise", "constant", "suppress"},
	"int32": {"none", "token", "generalise", "clip", "suppress"},
	"int64": {"none", "token", "generalise", "clip", "suppress"},
	"float64": {"none", "generalise", "clip", "suppress"},
	"bool": {"none", "suppress"},
	"date": {"none", "generalise", "clip", "suppress"},
	"datetime": {"none", "generalise", "clip", "suppress"},
	"decimal": {"none", "generalise", "clip", "suppress"},
	"token": {"none", "token", "suppress"},
}

# The mask of a column whose grant names none, by grade and declared type; what
# is not listed is open. Identifiers and tokens are tokens at every grade. A
# default never changes numbers without changing their type, or a module would
# not notice: it must be the grant that names a step.
default_masks := {
	3: {
		"string": {"kind": "token"},
		"date": {"kind": "generalise", "to": "month"},
		"datetime": {"kind": "suppress"},
	},
	4: {
		"string": {"kind": "token"},
		"date": {"kind": "generalise", "to": "year"},
		"datetime": {"kind": "suppress"},
		"decimal": {"kind": "suppress"},
		"int32": {"kind": "suppress"},
		"int64": {"kind": "suppress"},
		"float64": {"kind": "suppress"},
		"bool": {"kind": "suppress"},
	},
}

# Classes whose columns keep to those defaults from a higher grade on only.
sheltered_from_grade := {"public": 4}

grades := {1, 2, 3, 4}

# From this grade on, a column needs a mask other than none.
masked_from_grade := 4

classes := {"public", "personal", "sensitive", "business", "identifier", "work_secret", "state_secret"}

# Classes whose mask the grant must name itself, from which grade on: a default
# will not do.
explicit_from_grade := {"work_secret": 1, "business": 3}

# The widest step of an integer column: whole numbers up to here are exact.
max_whole_step := 9007199254740992

# A redacted identifier keeps at most this many characters.
max_kept := 10

# A redaction keeps at most this many characters at either end.
max_kept_at_end := 64

# Job modes and release methods that this version carries out.
modes := {"blocks", "map", "train", "tune"}

methods := {"dp"}

power_of_ten := {9: 1000000000, 15: 1000000000000000}
