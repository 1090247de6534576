package identity_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/identity"
)

// world is two providers with keys, and a checker that knows both.
type world struct {
	t       *testing.T
	now     time.Time
	rsa     map[string]*rsa.PrivateKey // by provider
	ec      *ecdsa.PrivateKey          // of gov, too
	ed      ed25519.PrivateKey         // of gov, too
	file    map[string]string
	checker *identity.Checker
}

const client = "glovebox"

func issuer(provider string) string { return "https://" + provider + ".example/realms/city" }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC), rsa: map[string]*rsa.PrivateKey{}, file: map[string]string{}}
	var err error
	if w.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if _, w.ed, err = ed25519.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	var all []identity.Provider
	for _, name := range []string{"gov", "firm"} {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		w.rsa[name] = k
		w.file[name] = filepath.Join(t.TempDir(), "keys.json")
		all = append(all, identity.Provider{Name: name, Issuer: issuer(name), ClientID: client, Keys: w.file[name]})
	}
	w.keys("gov", jwk(w.rsa["gov"].Public(), "r1"), jwk(w.ec.Public(), "e1"), jwk(w.ed.Public(), "d1"))
	w.keys("firm", jwk(w.rsa["firm"].Public(), "r1"))
	if w.checker, err = identity.New(all, func() time.Time { return w.now }); err != nil {
		t.Fatal(err)
	}
	return w
}

func jwk(k crypto.PublicKey, kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: k, KeyID: kid, Use: "sig"}
}

