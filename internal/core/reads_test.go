package core_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// TestTimeOfReads measures how long a core takes to answer questions in a domain of
// GLOVEBOX_READS jobs, of which the developer who asks has one; without that it is
// skipped. It judges nothing: make bench-reads prints what it finds.
func TestTimeOfReads(t *testing.T) {
	jobs, err := strconv.Atoi(os.Getenv("GLOVEBOX_READS"))
	if err != nil || jobs < 1 {
		t.Skip("GLOVEBOX_READS=10000 measures")
	}
	c := newCity(t)
	c.people()
	id := c.pending()
	var made job.ReleaseDoc
	var one job.Doc
	if err := c.d.Store.Update(t.Context(), "reg1", func(tx *store.Tx) error {
		if err := domain.Releases.Get(tx, id, &made); err != nil {
			return err
		}
		if err := domain.Jobs.Get(tx, made.Job, &one); err != nil {
			return err
		}
		for i := range jobs {
			j := one
			j.ID, j.Release, j.Submitter = fmt.Sprintf("j-%016x", i), "", "somebody"
			if err := domain.Jobs.Put(tx, "job.done", j.ID, j, nil); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, q := range []struct{ who, at string }{
		{"sun", "/jobs?limit=100"}, {"sun", "/jobs?limit=100&after=j-0000000000000100"}, {"sun", "/jobs/" + made.Job}, {"sun", "/releases?limit=100"},
		{"wang", "/jobs?limit=100"}, {"wang", "/inbox"}, {"zhao", "/inbox"}, {"wang", "/datasets/pums"}, {"sun", "/log/entries?limit=100"}, {"wang", "/budgets/pums"},
	} {
		if _, err := c.client(q.who).Login(t.Context(), "act"); err != nil {
			t.Fatal(err)
		}
		var took []time.Duration
		bytes := int64(0)
		for range 40 {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://core"+api.Prefix+q.at, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+c.client(q.who).Secret)
			begun := time.Now()
			res, err := c.socket().RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, res.Body)
			if err != nil || res.StatusCode != http.StatusOK {
				t.Fatalf("%s: %d, %v", q.at, res.StatusCode, err)
			}
			_ = res.Body.Close() // read to its end
			took, bytes = append(took, time.Since(begun)), n
		}
		slices.Sort(took)
		t.Logf("%-50s as %-5s median %6.1f ms, 95th percentile %6.1f ms, %d kB", q.at, q.who, took[20].Seconds()*1e3, took[37].Seconds()*1e3, bytes>>10)
	}
}
