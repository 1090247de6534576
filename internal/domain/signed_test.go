package domain

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/domain/store"
)

// desk is a served domain with people who have keys.
type desk struct {
	t    *testing.T
	d    *Domain
	keys map[string]*act.FileKey
}

func served(t *testing.T) *desk {
	t.Helper()
	d, _ := made(t)
	x := &desk{t, d, map[string]*act.FileKey{}}
	_, err := d.Serve(t.Context(), Enrolled{User: "reg1", Org: "Data Bureau", Key: x.key("reg1")}, Enrolled{User: "auth1", Org: "Data Bureau", Key: x.key("auth1")})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *desk) key(name string) act.Key {
	x.t.Helper()
	k, err := act.GenerateFileKey(filepath.Join(x.t.TempDir(), name+".pem"), act.Ed25519, name)
	if err != nil {
		x.t.Fatal(err)
	}
	x.keys[name] = k
	return k.Key()
}

// sign is an act of somebody, as changed.
func (x *desk) sign(who, name, subject string, change ...func(*act.Act)) *act.Envelope {
	x.t.Helper()
	kind, id, _ := strings.Cut(subject, "/")
	var state string
	if err := x.d.Store.View(x.t.Context(), func(tx *store.Tx) (err error) {
		state, err = tx.Digest(kind, id)
		return err
	}); err != nil {
		x.t.Fatal(err)
	}
	a := &act.Act{V: act.Version, Domain: x.d.Name, Name: name, Subject: subject, State: state, Time: x.d.Now().Format(act.TimeLayout), Nonce: act.NewNonce(), Params: json.RawMessage(`{}`)}
	for _, c := range change {
		c(a)
	}
	e, err := x.keys[who].Sign(a)
	if err != nil {
		x.t.Fatal(err)
	}
	return e
}

func (x *desk) by(e *act.Envelope) (*By, error) {
	by, _, err := x.d.Signed(x.t.Context(), e)
	return by, err
}

func (x *desk) addUser(e *act.Envelope, n NewUser) error {
	by, err := x.by(e)
	if err == nil {
		_, err = x.d.AddUser(x.t.Context(), by, n)
	}
	return err
}

func TestServedDomainTakesSignedActsAlone(t *testing.T) {
	x := served(t)
	liu := NewUser{Name: "liu", Role: glovebox.RoleOperator, Org: "Data Bureau"}
	if _, err := x.d.AddUser(t.Context(), OwnerBy(), liu); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("the owner of the directory added a user: %v", err)
	}
	if _, err := x.d.Acting(t.Context(), "reg1"); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("--as was taken: %v", err)
	}
	reg1, err := x.d.ActiveUser(t.Context(), "reg1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.d.AddUser(t.Context(), Looking(reg1), liu); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("one who looks added a user: %v", err)
	}
	good := x.sign("reg1", "user.add", "user/liu")
	if err := x.addUser(good, liu); err != nil {
		t.Fatal(err)
	}
	if _, err := x.d.Serve(t.Context(), Enrolled{User: "reg2", Org: "x", Key: x.key("reg2")}, Enrolled{User: "auth2", Org: "x", Key: x.key("auth2")}); err == nil {
		t.Error("the domain was served a second time, with other people")
	}
	x.checked()
}

