package verify

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"filippo.io/edwards25519"
	"github.com/emmansun/gmsm/sm2"
)

// Actions that change whose signatures count, all with a body: user.key_add and
// user.key_offer {"user","key"}, user.key_confirm {"user","confirms"}, user.key_revoke
// {"user","key_id"}; user.suspend, user.resume and user.end have the
// subject user/NAME, and those of institutions org/NAME.
const (
	keyAdd     = "user.key_add"
	keyOffer   = "user.key_offer" // by the program, for its person
	keyConfirm = "user.key_confirm"
	keyRevoke  = "user.key_revoke"
	suspend    = "user.suspend"
	resume     = "user.resume"
	endUser    = "user.end"
	addUser    = "user.add" // {"org"} where the person belongs to an institution
	suspendOrg = "org.suspend"
	resumeOrg  = "org.resume"
	endOrg     = "org.end"
)

type keyState int

const (
	asked keyState = iota // handed in, and confirmed by nobody
	valid
	revoked // for good
)

// key is a person's key, as the log tells it up to some entry.
type key struct {
	user         string
	by           string // who handed it in
	state        keyState
	scheme       string
	point        any // ed25519.PublicKey, or *ecdsa.PublicKey
	rpID, origin string
}

// effect takes in what an entry changes of keys and people; it returns what is
// wrong with that.
func (a *Acts) effect(e *Entry, body map[string]any) string {
	switch e.Action {
	case serveAction:
		return a.serve(e, body)
	case keyAdd, keyOffer:
		return a.addKey(e, body)
	case keyConfirm, keyRevoke:
		return a.changeKey(e, body)
	case suspend, resume, endUser:
		return a.changePerson(e)
	case addUser:
		if org, ok := body["org"].(string); ok {
			a.orgOf[strings.TrimPrefix(e.Subject, "user/")] = org
		}
	case suspendOrg, resumeOrg, endOrg:
		return a.changeOrg(e)
	}
	return a.brakes.take(e, body, a.orgOf[e.Actor])
}

// changePerson takes in that a person is stopped, goes on, or is out for good.
func (a *Acts) changePerson(e *Entry) string {
	name, ok := strings.CutPrefix(e.Subject, "user/")
	switch {
	case !ok:
		return "is about something that is not a person"
	case e.Action == resume && name == e.Actor:
		return "somebody ends a suspension of their own"
	case a.over[e.Subject]:
		return "is about a person whose part ended for good"
	}
	a.suspended[name] = e.Action != resume
	a.over[e.Subject] = e.Action == endUser
	return ""
}

// changeOrg takes in the same of an institution.
func (a *Acts) changeOrg(e *Entry) string {
	name, ok := strings.CutPrefix(e.Subject, "org/")
	switch {
	case !ok:
		return "is about something that is not an institution"
	case a.orgOf[e.Actor] == name:
		return "somebody stops their own institution, or lets it go on"
	case a.over[e.Subject]:
		return "is about an institution whose part ended for good"
	}
	a.stoppedOrgs[name] = e.Action != resumeOrg
	a.over[e.Subject] = e.Action == endOrg
	return ""
}

// serve begins the time in which signatures alone count. Only the keys that it
// enrols do: those handed in earlier are the owner's word, and wait for somebody
// who confirms them.
func (a *Acts) serve(e *Entry, body map[string]any) string {
	list, _ := body["enrolled"].([]any)
	if e.Actor != ownerName || body["served"] != true || len(list) == 0 {
		return "begins to be served, and enrols nobody who could act in it"
	}
	keys, users := map[string]*key{}, map[string]bool{}
	for _, v := range list {
		m, _ := v.(map[string]any)
		user, _ := m["user"].(string)
		k, id, err := readKey(m["key"])
		if err != nil {
			return "enrols something that is not a key: " + err.Error()
		}
		if user == "" || user == ownerName || users[user] || keys[id] != nil {
			return "enrols a person or a key twice, or nobody"
		}
		if old := a.keys[id]; old != nil && (old.user != user || old.state == revoked) {
			return "enrols a key of somebody else, or one that was revoked"
		}
		k.user, k.by, k.state = user, ownerName, valid
		keys[id], users[user] = k, true
		if org, ok := m["org"].(string); ok {
			a.orgOf[user] = org
		}
	}
	for id, k := range a.keys {
		if k.state == valid && keys[id] == nil {
			k.state = asked
		}
	}
	for id, k := range keys {
		a.keys[id] = k
	}
	a.served = true
	return ""
}

