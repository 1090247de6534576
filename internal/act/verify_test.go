package act_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/act/acttest"
)

// signers is one of each scheme.
func signers(t testing.TB) map[string]act.Signer {
	t.Helper()
	out := map[string]act.Signer{act.WebAuthn: acttest.New("glovebox.example", "https://desk.glovebox.example:8443")}
	for _, scheme := range []string{act.Ed25519, act.SM2} {
		k, err := act.GenerateFileKey(filepath.Join(t.TempDir(), "key.pem"), scheme, "ann's")
		if err != nil {
			t.Fatal(err)
		}
		out[scheme] = k
	}
	return out
}

func TestEveryScheme(t *testing.T) {
	for scheme, s := range signers(t) {
		a := sample()
		e, err := s.Sign(a)
		if err != nil {
			t.Fatal(scheme, err)
		}
		data, err := e.Encode()
		if err != nil {
			t.Fatal(scheme, err)
		}
		back, err := act.DecodeEnvelope(data)
		if err != nil {
			t.Fatal(scheme, err)
		}
		k := s.Key()
		if got, err := k.Verify(back); err != nil || got.Nonce != a.Nonce || k.Scheme != scheme || back.Key() != k.ID {
			t.Errorf("%s: %v, %v", scheme, got, err)
		}
		kept, err := k.Encode()
		if err != nil {
			t.Fatal(scheme, err)
		}
		if again, err := act.ParseKey(kept); err != nil || again != k {
			t.Errorf("%s: key %s, %v", scheme, kept, err)
		}
	}
}

// TestLongestActFitsIntoAnEntry: with the longest signature there is.
func TestLongestActFitsIntoAnEntry(t *testing.T) {
	for scheme, s := range signers(t) {
		a := sample()
		a.Params = json.RawMessage(`{}`)
		data, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		a.Params = json.RawMessage(`{"a":"` + strings.Repeat("a", act.MaxAct-len(data)-len(`"a":""`)) + `"}`)
		if data, err := a.Encode(); err != nil || len(data) != act.MaxAct {
			t.Fatal(len(data), err)
		}
		e, err := s.Sign(a)
		if p, ok := s.(*acttest.Passkey); ok {
			c, _ := a.Challenge()
			e, err = act.Assertion(a, p.Key(), p.Get(c[:], func(a *acttest.Answer) {
				a.ClientData = strings.TrimSuffix(a.ClientData, "}") + `,"x":"` + strings.Repeat("x", 1<<10-len(a.ClientData)-len(`,"x":""`)) + `"}`
			}))
		}
		if err != nil {
			t.Fatal(scheme, err)
		}
		if _, err := e.Encode(); err != nil {
			t.Error(scheme, err)
		}
	}
}