func (w *world) keys(provider string, all ...jose.JSONWebKey) {
	w.t.Helper()
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: all})
	if err == nil {
		err = os.WriteFile(w.file[provider], b, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// token is one by the provider gov as it should be, but for changes.
type token struct {
	alg    jose.SignatureAlgorithm
	key    any
	kid    string
	typ    map[jose.HeaderKey]any
	claims map[string]any
	raw    []byte // in the place of the claims
}

func (w *world) token(nonce string, change ...func(*token)) string {
	w.t.Helper()
	x := &token{alg: jose.RS256, key: w.rsa["gov"], kid: "r1", claims: map[string]any{"iss": issuer("gov"), "aud": client, "sub": "wang@gov", "nonce": nonce,
		"exp": w.now.Add(5 * time.Minute).Unix(), "iat": w.now.Unix(), "roles": []string{"authority"}}}
	for _, f := range change {
		f(x)
	}
	o := &jose.SignerOptions{ExtraHeaders: x.typ}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: x.alg, Key: jose.JSONWebKey{Key: x.key, KeyID: x.kid}}, o)
	if err != nil {
		w.t.Fatal(err)
	}
	if x.raw == nil {
		if x.raw, err = json.Marshal(x.claims); err != nil {
			w.t.Fatal(err)
		}
	}
	j, err := s.Sign(x.raw)
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := j.CompactSerialize()
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) begin(provider string) identity.Login {
	w.t.Helper()
	l, err := w.checker.Begin(provider)
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

func claim(name string, v any) func(*token) { return func(x *token) { x.claims[name] = v } }

func without(name string) func(*token) { return func(x *token) { delete(x.claims, name) } }

func TestLoginIsBelieved(t *testing.T) {
	w := newWorld(t)
	for name, change := range map[string][]func(*token){
		"RS256":                 nil,
		"PS256":                 {func(x *token) { x.alg = jose.PS256 }},
		"ES256":                 {func(x *token) { x.alg, x.key, x.kid = jose.ES256, w.ec, "e1" }},
		"EdDSA":                 {func(x *token) { x.alg, x.key, x.kid = jose.EdDSA, w.ed, "d1" }},
		"the only key, unnamed": {func(x *token) { x.kid = "" }},
		"two who are meant":     {claim("aud", []string{client, "other"}), claim("azp", client)},
	} {
		l := w.begin("gov")
		who, err := w.checker.Check(t.Context(), "gov", l.Secret, w.token(l.Nonce, change...))
		if err != nil || who.Issuer != issuer("gov") || who.Subject != "wang@gov" || len(who.Key) != 43 {
			t.Errorf("%s: %+v %v", name, who, err)
		}
	}
}

// TestLoginRefused: what a web process that was taken over, another provider,
// another client or somebody who found a token could bring.
func TestLoginRefused(t *testing.T) {
	w := newWorld(t)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public := x509.MarshalPKCS1PublicKey(&w.rsa["gov"].PublicKey)
	spki, err := x509.MarshalPKIXPublicKey(&w.rsa["gov"].PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	hmacKey := func(secret []byte) func(*token) {
		return func(x *token) { x.alg, x.key = jose.HS256, secret }
	}
	unix := func(d time.Duration) int64 { return w.now.Add(d).Unix() }
	for name, change := range map[string]func(*token){
		"of another issuer":                     claim("iss", issuer("firm")),
		"of an issuer that begins alike":        claim("iss", issuer("gov")+"/"),
		"without an issuer":                     without("iss"),
		"for another client":                    claim("aud", "other"),
		"for a client whose name begins alike":  claim("aud", client+"2"),
		"for nobody":                            without("aud"),
		"for two, and nobody says whose":        claim("aud", []string{client, "other"}),
		"for this client, by another":           claim("azp", "other"),
		"expired":                               claim("exp", unix(-time.Second)),
		"without an end":                        without("exp"),
		"not valid yet":                         claim("nbf", unix(6*time.Minute)),
		"made before the login":                 claim("iat", unix(-16*time.Minute)),
		"made in the future":                    claim("iat", unix(6*time.Minute)),
		"not said when it was made":             without("iat"),
		"without a nonce":                       without("nonce"),
		"with an empty nonce":                   claim("nonce", ""),
		"with the nonce of another login":       claim("nonce", w.begin("gov").Nonce),
		"with the nonce of another provider's":  claim("nonce", w.begin("firm").Nonce),
		"of nobody":                             without("sub"),
		"of somebody without a name":            claim("sub", ""),
		"of a name that does not show":          claim("sub", "wang\u200b@gov"),
		"of a name that is too long":            claim("sub", strings.Repeat("a", 256)),
		"by a stranger's key":                   func(x *token) { x.key = stranger },
		"by the key of another provider":        func(x *token) { x.key = w.rsa["firm"] },
		"by a key that is not known":            func(x *token) { x.kid = "r2" },
		"by a key under another's name":         func(x *token) { x.kid = "e1" },
		"HS256 with the public key":             hmacKey(public),
		"HS256 with the public key as SPKI":     hmacKey(spki),
		"HS256 with the public key as PEM":      hmacKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})),
		"HS256 with the client's name":          hmacKey(bytes.Repeat([]byte(client), 5)),
		"RS384, which nobody agreed on":         func(x *token) { x.alg = jose.RS384 },
		"with a header that must be understood": func(x *token) { x.typ = map[jose.HeaderKey]any{"crit": []string{"b64"}, "b64": false} },
		"read in two ways": func(x *token) {
			x.raw = []byte(strings.Replace(string(must(json.Marshal(x.claims))), `"sub":`, `"Sub":"mal","sub":`, 1))
		},
		"with a claim twice": func(x *token) {
			x.raw = []byte(strings.Replace(string(must(json.Marshal(x.claims))), `"sub":`, `"sub":"mal","sub":`, 1))
		},
		"no object": func(x *token) { x.raw = []byte(`[]`) },
	} {
		l := w.begin("gov")
		w.refused(name, "gov", l.Secret, w.token(l.Nonce, change))
		// So that it was refused for what it says: as it should be, it is believed.
		if _, err := w.checker.Check(t.Context(), "gov", l.Secret, w.token(l.Nonce)); err != nil {
			t.Errorf("%s: then nothing is believed: %v", name, err)
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

func (w *world) refused(name, provider, secret, token string) {
	w.t.Helper()
	who, err := w.checker.Check(w.t.Context(), provider, secret, token)
	if code := glovebox.CodeOf(err); err == nil || code != glovebox.CodeDenied && code != glovebox.CodeNotFound || who != (identity.Person{}) {
		w.t.Errorf("%s: %+v %v", name, who, err)
	}
}

func TestTokenOfNoForm(t *testing.T) {
	w := newWorld(t)
	l := w.begin("gov")
	good := w.token(l.Nonce)
	part := strings.Split(good, ".")
	b64 := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	payload, err := base64.RawURLEncoding.DecodeString(part[1])
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty":                   "",
		"alg none":                b64(`{"alg":"none"}`) + "." + part[1] + ".",
		"alg None":                b64(`{"alg":"None"}`) + "." + part[1] + ".",
		"alg none with signature": b64(`{"alg":"none","kid":"r1"}`) + "." + part[1] + "." + part[2],
		"no alg":                  b64(`{"kid":"r1"}`) + "." + part[1] + "." + part[2],
		"no signature":            part[0] + "." + part[1] + ".",
		"another payload":         part[0] + "." + b64(strings.Replace(string(payload), "wang", "mal1", 1)) + "." + part[2],
		"a key of its own":        b64(`{"alg":"RS256","jwk":{"kty":"RSA","n":"AQ","e":"AQAB"}}`) + "." + part[1] + "." + part[2],
		"the JSON form":           `{"payload":"` + part[1] + `","signatures":[{"protected":"` + part[0] + `","signature":"` + part[2] + `"}]}`,
		"the flat JSON form":      `{"payload":"` + part[1] + `","protected":"` + part[0] + `","signature":"` + part[2] + `"}`,
		"white space":             good + "\n",
		"padding":                 good + "=",
		"four parts":              good + ".x",
		"five parts":              good + ".x.y",
		"long":                    good + strings.Repeat("A", 16<<10),
	} {
		w.refused(name, "gov", l.Secret, bad)
	}
	if _, err := w.checker.Check(t.Context(), "gov", l.Secret, good); err != nil {
		t.Error(err)
	}
}

// TestLoginIsAnsweredOnce: replay, other secrets, other providers, late answers,
// and a core that was started again.
func TestLoginIsAnsweredOnce(t *testing.T) {
	w := newWorld(t)
	l := w.begin("gov")
	good := w.token(l.Nonce)
	other := w.begin("gov")
	w.refused("by another login's secret", "gov", other.Secret, good)
	w.refused("by no secret", "gov", "", good)
	w.refused("by the nonce as the secret", "gov", l.Nonce, good)
	raw, _ := base64.RawURLEncoding.DecodeString(l.Secret)
	raw[0] ^= 1
	w.refused("by a secret that was changed", "gov", base64.RawURLEncoding.EncodeToString(raw), good)
	w.refused("at another provider", "firm", l.Secret, good)
	w.refused("at a provider that there is not", "none", l.Secret, good)
	// Mixed up: begun with one provider, answered by the other with our nonce.
	w.refused("begun with gov, answered by firm", "gov", l.Secret, w.token(l.Nonce, func(x *token) { x.key = w.rsa["firm"]; x.claims["iss"] = issuer("firm") }))
	w.refused("begun with gov, sent in as firm's", "firm", l.Secret, w.token(l.Nonce, func(x *token) { x.key = w.rsa["firm"]; x.claims["iss"] = issuer("firm") }))
	if _, err := w.checker.Check(t.Context(), "gov", l.Secret, good); err != nil {
		t.Fatal(err)
	}
	w.refused("sent again", "gov", l.Secret, good)
	w.refused("another token of the same login", "gov", l.Secret, w.token(l.Nonce, claim("sub", "mal@gov")))
	late := w.begin("gov")
	w.now = w.now.Add(10*time.Minute + time.Second)
	w.refused("late", "gov", late.Secret, w.token(late.Nonce))
	fresh := w.begin("gov")
	again, err := identity.New([]identity.Provider{{Name: "gov", Issuer: issuer("gov"), ClientID: client, Keys: w.file["gov"]}}, func() time.Time { return w.now })
	if err != nil {
		t.Fatal(err)
	}
	w.checker = again
	w.refused("of a core before this one", "gov", fresh.Secret, w.token(fresh.Nonce))
}

// TestProviderKeysAreReadAnew: a key that is taken out of the file is good for
// nothing at once, one that is put in counts; a file that is broken is an error.
func TestProviderKeysAreReadAnew(t *testing.T) {
	w := newWorld(t)
	w.keys("gov", jwk(w.ec.Public(), "e1"))
	l := w.begin("gov")
	w.refused("by a key that was taken out", "gov", l.Secret, w.token(l.Nonce))
	w.keys("gov", jwk(w.ec.Public(), "e1"), jwk(w.rsa["gov"].Public(), "r1"))
	if _, err := w.checker.Check(t.Context(), "gov", l.Secret, w.token(l.Nonce)); err != nil {
		t.Error(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Skip("the library makes no such key any more")
	}
	secret, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "s"}}})
	if err != nil {
		t.Fatal(err)
	}
	private, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: w.ec, KeyID: "p"}}})
	if err != nil {
		t.Fatal(err)
	}
	weak, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk(small.Public(), "w")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"empty": "", "no keys": `{"keys":[]}`, "a secret": string(secret), "a private key": string(private), "a short key": string(weak), "large": `{"keys":[],"x":"` + strings.Repeat("x", 64<<10) + `"}`} {
		if _, err := identity.ParseKeys([]byte(text)); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Two keys of one name: none is tried out.
	w.keys("gov", jwk(w.rsa["gov"].Public(), "r1"), jwk(w.rsa["firm"].Public(), "r1"))
	l = w.begin("gov")
	w.refused("by one of two keys of a name", "gov", l.Secret, w.token(l.Nonce))
}

