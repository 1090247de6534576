package verify

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/act/acttest"
)

// TestKeysOverTime: whose signatures count from which entry on.
func TestKeysOverTime(t *testing.T) {
	h := begun(t)
	mal := h.keys["mal"].Key()
	h.add("reg", "mal")
	h.good()
	h.sign("mal", "user.add", "user/new", nil, change{})
	h.wrong("unconfirmed", "nobody has confirmed")
	confirm := map[string]any{"user": "mal", "confirms": mal.ID}
	h.sign("auth", keyConfirm, "key/"+h.keys["sm"].Key().ID, confirm, change{})
	h.wrong("confirms another key", "changes another key")
	h.make("wu", act.Ed25519)
	h.sign("reg", keyAdd, "key/"+mal.ID, map[string]any{"user": "wu", "key": h.keys["wu"].Key()}, change{})
	h.wrong("hands in another key", "another key than it is about")
	h.sign("reg", keyAdd, "key/"+h.keys["wu"].Key().ID, map[string]any{"user": ownerName, "key": h.keys["wu"].Key()}, change{})
	h.wrong("a key of the owner", "a key of nobody")
	h.sign("reg", keyConfirm, "key/"+mal.ID, confirm, change{})
	h.wrong("confirmed by whoever handed it in", "confirmed by its person or")
	h.sign("mal", keyConfirm, "key/"+mal.ID, confirm, change{})
	h.wrong("confirmed by itself", "nobody has confirmed")
	h.write(ownerName, keyConfirm, "key/"+mal.ID, confirm)
	h.wrong("confirmed by the owner", "its owner may not do this")
	h.sign("auth", keyConfirm, "key/"+mal.ID, confirm, change{body: func(b map[string]any) { b["confirms"] = h.keys["sm"].Key().ID }})
	h.wrong("signed for one key, entered for another", "about confirms")
	h.sign("auth", keyConfirm, "key/"+mal.ID, map[string]any{"confirms": mal.ID}, change{body: func(b map[string]any) { b["user"] = "mal" }})
	h.wrong("signed for nobody", "says what its act does not")
	h.sign("auth", keyConfirm, "key/"+mal.ID, map[string]any{"user": "wu", "confirms": mal.ID}, change{})
	h.wrong("signed for another", "of somebody else")
	h.sign("mal", "user.add", "user/new", nil, change{})
	h.wrong("still unconfirmed", "nobody has confirmed")
	h.confirm("auth", "mal")
	h.sign("mal", "user.add", "user/new", nil, change{})
	h.good()
	h.confirm("auth", "mal")
	h.wrong("confirmed twice", "confirms a key that is valid")
	h.sign("auth", keyAdd, "key/"+mal.ID, map[string]any{"user": "auth", "key": mal}, change{})
	h.wrong("handed in twice", "handed in before")
	h.sign("mal", suspend, "user/sm", nil, change{})
	h.good()
	h.sign("sm", "user.add", "user/new", nil, change{})
	h.wrong("suspended", "who is suspended")
	h.sign("auth", resume, "user/auth", nil, change{})
	h.wrong("resumed by itself", "a suspension of their own")
	h.sign("auth", suspend, "key/x", nil, change{})
	h.wrong("suspended a key", "not a person")
	h.sign("auth", resume, "user/sm", nil, change{})
	h.sign("sm", "user.add", "user/new", nil, change{})
	revoke := map[string]any{"user": "mal", "key_id": mal.ID}
	h.sign("reg", keyRevoke, "key/"+mal.ID, revoke, change{})
	h.good()
	h.sign("mal", "user.add", "user/new", nil, change{})
	h.wrong("revoked", "that was revoked")
	h.sign("auth", keyRevoke, "key/"+mal.ID, revoke, change{})
	h.wrong("revoked twice", "that was revoked")
	h.confirm("auth", "mal")
	h.wrong("confirmed after it was revoked", "that was revoked")
	for name, k := range badKeys(t, h.keys["reg"].Key()) {
		h.sign("reg", keyAdd, "key/x", map[string]any{"user": "wu", "key": k}, change{})
		h.wrong(name, "hands in something that is not a key")
	}
}

