# The mask that takes effect on every column that a job uses. Uses are named by
# their index in input.uses.
#
# The grant's mask counts; where it names none, the default for the column's
# class, grade and type. A domain's obligation replaces a weaker mask, or a
# default of the same strength: it can tighten, never loosen.
package glovebox.columns

import data.glovebox.domain
import data.glovebox.lib
import data.glovebox.tables

# mask of every use whose column the catalogue knows.
mask := base if {
	count(demands) == 0
} else := {i: m | some i, _ in base; m := effective(i)}

base[i] := u.grant.mask if some i, u in input.uses

base[i] := default_mask(u.info.class, u.info.grade, u.info.type) if {
	some i, u in input.uses
	not u.grant.mask
}

default_mask(class, grade, type) := {"kind": "token"} if {
	is_secret(class, type)
} else := tables.default_masks[grade][type] if {
	grade >= object.get(tables.sheltered_from_grade, class, 1)
} else := {"kind": "none"}

# A secret column is one whose stored value names a unit: an identifier, or the
# vault's own token.
is_secret(class, type) if {
	class == "identifier"
} else if {
	type == "token"
} else := false

# demands are the masks that the domain's obligations ask for.
demands[o.dataset][o.column] contains o.mask if {
	some o in domain.obligation
	o.kind == "mask"
	lib.obligation_ok(o)
}

effective(i) := m if {
	count(strongest(i)) == 1
	some m in strongest(i)
} else := base[i]

# strongest holds the domain's masks that replace a base mask: stronger ones,
# and where the grant names none, equally strong ones. Of those, the strongest.
strongest(i) := {m |
	some m in replacing(i)
	level(m) == max({level(x) | some x in replacing(i)})
}

replacing(i) := {m |
	u := input.uses[i]
	some m in demands[u.dataset][u.column]
	level(m) >= least(i)
}

least(i) := level(base[i]) + 1 if {
	input.uses[i].grant.mask
} else := level(base[i])

# A mask of an unknown kind is replaced by nothing, so that it is refused.
level(m) := object.get(tables.mask_level, m.kind, 9)
