package act_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/act/acttest"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

const (
	site = "glovebox.example"
	page = "https://desk.glovebox.example:8443"
)

type change = func(*acttest.Answer)

// data changes what the browser says.
func data(old, new string) change {
	return func(a *acttest.Answer) {
		if !strings.Contains(a.ClientData, old) {
			panic("the change changes nothing")
		}
		a.ClientData = strings.Replace(a.ClientData, old, new, 1)
	}
}

// answer changes the browser's whole answer.
func answer(old, new string) change {
	return func(a *acttest.Answer) {
		a.JSON = func(b []byte) []byte {
			if !bytes.Contains(b, []byte(old)) {
				panic("the change changes nothing")
			}
			return bytes.Replace(b, []byte(old), []byte(new), 1)
		}
	}
}

// shared are the changes that neither a new passkey nor one that signs may make.
func shared(p *acttest.Passkey) map[string]change {
	return map[string]change{
		"another page":                      data(page, "https://evil.glovebox.example:8443"),
		"another port":                      data(page, "https://desk.glovebox.example"),
		"the page in the open":              data("https:", "http:"),
		"the page in capitals":              data("desk", "DESK"),
		"the page with a slash":             data(":8443", ":8443/"),
		"no page":                           data(`"origin":`, `"o":`),
		"the page twice":                    data(`"origin":`, `"origin":"https://evil.example","origin":`),
		"the page twice, folded":            data(`"origin":`, `"Origin":"https://evil.example","origin":`),
		"the page folded alone":             data(`"origin":`, `"Origin":`),
		"the page twice, after it":          data(`"crossOrigin":false`, `"crossOrigin":false,"ORIGIN":"https://evil.example"`),
		"a frame, folded":                   data(`"crossOrigin":false`, `"crossOrigin":false,"croſſOrigin":true`),
		"the kind twice":                    data(`"type":`, `"type":"webauthn.x","type":`),
		"no kind":                           data(`"type":`, `"t":`),
		"framed":                            data(`"crossOrigin":false`, `"crossOrigin":true`),
		"framed, not said in a word":        data(`"crossOrigin":false`, `"crossOrigin":null`),
		"framed, said in a text":            data(`"crossOrigin":false`, `"crossOrigin":"true"`),
		"framed, by its frame":              data(`"crossOrigin":false`, `"crossOrigin":true,"topOrigin":"`+page+`"`),
		"a frame alone":                     data(`"crossOrigin":false`, `"crossOrigin":false,"topOrigin":"`+page+`"`),
		"an empty frame":                    data(`"crossOrigin":false`, `"topOrigin":""`),
		"the challenge padded":              data(`","origin"`, `=","origin"`),
		"the challenge longer":              data(`"challenge":"`, `"challenge":"AA`),
		"a byte order mark":                 func(a *acttest.Answer) { a.ClientData = "\ufeff" + a.ClientData },
		"bytes after what the browser said": func(a *acttest.Answer) { a.ClientData += "{}" },
		"a list":                            func(a *acttest.Answer) { a.ClientData = "[" + a.ClientData + "]" },
		"long":                              data(`"crossOrigin":false`, `"x":"`+strings.Repeat("x", 1<<10)+`"`),
		"half a character":                  data(`"crossOrigin":false`, `"x":"\ud800"`),
		"another site":                      func(a *acttest.Answer) { a.RPID = "desk.glovebox.example" },
		"nobody there":                      func(a *acttest.Answer) { a.Flags &^= acttest.Present },
		"not verified":                      func(a *acttest.Answer) { a.Flags &^= acttest.Verified },
		"a copy that cannot be copied":      func(a *acttest.Answer) { a.Flags |= acttest.BackupState },
		"extensions that are not there":     func(a *acttest.Answer) { a.Flags |= acttest.Extensions },
		"bytes after the end":               func(a *acttest.Answer) { a.Tail = []byte{0} },
		"another's name":                    func(a *acttest.Answer) { a.RawID = acttest.New(site, page).ID },
		"no name":                           func(a *acttest.Answer) { a.RawID = nil },
		"a name that is another":            answer(`"rawId":"`+b64(p.ID), `"rawId":"`+b64(acttest.New(site, page).ID)),
		"a member twice":                    answer(`"type":"public-key"`, `"type":"public-key","type":"public-key"`),
		"a member twice, folded":            answer(`"type":"public-key"`, `"Type":"public-key","type":"public-key"`),
		"another type":                      answer(`"public-key"`, `"password"`),
		"two answers":                       func(a *acttest.Answer) { a.JSON = func(b []byte) []byte { return append(b, b...) } },
		"no answer":                         func(a *acttest.Answer) { a.JSON = func([]byte) []byte { return []byte("{}") } },
		"a long answer": func(a *acttest.Answer) {
			a.JSON = func(b []byte) []byte { return append(b, bytes.Repeat([]byte(" "), 64<<10)...) }
		},
	}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func TestRegistration(t *testing.T) {
	challenge := []byte("0123456789abcdef")
	p := acttest.New(site, page)
	for name, c := range map[string]change{
		"as browsers do":        func(*acttest.Answer) {},
		"with what is to come":  data(`"crossOrigin":false`, `"crossOrigin":false,"new_keys_may_be_added_here":"x","x":{"y":[1.50]}`),
		"without crossOrigin":   data(`,"crossOrigin":false`, ""),
		"signed by the new key": func(a *acttest.Answer) { a.Format, a.Statement = "packed", map[string]any{"alg": -7, "sig": true} },
		"a passkey that roams":  func(a *acttest.Answer) { a.Flags |= acttest.BackupEligible | acttest.BackupState },
		"with an extension": func(a *acttest.Answer) {
			a.Flags |= acttest.Extensions
			a.Tail = append([]byte{0xa1, 0x6b}, "credProtect\x02"...)
		},
		"by a platform":          answer(`"type":"public-key"`, `"type":"public-key","authenticatorAttachment":"platform"`),
		"with all of a response": answer(`"transports":`, `"publicKeyAlgorithm":-7,"publicKey":"AA","authenticatorData":"AA","transports":`),
	} {
		k, err := act.ParseRegistration(challenge, site, page, p.Create(challenge, c))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if k != p.Key() || k.RPID != site || k.Origin != page || k.Credential != b64(p.ID) || k.Scheme != act.WebAuthn {
			t.Errorf("%s: %+v", name, k)
		}
	}
}

// TestForgedRegistrationIsRefused: one change each.
func TestForgedRegistrationIsRefused(t *testing.T) {
	challenge := []byte("0123456789abcdef")
	p, other := acttest.New(site, page), acttest.New(site, page)
	x, y := p.Coordinates()
	ox, _ := other.Coordinates()
	cose := func(f func(map[int]any)) change {
		return func(a *acttest.Answer) { f(a.COSE.(map[int]any)) }
	}
	edPub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	all := shared(p)
	for name, c := range map[string]change{
		"of a passkey that signs": data("webauthn.create", "webauthn.get"),
		"of no kind":              data("webauthn.create", ""),
		"another challenge":       data(b64(challenge), b64([]byte("0123456789abcdeg"))),
		"another key's name":      func(a *acttest.Answer) { a.ID = other.ID },
		"no key":                  func(a *acttest.Answer) { a.Flags &^= acttest.Attested },
		"a name without bytes":    func(a *acttest.Answer) { a.ID, a.RawID = nil, nil },
		"a name of 1024 bytes":    func(a *acttest.Answer) { a.ID = make([]byte, 1024); a.RawID = a.ID },
		"off the curve":           cose(func(m map[int]any) { m[-2] = ox }),
		"at infinity":             cose(func(m map[int]any) { m[-2], m[-3] = make([]byte, 32), make([]byte, 32) }),
		"a short coordinate":      cose(func(m map[int]any) { m[-2] = x[:31] }),
		"a long coordinate":       cose(func(m map[int]any) { m[-2] = append([]byte{0}, x...) }),
		"a sign for a coordinate": cose(func(m map[int]any) { m[-3] = y[31]&1 == 1 }),
		"curve P-384":             cose(func(m map[int]any) { m[-1] = 2 }),
		"curve secp256k1":         cose(func(m map[int]any) { m[-1] = 8 }),
		"ES384":                   cose(func(m map[int]any) { m[3] = -35 }),
		"ES256K":                  cose(func(m map[int]any) { m[3] = -47 }),
		"RS256": func(a *acttest.Answer) {
			a.COSE = map[int]any{1: 3, 3: -257, -1: bytes.Repeat([]byte{0xc1}, 256), -2: []byte{1, 0, 1}}
		},
		"EdDSA":                  func(a *acttest.Answer) { a.COSE = map[int]any{1: 1, 3: -8, -1: 6, -2: []byte(edPub)} },
		"EdDSA as ES256":         func(a *acttest.Answer) { a.COSE = map[int]any{1: 1, 3: -7, -1: 6, -2: []byte(edPub)} },
		"a broken extension":     func(a *acttest.Answer) { a.Flags |= acttest.Extensions; a.Tail = []byte{0xa2, 0x61, 'x', 1} },
		"bytes after extensions": func(a *acttest.Answer) { a.Flags |= acttest.Extensions; a.Tail = []byte{0xa1, 0x61, 'x', 1, 0} },
		"no COSE key":            func(a *acttest.Answer) { a.COSE = "key" },
		"vouched for by its maker": func(a *acttest.Answer) {
			a.Format, a.Statement = "packed", map[string]any{"alg": -7, "sig": true, "x5c": []any{[]byte{1}}}
		},
		"vouched for as makers do": vouched(t),
		"vouched for with nothing": func(a *acttest.Answer) {
			a.Format, a.Statement = "packed", map[string]any{"alg": -7, "sig": true, "x5c": []any{}}
		},
		"vouched for by ECDAA": func(a *acttest.Answer) {
			a.Format, a.Statement = "packed", map[string]any{"alg": -7, "sig": true, "ecdaaKeyId": []byte{1}}
		},
		"by a TPM":               func(a *acttest.Answer) { a.Format = "tpm" },
		"by Apple":               func(a *acttest.Answer) { a.Format = "apple" },
		"by Android":             func(a *acttest.Answer) { a.Format = "android-safetynet" },
		"by several":             func(a *acttest.Answer) { a.Format = "compound" },
		"by U2F":                 func(a *acttest.Answer) { a.Format = "fido-u2f" },
		"by nobody known":        func(a *acttest.Answer) { a.Format = "x" },
		"by no format":           func(a *acttest.Answer) { a.Format = "" },
		"none, with a statement": func(a *acttest.Answer) { a.Statement = map[string]any{"x": 1} },
		"signed by another key": func(a *acttest.Answer) {
			a.Format, a.Statement, a.Signature = "packed", map[string]any{"alg": -7, "sig": true}, other.SignMessage
		},
		"signed with nothing":      func(a *acttest.Answer) { a.Format, a.Statement = "packed", map[string]any{"alg": -7, "sig": []byte{}} },
		"signed by another scheme": func(a *acttest.Answer) { a.Format, a.Statement = "packed", map[string]any{"alg": -257, "sig": true} },
		"a CBOR member twice":      cborTwice,
	} {
		all[name] = c
	}
	for name, c := range all {
		denied(t, name, func() error {
			_, err := act.ParseRegistration(challenge, site, page, p.Create(challenge, c))
			return err
		})
	}
	good := p.Create(challenge)
	for name, f := range map[string]func() (act.Key, error){
		"a short challenge": func() (act.Key, error) {
			return act.ParseRegistration(challenge[:15], site, page, p.Create(challenge[:15]))
		},
		"another site wanted": func() (act.Key, error) { return act.ParseRegistration(challenge, "desk.glovebox.example", page, good) },
		"a site above all": func() (act.Key, error) {
			q := acttest.New("example", page)
			return act.ParseRegistration(challenge, "example", page, q.Create(challenge))
		},
		"a page without a name": func() (act.Key, error) {
			q := acttest.New("10.0.0.1", "https://10.0.0.1")
			return act.ParseRegistration(challenge, "10.0.0.1", "https://10.0.0.1", q.Create(challenge))
		},
		"a page in the open": func() (act.Key, error) {
			q := acttest.New(site, "http://"+site)
			return act.ParseRegistration(challenge, site, "http://"+site, q.Create(challenge))
		},
		"a site of another page": func() (act.Key, error) {
			q := acttest.New("example.org", page)
			return act.ParseRegistration(challenge, "example.org", page, q.Create(challenge))
		},
	} {
		denied(t, name, func() error { _, err := f(); return err })
	}
}

// vouched is a maker's statement that holds: a library that was asked nothing
// else takes it.
func vouched(t *testing.T) change {
	t.Helper()
	maker := acttest.New(site, page)
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		Subject: pkix.Name{Country: []string{"CN"}, Organization: []string{"Maker"}, OrganizationalUnit: []string{"Authenticator Attestation"}, CommonName: "Maker"}}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &maker.Private.PublicKey, maker.Private)
	if err != nil {
		t.Fatal(err)
	}
	f := func(a *acttest.Answer) {
		a.Format, a.Statement, a.Signature = "packed", map[string]any{"alg": -7, "sig": true, "x5c": []any{der}}, maker.SignMessage
	}
	challenge := []byte("0123456789abcdef")
	r, err := protocol.ParseCredentialCreationResponseBytes(acttest.New(site, page).Create(challenge, f))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Verify(b64(challenge), site, []string{page}, nil, nil, protocol.TopOriginExplicitVerificationMode, false, true, true, nil,
		[]protocol.CredentialParameter{{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256}}, protocol.AttestationPolicy{}, protocol.SignaturePolicy{}); err != nil {
		t.Fatalf("the maker's statement does not hold, so refusing it shows nothing: %v", err)
	}
	return f
}

