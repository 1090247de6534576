package spread

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

// fixed is a domain's key, a node's, and an envelope for it.
func fixed(t testing.TB) (domain ed25519.PrivateKey, key *NodeKey, e *Envelope, reply *age.HybridIdentity) {
	t.Helper()
	pub, domain, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if key, err = NewNodeKey("n1", pub); err != nil {
		t.Fatal(err)
	}
	if reply, err = age.GenerateHybridIdentity(); err != nil {
		t.Fatal(err)
	}
	f := File{Locator: strings.Repeat("0a", 16), Key: make([]byte, 16), Bytes: 5, Size: 3, SHA256: make([]byte, 32)}
	return domain, key, &Envelope{Format: 1, Run: newName(), Until: time.Now().Add(time.Minute).UTC(), Spec: []byte("spec"), Parts: 2, Tasks: []int{1, 0, 1},
		Files: [][]Files{{{Part: f}}, {{Part: f, Originals: &f}}}, Reply: reply.Recipient().String()}, reply
}

func (k *NodeKey) node(walls ...string) Node {
	return Node{Name: k.Name, Recipient: k.read.Recipient().String(), Key: k.sign.Public().(ed25519.PublicKey), Walls: walls}
}

// TestEnvelopeIsForItsNodesAlone: only a node that it is sealed to opens an
// envelope, only under its run's name, only while it lasts, and only one that its
// own domain signed.
func TestEnvelopeIsForItsNodesAlone(t *testing.T) {
	domain, key, e, _ := fixed(t)
	data, err := e.Seal(domain, []Node{key.node()})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := key.OpenEnvelope(data, e.Run, time.Now()); err != nil || !slices.Equal(got.Tasks, e.Tasks) || got.Files[1][0].Originals.Size != 3 {
		t.Fatalf("%v", err)
	}
	other, stranger, _, _ := fixed(t)
	if _, err := stranger.OpenEnvelope(data, e.Run, time.Now()); err == nil {
		t.Error("a stranger opens it")
	}
	if _, err := key.OpenEnvelope(data, newName(), time.Now()); err == nil {
		t.Error("it opens as another run's")
	}
	if _, err := key.OpenEnvelope(data, e.Run, e.Until); err == nil {
		t.Error("it opens when its lease is over")
	}
	forged, err := e.Seal(other, []Node{key.node()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.OpenEnvelope(forged, e.Run, time.Now()); err == nil {
		t.Error("it opens though another domain signed it")
	}
	for i := range data {
		if i%97 != 0 {
			continue
		}
		bad := slices.Clone(data)
		bad[i] ^= 1
		if _, err := key.OpenEnvelope(bad, e.Run, time.Now()); err == nil {
			t.Fatalf("byte %d can be changed", i)
		}
	}
}

// TestEnvelopeBounds: an envelope whose numbers do not fit is refused, though the
// domain signed it.
func TestEnvelopeBounds(t *testing.T) {
	for what, change := range map[string]func(*Envelope){
		"group":   func(e *Envelope) { e.Tasks[0] = 2 },
		"no task": func(e *Envelope) { e.Tasks = nil },
		"parts":   func(e *Envelope) { e.Parts = 3 },
		"locator": func(e *Envelope) { e.Files[0][0].Part.Locator = "../../etc/passwd" },
		"key":     func(e *Envelope) { e.Files[0][0].Part.Key = nil },
		"size":    func(e *Envelope) { e.Files[0][0].Part.Size = -1 },
		"inputs":  func(e *Envelope) { e.Files[1] = nil },
		"reply":   func(e *Envelope) { e.Reply = "age1" },
		"format":  func(e *Envelope) { e.Format = 2 },
	} {
		domain, key, e, _ := fixed(t)
		change(e)
		data, err := e.Seal(domain, []Node{key.node()})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := key.OpenEnvelope(data, e.Run, time.Now()); err == nil {
			t.Errorf("%s: it opens", what)
		}
	}
}

// TestAnswerIsOfItsNode: an answer counts for its run, of a node that is trusted,
// behind all walls that it is trusted for.
func TestAnswerIsOfItsNode(t *testing.T) {
	_, key, e, reply := fixed(t)
	_, stranger, _, other := fixed(t)
	pieces := [][]byte{[]byte("one"), {}, []byte("three")}
	data, err := key.SealAnswer(e, 1, []string{"wasm", "files"}, pieces)
	if err != nil {
		t.Fatal(err)
	}
	open := func(id age.Identity, run string, groups int, n Node) error {
		a, err := openAnswer(data, id, run, groups, []Node{stranger.node(), n}[1:])
		if err == nil && (a.Group != 1 || !slices.EqualFunc(a.Pieces, pieces, bytes.Equal)) {
			t.Errorf("%+v", a)
		}
		return err
	}
	if err := open(reply, e.Run, 2, key.node("files")); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"key":   open(other, e.Run, 2, key.node()),
		"run":   open(reply, newName(), 2, key.node()),
		"group": open(reply, e.Run, 1, key.node()),
		"node":  open(reply, e.Run, 2, stranger.node()),
		"walls": open(reply, e.Run, 2, key.node("files", "network")),
	} {
		if err == nil {
			t.Errorf("an answer of another %s is taken", what)
		}
	}
}

// TestChannelStorageClasses: sizes are rounded up to four steps for each doubling,
// never down, and by a quarter at most.
func TestChannelStorageClasses(t *testing.T) {
	seen := map[int64]bool{}
	for n := int64(0); n < 1<<22; n += 997 {
		c := Class(n)
		if c < n || n > smallest && c > n+n/4 || Class(c) != c {
			t.Fatalf("%d becomes %d", n, c)
		}
		seen[c] = true
	}
	if len(seen) > 1+4*8 {
		t.Errorf("%d classes", len(seen))
	}
}

// TestChannelEngineOrder: which group a task is, is drawn anew for every run, and
// groups that are done twice are among them.
func TestChannelEngineOrder(t *testing.T) {
	a, b := tasks(64), tasks(64)
	if len(a) != 68 || slices.Equal(a, b) || slices.IsSorted(a) {
		t.Fatalf("%v\n%v", a, b)
	}
	for g := range 64 {
		if !slices.Contains(a, g) {
			t.Errorf("group %d is no task", g)
		}
	}
	if slices.Sort(a); len(slices.Compact(a)) != 64 {
		t.Error("no group is done twice")
	}
	// The first task is group 0 in one run of 17: 600 runs miss it, or have
	// nothing else, with a chance below 1e-15.
	zero := 0
	for range 600 {
		if tasks(16)[0] == 0 {
			zero++
		}
	}
	if zero == 0 || zero > 300 {
		t.Errorf("the first of 17 tasks is group 0 in %d of 600 runs", zero)
	}
}

// TestEnrolment: what a node says of itself is what it signed.
func TestEnrolment(t *testing.T) {
	_, key, _, _ := fixed(t)
	data, err := key.Enrol([]string{"wasm", "jail"}, strings.Repeat("0f", 32), "linux/amd64")
	if err != nil {
		t.Fatal(err)
	}
	if e, err := ReadEnrolment(data); err != nil || e.Name != "n1" || !bytes.Equal(e.Domain, key.Domain) {
		t.Fatalf("%v", err)
	}
	for _, change := range [][2]string{{`"n1"`, `"n2"`}, {`"jail"`, `"users"`}, {"0f0f", "0e0f"}, {"amd64", "arm64"}, {`"format": 1`, `"format": 2`}} {
		bad := bytes.Replace(data, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(bad, data) {
			t.Fatalf("there is no %s", change[0])
		}
		if _, err := ReadEnrolment(bad); err == nil {
			t.Errorf("%s can become %s", change[0], change[1])
		}
	}
	file, err := key.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := DecodeNodeKey(file)
	if err != nil || again.read.String() != key.read.String() || !again.sign.Equal(key.sign) {
		t.Errorf("%v", err)
	}
	if s := again.GoString() + again.String(); strings.Contains(s, "SECRET") {
		t.Error("a key prints itself")
	}
}

func FuzzReadEnrolment(f *testing.F) {
	_, key, _, _ := fixed(f)
	data, err := key.Enrol([]string{"wasm"}, strings.Repeat("0f", 32), "linux/amd64")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, err := ReadEnrolment(data); err == nil && (CheckName(e.Name) != nil || len(e.Key) != ed25519.PublicKeySize) {
			t.Error("what is read is not sound")
		}
	})
}

