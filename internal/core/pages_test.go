package core_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// TestListsInPages: a server answers a list in pages of at most 1,000, each names
// the next, together they are the list, and a client puts them together; a page
// begins after nothing that its asker may not see.
func TestListsInPages(t *testing.T) {
	c := newCity(t)
	c.people()
	id := c.pending()
	var made job.ReleaseDoc
	var one job.Doc
	c.view(func(tx *store.Tx) error {
		if err := domain.Releases.Get(tx, id, &made); err != nil {
			return err
		}
		return domain.Jobs.Get(tx, made.Job, &one)
	})
	const more = 1200
	if err := c.d.Store.Update(t.Context(), "reg1", func(tx *store.Tx) error {
		for i := range more {
			o := glovebox.Org{Name: fmt.Sprintf("Office %04d", i), Kind: "other"}
			if err := domain.Orgs.Put(tx, "org.add", o.Name, o, nil); err != nil {
				return err
			}
		}
		for i := range 5 { // of wang; hers is one more
			j := one
			j.ID, j.Release = fmt.Sprintf("j-%016x", i), ""
			if err := domain.Jobs.Put(tx, "job.done", j.ID, j, nil); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var orgs []glovebox.Org
	if err := c.client("wang").Look(t.Context(), desk.Look{Name: "orgs"}, &orgs); err != nil || len(orgs) < more {
		t.Fatalf("%d institutions, %v", len(orgs), err)
	}
	page := func(who, at string) (status int, link string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://core"+api.Prefix+at, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.client(who).Secret)
		res, err := c.socket().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode, res.Header.Get("Link")
	}
	status, link := page("wang", "/orgs")
	if after, ok := api.After(link); status != http.StatusOK || !ok || after != orgs[desk.MaxPage-1].Name {
		t.Errorf("%d, %q: not the first %d", status, link, desk.MaxPage)
	}
	for _, at := range []string{"/orgs?limit=0", "/orgs?limit=1001", "/orgs?limit=x", "/orgs?after=Nobody", "/jobs?after=j-ffff", "/releases?after=r-ffff"} {
		if status, _ := page("wang", at); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", at, status)
		}
	}
	// Jobs, two at a time.
	var all, parts []job.Doc
	if err := c.client("wang").Look(t.Context(), desk.Look{Name: "jobs"}, &all); err != nil || len(all) < 6 {
		t.Fatalf("%d jobs, %v", len(all), err)
	}
	for after := ""; ; {
		var some []job.Doc
		if err := c.client("wang").Look(t.Context(), desk.Look{Name: "jobs", Args: map[string]string{"limit": "2", "after": after}}, &some); err != nil {
			t.Fatal(err)
		}
		if parts = append(parts, some...); len(some) < 2 {
			break
		}
		after = some[1].ID
	}
	same := func(a, b job.Doc) bool { return a.ID == b.ID }
	if !slices.EqualFunc(all, parts, same) {
		t.Errorf("%d jobs in pages, %d in one", len(parts), len(all))
	}
	// Somebody else's job or release is no place to begin.
	for _, at := range []string{"/jobs?after=" + made.Job, "/releases?after=" + id} {
		if status, _ := page("reg1", at); status != http.StatusUnprocessableEntity {
			t.Errorf("%s as somebody who may not see it: status %d", at, status)
		}
		if status, _ := page("wang", at); status != http.StatusOK {
			t.Errorf("%s as its submitter: status %d", at, status)
		}
	}
}
