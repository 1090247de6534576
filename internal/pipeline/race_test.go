package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/memexport"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
)

// Acts that come at once through one open domain are all kept: nobody is told
// that an approval, a report, an export or a role was taken that another act has
// overwritten.
func TestNothingIsLostAtOnce(t *testing.T) {
	d, file := pumsDomain(t)
	p := New(d, nil)
	o := run(t, p, file, "wang")
	id := o.Release.ID
	j, err := p.Job(t.Context(), user(t, d, "wang").User, o.Job)
	if err != nil {
		t.Fatal(err)
	}
	acts := []func() error{}
	for _, who := range []string{"zhao", "census"} {
		acts = append(acts, func() error { _, err := p.Approve(t.Context(), user(t, d, who), id, ""); return err })
	}
	for i := range 4 {
		acts = append(acts, func() error {
			_, err := d.AddUser(t.Context(), domain.OwnerBy(), domain.NewUser{Name: "multi", Role: glovebox.Roles[i+1], Org: "x"})
			return err
		})
	}
	together(t, acts...)
	var attach []func() error
	for i := range 3 {
		attach = append(attach, func() error {
			to := fmt.Sprintf("memory:%d", i)
			_, err := p.Export(t.Context(), user(t, d, "liu"), id, to, &memexport.Memory{}, nil)
			return err
		})
	}
	together(t, attach...)
	v, err := p.Release(t.Context(), user(t, d, "zhao").User, id)
	if err != nil {
		t.Fatal(err)
	}
	r := v.Release
	if r.State != job.Exported || len(r.Approvals) != 2 || len(r.Exports) != 3 || len(r.Unfinished()) > 0 {
		t.Errorf("%s with %d approvals, %d exports, %d of them unfinished", r.State, len(r.Approvals), len(r.Exports), len(r.Unfinished()))
	}
	if u := user(t, d, "multi"); len(u.Roles) != 4 {
		t.Errorf("roles %v of four that were given", u.Roles)
	}

	// Reports come before the release is approved: of another one.
	o2 := run(t, p, anotherJob(t, file), "wang")
	together(t, func() error { return attached(t, p, o2.Release.ID, j.Basis, "a") }, func() error { return attached(t, p, o2.Release.ID, j.Basis, "b") })
	if v, err = p.Release(t.Context(), user(t, d, "zhao").User, o2.Release.ID); err != nil || len(v.Release.Reports) != 2 {
		t.Errorf("%d reports of two that were attached, %v", len(v.Release.Reports), err)
	}
	checked, err := d.Verify(t.Context())
	if err != nil || len(checked.Problems) > 0 {
		t.Errorf("%v %v", checked, err)
	}
}

func attached(t *testing.T, p *Pipeline, id string, s job.Basis, text string) error {
	_, err := p.Attach(t.Context(), user(t, p.d, "wang"), id, Attachment{Kind: "neighbours", Module: s.Module, Function: s.Function, Data: []byte(text)})
	return err
}

func together(t *testing.T, acts ...func() error) {
	t.Helper()
	var wg sync.WaitGroup
	for _, act := range acts {
		wg.Go(func() {
			if err := act(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// anotherJob is the job of file at another price, beside it.
func anotherJob(t *testing.T, file string) string {
	t.Helper()
	text := strings.ReplaceAll(string(read(t, file)), "0.125", "0.0625")
	other := filepath.Join(filepath.Dir(file), "another.yaml")
	if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return other
}
