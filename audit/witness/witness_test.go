package witness

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
)

// branch is a real log that can be copied and go on in two ways.
type branch struct {
	t    *testing.T
	dir  string
	key  *audit.Key
	size int
}

func grown(t *testing.T) *branch {
	t.Helper()
	k, err := audit.NewKey("city.example/log", ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return &branch{t: t, dir: filepath.Join(t.TempDir(), "log"), key: k}
}

// grow appends n entries that say something.
func (b *branch) grow(n int, says string) *branch {
	b.t.Helper()
	l, err := audit.Open(context.Background(), b.dir, b.key, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	var all [][]byte
	for range n {
		b.size++
		e := audit.Entry{Seq: uint64(b.size), Time: "2026-01-02T03:04:05Z", Actor: "owner", Action: "user.add", Subject: "user/x", Body: json.RawMessage(fmt.Sprintf(`{"says":%q}`, says))}
		raw, err := e.Encode()
		if err != nil {
			b.t.Fatal(err)
		}
		all = append(all, raw)
	}
	if _, err := l.AppendBatch(context.Background(), all); err != nil {
		b.t.Fatal(err)
	}
	if err := l.Close(context.Background()); err != nil {
		b.t.Fatal(err)
	}
	return b
}

// copied is the log as it is now, elsewhere.
func (b *branch) copied() *branch {
	b.t.Helper()
	c := *b
	c.dir = filepath.Join(b.t.TempDir(), "log")
	if err := os.CopyFS(c.dir, os.DirFS(b.dir)); err != nil {
		b.t.Fatal(err)
	}
	return &c
}

func (b *branch) prove(_ context.Context, old uint64) (*verify.Head, []string, error) {
	h, err := verify.HeadOf(b.dir, b.key.Verifier())
	if err != nil {
		return nil, nil, err
	}
	p, err := verify.Consistency(b.dir, h, min(old, h.Size))
	return h, p, err
}

func (b *branch) head() *verify.Head {
	b.t.Helper()
	h, _, err := b.prove(context.Background(), 0)
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

// witnessed is a witness that follows a log, and how to ask it.
func witnessed(t *testing.T, key string) (*Witness, *Asked, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "w")
	public, err := Init(dir, "audit.example/w1")
	if err != nil {
		t.Fatal(err)
	}
	w, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if key != "" {
		if _, err := w.Add(key); err != nil {
			t.Fatal(err)
		}
	}
	k, err := verify.ReadWitness(public)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(w.Handler())
	t.Cleanup(s.Close)
	return w, &Asked{URL: s.URL, HTTP: s.Client(), Key: k}, dir
}

// TestWitnessSignsOneHistory: a log that grows is signed at each size, across full
// tiles; one that was rolled back, or forked at the same or a later size, is not,
// and the witness keeps what proves it, also over a restart.
func TestWitnessSignsOneHistory(t *testing.T) {
	ctx := context.Background()
	main := grown(t).grow(3, "one")
	w, ask, dir := witnessed(t, main.key.Verifier())
	early := main.copied()
	for _, more := range []int{0, 1, 252, 1, 300} { // 3, 4, 256, 257, 557 entries
		if more > 0 {
			main.grow(more, "one")
		}
		msg, at, err := ask.Cosign(ctx, main.prove)
		if err != nil || at.IsZero() {
			t.Fatalf("at %d entries: %v", main.size, err)
		}
		if h, err := verify.ReadHead(msg, main.key.Verifier()); err != nil || h.Size != uint64(main.size) {
			t.Fatalf("%v, %+v", err, h)
		}
		if last, err := ask.Last(ctx, "city.example/log"); err != nil || !bytes.Equal(last, msg) && !sameSigned(last, msg) {
			t.Fatalf("%v: %s is not %s", err, last, msg)
		}
	}
	if _, _, err := ask.Cosign(ctx, early.prove); glovebox.CodeOf(err) != glovebox.CodeConflict || !strings.Contains(err.Error(), "rolled back") {
		t.Errorf("a log that was rolled back: %v", err)
	}
	fork := early.copied().grow(554, "other") // as long as the other
	for _, more := range []int{0, 9} {
		if more > 0 {
			fork.grow(more, "other")
		}
		if _, _, err := ask.Cosign(ctx, fork.prove); glovebox.CodeOf(err) != glovebox.CodeConflict || !strings.Contains(err.Error(), "rewritten") {
			t.Errorf("a fork of %d entries: %v", fork.size, err)
		}
	}
	logs, err := w.Logs()
	if err != nil || len(logs) != 1 || logs[0].Size != 557 || !logs[0].Conflict {
		t.Errorf("%v, %+v", err, logs)
	}
	if _, err := Open(dir); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("a second process: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	s := httptest.NewServer(again.Handler())
	defer s.Close()
	ask = &Asked{URL: s.URL, HTTP: s.Client(), Key: ask.Key}
	if _, _, err := ask.Cosign(ctx, fork.prove); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Errorf("after a restart: %v", err)
	}
	if _, _, err := ask.Cosign(ctx, main.grow(1, "one").prove); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	// What it signed cannot be read: it signs nothing, as if it had never begun.
	name := filepath.Join(again.at("city.example/log"), seenName)
	if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ask.Cosign(ctx, main.prove); glovebox.CodeOf(err) != glovebox.CodeInternal {
		t.Errorf("with a damaged memory: %v", err)
	}
}

// sameSigned says whether two notes say the same: signatures have their own time.
func sameSigned(a, b []byte) bool {
	x, _, _ := bytes.Cut(a, []byte("\n\n"))
	y, _, _ := bytes.Cut(b, []byte("\n\n"))
	return bytes.Equal(x, y)
}

// TestProtocol: each status of the protocol, and nothing signed on the way.
func TestProtocol(t *testing.T) {
	log := grown(t).grow(5, "one")
	w, ask, _ := witnessed(t, log.key.Verifier())
	five := log.head()
	nine := log.grow(4, "one").head()
	proof, err := verify.Consistency(log.dir, nine, 5)
	if err != nil || len(proof) == 0 {
		t.Fatalf("%v, %v", err, proof)
	}
	post := func(body string) (int, string, string) {
		t.Helper()
		status, typ, answer, err := ask.do(context.Background(), http.MethodPost, "/add-checkpoint", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		return status, typ, string(answer)
	}
	lines := strings.Join(proof, "\n") + "\n"
	zero := strings.Repeat("A", 43) + "=\n"
	other := bytes.Replace(five.Note, []byte("city.example/log\n"), []byte("town.example/log\n"), 1)
	unsigned := bytes.Replace(five.Note, []byte("\n5\n"), []byte("\n6\n"), 1)
	for _, x := range []struct {
		what, body string
		want       int
	}{
		{"empty", "", 400},
		{"no old line", string(five.Note), 400},
		{"old in another form", "old 00\n\n" + string(five.Note), 400},
		{"negative", "old -1\n\n" + string(five.Note), 400},
		{"a proof that is no hash", "old 0\nxx\n\n" + string(five.Note), 400},
		{"64 hashes", "old 5\n" + strings.Repeat(zero, 64) + "\n" + string(nine.Note), 400},
		{"old beyond the checkpoint", "old 6\n\n" + string(five.Note), 400},
		{"too long", "old 0\n\n" + strings.Repeat("x", maxRequest), 400},
		{"an unknown log", "old 0\n\n" + string(other), 404},
		{"another text", "old 0\n\n" + string(unsigned), 403},
		{"a proof from nothing", "old 0\n" + zero + "\n" + string(five.Note), 422},
		{"a size that was not signed", "old 5\n" + lines + "\n" + string(nine.Note), 409},
		{"the first", "old 0\n\n" + string(five.Note), 200},
		{"the first again", "old 5\n\n" + string(five.Note), 200},
		{"from nothing again", "old 0\n\n" + string(nine.Note), 409},
		{"another proof", "old 5\n" + zero + "\n" + string(nine.Note), 422},
		{"no proof", "old 5\n\n" + string(nine.Note), 422},
		{"one hash more", "old 5\n" + lines + zero + "\n" + string(nine.Note), 422},
		{"the next", "old 5\n" + lines + "\n" + string(nine.Note), 200},
		{"the one before", "old 5\n\n" + string(five.Note), 409},
	} {
		status, typ, answer := post(x.body)
		if status != x.want {
			t.Errorf("%s: %d, not %d: %s", x.what, status, x.want, answer)
		}
		if status == 200 != strings.HasPrefix(answer, "— audit.example/w1 ") {
			t.Errorf("%s: %s", x.what, answer)
		}
		if status == 409 && (typ != sizeType || answer != "0\n" && answer != "5\n" && answer != "9\n") {
			t.Errorf("%s: %s %s", x.what, typ, answer)
		}
	}
	if logs, err := w.Logs(); err != nil || logs[0].Size != 9 || logs[0].Conflict {
		t.Errorf("%v, %+v", err, logs)
	}
	// Signatures of others stand beside the log's own: they are not kept.
	busy := append(bytes.Clone(nine.Note), []byte("— somebody AAAAAAAA\n")...)
	if status, _, _ := post("old 9\n\n" + string(busy)); status != 200 {
		t.Errorf("with a strange signature: %d", status)
	}
	if msg, err := w.Seen(context.Background(), "city.example/log"); err != nil || bytes.Contains(msg, []byte("somebody")) {
		t.Errorf("%v: %s", err, msg)
	}
	// Of two that ask at the same time from the same size one has to lose.
	two := log.grow(2, "one").head()
	more, err := verify.Consistency(log.dir, two, 9)
	if err != nil {
		t.Fatal(err)
	}
	body := "old 9\n" + strings.Join(more, "\n") + "\n\n" + string(two.Note)
	got := make(chan int, 8)
	for range 8 {
		go func() {
			status, _, _, err := ask.do(context.Background(), http.MethodPost, "/add-checkpoint", strings.NewReader(body))
			if err != nil {
				status = 0
			}
			got <- status
		}()
	}
	count := map[int]int{}
	for range 8 {
		count[<-got]++
	}
	if count[200] != 1 || count[409] != 7 {
		t.Errorf("%v", count)
	}
}

// TestCosignatureHoldsEveryBit: a checkpoint as the library signs it verifies
// here, and no bit of what the witness signed, or of its line, can change.
func TestCosignatureHoldsEveryBit(t *testing.T) {
	log := grown(t).grow(2, "one")
	_, ask, _ := witnessed(t, log.key.Verifier())
	msg, _, err := ask.Cosign(context.Background(), log.prove)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask.Key.Saw(msg); err != nil {
		t.Fatal(err)
	}
	end := bytes.LastIndex(msg, []byte("\n— audit.example/w1"))
	domain := bytes.Index(msg, []byte("\n\n")) + 2
	for i := range msg {
		for bit := range 8 {
			if i >= domain && i <= end {
				continue // the log's own signature: verify.ReadHead's to check
			}
			x := bytes.Clone(msg)
			x[i] ^= 1 << bit
			if at, err := ask.Key.Saw(x); err == nil {
				t.Fatalf("byte %d, bit %d: %v %q", i, bit, at, x)
			}
		}
	}
	other, err := Init(filepath.Join(t.TempDir(), "o"), "audit.example/w1")
	if err != nil {
		t.Fatal(err)
	}
	k, err := verify.ReadWitness(other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Saw(msg); err == nil {
		t.Error("a witness of the same name and another key signed it")
	}
	for _, bad := range []string{"", "x", strings.Replace(other, "+B", "+A", 1), log.key.Verifier(), other + "x", strings.Replace(other, "audit", "audit x", 1)} {
		if _, err := verify.ReadWitness(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// TestClientBelievesNoWitness: whatever a server answers, only a signature of the
// witness's key counts, and a redirect or a size that does not end are errors.
func TestClientBelievesNoWitness(t *testing.T) {
	log := grown(t).grow(2, "one")
	_, honest, _ := witnessed(t, log.key.Verifier())
	for what, answer := range map[string]http.HandlerFunc{
		"nothing":     func(w http.ResponseWriter, _ *http.Request) {},
		"no line":     func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "yes") },
		"a long one":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) },
		"its own key": func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "— audit.example/w1 AAAAAAAAAAAAAAAA") },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, honest.URL+r.URL.Path, http.StatusTemporaryRedirect)
		},
		"size 1, again": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{sizeType}
			w.WriteHeader(409)
			fmt.Fprintln(w, "1")
		},
		"a size that is none": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{sizeType}
			w.WriteHeader(409)
			fmt.Fprintln(w, "-1")
		},
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
	} {
		s := httptest.NewServer(answer)
		a := &Asked{URL: s.URL, HTTP: s.Client(), Key: honest.Key}
		if msg, _, err := a.Cosign(context.Background(), log.prove); err == nil {
			t.Errorf("%s: %s", what, msg)
		}
		s.Close()
	}
	// Over TLS, as a witness is served.
	w, _, _ := witnessed(t, log.key.Verifier())
	s := httptest.NewUnstartedServer(w.Handler())
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	s.StartTLS()
	defer s.Close()
	k, err := verify.ReadWitness(w.Public())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := (&Asked{URL: s.URL, HTTP: s.Client(), Key: k}).Cosign(context.Background(), log.prove); err != nil {
		t.Error(err)
	}
}

