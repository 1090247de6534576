package vault

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestKeysDifferAndStay(t *testing.T) {
	dir, v := fresh(t)
	_, other := fresh(t)
	seen := map[[KeySize]byte]string{}
	for name, k := range map[string]Key{
		"unit person": unitKey(t, v, "person"), "unit enterprise": unitKey(t, v, "enterprise"), "ident person": v.IdentKey("person"),
		"scenario person": v.ScenarioKey("person"), "job person": v.JobSecret("person"), "job": v.JobSecret(""), "other": unitKey(t, other, "person"),
		"split": unitKey(t, v, "x\x00person"),
	} {
		if was, ok := seen[k.Bytes()]; ok {
			t.Errorf("%s has the key of %s", name, was)
		}
		seen[k.Bytes()] = name
	}
	again := reopen(t, dir)
	if unitKey(t, again, "person").Bytes() != unitKey(t, v, "person").Bytes() {
		t.Error("a key changed")
	}
}

func TestSigners(t *testing.T) {
	_, v := fresh(t)
	for name, s := range map[string]*Signer{"sign": v.Signer()} {
		var signer crypto.Signer = s
		sig, err := signer.Sign(rand.Reader, []byte("message"), crypto.Hash(0))
		if err != nil {
			t.Fatal(err)
		}
		if pub, ok := s.Public().(ed25519.PublicKey); !ok || !ed25519.Verify(pub, []byte("message"), sig) {
			t.Errorf("%s: the signature does not verify", name)
		}
	}
}

func TestSecretsPrintAsRedacted(t *testing.T) {
	_, v := fresh(t)
	key := unitKey(t, v, "person")
	raw, seed := key.Bytes(), v.Signer().seed.Bytes()
	type holder struct {
		k Key
		K Key
		S *Signer
		v *Vault
	}
	h := holder{key, key, v.Signer(), v}
	values := []any{key, &key, v, v.Signer(), *v.Signer(), h, &h, []Key{key}, map[string]Key{"a": key}}
	for _, secret := range [][]byte{raw[:], seed[:]} {
		shapes := []string{fmt.Sprintf("%v", secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("%#v", secret), string(secret), fmt.Sprintf("%q", secret)}
		for i := range shapes {
			shapes[i] = strings.Trim(shapes[i], "[]\"")
		}
		for _, value := range values {
			var outs []string
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
				outs = append(outs, fmt.Sprintf(verb, value))
			}
			var log bytes.Buffer
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)
			j, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			for _, out := range append(outs, log.String(), string(j)) {
				for _, s := range shapes {
					if strings.Contains(out, s) {
						t.Errorf("%T shows a secret: %s", value, out)
					}
				}
				if strings.Contains(out, "AGE-SECRET-KEY") {
					t.Errorf("%T shows the identity: %s", value, out)
				}
			}
		}
	}
	if s := fmt.Sprintf("%v %s %#v %x", key, key, key, key); s != "[redacted] [redacted] [redacted] [redacted]" {
		t.Error(s)
	}
	if j, err := json.Marshal(map[string]any{"k": key, "s": v.Signer()}); err != nil || string(j) != `{"k":"[redacted]","s":"[redacted]"}` {
		t.Errorf("%s, %v", j, err)
	}
}

func unitKey(t *testing.T, v *Vault, space string) Key {
	t.Helper()
	k, err := v.UnitKey(space, 0)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
