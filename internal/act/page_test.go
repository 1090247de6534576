package act_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/act/acttest"
)

// blocks are the blocks of code of docs/formats/act.md in a language.
func blocks(t *testing.T, name, language string) (out []string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("../../docs/formats", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		out = append(out, m[1])
	}
	return out
}

// TestPageOfActs: the example on the page is one act, in its envelope, signed by
// the key below, and both languages show the same.
func TestPageOfActs(t *testing.T) {
	shown := blocks(t, "act.md", "json")
	if len(shown) != 3 {
		t.Fatalf("%d examples", len(shown))
	}
	for _, language := range []string{"json", "sh"} {
		if en, zh := blocks(t, "act.md", language), blocks(t, "act.zh.md", language); strings.Join(en, "") != strings.Join(zh, "") {
			t.Errorf("the two pages have other blocks of %s", language)
		}
	}
	k, err := act.ParseKey([]byte(strings.TrimSpace(shown[2])))
	if err != nil {
		t.Fatal(err)
	}
	e, err := act.DecodeEnvelope([]byte(strings.TrimSpace(shown[1])))
	if err != nil {
		t.Fatal(err)
	}
	a, err := k.Verify(e)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := a.Encode(); err != nil || string(data) != strings.TrimSpace(shown[0]) {
		t.Errorf("the envelope holds another act: %s, %v", data, err)
	}
}

// TestActByOpenSSLAlone runs the page's script on envelopes of every scheme, and
// on forged ones.
func TestActByOpenSSLAlone(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl here")
	}
	can, err := exec.Command("openssl", "list", "-public-key-algorithms").Output()
	if err != nil {
		t.Fatal(err)
	}
	scripts := blocks(t, "act.md", "sh")
	if len(scripts) != 1 {
		t.Fatalf("%d scripts", len(scripts))
	}
	run := func(e *act.Envelope, k act.Key) (string, error) {
		dir := t.TempDir()
		env, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		key, err := k.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{"envelope.json": env, "key.json": key} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("sh", "-c", scripts[0])
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	others := signers(t)
	for scheme, s := range signers(t) {
		if scheme == act.SM2 && !bytes.Contains(can, []byte("SM2")) {
			t.Logf("openssl here has no SM2")
			continue
		}
		a := sample()
		data, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		good, err := s.Sign(a)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := run(good, s.Key()); err != nil || !strings.HasSuffix(out, string(data)) {
			t.Errorf("%s: %v\n%s", scheme, err, out)
		}
		for name, change := range map[string]func(*act.Envelope){
			"another act":            func(e *act.Envelope) { e.Payload = payloadOf(t, others[scheme]) },
			"another's signature":    func(e *act.Envelope) { e.Signatures[0].Sig = sigOf(t, others[scheme], a) },
			"another's key":          func(e *act.Envelope) { e.Signatures[0].KeyID = others[scheme].Key().ID },
			"a bit of the signature": func(e *act.Envelope) { resig(e, flip) },
		} {
			bad := *good
			bad.Signatures = []act.Signature{good.Signatures[0]}
			change(&bad)
			if out, err := run(&bad, s.Key()); err == nil {
				t.Errorf("%s: %s is taken\n%s", scheme, name, out)
			}
		}
		if p, ok := s.(*acttest.Passkey); ok {
			k := p.Key()
			k.Origin = "https://evil.glovebox.example"
			if _, err := run(good, k); err == nil {
				t.Error("a passkey on another page is taken")
			}
			k = p.Key()
			k.RPID = "desk.glovebox.example"
			if _, err := run(good, k); err == nil {
				t.Error("a passkey of another site is taken")
			}
		}
	}
}

func payloadOf(t *testing.T, s act.Signer) string {
	t.Helper()
	e, err := s.Sign(sample())
	if err != nil {
		t.Fatal(err)
	}
	return e.Payload
}

func sigOf(t *testing.T, s act.Signer, a *act.Act) string {
	t.Helper()
	e, err := s.Sign(a)
	if err != nil {
		t.Fatal(err)
	}
	return e.Signatures[0].Sig
}

// flip changes a bit inside the signature, not of its frame: near its end, and
// for a passkey within the base64 of it.
func flip(b []byte) []byte {
	if bytes.HasSuffix(b, []byte(`"}`)) {
		at := bytes.LastIndex(b, []byte(`:"`)) + 2
		sig, err := base64.StdEncoding.DecodeString(string(b[at : len(b)-2]))
		if err != nil {
			panic(err)
		}
		sig[len(sig)-3] ^= 1
		return []byte(string(b[:at]) + base64.StdEncoding.EncodeToString(sig) + `"}`)
	}
	b[len(b)-3] ^= 1
	return b
}