// TestFollows: a checkpoint follows another only by its own proof.
func TestFollows(t *testing.T) {
	log := grown(t).grow(5, "one")
	five := log.head()
	short := log.copied()
	nine := log.grow(4, "one").head()
	proof, err := verify.Consistency(log.dir, nine, 5)
	if err != nil {
		t.Fatal(err)
	}
	if err := nine.Follows(five, proof); err != nil {
		t.Error(err)
	}
	if err := five.Follows(nine, nil); !errors.Is(err, verify.ErrRolledBack) {
		t.Error(err)
	}
	for _, p := range [][]string{nil, proof[1:], append(proof[:1:1], proof...), {"x"}} {
		if err := nine.Follows(five, p); !errors.Is(err, verify.ErrForked) {
			t.Errorf("%v: %v", p, err)
		}
	}
	other := short.grow(4, "two").head()
	if err := other.Follows(nine, nil); !errors.Is(err, verify.ErrForked) {
		t.Error(err)
	}
	// A fork that shares the first five with both.
	if p, err := verify.Consistency(short.dir, other, 5); err != nil || other.Follows(five, p) != nil {
		t.Errorf("%v", err)
	}
	if _, err := verify.Consistency(log.dir, nine, 10); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Error(err)
	}
	// Tiles that are not the checkpoint's prove nothing.
	name := filepath.Join(log.dir, "tile/0/000.p/9")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[5*32] ^= 1
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := verify.Consistency(log.dir, nine, 5); glovebox.CodeOf(err) != glovebox.CodeInvalid {
		t.Error(err)
	}
}