// cborTwice writes "fmt" two times into the attestation object.
func cborTwice(a *acttest.Answer) {
	a.JSON = func(b []byte) []byte {
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			panic(err)
		}
		r := m["response"].(map[string]any)
		o, err := base64.RawURLEncoding.DecodeString(r["attestationObject"].(string))
		if err != nil || o[0] != 0xa3 {
			panic("not a map of three")
		}
		r["attestationObject"] = b64(append(append([]byte{0xa4}, o[1:]...), 0x63, 'f', 'm', 't', 0x61, 'x'))
		out, err := json.Marshal(m)
		if err != nil {
			panic(err)
		}
		return out
	}
}

// TestForgedAssertionIsRefused: one change each, signed with the right key over
// the changed bytes wherever the key could be made to.
func TestForgedAssertionIsRefused(t *testing.T) {
	p, other := acttest.New(site, page), acttest.New(site, page)
	a := sample()
	c, err := a.Challenge()
	if err != nil {
		t.Fatal(err)
	}
	b := sample()
	d, err := b.Challenge()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := act.Assertion(a, p.Key(), p.Get(c[:])); err != nil {
		t.Fatal(err)
	}
	all := shared(p)
	for name, c := range map[string]change{
		"of a new passkey":       data("webauthn.get", "webauthn.create"),
		"extensions":             func(a *acttest.Answer) { a.Flags |= acttest.Extensions; a.Tail = []byte{0xa1, 0x61, 'x', 1} },
		"of a payment":           data("webauthn.get", "payment.get"),
		"another act":            data(b64(c[:]), b64(d[:])),
		"the challenge in hex":   data(b64(c[:]), "00"),
		"the challenge standard": data(b64(c[:]), base64.StdEncoding.EncodeToString(c[:])),
		"by another key":         func(x *acttest.Answer) { x.Signature = other.SignMessage },
		"by nobody":              func(x *acttest.Answer) { x.Signature = func([]byte) []byte { return nil } },
		"in raw form":            func(x *acttest.Answer) { x.Signature = func([]byte) []byte { return make([]byte, 64) } },
		"with zeros": func(x *acttest.Answer) {
			x.Signature = func([]byte) []byte { return []byte{0x30, 6, 2, 1, 0, 2, 1, 0} }
		},
		"over the text alone": func(x *acttest.Answer) { f := x.Signature; x.Signature = func(m []byte) []byte { return f(m[37:]) } },
		"bytes after it": func(x *acttest.Answer) {
			f := x.Signature
			x.Signature = func(m []byte) []byte { return append(f(m), 0) }
		},
		"with a key of its own": func(x *acttest.Answer) { x.Flags |= acttest.Attested },
		"signed data longer":    func(x *acttest.Answer) { x.Flags |= acttest.Attested; x.Tail = make([]byte, 100) },
	} {
		all[name] = c
	}
	for name, ch := range all {
		denied(t, name, func() error { _, err := act.Assertion(a, p.Key(), p.Get(c[:], ch)); return err })
	}
	denied(t, "another act of the same person", func() error { _, err := act.Assertion(b, p.Key(), p.Get(c[:])); return err })
	k := p.Key()
	k.Origin = "https://" + site
	denied(t, "a key of another page", func() error { _, err := act.Assertion(a, k, p.Get(c[:])); return err })
	k = p.Key()
	k.RPID = "desk." + site
	denied(t, "a key of another site", func() error { _, err := act.Assertion(a, k, p.Get(c[:])); return err })
}