// badKeys are keys that anybody could sign for, or that are none.
func badKeys(t *testing.T, passkey act.Key) map[string]act.Key {
	t.Helper()
	out := map[string]act.Key{}
	for name, raw := range map[string]string{
		"of low order": "302a300506032b6570032100" + strings.Repeat("00", 32), "the identity": "302a300506032b657003210001" + strings.Repeat("00", 31),
		"off the curve": "302a300506032b657003210002" + strings.Repeat("00", 31), "not canonical": "302a300506032b6570032100f0" + strings.Repeat("ff", 30) + "7f",
		"short": "302a300506032b6570032100",
	} {
		var der []byte
		if _, err := fmt.Sscanf(raw, "%x", &der); err != nil {
			t.Fatal(err)
		}
		k, _ := act.NewKey(act.Ed25519, der, "")
		out[name] = k
	}
	der, err := base64.StdEncoding.DecodeString(passkey.Public)
	if err != nil {
		t.Fatal(err)
	}
	der[len(der)-1] ^= 1
	off, _ := act.NewKey(act.Ed25519, der, "")
	off.Scheme, off.RPID, off.Origin, off.Credential = act.WebAuthn, passkey.RPID, passkey.Origin, passkey.Credential
	out["a passkey off the curve"] = off
	sm, _ := act.NewKey(act.SM2, der, "")
	out["an SM2 key on another curve"] = sm
	for name, f := range map[string]func(*act.Key){
		"a passkey without a page": func(k *act.Key) { k.Origin = "" },
		"of another scheme":        func(k *act.Key) { k.Scheme, k.Origin, k.RPID = act.Ed25519, "", "" },
		"of no scheme":             func(k *act.Key) { k.Scheme, k.Origin, k.RPID = "", "", "" },
		"another's name":           func(k *act.Key) { k.ID = "sha256:" + strings.Repeat("0", 64) },
	} {
		k := passkey
		f(&k)
		out[name] = k
	}
	return out
}

// TestKeysBeforeServing: what the owner said of keys counts until the domain is
// served, and then only for those enrolled.
func TestKeysBeforeServing(t *testing.T) {
	h := begun(t)
	keys := h.keys
	h.acts, h.docs, h.seq = NewActs(origin), map[string]string{}, 0
	h.write(ownerName, "domain.init", "domain/test", nil)
	h.write("auth", "user.add", "user/wu", nil)
	for _, who := range []string{"mal", "auth"} {
		h.write(ownerName, keyAdd, "key/"+keys[who].Key().ID, map[string]any{"user": who, "key": keys[who].Key()})
		h.sign(who, "user.add", "user/wu", nil, change{})
	}
	h.make("old", act.Ed25519)
	old := map[string]any{"user": "old", "key": keys["old"].Key()}
	h.write(ownerName, keyAdd, "key/"+keys["old"].Key().ID, old)
	h.write(ownerName, keyRevoke, "key/"+keys["old"].Key().ID, map[string]any{"user": "old", "key_id": keys["old"].Key().ID})
	h.good()
	for _, enrolled := range []any{nil, []any{old}, []any{}, []any{map[string]any{"user": "reg"}}, []any{map[string]any{"user": "", "key": keys["reg"].Key()}},
		[]any{map[string]any{"user": "reg", "key": keys["mal"].Key()}},
		[]any{map[string]any{"user": "reg", "key": keys["reg"].Key()}, map[string]any{"user": "auth", "key": keys["reg"].Key()}}} {
		h.write(ownerName, serveAction, "served/domain", map[string]any{"served": true, "enrolled": enrolled})
		h.wrong("served without keys", "enrol")
		h.write("auth", "user.add", "user/wu", nil)
		h.good()
	}
	two := []any{map[string]any{"user": "reg", "key": keys["reg"].Key()}, map[string]any{"user": "auth", "key": keys["auth"].Key()}}
	h.write("auth", serveAction, "served/domain", map[string]any{"served": true, "enrolled": two})
	h.wrong("served by a user", "enrol")
	h.write(ownerName, serveAction, "served/domain", map[string]any{"served": false, "enrolled": two})
	h.wrong("served, and not", "enrol")
	h.write(ownerName, serveAction, "served/domain", map[string]any{"served": true, "enrolled": []any{
		map[string]any{"user": "reg", "key": keys["reg"].Key()}, map[string]any{"user": "auth", "key": keys["auth"].Key()}}})
	h.sign("auth", "user.add", "user/wu", nil, change{})
	h.good()
	h.sign("mal", "user.add", "user/wu", nil, change{})
	h.wrong("the owner's word", "nobody has confirmed")
	h.confirm("reg", "mal")
	h.sign("mal", "user.add", "user/wu", nil, change{})
	h.good()
}

