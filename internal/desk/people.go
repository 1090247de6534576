package desk

import (
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/text"
)

func orgAdd(c *call, p *OrgAdd) (any, error) {
	return c.d.AddOrg(c, c.by, glovebox.Org{Name: c.id, Kind: p.Kind, District: p.District, Filing: p.Filing})
}

func userAdd(c *call, p *UserAdd) (any, error) {
	return c.d.AddUser(c, c.by, domain.NewUser{Name: c.id, Full: p.Full, Role: p.Role, Org: p.Org, Filing: p.Filing, Qualification: p.Qualification})
}

func roleConfirm(c *call, p *Role) (any, error) { return c.d.ConfirmRole(c, c.by, c.id, p.Role) }

func roleRemove(c *call, p *Role) (any, error) { return c.d.RemoveRole(c, c.by, c.id, p.Role) }

func userSuspend(c *call, p *Reason) (any, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return c.d.SuspendUser(c, c.by, c.id, p.Reason)
}

func userResume(c *call, p *Reason) (any, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return c.d.ResumeUser(c, c.by, c.id, p.Reason)
}

func keyAdd(c *call, p *KeyAdd) (any, error) {
	if p.Key.ID != c.id {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "key.id", Msg: "is not the subject of the act"}).WithFix("the subject is key/ID")
	}
	return c.d.AddKey(c, c.by, p.User, p.Key)
}

func keyConfirm(c *call, p *KeyConfirm) (any, error) { return c.d.ConfirmKey(c, c.by, p.User, c.id) }

func keyRevoke(c *call, _ *Nothing) (any, error) { return c.d.RevokeKey(c, c.by, c.id) }

// maxReason bounds a reason, in characters.
const maxReason = 500

func (r *Reason) check() error {
	wrong := text.Name(r.Reason)
	switch {
	case r.Reason == "":
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--reason", Msg: "is missing"}).WithFix("say why, in a sentence: it is kept with the act")
	case utf8.RuneCountInString(r.Reason) > maxReason:
		return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--reason", Msg: "is longer than 500 characters"}).WithFix("say it shorter")
	case wrong != "":
		e := glovebox.Errorf(glovebox.CodeInvalid, "the text %s", wrong)
		e.Field = "--reason"
		return e.WithFix(text.Advice)
	}
	return nil
}
