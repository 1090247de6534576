// Package desk is what people do in a domain and look at in it, below every
// door: the command line, the API and the pages say the same through it.
//
// Do takes one act of the table (internal/access): rights first, then what the
// act names is read, then the domain or the pipeline decides and changes. Look
// answers one question, as far as its asker may know. Both give the document
// that a command prints with --json. A refusal by the table is an entry of the
// log under the name of whoever asked; refusals by policy are made and logged
// further down. The package decides nothing itself.
package desk

import (
	"context"
	"encoding/json"
	"reflect"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/backup"
	"glovebox.example/glovebox/internal/pipeline"
)

// Act is a step that somebody asks for.
type Act struct {
	Name    string          // a row of access.Acts
	Subject string          // kind/ID; "" for what does not exist yet
	Role    glovebox.Role   // to act in; "": the one that the act is open to
	Params  json.RawMessage // a JSON object; nil: {}
	Files   Files           // what Params name; nil: nothing
}

// Options of a desk; nil is what a server uses.
type Options struct {
	// Progress of a load, in bytes of the file.
	Progress func(done, total int64)
	// Waiting is called once for a run that waits for a place.
	Waiting func(places int)
	// Retrying is called before an export tries a file again.
	Retrying func(file string, next, of int, err error)
	// Courier opens the engine of a domain whose jobs run on nodes. Nil: such jobs
	// fail before the charge.
	Courier pipeline.Courier
	// Copies is the path at which a safety copy of that name goes, by its half. Nil:
	// there is no place for them.
	Copies func(name string, half backup.Half) (path string, err error)
	// Export opens the place that an export names, and says how records call it.
	// Nil: there is none.
	Export func(to Destination) (name string, d driver.Destination, closed func(), err error)
	// Places are where a server's exports may go: what records call each, by name.
	Places map[string]string
	// Sessions are those of the server that the desk stands in; nil: there is none.
	Sessions Sessions
}

// Sessions are who is logged in at a server.
type Sessions interface {
	// List are the live sessions of a person; of everybody for "".
	List(user string) []Session
	// End ends one.
	End(id string)
}

// Session is somebody's being logged in, without its secret.
type Session struct {
	ID    string       `json:"id"`
	User  string       `json:"user"`
	Scope string       `json:"scope"`
	Proof access.Proof `json:"proof"` // of the login
	Since string       `json:"since"` // RFC 3339, UTC
	Until string       `json:"until"` // RFC 3339, UTC, at the latest
}

// Desk is open for one domain. It is safe for concurrent use.
type Desk struct {
	d *domain.Domain
	o Options
}

// New opens a desk.
func New(d *domain.Domain, o *Options) *Desk {
	k := &Desk{d: d}
	if o != nil {
		k.o = *o
	}
	return k
}

// Domain is what the desk stands in.
func (k *Desk) Domain() *domain.Domain { return k.d }

func (k *Desk) pipeline() *pipeline.Pipeline {
	return pipeline.New(k.d, &pipeline.Options{Waiting: k.o.Waiting, Retrying: k.o.Retrying, Courier: k.o.Courier})
}

// call is an act on its way.
type call struct {
	context.Context
	*Desk
	by    *domain.By
	act   Act
	id    string        // of the subject
	role  glovebox.Role // in which it is taken; "" where anybody may
	files Files
}

// Do takes an act on behalf of a person and returns its document. It fails with
// CodeDenied, CodeInvalid and CodeNotFound as rights and params demand, and as
// the step itself does.
func (k *Desk) Do(ctx context.Context, by *domain.By, a Act) (any, error) {
	row, ok := access.Find(a.Name)
	do := acts[a.Name]
	if !ok || do.read == nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "no act is called %q", a.Name).WithFix("docs/access.md lists them")
	}
	var role glovebox.Role
	if !by.IsOwner() {
		var err error
		if role, err = row.Role(by.User, a.Role); err != nil {
			return nil, k.d.Refused(ctx, by, a.Name, a.Subject, err)
		}
	}
	c := &call{Context: ctx, Desk: k, by: by, act: a, role: role, files: a.Files}
	if c.files == nil {
		c.files = none{}
	}
	_, c.id = kindID(a.Subject)
	v, err := c.take(row, do)
	if err != nil && by.Unused() && glovebox.CodeOf(err) != glovebox.CodeInternal {
		// Stale, about something that is not there, or against the step's own rules.
		return nil, k.d.Refused(context.WithoutCancel(ctx), by, a.Name, a.Subject, err)
	}
	return v, err
}

