// Package drivertest is the conformance suite of export destinations. A
// destination's own test calls Run and adds only what is special to it.
//
// It checks the promises of driver.Destination; it does not check what a
// destination does when its machine loses power.
package drivertest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"glovebox.example/glovebox/exporter/driver"
)

// racers is how many writers try for one name.
const racers = 16

// Run checks a destination. open returns an empty one, or an empty place in
// one; it is called once for each part of the suite.
func Run(t *testing.T, open func(t *testing.T) driver.Destination) {
	t.Helper()
	for name, part := range map[string]func(*testing.T, driver.Destination){
		"PutAndStat": putAndStat, "NoOverwrite": noOverwrite, "WrongSum": wrongSum, "Names": names,
		"Race": race, "Cancelled": cancelled, "Large": large,
	} {
		t.Run(name, func(t *testing.T) { part(t, open(t)) })
	}
}

func put(d driver.Destination, name string, body []byte) error {
	return d.Put(context.Background(), name, body, sha256.Sum256(body))
}

func wantStored(t *testing.T, d driver.Destination, name string, body []byte) {
	t.Helper()
	info, err := d.Stat(context.Background(), name)
	if err != nil {
		t.Errorf("stat %s: %v", name, err)
	} else if info.Size != int64(len(body)) || info.SHA256 != sha256.Sum256(body) {
		t.Errorf("stat %s: size %d, want %d, or another SHA-256", name, info.Size, len(body))
	}
}

func wantNothing(t *testing.T, d driver.Destination, name string) {
	t.Helper()
	if _, err := d.Stat(context.Background(), name); !errors.Is(err, driver.ErrNotExist) {
		t.Errorf("stat %s: %v, want %v", name, err, driver.ErrNotExist)
	}
}

func putAndStat(t *testing.T, d driver.Destination) {
	wantNothing(t, d, "r-1/result.csv")
	for name, body := range map[string]string{"r-1/result.csv": "a,b\r\n", "r-1/audit/entry.json": "{}", "r-2/empty": "", "top": "x"} {
		if err := put(d, name, []byte(body)); err != nil {
			t.Errorf("put %s: %v", name, err)
			continue
		}
		wantStored(t, d, name, []byte(body))
	}
	wantNothing(t, d, "r-1/result")
	wantNothing(t, d, "r-1")
}

func noOverwrite(t *testing.T, d driver.Destination) {
	first := []byte("first")
	if err := put(d, "r-1/file", first); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"second", "first", ""} {
		if err := put(d, "r-1/file", []byte(body)); !errors.Is(err, driver.ErrExist) {
			t.Errorf("put over it: %v, want %v", err, driver.ErrExist)
		}
		wantStored(t, d, "r-1/file", first)
	}
}

func wrongSum(t *testing.T, d driver.Destination) {
	err := d.Put(context.Background(), "r-1/file", []byte("body"), sha256.Sum256([]byte("another body")))
	if !errors.Is(err, driver.ErrSum) {
		t.Errorf("put with a wrong digest: %v, want %v", err, driver.ErrSum)
	}
	wantNothing(t, d, "r-1/file")
}

func names(t *testing.T, d driver.Destination) {
	for _, name := range []string{"", "/abs", "../up", "a/../b", "a//b", "a/./b", "a/", ".hidden", "a/.hidden", `a\b`, "a b", "a\nb", "ä", "a:b", "a?b", strings.Repeat("a", driver.MaxName+1)} {
		if err := put(d, name, []byte("x")); !errors.Is(err, driver.ErrName) {
			t.Errorf("put %.20q: %v, want %v", name, err, driver.ErrName)
		}
		if _, err := d.Stat(context.Background(), name); !errors.Is(err, driver.ErrName) {
			t.Errorf("stat %.20q: %v, want %v", name, err, driver.ErrName)
		}
	}
}

func race(t *testing.T, d driver.Destination) {
	var wg sync.WaitGroup
	var won atomic.Int32
	var winner atomic.Int32
	start := make(chan struct{})
	body := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 1000+i) }
	for i := range racers {
		wg.Go(func() {
			<-start
			switch err := put(d, "r-1/file", body(i)); {
			case err == nil:
				won.Add(1)
				winner.Store(int32(i))
			case !errors.Is(err, driver.ErrExist):
				t.Errorf("writer %d: %v, want %v", i, err, driver.ErrExist)
			}
		})
	}
	close(start)
	wg.Wait()
	if n := won.Load(); n != 1 {
		t.Errorf("%d writers of one name won, want 1", n)
	}
	wantStored(t, d, "r-1/file", body(int(winner.Load())))
}

func cancelled(t *testing.T, d driver.Destination) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	body := []byte("x")
	if err := d.Put(ctx, "r-1/file", body, sha256.Sum256(body)); !errors.Is(err, context.Canceled) {
		t.Errorf("put after cancel: %v", err)
	}
	wantNothing(t, d, "r-1/file")
}

func large(t *testing.T, d driver.Destination) {
	var body []byte
	for i := 0; len(body) < 20<<20; i++ {
		body = fmt.Appendf(body, "%d,", i)
	}
	if err := put(d, "r-1/large", body); err != nil {
		t.Fatal(err)
	}
	wantStored(t, d, "r-1/large", body)
	if err := put(d, "r-1/large", body[1:]); !errors.Is(err, driver.ErrExist) {
		t.Errorf("put over a large file: %v, want %v", err, driver.ErrExist)
	}
}
