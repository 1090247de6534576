package audit_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
)

// testSeed makes the same key in every test; it protects nothing.
const testSeed = "a test's key, never a domain's k"

func testKey(t testing.TB) *audit.Key {
	t.Helper()
	k, err := audit.NewKey("test.example/domain", ed25519.NewKeyFromSeed([]byte(testSeed)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func open(t testing.TB, dir string) *audit.Log {
	t.Helper()
	l, err := audit.Open(context.Background(), dir, testKey(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(context.Background()) })
	return l
}

func closeLog(t testing.TB, l *audit.Log) {
	t.Helper()
	if err := l.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func encoded(t testing.TB, seq int) []byte {
	t.Helper()
	e := audit.Entry{Seq: uint64(seq), Time: "2026-11-21T10:00:00Z", Actor: "ann", Action: "job.admit", Subject: fmt.Sprintf("job/%d", seq)}
	data, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func wantCode(t testing.TB, err error, c glovebox.Code) {
	t.Helper()
	if got := glovebox.CodeOf(err); got != c {
		t.Errorf("code %q, want %q: %v", got, c, err)
	}
}

func TestAppendIsReadableAndContinues(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	l := open(t, dir)
	for seq := 1; seq <= 3; seq++ {
		index, err := l.Append(ctx, encoded(t, seq))
		if err != nil || index != uint64(seq-1) {
			t.Fatalf("append %d: index %d, %v", seq, index, err)
		}
		got, err := l.Entry(ctx, index)
		if err != nil || string(got) != string(encoded(t, seq)) {
			t.Fatalf("entry %d is not what was appended: %v", seq, err)
		}
	}
	closeLog(t, l)

	l = open(t, dir)
	var batch [][]byte
	for seq := 4; seq <= 600; seq++ { // over two full bundles, bulk and single flushes
		batch = append(batch, encoded(t, seq))
	}
	if first, err := l.AppendBatch(ctx, batch); err != nil || first != 3 {
		t.Fatalf("batch: first %d, %v", first, err)
	}
	if n, err := l.Size(ctx); err != nil || n != 600 {
		t.Fatalf("size %d, %v", n, err)
	}
	last, err := l.Last(ctx)
	if err != nil || last.Seq != 600 {
		t.Fatalf("last %+v, %v", last, err)
	}
	seq := 200
	for data, err := range l.Read(ctx, 199, 590) {
		if err != nil || string(data) != string(encoded(t, seq)) {
			t.Fatalf("entry %d is not what was appended: %v", seq, err)
		}
		seq++
	}
	if seq != 591 {
		t.Errorf("read up to entry %d, want 590", seq-1)
	}
	_, err = l.Entry(ctx, 600)
	wantCode(t, err, glovebox.CodeNotFound)
}

func TestAppendAgainIsAnsweredOtherwiseRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l := open(t, t.TempDir())
	if _, err := l.AppendBatch(ctx, [][]byte{encoded(t, 1), encoded(t, 2)}); err != nil {
		t.Fatal(err)
	}
	// What a caller does after a crash: everything it is not sure of.
	if first, err := l.AppendBatch(ctx, [][]byte{encoded(t, 2), encoded(t, 3)}); err != nil || first != 1 {
		t.Fatalf("first %d, %v", first, err)
	}
	if n, _ := l.Size(ctx); n != 3 {
		t.Fatalf("size %d, want 3", n)
	}
	other := audit.Entry{Seq: 2, Time: "2026-11-21T10:00:00Z", Actor: "bob", Action: "job.admit", Subject: "job/2"}
	data, err := other.Encode()
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Append(ctx, data)
	wantCode(t, err, glovebox.CodeConflict)
	_, err = l.Append(ctx, encoded(t, 5))
	wantCode(t, err, glovebox.CodeConflict)
	_, err = l.AppendBatch(ctx, [][]byte{encoded(t, 4), encoded(t, 6)})
	wantCode(t, err, glovebox.CodeInvalid)
	early := audit.Entry{Seq: 4, Time: "2026-11-21T09:59:59Z", Actor: "ann", Action: "job.admit", Subject: "job/4"}
	if data, err = early.Encode(); err != nil {
		t.Fatal(err)
	}
	_, err = l.Append(ctx, data)
	wantCode(t, err, glovebox.CodeConflict)
	_, err = l.Append(ctx, append(encoded(t, 4), '\n'))
	wantCode(t, err, glovebox.CodeInvalid)
	if n, _ := l.Size(ctx); n != 3 {
		t.Errorf("size %d after refusals, want 3", n)
	}
}

func TestOneWriter(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	_, err := audit.Open(context.Background(), dir, testKey(t), nil)
	wantCode(t, err, glovebox.CodeConflict)
	if err != nil && !strings.Contains(err.Error(), "open in another process") {
		t.Errorf("unclear error: %v", err)
	}
	closeLog(t, l)
	open(t, dir)
}

func TestConcurrentReadersAndRetries(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l := open(t, t.TempDir())
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for seq := 1; seq <= 40; {
				index, err := l.Append(ctx, encoded(t, seq))
				if glovebox.CodeOf(err) == glovebox.CodeConflict {
					time.Sleep(time.Millisecond) // another worker is behind
					continue
				}
				if err != nil || index != uint64(seq-1) {
					t.Errorf("worker %d: entry %d at %d: %v", w, seq, index, err)
					return
				}
				if data, err := l.Entry(ctx, index); err != nil || string(data) != string(encoded(t, seq)) {
					t.Errorf("worker %d: entry %d is not readable: %v", w, seq, err)
				}
				seq++
			}
		})
	}
	wg.Wait()
	if n, err := l.Size(ctx); n != 40 || err != nil {
		t.Errorf("size %d, want 40: %v", n, err)
	}
}

func TestCheckpointCoversWhatItIsAskedFor(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l := open(t, t.TempDir())
	for seq := 1; seq <= 5; seq++ {
		if _, err := l.Append(ctx, encoded(t, seq)); err != nil {
			t.Fatal(err)
		}
		msg, err := l.Checkpoint(ctx, uint64(seq))
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("test.example/domain\n%d\n", seq); !strings.HasPrefix(string(msg), want) {
			t.Fatalf("checkpoint does not start with %q", want)
		}
	}
	short, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := l.Checkpoint(short, 6); err == nil {
		t.Error("a checkpoint of entries that are not there")
	}
}

func TestClosedLogRefuses(t *testing.T) {
	t.Parallel()
	l := open(t, t.TempDir())
	closeLog(t, l)
	closeLog(t, l)
	_, err := l.Append(context.Background(), encoded(t, 1))
	wantCode(t, err, glovebox.CodeInternal)
}

// The key's bytes are in no way of printing a key or a log.
func TestKeyIsNeverPrinted(t *testing.T) {
	t.Parallel()
	private := ed25519.NewKeyFromSeed([]byte(testSeed))
	l := open(t, t.TempDir())
	for _, v := range []any{testKey(t), *testKey(t), l} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			s := fmt.Sprintf(verb, v)
			for _, secret := range []string{testSeed, hex.EncodeToString(private), fmt.Sprint(private), fmt.Sprintf("%#v", private.Seed())} {
				if strings.Contains(s, strings.Trim(secret, "[]")) {
					t.Errorf("%T with %s prints the key", v, verb)
				}
			}
		}
	}
}

func TestKeyForms(t *testing.T) {
	t.Parallel()
	for _, origin := range []string{"", "Upper", "a b", "a+b", "a\nb", "-a", "a.", strings.Repeat("a", 129)} {
		_, err := audit.NewKey(origin, ed25519.NewKeyFromSeed([]byte(testSeed)))
		wantCode(t, err, glovebox.CodeInvalid)
	}
	_, err := audit.NewKey("ok", nil)
	wantCode(t, err, glovebox.CodeInternal)
}

func BenchmarkAppend(b *testing.B) {
	ctx := context.Background()
	l := open(b, b.TempDir())
	seq := 0
	for b.Loop() {
		seq++
		if _, err := l.Append(ctx, encoded(b, seq)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendBatch64(b *testing.B) {
	ctx := context.Background()
	l := open(b, b.TempDir())
	seq := 0
	for b.Loop() {
		batch := make([][]byte, 64)
		for i := range batch {
			seq++
			batch[i] = encoded(b, seq)
		}
		if _, err := l.AppendBatch(ctx, batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(seq)/b.Elapsed().Seconds(), "entries/s")
}
