package verify

import "slices"

// step is what an act may write into the log.
type step struct {
	// opens are the actions that the entry with the act may have; nil: the act's
	// own name. An act that is refused opens with the refusal.
	opens []string
	// follows are those of entries without an act of their own that name this one.
	follows []string
	// elsewhere: the entry may have another subject than the act, for the domain
	// gives it its name.
	elsewhere bool
	// said are members of the entry's body that the act's params must have, as
	// they are, because this check builds on them.
	said []string
}

// steps are the acts of a served domain, by name: docs/formats/audit-log.md lists
// the actions. One place for all that an entry's action means to this check.
var steps = map[string]step{
	"org.add":           {},
	"user.add":          {},
	"user.role_confirm": {},
	"user.role_remove":  {},
	"user.suspend":      {follows: stops},
	"user.end":          {follows: stops},
	"org.suspend":       {follows: stops},
	"org.resume":        {},
	"org.end":           {follows: stops},
	"dataset.rollback":  {follows: []string{"dataset.replaced", "snapshot.current"}},
	"dataset.destroy":   {opens: []string{"snapshot.destroy"}, elsewhere: true},
	"dataset.cancel":    {},
	"dataset.pause":     {follows: stops},
	"dataset.resume":    {},
	"dataset.withdraw":  {follows: append([]string{"snapshot.destroy"}, stops...)},
	"scenario.apply":    {elsewhere: true},
	"scenario.review":   {follows: stops},
	"scenario.return":   {},
	"scenario.refuse":   {},
	"scenario.amend":    {elsewhere: true, follows: append([]string{"grant.end"}, stops...)},
	"scenario.suspend":  {follows: append([]string{"grant.suspend"}, stops...)},
	"scenario.resume":   {follows: []string{"grant.resume"}},
	"scenario.end":      {follows: append([]string{"grant.end"}, stops...)},
	"domain.freeze":     {follows: stops},
	"domain.unfreeze":   {},
	"incident.open":     {elsewhere: true},
	"incident.note":     {},
	"incident.close":    {},
	"job.cancel":        {},
	"release.return":    {},
	"release.reject":    {},
	"release.supersede": {},
	"release.withdraw":  {},
	"user.resume":       {},
	"user.key_add":      {said: []string{"user"}},
	"user.key_confirm":  {said: []string{"user"}},
	"user.key_revoke":   {},
	"user.bind":         {said: []string{"user", "issuer", "subject"}},
	"user.bind_confirm": {said: []string{"user"}},
	"user.unbind":       {},
	"session.open":      {},
	"product.register":  {},
	"product.publish":   {},
	"product.retire":    {},
	"product.sample":    {},
	"ticket.open":       {elsewhere: true},
	"ticket.answer":     {},
	"ticket.close":      {},
	"module.register":   {elsewhere: true},
	"module.certify":    {},
	"module.promote":    {},
	"module.revoke":     {},
	"domain.backup":     {follows: []string{"domain.backed_up"}, elsewhere: true},
	"domain.rotate":     {opens: []string{"domain.rotate", "space.rotate"}, elsewhere: true},
	"session.end":       {},
	"token.add":         {elsewhere: true},
	"token.end":         {},
	"dataset.add":       {follows: []string{"space.assume"}, elsewhere: true},
	"dataset.load":      {opens: []string{"act.begin", "dataset.load", "dataset.count"}, follows: []string{"dataset.load", "dataset.replaced", "dataset.current", "dataset.count"}, elsewhere: true},
	"fit.charge":        {follows: []string{"fit.done"}, elsewhere: true},
	"space.add":         {elsewhere: true},
	"scenario.add":      {elsewhere: true},
	"scenario.grant":    {follows: []string{"scenario.granted"}, elsewhere: true},
	"node.trust":        {elsewhere: true},
	"node.revoke":       {},
	"node.use":          {elsewhere: true},
	"job.run":           {opens: []string{"act.begin", "job.admit", "job.refuse", "module.refuse", "job.repeat", "job.run"}, follows: runs, elsewhere: true},
	"release.attach":    {},
	"release.approve":   {opens: []string{"release.approve", "release.approve_refused"}},
	"release.export":    {opens: exports, follows: exports},
}

var (
	runs    = []string{"job.admit", "job.charge", "job.run", "job.done", "job.refuse", "job.repeat", "job.nodes", "job.resume", "module.refuse", "release.make", "release.refuse"}
	stops   = []string{"job.stop", "release.freeze"}
	exports = []string{"release.export", "release.export_refused", "release.seal", "release.exported", "release.export_again"}
)

// own are the actions that the program takes of its own accord under ownerName:
// it ends what an act began, after a restart too, and records that the host's
// owner changed the rules, and that somebody logged in by an identity provider, to
// look, or handed in a passkey that somebody has to confirm; and what it found
// when it checked itself.
var own = []string{"domain.settings", "domain.rotated", "domain.restore", "policy.change", "job.run", "job.done", "job.refuse", "release.make", "release.refuse", "dataset.replaced", "dataset.current", "fit.done", "snapshot.destroyed", "session.login", "product.calls", "domain.checked", keyOffer}

// refusals are the actions of entries that an act was refused. The act that they
// hold, if any, changes nothing and does not use up its nonce: it can be stale,
// or one that was taken before.
var refusals = []string{"act.refuse"}

// earlier are the actions that a domain knows only before it is served.
var earlier = []string{"domain.init", "user.key_enrol", "user.key_ask", serveAction}

// ownerName is the actor of what nobody signs.
const ownerName = "owner"

func (s step) canOpen(act, action string) bool {
	return len(s.opens) == 0 && act == action || slices.Contains(s.opens, action)
}
