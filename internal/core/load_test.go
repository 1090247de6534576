package core_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/pipeline"
)

// atOnce is how many clients there are.
const atOnce = 200

// TestManyClientsAtOnce: 200 clients of five people read, hand in files, register
// institutions and approve one release, all at once, and each sends each act
// twice. Nothing that was answered is lost, and no act is done twice.
func TestManyClientsAtOnce(t *testing.T) {
	c := newCity(t)
	c.people()
	id := c.pending()
	about := "release/" + id
	c.socket() // made before many ask for it
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := make(chan struct{})
	fail := func(err error) {
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			t.Error(err)
		}
	}
	people := []string{"zhao", "census", "liu", "wang", "sun"}
	for _, who := range append([]string{"reg1"}, people...) {
		if _, err := c.client(who).Login(t.Context(), "act"); err != nil {
			t.Fatal(err)
		}
	}
	approve := func(who string) {
		// Two people approve one release: the state of one is stale as soon as the
		// other was first. Each looks again until it is theirs.
		for range 50 {
			err := c.client(who).Do(t.Context(), desk.Act{Name: "release.approve", Subject: about}, nil)
			if err == nil {
				return
			}
			if !changed(err) {
				fail(fmt.Errorf("%s approves: %w", who, err))
				return
			}
		}
		fail(fmt.Errorf("%s could not approve in 50 tries", who))
	}
	for i := range atOnce {
		who := people[i%len(people)]
		// What is signed before the start: an institution of each client's own.
		org := fmt.Sprintf("Institution %d", i)
		e := c.signed("reg1", "org.add", good{about: "org/" + org, params: desk.OrgAdd{Kind: "firm"}})
		wg.Go(func() {
			<-begin
			statuses := make(chan int, 2)
			var both sync.WaitGroup
			for range 2 { // the same act, sent twice
				both.Go(func() {
					status, err := c.send("POST", "/api/v1/orgs", e)
					fail(err)
					statuses <- status
				})
			}
			switch i % 4 {
			case 0:
				fail(c.upload(who, bytes.Repeat([]byte{byte(i)}, 10_000+i)))
			default:
				for _, l := range []desk.Look{{Name: "me"}, {Name: "datasets"}, {Name: "jobs"}, {Name: "orgs"}} {
					var v any
					if err := c.client(who).Look(t.Context(), l, &v); err != nil || v == nil {
						fail(fmt.Errorf("%s looks at %s: %w", who, l.Name, err))
					}
				}
			}
			both.Wait()
			for range 2 {
				if s := <-statuses; s != http.StatusOK {
					fail(fmt.Errorf("client %d: status %d", i, s))
				}
			}
		})
	}
	for _, who := range []string{"zhao", "census"} {
		wg.Go(func() { <-begin; approve(who) })
	}
	close(begin)
	wg.Wait()
	var orgs []glovebox.Org
	if err := c.client("sun").Look(t.Context(), desk.Look{Name: "orgs"}, &orgs); err != nil || len(orgs) < atOnce {
		t.Errorf("%d institutions, %v", len(orgs), err)
	}
	for i := 0; i < atOnce; i += 4 {
		if n, err := c.d.Vault.Uploaded(hexOf(bytes.Repeat([]byte{byte(i)}, 10_000+i))); err != nil || n != int64(10_000+i) {
			t.Errorf("file %d: %d bytes, %v", i, n, err)
		}
	}
	c.view(func(tx *store.Tx) error {
		for i := range atOnce {
			if all, err := domain.Orgs.Indexes(tx, fmt.Sprintf("Institution %d", i), "org.add"); err != nil || len(all) != 1 {
				t.Errorf("institution %d was registered %d times, %v", i, len(all), err)
			}
		}
		all, err := domain.Releases.Indexes(tx, id, "release.approve")
		if err != nil || len(all) != 2 {
			t.Errorf("%d approvals of two people, %v", len(all), err)
		}
		var r job.ReleaseDoc
		if err := domain.Releases.Get(tx, id, &r); err != nil || r.State != job.Approved {
			t.Errorf("%v %v", r.State, err)
		}
		return nil
	})
	got, err := c.d.Verify(t.Context())
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got, err)
	}
}

// changed says whether an act was refused because its subject is not as it was seen.
func changed(err error) bool {
	f, ok := errors.AsType[*api.Failure](err)
	return ok && f.Problem.Changed
}

// pending runs the walk up to one release that two people have to approve.
func (c *city) pending() string {
	c.t.Helper()
	goods := c.goods()
	for _, name := range []string{"dataset.add", "dataset.load", "space.add", "scenario.add", "scenario.grant"} {
		g := goods[name]()
		for i := range access.Acts {
			if row := &access.Acts[i]; row.Name == name {
				method, at := path(row.Route, g.about)
				if status := c.post(c.socket(), method, at, c.signed(g.who, name, g)); status != http.StatusOK {
					c.t.Fatalf("%s: status %d", name, status)
				}
			}
		}
	}
	var o pipeline.Outcome
	c.must("wang", desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: filepath.Join(pums, "job.yaml")}), Files: desk.Disk{}}, &o)
	return o.Release.ID
}

// send posts an envelope.
func (c *city) send(method, at string, envelope []byte) (int, error) {
	body, err := json.Marshal(map[string]json.RawMessage{"envelope": envelope})
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://core"+at, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	c.authorize(r, envelope)
	res, err := c.socket().RoundTrip(r)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, errors.Join(res.Body.Close())
}

func hexOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// upload hands a file in, in two pieces, in the name of somebody who is logged in.
func (c *city) upload(who string, data []byte) error {
	at := 0
	for _, end := range []int{len(data) / 2, len(data)} {
		r, err := http.NewRequestWithContext(c.t.Context(), "PUT", "http://core/api/v1/blobs/"+hexOf(data), bytes.NewReader(data[at:end]))
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+c.client(who).Secret)
		r.Header.Set("Upload-Offset", strconv.Itoa(at))
		res, err := c.socket().RoundTrip(r)
		if err != nil {
			return err
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusNoContent {
			return fmt.Errorf("a piece was answered with %d: %w", res.StatusCode, err)
		}
		at = end
	}
	return nil
}
