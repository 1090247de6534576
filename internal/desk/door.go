package desk

import (
	"context"
	"encoding/json"
	"reflect"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/domain"
)

// Door is a way to a desk: the directory itself, or a server.
type Door interface {
	// Do takes an act and puts its document into out, a pointer; nil: nowhere.
	Do(ctx context.Context, a Act, out any) error
	// Look asks a question and puts the answer into out.
	Look(ctx context.Context, l Look, out any) error
}

// Local is the door of whoever holds the directory, in the name of User; "" is
// the owner, who adds people to a domain that is not served and acts in nothing
// else.
type Local struct {
	Desk *Desk
	User string
}

// Do implements Door.
func (l *Local) Do(ctx context.Context, a Act, out any) error {
	by, err := l.by(ctx, a.Name)
	if err != nil {
		return err
	}
	v, err := l.Desk.Do(ctx, by, a)
	if err != nil {
		return err
	}
	return put(v, out)
}

// Look implements Door.
func (l *Local) Look(ctx context.Context, q Look, out any) error {
	var u *glovebox.User
	if l.User != "" && !ownerless(q.Name) {
		by, err := l.Desk.d.Acting(ctx, l.User)
		if err != nil {
			return err
		}
		u = &by.User
	}
	v, err := l.Desk.Look(ctx, u, q)
	if err != nil {
		return err
	}
	if p, ok := v.(Page); ok {
		v = p.Items
	}
	return put(v, out)
}

// by is who acts: the owner of the directory where the act is about people.
func (l *Local) by(ctx context.Context, name string) (*domain.By, error) {
	if row, ok := access.Find(name); ok && row.Keeping && l.User == "" {
		return domain.OwnerBy(), nil
	}
	if l.User == "" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "no user given").WithFix("pass --as USER or set GLOVEBOX_USER; `glovebox user add` makes one")
	}
	return l.Desk.d.Acting(ctx, l.User)
}

// put gives a document to who asked for it: as it is where the types are the
// same, else as its JSON says.
func put(v, out any) error {
	if out == nil {
		return nil
	}
	to := reflect.ValueOf(out).Elem()
	from := reflect.ValueOf(v)
	if from.Kind() == reflect.Pointer && !from.IsNil() && from.Elem().Type() == to.Type() {
		from = from.Elem()
	}
	if from.IsValid() && from.Type() == to.Type() {
		to.Set(from)
		return nil
	}
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, out)
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
	}
	return nil
}

// ownerless says whether a question needs nobody's name: the domain's own key is
// anybody's to know.
func ownerless(name string) bool { return name == "domain" || public[name] }