// TestActsThatAreRefused: each act that must not count, and changes nothing.
func TestActsThatAreRefused(t *testing.T) {
	x := served(t)
	n := NewUser{Name: "liu", Role: glovebox.RoleOperator, Org: "Data Bureau"}
	good := x.sign("reg1", "user.add", "user/liu")
	if err := x.addUser(good, n); err != nil {
		t.Fatal(err)
	}
	x.key("mal")
	again := NewUser{Name: "wu", Role: glovebox.RoleDeveloper, Org: "Data Bureau"}
	for name, e := range map[string]*act.Envelope{
		"replayed":       good,
		"unknown key":    x.sign("mal", "user.add", "user/wu"),
		"another domain": x.sign("reg1", "user.add", "user/wu", func(a *act.Act) { a.Domain = "elsewhere" }),
		"stale":          x.sign("reg1", "user.add", "user/liu", func(a *act.Act) { a.State = glovebox.Digest([]byte("before")) }),
		"unseen":         x.sign("reg1", "user.add", "user/liu", func(a *act.Act) { a.State = "" }),
		"old":            x.sign("reg1", "user.add", "user/wu", func(a *act.Act) { a.Time = x.d.Now().Add(-11 * time.Minute).Format(act.TimeLayout) }),
		"early":          x.sign("reg1", "user.add", "user/wu", func(a *act.Act) { a.Time = x.d.Now().Add(6 * time.Minute).Format(act.TimeLayout) }),
		"wrong role":     x.sign("auth1", "user.add", "user/wu"),
		"role not held":  x.sign("reg1", "user.add", "user/wu", func(a *act.Act) { a.Role = "authority" }),
		"no such act":    x.sign("reg1", "user.crown", "user/wu"),
	} {
		if err := x.addUser(e, again); err == nil {
			t.Errorf("%s: the act was taken", name)
		}
	}
	// Of the key's other scheme, or of another's payload.
	e := x.sign("reg1", "user.add", "user/wu")
	other := x.sign("auth1", "user.add", "user/wu")
	e.Payload = other.Payload
	if _, err := x.by(e); err == nil {
		t.Error("a signature over another act was taken")
	}
	users, err := x.d.Users(t.Context())
	if err != nil || len(users) != 3 {
		t.Errorf("%d users, %v", len(users), err)
	}
	x.checked()
}

// TestKeysAndRolesNeedASecondPerson walks a newcomer to the first act, and back.
func TestKeysAndRolesNeedASecondPerson(t *testing.T) {
	x := served(t)
	ctx := t.Context()
	if err := x.addUser(x.sign("reg1", "user.add", "user/reg2"), NewUser{Name: "reg2", Role: glovebox.RoleRegistrar, Org: "Data Bureau"}); err != nil {
		t.Fatal(err)
	}
	confirm := func(who string) error {
		by, err := x.by(x.sign(who, "user.role_confirm", "user/reg2"))
		if err == nil {
			_, err = x.d.ConfirmRole(ctx, by, "reg2", glovebox.RoleRegistrar)
		}
		return err
	}
	if err := confirm("reg1"); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("who asked for a role confirmed it: %v", err)
	}
	if err := confirm("auth1"); err != nil {
		t.Fatal(err)
	}
	k := x.key("reg2")
	// Whose key it is has to be signed too: the key alone does not say it.
	ofReg2 := func(a *act.Act) { a.Params = json.RawMessage(`{"user":"reg2"}`) }
	by, err := x.by(x.sign("reg1", "user.key_add", "key/"+k.ID, ofReg2))
	if err == nil {
		_, err = x.d.AddKey(ctx, by, "reg2", k)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.by(x.sign("reg2", "user.add", "user/wu")); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("a key that nobody confirmed signed: %v", err)
	}
	keyAct := func(who, name string, step func(*By) error) error {
		by, err := x.by(x.sign(who, name, "key/"+k.ID, ofReg2))
		if err == nil {
			err = step(by)
		}
		return err
	}
	confirmKey := func(by *By) error { _, err := x.d.ConfirmKey(ctx, by, "reg2", k.ID); return err }
	if err := keyAct("reg1", "user.key_confirm", confirmKey); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("who handed a key in confirmed it: %v", err)
	}
	if err := keyAct("auth1", "user.key_confirm", func(by *By) error { _, err := x.d.ConfirmKey(ctx, by, "auth1", k.ID); return err }); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("a key was confirmed as that of somebody else: %v", err)
	}
	if err := keyAct("auth1", "user.key_confirm", confirmKey); err != nil {
		t.Fatal(err)
	}
	// Two acts of one person, made before the suspension, of which one comes after.
	late := x.sign("reg2", "user.add", "user/wu")
	if err := x.addUser(x.sign("reg2", "user.add", "user/sun"), NewUser{Name: "sun", Role: glovebox.RoleDeveloper, Org: "Data Bureau"}); err != nil {
		t.Fatal(err)
	}
	lateBy, err := x.by(late)
	if err != nil {
		t.Fatal(err)
	}
	by, err = x.by(x.sign("reg1", "user.suspend", "user/reg2"))
	if err == nil {
		_, err = x.d.SuspendUser(ctx, by, "reg2", "left the bureau")
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.d.AddUser(ctx, lateBy, NewUser{Name: "wu", Role: glovebox.RoleDeveloper, Org: "Data Bureau"}); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("an act of a suspended person was taken: %v", err)
	}
	by, err = x.by(x.sign("auth1", "user.resume", "user/reg2"))
	if err == nil {
		_, err = x.d.ResumeUser(ctx, by, "reg2", "back")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := keyAct("reg2", "user.key_revoke", func(by *By) error { _, err := x.d.RevokeKey(ctx, by, k.ID); return err }); err != nil {
		t.Fatal(err)
	}
	if err := x.addUser(x.sign("reg2", "user.add", "user/wu"), NewUser{Name: "wu", Role: glovebox.RoleDeveloper, Org: "Data Bureau"}); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("a revoked key signed: %v", err)
	}
	x.checked()
}