// TestEveryActionIsKnownToTheCheck: docs/formats/audit-log.md lists the actions;
// this check knows what each needs in a domain that is served.
func TestEveryActionIsKnownToTheCheck(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats/audit-log.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "**Actions")
	table, _, _ = strings.Cut(table, "\n**")
	n := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		for _, m := range regexp.MustCompile("`([a-z]+\\.[a-z_]+)`").FindAllStringSubmatch(cells[1], -1) {
			known := slices.Contains(own, m[1]) || slices.Contains(earlier, m[1]) || slices.Contains(refusals, m[1])
			for name, s := range steps {
				known = known || s.canOpen(name, m[1]) || slices.Contains(s.follows, m[1])
			}
			if n++; !known {
				t.Errorf("%s is in the list of actions, and not in actions.go", m[1])
			}
		}
	}
	if n < 25 {
		t.Fatalf("only %d actions found", n)
	}
}

// TestEveryActIsKnownToTheCheck: so are the acts of the table of rights, and no
// other.
func TestEveryActIsKnownToTheCheck(t *testing.T) {
	for _, a := range access.Acts {
		if _, known := steps[a.Name]; !known {
			t.Errorf("%s is in the table of rights, and not in actions.go", a.Name)
		}
	}
	for name := range steps {
		if _, known := access.Find(name); !known {
			t.Errorf("%s is in actions.go, and not in the table of rights", name)
		}
	}
}

// FuzzActs: whatever an entry's act holds, the check ends, and takes nothing
// that the writer's package does not.
func FuzzActs(f *testing.F) {
	p := acttest.New("glovebox.example", "https://desk.glovebox.example")
	a := &act.Act{V: 1, Domain: origin, Name: "user.add", Subject: "user/wu", Time: "2026-12-01T08:00:00Z", Nonce: act.NewNonce(), Params: json.RawMessage(`{"n":1.5}`)}
	e, err := p.Sign(a)
	if err != nil {
		f.Fatal(err)
	}
	data, err := e.Encode()
	if err != nil {
		f.Fatal(err)
	}
	k := p.Key()
	public, err := base64.StdEncoding.DecodeString(k.Public)
	if err != nil {
		f.Fatal(err)
	}
	held := &key{scheme: webAuthn, rpID: k.RPID, origin: k.Origin}
	if held.point, err = point(webAuthn, public); err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		theirs, theirErr := act.DecodeEnvelope(data)
		m, err := object(data)
		if err != nil {
			return
		}
		s, err := readEnvelope(m)
		if err != nil {
			if theirErr == nil {
				t.Errorf("the writer reads %q, the verifier does not: %v", data, err)
			}
			return
		}
		if mine := held.verify(s); theirErr == nil {
			if _, err := k.Verify(theirs); (err == nil) != (mine == nil) {
				t.Errorf("the two judge %q differently: %v, %v", data, err, mine)
			}
		}
	})
}