// TestAssertionInItsOneForm: the envelope's signature is read as strictly as the
// browser's answer.
func TestAssertionInItsOneForm(t *testing.T) {
	p := acttest.New(site, page)
	for name, f := range map[string]func(string) string{
		"a blank":         func(s string) string { return s + " " },
		"a member more":   func(s string) string { return strings.Replace(s, "{", `{"a":1,`, 1) },
		"a member twice":  func(s string) string { return strings.Replace(s, "{", `{"authenticator_data":"",`, 1) },
		"folded":          func(s string) string { return strings.Replace(s, `"signature"`, `"Signature"`, 1) },
		"without its sig": func(s string) string { return s[:strings.Index(s, `,"signature"`)] + "}" },
		"null":            func(string) string { return "null" },
		"bare":            func(string) string { return strings.Repeat("A", 64) },
	} {
		e, err := p.Sign(sample())
		if err != nil {
			t.Fatal(err)
		}
		resig(e, func(b []byte) []byte { return []byte(f(string(b))) })
		denied(t, name, func() error { _, err := p.Key().Verify(e); return err })
	}
}

func FuzzRegistration(f *testing.F) {
	challenge := []byte("0123456789abcdef")
	p := acttest.New(site, page)
	f.Add(p.Create(challenge))
	f.Add(p.Create(challenge, func(a *acttest.Answer) { a.Format, a.Statement = "packed", map[string]any{"alg": -7, "sig": true} }))
	f.Add(p.Create(challenge, func(a *acttest.Answer) { a.Format = "compound" }))
	f.Fuzz(func(t *testing.T, response []byte) {
		k, err := act.ParseRegistration(challenge, site, page, response)
		if err == nil && (k.Check() != nil || k.Origin != page || k.RPID != site) {
			t.Errorf("accepted a key that is none: %+v", k)
		}
	})
}

func FuzzAssertion(f *testing.F) {
	p := acttest.New(site, page)
	a := sample()
	c, err := a.Challenge()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p.Get(c[:]))
	k := p.Key()
	f.Fuzz(func(t *testing.T, response []byte) {
		if e, err := act.Assertion(a, k, response); err == nil {
			if _, err := k.Verify(e); err != nil {
				t.Errorf("gave an envelope that does not hold: %v", err)
			}
		}
	})
}
