package domain

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"glovebox.example/glovebox"
)

func made(t *testing.T) (*Domain, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "dom")
	if _, err := Init(t.Context(), dir, InitOptions{Name: "test"}); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), dir, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d, dir
}

func add(d *Domain, name string) error {
	_, err := d.AddUser(context.Background(), OwnerBy(), NewUser{Name: name, Role: glovebox.RoleAuditor, Org: ""})
	return err
}

// whole says what is wrong with a domain that has n users.
func whole(t *testing.T, d *Domain, n int) {
	t.Helper()
	users, err := d.Users(t.Context())
	if err != nil || len(users) != n {
		t.Fatalf("%d users, want %d: %v", len(users), n, err)
	}
	v, err := d.Verify(t.Context())
	if err != nil || len(v.Problems) > 0 {
		t.Fatalf("%v %v", v, err)
	}
}

// TestOthersWriteWhileASessionIsApart: and only then.
func TestOthersWriteWhileASessionIsApart(t *testing.T) {
	d, dir := made(t)
	s, err := d.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.End()
	brief, stop := context.WithTimeout(t.Context(), 3*apartAfter)
	defer stop()
	if _, err := Open(brief, dir, &Options{}); err == nil {
		t.Fatal("another process writes while a session is in")
	}
	err = s.Apart(t.Context(), func() error {
		other, err := Open(t.Context(), dir, &Options{})
		if err != nil {
			return err
		}
		return errors.Join(add(other, "ann"), other.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := add(d, "bob"); err != nil {
		t.Fatal(err)
	}
	want := errors.New("what the work says")
	if err := s.Apart(t.Context(), func() error { return want }); !errors.Is(err, want) {
		t.Fatalf("got %v", err)
	}
	whole(t, d, 2)
	if r, err := Open(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	} else if _, err := r.Enter(t.Context()); err == nil {
		t.Error("a session of a domain that is open for reading")
	} else if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestManySessions: goroutines that step apart at different times, and others
// that write meanwhile, lose nothing.
func TestManySessions(t *testing.T) {
	d, _ := made(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s, err := d.Enter(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer s.End()
			err = errors.Join(add(d, fmt.Sprintf("a%d", i)),
				s.Apart(t.Context(), func() error { time.Sleep(time.Duration(i) * apartAfter / 4); return nil }),
				add(d, fmt.Sprintf("b%d", i)))
			if err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := add(d, fmt.Sprintf("c%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	whole(t, d, 24)
}

// TestClaim: a job is one holder's, also within a process.
func TestClaim(t *testing.T) {
	d, _ := made(t)
	const job, other = "j-0123456789abcdef", "j-fedcba9876543210"
	c, err := d.Claim(job)
	if err != nil || c == nil {
		t.Fatalf("%v %v", c, err)
	}
	if again, err := d.Claim(job); err != nil || again != nil {
		t.Fatalf("claimed twice: %v %v", again, err)
	}
	if free, err := d.Claim(other); err != nil || free == nil {
		t.Fatalf("another job: %v %v", free, err)
	} else {
		free.Close()
	}
	brief, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := d.AwaitClaim(brief, job); err == nil {
		t.Fatal("nobody gave it free")
	}
	c.Close()
	if err := d.AwaitClaim(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Claim("job"); err == nil {
		t.Error("not a job's name")
	}
}
