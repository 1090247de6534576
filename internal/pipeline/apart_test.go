package pipeline

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
)

// TestModulesAreBuiltApart: while a module is compiled and started others write
// to the domain. What they changed counts: nothing is charged for a job that is
// not the same one any more, or may not run.
func TestModulesAreBuiltApart(t *testing.T) {
	for name, c := range map[string]struct {
		change func(ctx context.Context, d *domain.Domain) error
		code   glovebox.Code // of the run's error; empty: it answers
	}{
		"a user more": {func(ctx context.Context, d *domain.Domain) error {
			_, err := d.AddUser(ctx, domain.OwnerBy(), domain.NewUser{Name: "newcomer", Role: glovebox.RoleAuditor, Org: "audit office"})
			return err
		}, ""},
		"new data": {func(ctx context.Context, d *domain.Domain) error {
			data := read(t, filepath.Join(example, "pums.csv"))
			file := filepath.Join(t.TempDir(), "pums.csv") // without the last row
			if err := os.WriteFile(file, data[:bytes.LastIndexByte(bytes.TrimRight(data, "\n"), '\n')+1], 0o600); err != nil {
				return err
			}
			_, err := d.LoadDataset(ctx, user(t, d, "census"), "pums", domain.PathSource(file), nil)
			return err
		}, glovebox.CodeConflict},
		"a smaller grant": {func(ctx context.Context, d *domain.Domain) error {
			text := strings.Replace(string(read(t, filepath.Join(example, "grant.yaml"))), "rho: 0.5", "rho: 0.01", 1)
			g, err := catalog.ParseGrant("grant.yaml", []byte(text))
			if err != nil {
				return err
			}
			return d.Grant(ctx, user(t, d, "zhao"), g)
		}, glovebox.CodeBudget},
	} {
		t.Run(name, func(t *testing.T) {
			d, file := pumsDomain(t)
			p := New(d, &Options{building: func() {
				ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
				defer stop()
				other, err := domain.Open(ctx, d.Dir, &domain.Options{}) // the lock is free, soon
				if err != nil {
					t.Error(err)
					return
				}
				defer other.Close()
				if err := c.change(ctx, other); err != nil {
					t.Error(err)
				}
			}})
			o, err := p.Run(t.Context(), submit(file), user(t, d, "wang"))
			if c.code == "" {
				if err != nil || o.Repeated || spent(t, p).Loss == 0 {
					t.Fatalf("%+v %v", o, err)
				}
				return
			}
			if glovebox.CodeOf(err) != c.code {
				t.Fatalf("not %s: %v", c.code, err)
			}
			if got := spent(t, p); got.Loss != 0 {
				t.Errorf("%d is charged", got.Loss)
			}
		})
	}
}