// addKey takes in a key that is handed in. In a domain that is not served the
// owner's word makes it valid.
func (a *Acts) addKey(e *Entry, body map[string]any) string {
	user, _ := body["user"].(string)
	k, id, err := readKey(body["key"])
	switch {
	case err != nil:
		return "hands in something that is not a key: " + err.Error()
	case user == "" || user == ownerName:
		return "hands in a key of nobody"
	case e.Subject != "key/"+id:
		return "hands in another key than it is about"
	case a.keys[id] != nil:
		return "hands in a key that was handed in before"
	}
	k.user, k.by = user, e.Actor
	if e.Action == keyOffer {
		k.by = user
	}
	if !a.served {
		k.state = valid
	}
	a.keys[id] = k
	return ""
}

// changeKey confirms a key, or ends it.
func (a *Acts) changeKey(e *Entry, body map[string]any) string {
	member := "confirms"
	if e.Action == keyRevoke {
		member = "key_id"
	}
	id, _ := body[member].(string)
	k := a.keys[id]
	switch {
	case k == nil:
		return "is about a key that the log does not know"
	case e.Subject != "key/"+id:
		return "changes another key than it is about"
	case body["user"] != k.user:
		return "says that the key is of somebody else"
	case k.state == revoked:
		return "is about a key that was revoked"
	case e.Action == keyRevoke:
		k.state = revoked
	case k.state == valid:
		return "confirms a key that is valid"
	case e.Actor == k.user || e.Actor == k.by:
		return "a key is confirmed by its person or by whoever handed it in"
	default:
		k.state = valid
	}
	return ""
}

// readKey reads a key as docs/formats/act.md has it, and its ID.
func readKey(v any) (*key, string, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, "", errors.New("not an object")
	}
	text := func(name string) string { s, _ := m[name].(string); return s }
	for name := range m {
		switch name {
		case "credential", "id", "label", "origin", "public", "rp_id", "scheme":
		default:
			return nil, "", errors.New("a member that keys do not have")
		}
	}
	der, err := plain64(text("public"))
	if err != nil {
		return nil, "", errors.New("not in base64")
	}
	h := sha256.Sum256(der)
	if text("id") != "sha256:"+hex.EncodeToString(h[:]) {
		return nil, "", errors.New("its name is not its digest")
	}
	k := &key{scheme: text("scheme"), rpID: text("rp_id"), origin: text("origin")}
	if (k.scheme == webAuthn) != (k.rpID != "" && k.origin != "") {
		return nil, "", errors.New("passkeys, and no other keys, have a page and a site")
	}
	k.point, err = point(k.scheme, der)
	return k, text("id"), err
}

// spki is how the DER of a key begins: all before the point itself.
var spki = map[string]string{
	edDSA:    "302a300506032b6570032100",
	webAuthn: "3059301306072a8648ce3d020106082a8648ce3d030107034200",
	shangMi:  "3059301306072a8648ce3d020106082a811ccf5501822d034200",
}

// point reads the DER of a key in its one form. A point off the curve, and one
// of low order, is none.
func point(scheme string, der []byte) (any, error) {
	head, err := hex.DecodeString(spki[scheme])
	if err != nil || len(head) == 0 {
		return nil, errors.New("of an unknown scheme")
	}
	raw, ok := strings.CutPrefix(string(der), string(head))
	if !ok {
		return nil, errors.New("not a key of its scheme")
	}
	switch scheme {
	case edDSA:
		p, err := new(edwards25519.Point).SetBytes([]byte(raw))
		if err != nil || string(p.Bytes()) != raw || new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
			return nil, errors.New("not a point of the curve, or one of low order")
		}
		return ed25519.PublicKey(raw), nil
	case shangMi:
		p, err := sm2.ParseUncompressedPublicKey([]byte(raw))
		if err != nil {
			return nil, errors.New("not a point of the curve")
		}
		return p, nil
	}
	v, err := x509.ParsePKIXPublicKey(der)
	p, ok := v.(*ecdsa.PublicKey)
	if err != nil || !ok || p.Curve != elliptic.P256() || len(raw) != 65 {
		return nil, errors.New("not a point of the curve")
	}
	return p, nil
}

// plain64 reads standard base64 in its one form.
func plain64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || base64.StdEncoding.EncodeToString(b) != s {
		return nil, errors.New("not base64")
	}
	return b, nil
}