// take reads what is asked, and does it.
func (c *call) take(row *access.Act, do handler) (any, error) {
	if err := row.About(c.act.Subject); err != nil {
		return nil, err
	}
	step, err := do.read(c)
	if err != nil {
		return nil, err
	}
	if row.Long {
		if err := c.d.Begin(c, c.by, c.act.Name); err != nil {
			return nil, err
		}
	}
	return step()
}

// named fails unless the act's subject, where it names one, is what the step is
// about.
func (c *call) named(id string) error {
	if c.act.Subject == "" || c.id == id {
		return nil
	}
	return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "subject", Msg: "is not what the act's document is about"}).WithFix("leave the subject out, or name what the document names")
}

// handler does one act, with params of one type.
type handler struct {
	read   func(*call) (step func() (any, error), err error)
	params reflect.Type
}

// ParamsOf is the type of an act's params, a struct; nil for a row of the table
// that no desk takes yet.
func ParamsOf(name string) reflect.Type { return acts[name].params }

// acts are the handlers of the rows of access.Acts.
var acts = map[string]handler{
	"org.add":           with(orgAdd),
	"user.add":          with(userAdd),
	"user.role_confirm": with(roleConfirm),
	"user.role_remove":  with(roleRemove),
	"user.suspend":      with(userSuspend),
	"user.resume":       with(userResume),
	"user.key_add":      with(keyAdd),
	"user.key_confirm":  with(keyConfirm),
	"user.key_revoke":   with(keyRevoke),
	"user.end":          with(userEnd),
	"org.suspend":       with(orgSuspend),
	"org.resume":        with(orgResume),
	"org.end":           with(orgEnd),
	"dataset.rollback":  with(datasetRollback),
	"dataset.destroy":   with(datasetDestroy),
	"dataset.cancel":    with(datasetCancel),
	"dataset.pause":     with(datasetPause),
	"dataset.resume":    with(datasetResume),
	"dataset.withdraw":  with(datasetWithdraw),
	"scenario.apply":    with(scenarioApply),
	"scenario.review":   with(scenarioReview),
	"scenario.return":   with(scenarioReturn),
	"scenario.amend":    with(scenarioAmend),
	"scenario.refuse":   with(scenarioRefuse),
	"scenario.suspend":  with(scenarioSuspend),
	"scenario.resume":   with(scenarioResume),
	"scenario.end":      with(scenarioEnd),
	"domain.freeze":     with(domainFreeze),
	"domain.unfreeze":   with(domainUnfreeze),
	"incident.open":     with(incidentOpen),
	"incident.note":     with(incidentNote),
	"incident.close":    with(incidentClose),
	"job.cancel":        with(jobCancel),
	"release.return":    with(releaseReturn),
	"release.reject":    with(releaseReject),
	"release.supersede": with(releaseSupersede),
	"release.withdraw":  with(releaseWithdraw),
	"user.bind":         with(userBind),
	"user.bind_confirm": with(bindConfirm),
	"user.unbind":       with(userUnbind),
	"session.open":      with(sessionOpen),
	"product.register":  with(productRegister),
	"product.publish":   with(productPublish),
	"product.retire":    with(productRetire),
	"product.sample":    with(productSample),
	"ticket.open":       with(ticketOpen),
	"ticket.answer":     with(ticketAnswer),
	"ticket.close":      with(ticketClose),
	"module.register":   with(moduleRegister),
	"module.certify":    with(moduleCertify),
	"module.promote":    with(modulePromote),
	"module.revoke":     with(moduleRevoke),
	"domain.backup":     with(domainBackup),
	"domain.rotate":     with(domainRotate),
	"session.end":       with(sessionEnd),
	"token.add":         with(tokenAdd),
	"token.end":         with(tokenEnd),
	"dataset.add":       with(datasetAdd),
	"dataset.load":      with(datasetLoad),
	"fit.charge":        with(fitCharge),
	"space.add":         with(spaceAdd),
	"scenario.add":      with(scenarioAdd),
	"scenario.grant":    with(scenarioGrant),
	"node.trust":        with(nodeTrust),
	"node.revoke":       with(nodeRevoke),
	"node.use":          with(nodeUse),
	"job.run":           with(jobRun),
	"release.attach":    with(releaseAttach),
	"release.approve":   with(releaseApprove),
	"release.export":    with(releaseExport),
}

// with reads the params of a handler, strictly.
func with[P any](do func(*call, *P) (any, error)) handler {
	return handler{params: reflect.TypeFor[P](), read: func(c *call) (func() (any, error), error) {
		p := new(P)
		if err := decode(c.act.Params, p); err != nil {
			return nil, err
		}
		return func() (any, error) { return do(c, p) }, nil
	}}
}