// TestKeysOfBeforeServing: those that a domain took on its owner's word wait for
// somebody who confirms them, once it is served.
func TestKeysOfBeforeServing(t *testing.T) {
	d, _ := made(t)
	ctx := t.Context()
	x := &desk{t, d, map[string]*act.FileKey{}}
	for _, name := range []string{"liu", "auth1"} {
		if _, err := d.AddUser(ctx, OwnerBy(), NewUser{Name: name, Role: glovebox.RoleDeveloper, Org: "Data Bureau"}); err != nil {
			t.Fatal(err)
		}
	}
	k := x.key("liu")
	if _, err := d.AddKey(ctx, OwnerBy(), "liu", k); err != nil {
		t.Fatal(err)
	}
	if _, err := x.by(x.sign("liu", "user.key_revoke", "key/"+k.ID)); err != nil {
		t.Errorf("a key of a domain that is not served: %v", err)
	}
	if _, err := d.Serve(ctx, Enrolled{User: "reg1", Org: "Data Bureau", Key: k}, Enrolled{User: "auth2", Org: "Data Bureau", Key: x.key("auth2")}); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("somebody was enrolled with the key of another: %v", err)
	}
	if _, err := d.Serve(ctx, Enrolled{User: "reg1", Org: "Data Bureau", Key: x.key("reg1")}, Enrolled{User: "auth2", Org: "Data Bureau", Key: x.key("auth2")}); err != nil {
		t.Fatal(err)
	}
	if _, err := x.by(x.sign("liu", "user.key_revoke", "key/"+k.ID)); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("a key that only the owner vouched for signed: %v", err)
	}
	by, err := x.by(x.sign("reg1", "user.key_confirm", "key/"+k.ID, func(a *act.Act) { a.Params = json.RawMessage(`{"user":"liu"}`) }))
	if err == nil {
		_, err = d.ConfirmKey(ctx, by, "liu", k.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	if by, err = x.by(x.sign("liu", "user.key_revoke", "key/"+k.ID)); err == nil {
		_, err = d.RevokeKey(ctx, by, k.ID)
	}
	if err != nil {
		t.Error(err)
	}
	x.checked()
}

// TestOfficesAreApart: a registrar is neither auditor nor operator.
func TestOfficesAreApart(t *testing.T) {
	x := served(t)
	for _, role := range []glovebox.Role{glovebox.RoleAuditor, glovebox.RoleOperator} {
		if err := x.addUser(x.sign("reg1", "user.add", "user/reg1"), NewUser{Name: "reg1", Role: role, Org: "Data Bureau"}); glovebox.CodeOf(err) != glovebox.CodeDenied {
			t.Errorf("a registrar became %s: %v", role, err)
		}
	}
	x.checked()
}

// checked verifies log and database.
func (x *desk) checked() {
	x.t.Helper()
	v, err := x.d.Verify(x.t.Context())
	if err != nil || len(v.Problems) > 0 {
		x.t.Errorf("%v %v", v, err)
	}
}
