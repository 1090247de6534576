package verify_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
)

const chained = "chain.example/log"

type signing struct {
	private ed25519.PrivateKey
	key     *audit.Key
}

func newSigning(t *testing.T, former ...string) signing {
	t.Helper()
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := audit.NewKey(chained, priv, former...)
	if err != nil {
		t.Fatal(err)
	}
	return signing{priv, k}
}

func link(t *testing.T, index uint64, from, to signing, change func(*verify.Link)) verify.Link {
	t.Helper()
	l := verify.Link{Index: index, From: from.key.Verifier(), To: to.key.Verifier()}
	text := []byte(fmt.Sprintf("glovebox key v1\n%s\n%d\n%s\n%s\n", chained, index, l.From, l.To))
	for s, at := range map[*signing]*string{&from: &l.Endorsed, &to: &l.Accepted} {
		sig, err := s.private.Sign(rand.Reader, text, crypto.Hash(0))
		if err != nil {
			t.Fatal(err)
		}
		*at = base64.StdEncoding.EncodeToString(sig)
	}
	if change != nil {
		change(&l)
	}
	return l
}

// rotated appends n entries and then body as a rotation, if it has one.
func rotated(t *testing.T, dir string, k *audit.Key, from, n int, body any) []byte {
	t.Helper()
	l, err := audit.Open(t.Context(), dir, k, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close(context.WithoutCancel(t.Context()))
	last := uint64(0)
	for i := range n {
		e := &audit.Entry{Seq: uint64(from + i + 1), Time: "2026-11-21T10:00:01Z", Actor: "owner", Action: "domain.settings", Subject: "domain/x", Body: []byte("{}")}
		if body != nil && i == n-1 {
			e.Action = verify.RotateAction
			if e.Body, err = json.Marshal(body); err != nil {
				t.Fatal(err)
			}
		}
		data, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if last, err = l.Append(t.Context(), data); err != nil {
			t.Fatal(err)
		}
	}
	cp, err := l.Checkpoint(t.Context(), last+1)
	if err != nil {
		t.Fatal(err)
	}
	return cp
}

type rotation struct {
	Key  string       `json:"key"`
	Link *verify.Link `json:"link"`
}

// TestKeysFollowOneAnother: whoever trusts any of a log's keys follows it to the
// one that signs, and no checkpoint counts that a key signed when it did not hold.
func TestKeysFollowOneAnother(t *testing.T) {
	dir := t.TempDir()
	first := newSigning(t)
	early := rotated(t, dir, first.key, 0, 3, nil)
	second := newSigning(t, first.key.Verifier())
	at := rotated(t, dir, first.key, 3, 2, rotation{"signing", ptr(link(t, 4, first, second, nil))})
	late := rotated(t, dir, second.key, 5, 2, nil)
	stranger := newSigning(t)
	problems := func(vkey string, remembered ...[]byte) string {
		r, err := verify.Log(t.Context(), dir, vkey, &verify.Options{Remembered: remembered})
		if err != nil {
			return err.Error()
		}
		var all []string
		for _, p := range r.List {
			all = append(all, p.String())
		}
		return strings.Join(all, "; ")
	}
	for name, vkey := range map[string]string{"the first": first.key.Verifier(), "the second": second.key.Verifier()} {
		if got := problems(vkey, early, at, late); got != "" {
			t.Errorf("trusting %s: %s", name, got)
		}
		if n, err := verify.Size(dir, vkey); err != nil || n != 7 {
			t.Errorf("trusting %s: %d %v", name, n, err)
		}
	}
	if got := problems(stranger.key.Verifier()); !strings.Contains(got, "not signed") {
		t.Errorf("trusting a stranger: %q", got)
	}
	// The first key, stolen afterwards, signs what comes after it.
	forged := signAs(t, first, late)
	if got := problems(second.key.Verifier(), forged); !strings.Contains(got, "did not hold") {
		t.Errorf("a checkpoint that the old key signed: %q", got)
	}
	if got := problems(second.key.Verifier(), signAs(t, second, early)); !strings.Contains(got, "did not hold") {
		t.Errorf("a checkpoint that the new key signed too early: %q", got)
	}
	text := second.key.Verifier() + "\n" + line(t, link(t, 4, first, second, nil)) + "\n"
	keys, err := verify.ReadKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	for size, holds := range map[uint64][2]bool{1: {true, false}, 4: {true, false}, 5: {true, true}, 6: {false, true}, 100: {false, true}} {
		if got := [2]bool{keys.Holds(first.key.Verifier(), size), keys.Holds(second.key.Verifier(), size)}; got != holds {
			t.Errorf("at %d entries %v hold, want %v", size, got, holds)
		}
	}
	for what, change := range map[string]func(*verify.Link){
		"another entry":         func(l *verify.Link) { l.Index++ },
		"another key":           func(l *verify.Link) { l.To = stranger.key.Verifier() },
		"not endorsed":          func(l *verify.Link) { l.Endorsed = l.Accepted },
		"not accepted":          func(l *verify.Link) { l.Accepted = l.Endorsed },
		"a signature cut short": func(l *verify.Link) { l.Accepted = l.Accepted[:20] },
		"the key of another":    func(l *verify.Link) { l.From = strings.Replace(l.From, "chain", "chaim", 1) },
	} {
		l := link(t, 4, first, second, change)
		if _, err := verify.ReadKeys(second.key.Verifier() + "\n" + line(t, l)); err == nil {
			t.Errorf("%s: the history is read", what)
		}
		bad := t.TempDir()
		rotated(t, bad, first.key, 0, 5, rotation{"signing", &l})
		r, err := verify.Log(t.Context(), bad, first.key.Verifier(), nil)
		if err != nil || len(r.List) == 0 || !strings.Contains(r.List[0].String(), "entry 4: changes the signing key, and may not") {
			t.Errorf("%s: %v %v", what, r, err)
		}
	}
	// A log that goes on under the key that it ended.
	bad := t.TempDir()
	rotated(t, bad, first.key, 0, 5, rotation{"signing", ptr(link(t, 4, first, second, nil))})
	rotated(t, bad, first.key, 5, 1, nil)
	r, err := verify.Log(t.Context(), bad, first.key.Verifier(), nil)
	if err != nil || len(r.List) == 0 || !strings.Contains(r.List[0].String(), "did not hold") {
		t.Errorf("signed with the old key: %v %v", r, err)
	}
}

func ptr[T any](v T) *T { return &v }

func line(t *testing.T, l verify.Link) string {
	t.Helper()
	b, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// signAs signs the text of a checkpoint with another key.
func signAs(t *testing.T, by signing, cp []byte) []byte {
	t.Helper()
	text, _, _ := strings.Cut(string(cp), "\n\n")
	n, err := note.Sign(&note.Note{Text: text + "\n"}, noteKey{by})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

type noteKey struct{ signing }

func (k noteKey) Name() string { return chained }
func (k noteKey) KeyHash() uint32 {
	v, _ := note.NewVerifier(k.key.Verifier())
	return v.KeyHash()
}
func (k noteKey) Sign(msg []byte) ([]byte, error) {
	return k.private.Sign(rand.Reader, msg, crypto.Hash(0))
}