func TestIssuers(t *testing.T) {
	for s, good := range map[string]bool{
		"https://id.example.gov.cn": true, "https://id.example.gov.cn/realms/city": true, "http://127.0.0.1:9998/": true, "http://localhost:8080/realms/x": true, "http://[::1]:9": true,
		"http://id.example.gov.cn": false, "id.example.gov.cn": false, "https://": false, "https://a@id.example": false, "https://id.example/?x=1": false, "https://id.example/#x": false, "ftp://id.example": false, "": false,
		"http://127.0.0.1.example/": false, "https://id.example/\u200b": false, "https://id.example/" + strings.Repeat("a", 255): false,
	} {
		if err := identity.CheckIssuer(s); (err == nil) != good {
			t.Errorf("%q: %v", s, err)
		}
	}
	bad := identity.Provider{Name: "gov", Issuer: issuer("gov"), ClientID: client, Keys: "x"}
	for name, change := range map[string]func(*identity.Provider){
		"name": func(p *identity.Provider) { p.Name = "../x" }, "client_id": func(p *identity.Provider) { p.ClientID = "" }, "issuer": func(p *identity.Provider) { p.Issuer = "http://x" },
	} {
		p := bad
		change(&p)
		if _, err := identity.New([]identity.Provider{p}, time.Now); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzToken(f *testing.F) {
	dir := f.TempDir()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	b, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk(k.Public(), "e")}})
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(dir, "keys.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		f.Fatal(err)
	}
	c, err := identity.New([]identity.Provider{{Name: "gov", Issuer: issuer("gov"), ClientID: client, Keys: path}}, time.Now)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJFUzI1NiIsImtpZCI6ImUifQ.e30.AAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := c.Begin("gov")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Check(t.Context(), "gov", l.Secret, s); err == nil {
			t.Error("a token that nobody signed is believed")
		}
		_, _ = identity.ParseKeys([]byte(s))
	})
}
