package audit_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
)

// childVar makes the test binary append until it is killed.
const childVar = "GLOVEBOX_AUDIT_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVar); dir != "" {
		fmt.Fprintln(os.Stderr, appendForEver(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// appendForEver prints the number of each entry once it is acknowledged.
func appendForEver(dir string) error {
	ctx := context.Background()
	key, err := audit.NewKey("test.example/domain", ed25519.NewKeyFromSeed([]byte(testSeed)))
	if err != nil {
		return err
	}
	l, err := audit.Open(ctx, dir, key, nil)
	if err != nil {
		return err
	}
	size, err := l.Size(ctx)
	if err != nil {
		return err
	}
	for seq := size + 1; ; seq++ {
		// Now and then a batch that fills a bulk flush.
		n := uint64(1)
		if seq%23 == 0 {
			n = 70
		}
		var batch [][]byte
		for i := range n {
			e := audit.Entry{Seq: seq + i, Time: "2026-11-21T10:00:00Z", Actor: "ann", Action: "job.admit", Subject: fmt.Sprintf("job/%d", seq+i)}
			data, err := e.Encode()
			if err != nil {
				return err
			}
			batch = append(batch, data)
		}
		if _, err := l.AppendBatch(ctx, batch); err != nil {
			return err
		}
		seq += n - 1
		fmt.Println(seq)
	}
}

// A writer is killed with SIGKILL again and again, at another moment each
// time. Every acknowledged entry is there, in its place, and signed once the
// log is open again.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	acked := uint64(0)
	for round := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVar+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == 7+round*5 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			// Lines that were written before the signal still count.
			seq, err := strconv.ParseUint(lines.Text(), 10, 64)
			if err != nil {
				break // cut off
			}
			acked = seq
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() == 1 {
			t.Fatalf("round %d: the child ended by itself", round)
		}
	}
	l := open(t, dir)
	size, err := l.Size(ctx)
	if err != nil || size < acked || acked < 8*8 {
		t.Fatalf("%d entries, %d acknowledged, %v", size, acked, err)
	}
	if _, err := l.Append(ctx, encoded(t, int(size)+1)); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	r, err := verify.Log(ctx, dir, testKey(t).Verifier(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() || r.Size != size+1 || r.Read != size+1 || len(r.Leftovers) > 0 {
		t.Errorf("signed %d, read %d, want %d; leftovers %v; %v", r.Size, r.Read, size+1, r.Leftovers, r.Err())
	}
}