// FuzzOpenEnvelope has the domain sign whatever comes: what opens is within its
// bounds.
func FuzzOpenEnvelope(f *testing.F) {
	domain, key, e, _ := fixed(f)
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		sig, err := signedBy(domain, tagEnvelope, body)
		if err != nil {
			t.Fatal(err)
		}
		plain := append(append([]byte(magicEnvelope), sig...), byte(len(body)), byte(len(body)>>8), byte(len(body)>>16), 0, 0, 0, 0, 0)
		data, err := seal(append(plain, body...), key.read.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := key.OpenEnvelope(data, e.Run, time.Now()); err == nil && !got.sound() {
			t.Error("what opens is not sound")
		}
	})
}

// FuzzOpenAnswer has a trusted node sign and say whatever comes.
func FuzzOpenAnswer(f *testing.F) {
	_, key, e, reply := fixed(f)
	f.Add([]byte(`{"format":1,"run":"`+e.Run+`","group":0,"node":"n1","pieces":[3]}`), []byte("abc"))
	f.Fuzz(func(t *testing.T, body, rest []byte) {
		plain := append(append([]byte(magicAnswer), signed(key.sign, tagAnswer, body)...), byte(len(body)), byte(len(body)>>8), byte(len(body)>>16), 0, 0, 0, 0, 0)
		data, err := seal(append(append(plain, body...), rest...), reply.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		if a, err := openAnswer(data, reply, e.Run, 2, []Node{key.node()}); err == nil && (a.Group < 0 || a.Group > 1 || len(a.Pieces) == 0) {
			t.Error("what opens is not sound")
		}
	})
}