// TestForgedActIsRefused: what was signed cannot be changed, nor who signed it,
// nor how.
func TestForgedActIsRefused(t *testing.T) {
	all, others := signers(t), signers(t)
	for scheme, s := range all {
		fresh := func() *act.Envelope {
			e, err := s.Sign(sample())
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		a := sample()
		a.Params = json.RawMessage(`{"n":2}`)
		other, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		foreign, err := others[scheme].Sign(sample())
		if err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func(*act.Envelope){
			"another act":            func(e *act.Envelope) { e.Payload = base64.StdEncoding.EncodeToString(other) },
			"another's signature":    func(e *act.Envelope) { e.Signatures[0].Sig = foreign.Signatures[0].Sig },
			"another's act":          func(e *act.Envelope) { e.Payload, e.Signatures[0].Sig = foreign.Payload, foreign.Signatures[0].Sig },
			"another's key":          func(e *act.Envelope) { e.Signatures[0].KeyID = foreign.Signatures[0].KeyID },
			"signature cut":          func(e *act.Envelope) { resig(e, func(b []byte) []byte { return b[:len(b)-1] }) },
			"signature longer":       func(e *act.Envelope) { resig(e, func(b []byte) []byte { return append(b, 0) }) },
			"a bit of the signature": func(e *act.Envelope) { resig(e, func(b []byte) []byte { b[len(b)-3] ^= 1; return b }) },
			"no signature at all":    func(e *act.Envelope) { e.Signatures = nil },
			"two signatures":         func(e *act.Envelope) { e.Signatures = append(e.Signatures, foreign.Signatures[0]) },
			"another payload type":   func(e *act.Envelope) { e.PayloadType = "application/vnd.in-toto+json" },
			"a blank in the payload": func(e *act.Envelope) { e.Payload += "\n" },
		} {
			e := fresh()
			change(e)
			denied(t, scheme+": "+name, func() error { _, err := s.Key().Verify(e); return err })
		}
		for wrong := range all {
			if wrong == scheme {
				continue
			}
			e := fresh()
			e.Signatures[0].Scheme = wrong
			denied(t, scheme+" as "+wrong, func() error { _, err := s.Key().Verify(e); return err })
			k := s.Key()
			k.Scheme = wrong
			denied(t, scheme+" as "+wrong+" by its key", func() error { _, err := k.Verify(e); return err })
		}
	}
}

func resig(e *act.Envelope, f func([]byte) []byte) {
	b, _ := base64.StdEncoding.DecodeString(e.Signatures[0].Sig)
	e.Signatures[0].Sig = base64.StdEncoding.EncodeToString(f(b))
}

func denied(t *testing.T, name string, f func() error) {
	t.Helper()
	err := f()
	if err == nil {
		t.Errorf("%s is accepted", name)
		return
	}
	if e, ok := err.(*glovebox.Error); !ok || e.Code != glovebox.CodeDenied && e.Code != glovebox.CodeInvalid || e.Fix == "" {
		t.Errorf("%s: %v", name, err)
	}
}

func TestEnvelopeBytesRefused(t *testing.T) {
	e, err := signers(t)[act.Ed25519].Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	data, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s := string(data)
	for name, changed := range map[string]string{
		"empty":            "",
		"a blank":          s + "\n",
		"two":              s + s,
		"a member more":    strings.Replace(s, `"payload":`, `"a":1,"payload":`, 1),
		"a member twice":   strings.Replace(s, `"payload":`, `"payload":"","payload":`, 1),
		"folded":           strings.Replace(s, `"payload":`, `"Payload":`, 1),
		"long escape":      strings.Replace(s, `"ed25519"`, `"\u0065d25519"`, 1),
		"unknown scheme":   strings.Replace(s, `"ed25519"`, `"rsa"`, 1),
		"no key":           strings.Replace(s, e.Signatures[0].KeyID, "", 1),
		"long":             strings.Replace(s, `"sig":"`, `"sig":"`+strings.Repeat("A", act.MaxEnvelope), 1),
		"long signature":   strings.Replace(s, `"sig":"`, `"sig":"`+strings.Repeat("AAAA", 1<<10), 1),
		"payload no act":   strings.Replace(s, e.Payload, "e30=", 1),
		"unpadded":         strings.Replace(s, `=="}`, `"}`, 1),
		"no signatures":    s[:strings.Index(s, `"signatures"`)] + `"signatures":[]}`,
		"null signatures":  s[:strings.Index(s, `"signatures"`)] + `"signatures":null}`,
		"not an object":    "[" + s + "]",
		"signature member": strings.Replace(s, `"sig":`, `"extra":1,"sig":`, 1),
	} {
		if changed == s {
			t.Fatalf("%s changes nothing", name)
		}
		refused(t, name, "", func() error { _, err := act.DecodeEnvelope([]byte(changed)); return err })
	}
}

// TestKeyRefused: points that are no key, or one that anybody can sign for.
func TestKeyRefused(t *testing.T) {
	ed := func(hexLE func([]byte)) []byte {
		b := make([]byte, 32)
		hexLE(b)
		der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(b))
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	fill := func(first byte, rest byte, last byte) func([]byte) {
		return func(b []byte) {
			for i := range b {
				b[i] = rest
			}
			b[0], b[31] = first, last
		}
	}
	order8, err := hex.DecodeString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
	if err != nil {
		t.Fatal(err)
	}
	all := signers(t)
	p256, sm := all[act.WebAuthn].Key(), all[act.SM2].Key()
	pDER, _ := base64.StdEncoding.DecodeString(p256.Public)
	sDER, _ := base64.StdEncoding.DecodeString(sm.Public)
	eDER, _ := base64.StdEncoding.DecodeString(all[act.Ed25519].Key().Public)
	off := func(der []byte) []byte { b := bytes.Clone(der); b[len(b)-1] ^= 1; return b }
	for name, c := range map[string]struct {
		scheme string
		der    []byte
	}{
		"ed25519: the identity":                {act.Ed25519, ed(fill(1, 0, 0))},
		"ed25519: the identity with a sign":    {act.Ed25519, ed(fill(1, 0, 0x80))},
		"ed25519: order 2":                     {act.Ed25519, ed(fill(0xec, 0xff, 0x7f))},
		"ed25519: order 4":                     {act.Ed25519, ed(fill(0, 0, 0))},
		"ed25519: order 4 with a sign":         {act.Ed25519, ed(fill(0, 0, 0x80))},
		"ed25519: order 8":                     {act.Ed25519, ed(func(b []byte) { copy(b, order8) })},
		"ed25519: not canonical, order 4":      {act.Ed25519, ed(fill(0xed, 0xff, 0x7f))},
		"ed25519: not canonical, the identity": {act.Ed25519, ed(fill(0xee, 0xff, 0x7f))},
		"ed25519: not on the curve":            {act.Ed25519, ed(fill(2, 0, 0))},
		"ed25519: bytes after it":              {act.Ed25519, append(bytes.Clone(eDER), 0)},
		"ed25519: a P-256 key":                 {act.Ed25519, pDER},
		"ed25519: an SM2 key":                  {act.Ed25519, sDER},
		"ed25519: empty":                       {act.Ed25519, nil},
		"sm2: not on the curve":                {act.SM2, off(sDER)},
		"sm2: a P-256 key":                     {act.SM2, pDER},
		"sm2: bytes after it":                  {act.SM2, append(bytes.Clone(sDER), 0)},
		"sm2: an Ed25519 key":                  {act.SM2, eDER},
		"webauthn: a passkey without a page":   {act.WebAuthn, pDER},
		"rsa: an unknown scheme":               {"rsa", pDER},
	} {
		_, err := act.NewKey(c.scheme, c.der, "")
		denied(t, name, func() error { return err })
		if strings.Contains(name, "order") && !strings.Contains(name, "canonical") && !strings.Contains(err.Error(), "low order") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for k := range 19 { // y at or above the prime: a second form of the points with y from 0 to 18
		der := ed(fill(byte(0xed+k), 0xff, 0x7f))
		denied(t, "ed25519: not canonical", func() error { _, err := act.NewKey(act.Ed25519, der, ""); return err })
	}
	for name, change := range map[string]func(*act.Key){
		"off the curve":       func(k *act.Key) { setDER(k, off(pDER)) },
		"an SM2 key":          func(k *act.Key) { setDER(k, sDER) },
		"an Ed25519 key":      func(k *act.Key) { setDER(k, eDER) },
		"a compressed point":  func(k *act.Key) { setDER(k, compressed(pDER)) },
		"another's ID":        func(k *act.Key) { k.ID = sm.ID },
		"no credential":       func(k *act.Key) { k.Credential = "" },
		"credential padded":   func(k *act.Key) { k.Credential += "=" },
		"origin with a path":  func(k *act.Key) { k.Origin += "/" },
		"origin in capitals":  func(k *act.Key) { k.Origin = strings.ToUpper(k.Origin) },
		"origin in the open":  func(k *act.Key) { k.Origin = "http://desk.glovebox.example" },
		"origin is a number":  func(k *act.Key) { k.Origin, k.RPID = "https://10.0.0.1", "10.0.0.1" },
		"origin, usual port":  func(k *act.Key) { k.Origin = "https://desk.glovebox.example:443" },
		"origin with a user":  func(k *act.Key) { k.Origin = "https://ann@desk.glovebox.example" },
		"site of another":     func(k *act.Key) { k.RPID = "example.org" },
		"site by its end":     func(k *act.Key) { k.RPID = "box.example" },
		"site of everybody":   func(k *act.Key) { k.RPID = "example" },
		"no site":             func(k *act.Key) { k.RPID = "" },
		"label does not show": func(k *act.Key) { k.Label = "a\u200bb" },
		"label too long":      func(k *act.Key) { k.Label = strings.Repeat("a", 65) },
	} {
		k := p256
		change(&k)
		if k == p256 {
			t.Fatalf("%s changes nothing", name)
		}
		refused(t, name, "", func() error { return k.Check() })
	}
	k := all[act.Ed25519].Key()
	k.Origin = "https://desk.glovebox.example"
	refused(t, "a file key with a page", "scheme", func() error { return k.Check() })
}

func setDER(k *act.Key, der []byte) {
	other, _ := act.NewKey(act.WebAuthn, der, "")
	k.ID, k.Public = other.ID, other.Public
}

// compressed is the SubjectPublicKeyInfo of the same P-256 point in its short form.
func compressed(der []byte) []byte {
	x, y := elliptic.Unmarshal(elliptic.P256(), der[26:])
	out := bytes.Clone(der[:26])
	out[1], out[24] = 57, 34
	return append(out, elliptic.MarshalCompressed(elliptic.P256(), x, y)...)
}

func TestKeyBytesRefused(t *testing.T) {
	data, err := signers(t)[act.WebAuthn].Key().Encode()
	if err != nil {
		t.Fatal(err)
	}
	s := string(data)
	for name, changed := range map[string]string{
		"empty":          "",
		"a blank":        s + " ",
		"a member more":  strings.Replace(s, `"id":`, `"a":1,"id":`, 1),
		"a member twice": strings.Replace(s, `"scheme":`, `"rp_id":"x.example","scheme":`, 1),
		"an empty label": strings.Replace(s, `"origin":`, `"label":"","origin":`, 1),
		"long":           s + strings.Repeat(" ", act.MaxKey),
	} {
		refused(t, name, "", func() error { _, err := act.ParseKey([]byte(changed)); return err })
	}
}

func FuzzEnvelope(f *testing.F) {
	keys := []act.Key{}
	for _, s := range signers(f) {
		e, err := s.Sign(sample())
		if err != nil {
			f.Fatal(err)
		}
		data, err := e.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		keys = append(keys, s.Key())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := act.DecodeEnvelope(data)
		if err != nil {
			return
		}
		if again, err := e.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("accepted in another form than its own: %v", err)
		}
		for _, k := range keys {
			_, _ = k.Verify(e)
		}
	})
}

func FuzzKey(f *testing.F) {
	for _, s := range signers(f) {
		data, err := s.Key().Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := act.ParseKey(data)
		if err != nil {
			return
		}
		if again, err := k.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("accepted in another form than its own: %v", err)
		}
	})
}
