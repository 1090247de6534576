package access

import (
	"strings"

	"glovebox.example/glovebox"
)

// subjects are the kinds of document that acts are about. An act names the state
// of its subject as its person saw it, and only a subject of the right kind has
// that state. maker are the acts that make what they are about, or find it in a
// file: their subject may be empty.
var (
	subjects = map[string]string{
		"org.add": "org", "user.add": "user", "user.role_confirm": "user", "user.role_remove": "user", "user.suspend": "user", "user.resume": "user",
		"user.key_add": "key", "user.key_confirm": "key", "user.key_revoke": "key", "session.open": "session",
		"product.register": "product", "product.publish": "product", "product.retire": "product", "product.sample": "product",
		"ticket.open": "ticket", "ticket.answer": "ticket", "ticket.close": "ticket",
		"module.register": "module", "module.certify": "module", "module.promote": "module", "module.revoke": "module",
		"domain.backup": "domain", "domain.rotate": "domain",
		"user.bind": "binding", "user.bind_confirm": "binding", "user.unbind": "binding", "session.end": "session", "token.add": "token", "token.end": "token",
		"dataset.add": "dataset", "dataset.load": "dataset", "fit.charge": "dataset", "space.add": "space",
		"scenario.add": "scenario", "scenario.grant": "scenario", "node.trust": "node", "node.revoke": "node", "node.use": "engine",
		"user.end": "user", "org.suspend": "org", "org.resume": "org", "org.end": "org",
		"dataset.rollback": "dataset", "dataset.destroy": "dataset", "dataset.cancel": "dataset",
		"dataset.pause": "dataset", "dataset.resume": "dataset", "dataset.withdraw": "dataset",
		"scenario.apply": "scenario", "scenario.review": "scenario", "scenario.return": "scenario", "scenario.amend": "scenario", "scenario.refuse": "scenario",
		"scenario.suspend": "scenario", "scenario.resume": "scenario", "scenario.end": "scenario",
		"domain.freeze": "freeze", "domain.unfreeze": "freeze", "incident.open": "incident", "incident.note": "incident", "incident.close": "incident",
		"job.cancel": "job", "release.return": "release", "release.reject": "release", "release.supersede": "release", "release.withdraw": "release",
		"job.run": "job", "release.attach": "release", "release.approve": "release", "release.export": "release",
	}
	maker = map[string]bool{
		"ticket.open":     true,
		"module.register": true,
		"domain.backup":   true,
		"domain.rotate":   true,
		"dataset.add":     true,
		"space.add":       true,
		"scenario.add":    true,
		"scenario.grant":  true,
		"node.trust":      true,
		"node.use":        true,
		"job.run":         true,
		"incident.open":   true,
		"token.add":       true,
		"scenario.apply":  true,
		"scenario.amend":  true,
	}
)

// Kind is the kind of document that the act is about.
func (a *Act) Kind() string { return subjects[a.Name] }

// from are the states of their subject in which acts may be taken, by the arrows
// of docs/states.md; of an act that is not here, any, or none that is there.
var from = map[string][]string{
	"product.publish": {"developing", "published"}, "product.retire": {"developing", "published", "running"},
	"ticket.answer": {"open", "answered"}, "ticket.close": {"open", "answered"},
	"module.certify": {"registered"}, "module.promote": {"registered", "certified"}, "module.revoke": {"registered", "certified"},
	"user.suspend": {"active"}, "user.resume": {"suspended"}, "user.end": {"active", "suspended"},
	"org.suspend": {"active"}, "org.resume": {"suspended"}, "org.end": {"active", "suspended"},
	"dataset.load": {"active"}, "fit.charge": {"active"},
	"dataset.rollback": {"active"}, "dataset.destroy": {"active", "paused"}, "dataset.cancel": {"active", "paused"},
	"dataset.pause": {"active", "paused"}, "dataset.resume": {"paused"}, "dataset.withdraw": {"active", "paused"},
	"scenario.grant": {"proposed", "reviewed", "granted"}, "scenario.suspend": {"granted", "suspended"}, "scenario.resume": {"suspended"},
	"scenario.end":    {"proposed", "reviewed", "returned", "granted", "suspended"},
	"scenario.review": {"proposed", "reviewed", "granted", "suspended"}, "scenario.return": {"proposed", "reviewed"}, "scenario.refuse": {"proposed", "reviewed"},
	"scenario.amend": {"proposed", "reviewed", "returned", "granted", "suspended"},
	"domain.freeze":  {"", "open", "frozen"}, "domain.unfreeze": {"frozen"},
	"incident.note": {"reported", "handling", "recovered"}, "incident.close": {"reported", "handling", "recovered"},
	"job.cancel":     {"admitted", "charged", "running"},
	"release.attach": {"pending", "returned"}, "release.approve": {"pending", "returned"}, "release.return": {"pending", "approved"},
	"release.reject": {"pending", "approved", "returned"}, "release.export": {"approved", "exported"}, "release.supersede": {"approved", "exported"},
	"release.withdraw": {"pending", "approved", "exported", "returned", "superseded"},
}

// From are the states of its subject in which the act may be taken; nil: it looks
// at none, or makes what it is about.
func (a *Act) From() []string { return from[a.Name] }

// Makes says whether the act may have no subject: it makes it, or finds its name
// in a file.
func (a *Act) Makes() bool { return maker[a.Name] }

// About fails with CodeInvalid unless subject, kind/ID, is what the act can be
// about.
func (a *Act) About(subject string) error {
	kind, id, _ := strings.Cut(subject, "/")
	if subject == "" && a.Makes() || kind == a.Kind() && id != "" {
		return nil
	}
	return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "subject", Msg: "is not one of the act"}).WithFix("the subject of %s is %s/ID", a.Name, a.Kind())
}
