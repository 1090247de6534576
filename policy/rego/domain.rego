# The place of a domain's own rules. Modules of a domain join this package and
# can add to these two sets, nothing else:
#
#   deny contains {"rule": ..., "at": ..., "req": ..., "text": {"en": ..., "zh": ...}} if ...
#   obligation contains {"kind": "mask", "dataset": ..., "column": ..., "mask": {...}} if ...
#   obligation contains {"kind": "approvals", "roles": [...]} if ...
package glovebox.domain

deny contains r if {
	some r in []
}

obligation contains r if {
	some r in []
}
