package desk

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/store"
)

// whose is of whom a question about what people log in and sign with is: of the
// person ID, or of everybody, "", for those who keep it. Others ask about
// themselves.
func (q *question) whose() (string, error) {
	of := q.look.ID
	if q.u == nil {
		return of, nil
	}
	v, err := q.viewer()
	if err != nil || v.People() {
		return of, err
	}
	if of != "" && of != q.u.Name {
		return "", glovebox.Errorf(glovebox.CodeNotFound, "no user %q in this domain", of).WithFix("`glovebox user list` shows those whom you may see")
	}
	return q.u.Name, nil
}

// mine fails with CodeNotFound for what is of somebody else, unless the asker may
// see everybody's; so for what is not there.
func mine[T any](q *question, kind store.Kind[T], id string, of func(*T) string) error {
	v, err := q.viewer()
	if err != nil || v.People() {
		return err
	}
	return q.d.Store.View(q, func(tx *store.Tx) error {
		x, err := kind.Find(tx, id)
		if err == nil && (x == nil || of(x) != q.u.Name) {
			err = glovebox.Errorf(glovebox.CodeNotFound, "no %s %q in this domain", string(kind), id)
		}
		return err
	})
}

func lookKeys(q *question) (any, error) {
	of, err := q.whose()
	if err != nil {
		return nil, err
	}
	return listed(q.d.Keys(q, of))
}

func lookBindings(q *question) (any, error) {
	of, err := q.whose()
	if err != nil {
		return nil, err
	}
	return listed(q.d.Bindings(q, of))
}

func lookTokens(q *question) (any, error) {
	of, err := q.whose()
	if err != nil {
		return nil, err
	}
	return listed(q.d.Tokens(q, of))
}

func lookSessions(q *question) (any, error) {
	if q.o.Sessions == nil {
		return nil, noSessions()
	}
	of, err := q.whose()
	if err != nil {
		return nil, err
	}
	return listed(q.o.Sessions.List(of), nil)
}

func noSessions() error {
	return glovebox.Errorf(glovebox.CodeConflict, "nobody is logged in where there is no server").WithFix("ask the server: --server URL")
}

func userBind(c *call, p *Bind) (any, error) {
	if c.id != access.BindingID(p.Issuer, p.Subject) {
		return nil, glovebox.Invalid("subject", "is not that of this account").WithFix("docs/formats/act.md says how a binding is named")
	}
	return c.d.Bind(c, c.by, p.User, p.Issuer, p.Subject)
}

func bindConfirm(c *call, p *KeyConfirm) (any, error) {
	return c.d.ConfirmBinding(c, c.by, p.User, c.id)
}

func userUnbind(c *call, _ *Nothing) (any, error) { return c.d.Unbind(c, c.by, c.id) }

// sessionOpen records a login. Whoever logs somebody in makes the session.
func sessionOpen(c *call, p *SessionOpen) (any, error) {
	if c.id != c.by.Name {
		return nil, glovebox.Errorf(glovebox.CodeDenied, "a login is in one's own name").WithFix("the subject is session/%s", c.by.Name)
	}
	if p.Scope != "read" && p.Scope != "act" {
		return nil, glovebox.Invalid("scope", "is not one of a session").WithFix("use read or act")
	}
	return p, c.d.LoggedIn(c, c.by, p.Scope)
}

// sessionEnd ends a session that there is. Of somebody else's, whoever may not
// end it learns as much as of one that there is not.
func sessionEnd(c *call, _ *Nothing) (any, error) {
	if c.o.Sessions == nil {
		return nil, noSessions()
	}
	keeps := false
	for _, r := range c.by.Roles {
		keeps = keeps || r == glovebox.RoleRegistrar
	}
	for _, s := range c.o.Sessions.List("") {
		if s.ID != c.id || s.User != c.by.Name && !keeps {
			continue
		}
		if err := c.d.EndedSession(c, c.by, s.ID, s.User); err != nil {
			return nil, err
		}
		c.o.Sessions.End(s.ID)
		return s, nil
	}
	return nil, glovebox.Errorf(glovebox.CodeNotFound, "no session %q of yours", c.id).WithFix("`glovebox session list` shows those that you may end")
}

// NewToken is a token as it is told once.
type NewToken struct {
	domain.TokenDoc
	Secret string `json:"token"`
}

func tokenAdd(c *call, p *TokenAdd) (any, error) {
	if c.act.Subject != "" {
		return nil, glovebox.Invalid("subject", "is given by the domain").WithFix("leave it out")
	}
	doc, secret, err := c.d.AddToken(c, c.by, p.Label, p.Scope, p.Days)
	return &NewToken{doc, secret}, err
}

func tokenEnd(c *call, _ *Nothing) (any, error) { return c.d.EndToken(c, c.by, c.id) }
