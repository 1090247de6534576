package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
)

const (
	users    Kind[map[string]any]    = "user"
	datasets Kind[map[string]string] = "dataset"
	jobs     Kind[map[string]string] = "job"
	spaces   Kind[map[string]string] = "space"
)

func open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "d.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func pure(loss int64) glovebox.Amount { return glovebox.Amount{Loss: loss} }

func withLedger(t *testing.T, s *Store, code string, total int64) {
	t.Helper()
	err := s.Update(t.Context(), "p", func(tx *Tx) error {
		return datasets.OpenLedger(tx, "dataset.add", code, map[string]string{"code": code}, glovebox.Balance{Dataset: code, Kind: glovebox.LedgerPure, Total: pure(total)})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func charge(ctx context.Context, s *Store, job string, amount int64, codes ...string) error {
	return s.Update(ctx, "dev", func(tx *Tx) error {
		var cs []glovebox.Charge
		for _, c := range codes {
			cs = append(cs, glovebox.Charge{Dataset: c, Kind: glovebox.LedgerPure, Amount: pure(amount)})
		}
		return jobs.Charge(tx, "job.charge", job, map[string]string{"id": job}, "sc", cs, nil)
	})
}

func spent(t *testing.T, s *Store, code string) int64 {
	t.Helper()
	var b glovebox.Balance
	err := s.View(t.Context(), func(tx *Tx) (err error) { b, err = tx.Balance(code); return err })
	if err != nil {
		t.Fatal(err)
	}
	return b.Spent.Loss
}

func TestAFailedUpdateLeavesNothing(t *testing.T) {
	s := open(t)
	boom := errors.New("boom")
	err := s.Update(t.Context(), "a", func(tx *Tx) error {
		if err := users.Put(tx, "user.add", "x", map[string]any{"n": 1}, nil); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx *Tx) error {
		if ok, err := users.Has(tx, "x"); err != nil || ok {
			t.Errorf("the document is there: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	log := &memLog{}
	if err := s.Publish(t.Context(), log); err != nil || len(log.entries) != 0 {
		t.Fatalf("%d entries of nothing, %v", len(log.entries), err)
	}
}

func TestChargeAllLedgersOrNone(t *testing.T) {
	s := open(t)
	withLedger(t, s, "big", 100)
	withLedger(t, s, "small", 5)
	if err := charge(t.Context(), s, "j1", 6, "big", "small"); glovebox.CodeOf(err) != glovebox.CodeBudget {
		t.Fatalf("want over budget, got %v", err)
	}
	if spent(t, s, "big") != 0 || spent(t, s, "small") != 0 {
		t.Fatal("a refused charge took something")
	}
	if err := charge(t.Context(), s, "j1", 5, "big", "small"); err != nil {
		t.Fatal(err)
	}
	if spent(t, s, "big") != 5 || spent(t, s, "small") != 5 {
		t.Fatal("the charge is not what was asked")
	}
	if err := charge(t.Context(), s, "j1", 1, "big"); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Fatalf("a job was charged twice: %v", err)
	}
}

// TestChannelBudgetRefund: nothing gives budget back, not even SQL by hand.
func TestChannelBudgetRefund(t *testing.T) {
	s := open(t)
	withLedger(t, s, "d", 100)
	if err := charge(t.Context(), s, "j1", 40, "d"); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		`UPDATE ledger SET spent_loss = 0`, `UPDATE ledger SET total_loss = 1000`, `DELETE FROM ledger`,
		`DELETE FROM charge`, `UPDATE charge SET loss = 0`, `UPDATE ledger SET spent_loss = 101`,
		`DELETE FROM outbox`, `UPDATE outbox SET entry = x'00'`,
	} {
		if _, err := s.db.Exec(q); err == nil {
			t.Errorf("%s was possible", q)
		}
	}
	if spent(t, s, "d") != 40 {
		t.Fatal("the ledger changed")
	}
}

// TestConcurrentChargesNeverOverspend: 200 jobs race for a ledger that holds 50.
func TestConcurrentChargesNeverOverspend(t *testing.T) {
	s := open(t)
	withLedger(t, s, "d", 50)
	var ok, over int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			err := charge(t.Context(), s, "j"+string(rune('a'+i/26))+string(rune('a'+i%26)), 1, "d")
			mu.Lock()
			defer mu.Unlock()
			switch glovebox.CodeOf(err) {
			case "":
				ok++
			case glovebox.CodeBudget:
				over++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ok != 50 || over != 150 || spent(t, s, "d") != 50 {
		t.Fatalf("%d charged, %d refused, %d spent", ok, over, spent(t, s, "d"))
	}
}

// memLog is the Log interface in memory; it can fail after an append, which is
// what a crash between log and database looks like.
type memLog struct {
	entries [][]byte
	failAt  int // fail once this many entries are in; 0: never
}

func (l *memLog) AppendBatch(_ context.Context, all [][]byte) (uint64, error) {
	first := len(l.entries)
	for _, e := range all {
		l.entries = append(l.entries, e)
		if len(l.entries) == l.failAt {
			return 0, errors.New("crash after append")
		}
	}
	return uint64(first), nil
}
func (l *memLog) Size(context.Context) (uint64, error)              { return uint64(len(l.entries)), nil }
func (l *memLog) Entry(_ context.Context, i uint64) ([]byte, error) { return l.entries[i], nil }

func TestPublishAfterACrashAddsNothingTwice(t *testing.T) {
	s := open(t)
	for _, code := range []string{"a", "b", "c"} {
		withLedger(t, s, code, 1)
	}
	log := &memLog{failAt: 2}
	if err := s.Publish(t.Context(), log); err == nil {
		t.Fatal("the crash did not show")
	}
	log.failAt = 0
	for range 2 {
		if err := s.Publish(t.Context(), log); err != nil {
			t.Fatal(err)
		}
	}
	if len(log.entries) != 3 {
		t.Fatalf("%d entries for 3 changes", len(log.entries))
	}
	for i, b := range log.entries {
		e, err := audit.DecodeEntry(b)
		if err != nil || e.Seq != uint64(i+1) || e.Action != "dataset.add" {
			t.Errorf("entry %d: %+v, %v", i, e, err)
		}
	}
}

func TestPublishStopsWhenLogAndDatabaseDisagree(t *testing.T) {
	s := open(t)
	withLedger(t, s, "a", 1)
	log := &memLog{entries: [][]byte{[]byte("another history")}}
	err := s.Publish(t.Context(), log)
	if err == nil || !strings.Contains(err.Error(), "disagree") {
		t.Fatalf("got %v", err)
	}
}

func TestReceiptWaitsForTheLog(t *testing.T) {
	s := open(t)
	withLedger(t, s, "d", 10)
	if err := charge(t.Context(), s, "j1", 3, "d"); err != nil {
		t.Fatal(err)
	}
	receipt := func() (r glovebox.Receipt, err error) {
		err = s.View(t.Context(), func(tx *Tx) error { r, err = tx.Receipt("j1"); return err })
		return r, err
	}
	if _, err := receipt(); glovebox.CodeOf(err) != glovebox.CodeConflict {
		t.Fatalf("a receipt before its entry: %v", err)
	}
	if err := s.Publish(t.Context(), &memLog{}); err != nil {
		t.Fatal(err)
	}
	r, err := receipt()
	if err != nil || r.Index != 1 || len(r.Charges) != 1 || r.Charges[0].Amount.Loss != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
}

// TestTheLogsTimeNeverRunsBack: entries carry non-decreasing times whatever
// the host's clock does.
func TestTheLogsTimeNeverRunsBack(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "d.db"), &Options{Now: func() time.Time { now = now.Add(-time.Hour); return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	withLedger(t, s, "a", 1)
	withLedger(t, s, "b", 1)
	log := &memLog{}
	if err := s.Publish(t.Context(), log); err != nil {
		t.Fatal(err)
	}
	first, err1 := audit.DecodeEntry(log.entries[0])
	second, err2 := audit.DecodeEntry(log.entries[1])
	if err1 != nil || err2 != nil || second.Time < first.Time {
		t.Fatalf("%v then %v", first, second)
	}
}

func TestDocumentsAreKeptCanonical(t *testing.T) {
	s := open(t)
	err := s.Update(t.Context(), "a", func(tx *Tx) error {
		return users.Put(tx, "user.add", "x", map[string]any{"z": 1, "a": "<&>", "m": map[string]int{"q": 1, "b": 2}}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx *Tx) error {
		return tx.Docs(func(subject string, body []byte) error {
			if want := `{"a":"<&>","m":{"b":2,"q":1},"z":1}`; subject != "user/x" || string(body) != want {
				t.Errorf("%s: %s, want %s", subject, body, want)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCapsHoldInTheCharge: what a scenario and a developer may take holds when
// many charge at once, whatever the decisions before said.
func TestCapsHoldInTheCharge(t *testing.T) {
	s := open(t)
	withLedger(t, s, "d", 1000)
	caps := []Cap{{Dataset: "d", Most: glovebox.Amount{Loss: 30}}, {Dataset: "d", Developer: "ann", Most: glovebox.Amount{Loss: 20}}, {Dataset: "other"}}
	var ok int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 60 {
		actor := []string{"ann", "bob"}[i%2]
		wg.Go(func() {
			err := s.Update(t.Context(), actor, func(tx *Tx) error {
				id := "j" + string(rune('0'+i))
				return jobs.Charge(tx, "job.charge", id, map[string]string{"id": id}, "sc", []glovebox.Charge{{Dataset: "d", Kind: glovebox.LedgerPure, Amount: glovebox.Amount{Loss: 1}}}, caps)
			})
			mu.Lock()
			defer mu.Unlock()
			switch glovebox.CodeOf(err) {
			case "":
				ok++
			case glovebox.CodeBudget:
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var ann, all glovebox.Amount
	err := s.View(t.Context(), func(tx *Tx) (err error) {
		if ann, err = tx.Spent("d", "sc", "ann", nil); err == nil {
			all, err = tx.Spent("d", "sc", "", nil)
		}
		return err
	})
	if err != nil || ok != 30 || all.Loss != 30 || ann.Loss > 20 {
		t.Fatalf("%d charged, %d spent, %d of it by ann: %v", ok, all.Loss, ann.Loss, err)
	}
}

// TestManyJobsNeverOverspendASpace: 1,000 jobs at once, on ten datasets of one
// space that could pay for each by themselves, race for what is left of the
// space. Each charge is in all of its ledgers or in none.
func TestManyJobsNeverOverspendASpace(t *testing.T) {
	s := open(t)
	err := s.Update(t.Context(), "p", func(tx *Tx) error {
		b := glovebox.Balance{Space: "person", Kind: glovebox.LedgerPure, Total: pure(170)}
		return spaces.OpenLedger(tx, "space.add", "person", map[string]string{"name": "person"}, b)
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		withLedger(t, s, fmt.Sprintf("d%d", i), 1000)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	paid := map[string]int64{}
	for i := range 1000 {
		wg.Go(func() {
			code := fmt.Sprintf("d%d", i%10)
			err := s.Update(t.Context(), "dev", func(tx *Tx) error {
				id := fmt.Sprintf("j%d", i)
				charges := []glovebox.Charge{{Dataset: code, Kind: glovebox.LedgerPure, Amount: pure(3)}, {Space: "person", Kind: glovebox.LedgerPure, Amount: pure(3)}}
				return jobs.Charge(tx, "job.charge", id, map[string]string{"id": id}, "sc", charges, nil)
			})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				paid[code] += 3
			} else if glovebox.CodeOf(err) != glovebox.CodeBudget {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	sum := int64(0)
	for i := range 10 {
		code := fmt.Sprintf("d%d", i)
		if got := spent(t, s, code); got != paid[code] {
			t.Errorf("%s has spent %d, of charges of %d", code, got, paid[code])
		}
		sum += paid[code]
	}
	if got := spent(t, s, glovebox.SpaceAccount("person")); got != 168 || sum != 168 {
		t.Errorf("the space has spent %d, its datasets %d", got, sum)
	}
}

// TestPartsOfALedger: parts of a family count with the largest of them, families
// and what all pay add up, and nothing gets beyond the total.
func TestPartsOfALedger(t *testing.T) {
	s := open(t)
	withLedger(t, s, "d", 100)
	n := 0
	take := func(loss int64, family string, values ...string) error {
		n++
		id := fmt.Sprintf("j%d", n)
		c := glovebox.Charge{Dataset: "d", Kind: glovebox.LedgerPure, Amount: pure(loss)}
		if family != "" {
			c.Parts = &glovebox.Parts{Family: family, Values: values}
		}
		return s.Update(t.Context(), "dev", func(tx *Tx) error {
			return jobs.Charge(tx, "job.charge", id, map[string]string{"id": id}, "sc", []glovebox.Charge{c}, nil)
		})
	}
	for _, x := range []struct {
		loss   int64
		family string
		values []string
		spent  int64 // of the ledger, after it
		code   glovebox.Code
	}{
		{10, "", nil, 10, ""},
		{40, "a", []string{"n"}, 50, ""},
		{40, "a", []string{"s"}, 50, ""},
		{30, "a", []string{"s"}, 80, ""},
		{30, "a", []string{"n"}, 80, ""},
		{21, "a", []string{"s", "w"}, 80, glovebox.CodeBudget},
		{70, "a", []string{"w"}, 80, ""},
		{91, "a", []string{"e"}, 80, glovebox.CodeBudget},
		{15, "b", []string{"n"}, 95, ""}, // another way of dividing: a unit can be in a's n and in b's
		{6, "", nil, 95, glovebox.CodeBudget},
		{5, "", nil, 100, ""},
		{1, "a", []string{"n"}, 100, glovebox.CodeBudget},
		{-1, "a", []string{"n"}, 100, glovebox.CodeBudget},
		{0, "a", []string{"n", "n"}, 100, glovebox.CodeInternal},
		{0, "a", nil, 100, glovebox.CodeInternal},
	} {
		if err := take(x.loss, x.family, x.values...); glovebox.CodeOf(err) != x.code {
			t.Errorf("%+v: %v", x, err)
		}
		if got := spent(t, s, "d"); got != x.spent {
			t.Errorf("%+v: %d is spent", x, got)
		}
	}
	for _, q := range []string{`UPDATE part SET loss = 0`, `DELETE FROM part`, `UPDATE part SET value = 'x' WHERE value = 'n'`} {
		if _, err := s.db.Exec(q); err == nil {
			t.Errorf("%s was possible", q)
		}
	}
}

// TestFixedOnce: the total of a space that was assumed is replaced once, and
// never raised after a charge, not by SQL either.
func TestFixedOnce(t *testing.T) {
	s := open(t)
	person := glovebox.Balance{Space: "person", Kind: glovebox.LedgerPure, Total: pure(100), Assumed: true}
	doc := map[string]string{"name": "person"}
	update := func(fn func(*Tx) error) error { return s.Update(t.Context(), "a", fn) }
	if err := update(func(tx *Tx) error { return spaces.OpenLedger(tx, "space.assume", "person", doc, person) }); err != nil {
		t.Fatal(err)
	}
	err := update(func(tx *Tx) error {
		return jobs.Charge(tx, "job.charge", "j", map[string]string{"id": "j"}, "sc", []glovebox.Charge{{Space: "person", Kind: glovebox.LedgerPure, Amount: pure(40)}}, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	fix := func(kind glovebox.LedgerKind, total int64) error {
		return update(func(tx *Tx) error {
			return spaces.FixLedger(tx, "space.add", "person", doc, glovebox.Balance{Space: "person", Kind: kind, Total: pure(total)})
		})
	}
	for _, x := range []struct {
		kind  glovebox.LedgerKind
		total int64
		code  glovebox.Code
	}{{glovebox.LedgerPure, 101, glovebox.CodeConflict}, {glovebox.LedgerZCDP, 50, glovebox.CodeConflict}, {glovebox.LedgerPure, 39, glovebox.CodeConflict},
		{glovebox.LedgerPure, 40, ""}, {glovebox.LedgerPure, 40, glovebox.CodeConflict}} {
		if err := fix(x.kind, x.total); glovebox.CodeOf(err) != x.code {
			t.Errorf("%+v: %v", x, err)
		}
	}
	for _, q := range []string{`UPDATE ledger SET assumed = 1`, `UPDATE ledger SET total_loss = 90`, `UPDATE ledger SET kind = 'zcdp'`, `UPDATE ledger SET account = 'space/other'`} {
		if _, err := s.db.Exec(q); err == nil {
			t.Errorf("%s was possible", q)
		}
	}
}

// TestCapsCountParts: what a scenario took of a ledger is the most that it took
// from anybody: its whole charges, and of each family the part that paid most.
func TestCapsCountParts(t *testing.T) {
	s := open(t)
	withLedger(t, s, "d", 1000)
	n := 0
	pay := func(loss int64, family string, values ...string) error {
		n++
		return s.Update(t.Context(), "dev", func(tx *Tx) error {
			c := glovebox.Charge{Dataset: "d", Kind: glovebox.LedgerPure, Amount: pure(loss)}
			if family != "" {
				c.Parts = &glovebox.Parts{Family: family, Values: values}
			}
			id := fmt.Sprint("j", n)
			return jobs.Charge(tx, "job.charge", id, map[string]string{"id": id}, "sc", []glovebox.Charge{c}, []Cap{{Dataset: "d", Most: pure(100)}})
		})
	}
	for i, x := range []struct {
		loss   int64
		family string
		values []string
		ok     bool
	}{
		{60, "town", []string{"a"}, true},
		{60, "town", []string{"b", "c"}, true}, // 60 in all
		{41, "town", []string{"a"}, false},
		{41, "town", []string{"d", "c"}, false},
		{100, "town", []string{"d"}, true}, // 100 in all
		{1, "", nil, false},
		{1, "year", []string{"1"}, false},
		{40, "town", []string{"a", "b"}, true},
	} {
		if err := pay(x.loss, x.family, x.values...); (err == nil) != x.ok || !x.ok && glovebox.CodeOf(err) != glovebox.CodeBudget {
			t.Errorf("charge %d: %v", i, err)
		}
	}
}

// countedLog counts how often it is asked to make entries durable.
type countedLog struct {
	memLog
	calls, most int
}

func (l *countedLog) AppendBatch(ctx context.Context, all [][]byte) (uint64, error) {
	l.calls, l.most = l.calls+1, max(l.most, len(all))
	return l.memLog.AppendBatch(ctx, all)
}

// TestPublishTakesAllAtOnce: entries that wait together reach the log together, in
// bounded steps, and each gets its place.
func TestPublishTakesAllAtOnce(t *testing.T) {
	s := open(t)
	n := maxAtOnce + 3
	err := s.Update(t.Context(), "sun", func(tx *Tx) error {
		for range n {
			if err := tx.Record("bench.step", "user/sun", nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	log := &countedLog{}
	if err := s.Publish(t.Context(), log); err != nil {
		t.Fatal(err)
	}
	var places []uint64
	if err := s.View(t.Context(), func(tx *Tx) (err error) {
		places, err = Kind[struct{}]("user").Indexes(tx, "sun", "bench.step")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if log.calls != 2 || log.most != maxAtOnce || len(places) != n || places[n-1] != uint64(n-1) {
		t.Errorf("%d calls, %d at most, %d places", log.calls, log.most, len(places))
	}
}
