package verify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/audit/verify"
)

// database is what a database holds that a log of n entries tells of, with a
// ledger that pays for all charges.
type database struct {
	docs    []verify.Document
	ledgers []verify.Ledger
	rows    []verify.Row
	outbox  []verify.Out
	blobs   []verify.Blob
}

const total = 1000

// told is a state that has seen an entry that opens the ledger and keeps two
// blobs, and then those of a log.
func told(t testing.TB, n uint64) (*verify.State, *database) {
	t.Helper()
	s, db := verify.NewState(), &database{}
	take := func(index uint64, e *audit.Entry) {
		t.Helper()
		raw, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Entry(&verify.Entry{Index: index, Seq: e.Seq, Actor: e.Actor, Action: e.Action, Subject: e.Subject, State: e.State, Body: e.Body, Raw: raw}); err != nil {
			t.Fatal(err)
		}
		at := int64(index)
		db.outbox = append(db.outbox, verify.Out{Seq: at + 1, Subject: e.Subject, Action: e.Action, Entry: raw, Index: &at})
	}
	data := []byte("content")
	name := fmt.Sprintf("sha256:%x", sha256.Sum256(data))
	take(0, &audit.Entry{Seq: 1, Time: "2026-11-21T10:00:00Z", Actor: "ann", Action: verify.LedgerAction, Subject: "dataset/pums",
		Body: json.RawMessage(fmt.Sprintf(`{"blobs":[%q],"ledger":{"kind":"pure","total":{"delta":7,"loss":%d}}}`, name, total))})
	db.blobs = []verify.Blob{{Name: name, Data: data}}
	spent := int64(0)
	for seq := uint64(1); seq <= n; seq++ {
		e, err := audit.DecodeEntry(encoded(t, seq))
		if err != nil {
			t.Fatal(err)
		}
		take(seq, e)
		if seq%2 == 1 {
			db.docs = append(db.docs, verify.Document{Subject: e.Subject, Rev: 1, Data: document(seq)})
			continue
		}
		db.rows = append(db.rows, verify.Row{Job: fmt.Sprint(seq - 1), Account: "pums", Actor: "ann", Loss: int64(seq), Seq: int64(seq) + 1})
		spent += int64(seq)
	}
	db.ledgers = []verify.Ledger{{Account: "pums", Kind: "pure", TotalLoss: total, TotalDelta: 7, SpentLoss: spent}}
	return s, db
}

func (db *database) tables() verify.Tables {
	return verify.Tables{Documents: seq(db.docs), Ledgers: seq(db.ledgers), Charges: seq(db.rows), Outbox: seq(db.outbox), Blobs: seq(db.blobs)}
}

func seq[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	s, good := told(t, 20)
	if p := s.Check(good.tables()); !p.OK() {
		t.Fatalf("good database: %v", p.Err())
	}
	if p := s.Check(verify.Tables{}); !p.OK() {
		t.Fatalf("no table is compared: %v", p.Err())
	}
	zero, late := int64(0), int64(99)
	for name, c := range map[string]struct {
		change      func(*database)
		where, what string
	}{
		"document":          {func(d *database) { d.docs[1].Data = []byte("{}") }, "job/3", "not the one that entry 3 records"},
		"revision":          {func(d *database) { d.docs[1].Rev = 2 }, "job/3", "revision 2, the log records 1"},
		"document gone":     {func(d *database) { d.docs = d.docs[1:] }, "job/1", "does not hold"},
		"document added":    {func(d *database) { d.docs[1].Subject = "job/99" }, "job/99", "no entry of the log records"},
		"document twice":    {func(d *database) { d.docs = append(d.docs, d.docs[0]) }, "job/1", "twice"},
		"ledger's kind":     {func(d *database) { d.ledgers[0].Kind = "zcdp" }, "ledger/pums", "its kind"},
		"ledger's loss":     {func(d *database) { d.ledgers[0].TotalLoss *= 10 }, "ledger/pums", "its total is loss 10000 and delta 7, entry 0 opens it with loss 1000"},
		"ledger's delta":    {func(d *database) { d.ledgers[0].TotalDelta++ }, "ledger/pums", "its total"},
		"ledger's spending": {func(d *database) { d.ledgers[0].SpentLoss-- }, "ledger/pums", "what is spent is loss 109"},
		"spent delta":       {func(d *database) { d.ledgers[0].SpentDelta++ }, "ledger/pums", "what is spent"},
		"ledger gone":       {func(d *database) { d.ledgers = nil }, "ledger/pums", "does not hold"},
		"ledger added":      {func(d *database) { d.ledgers = append(d.ledgers, verify.Ledger{Account: "x"}) }, "ledger/x", "no entry of the log opens"},
		"charge's loss":     {func(d *database) { d.rows[0].Loss-- }, "job/1 on pums", "loss 1 and delta 0, entry 2 charges loss 2"},
		"charge's delta":    {func(d *database) { d.rows[0].Delta++ }, "job/1 on pums", "entry 2 charges"},
		"charge's scenario": {func(d *database) { d.rows[0].Scenario = "other" }, "job/1 on pums", "another scenario"},
		"charge's actor":    {func(d *database) { d.rows[0].Actor = "bob" }, "job/1 on pums", "another actor"},
		"charge's entry":    {func(d *database) { d.rows[0].Seq++ }, "job/1 on pums", "refers to entry number 4"},
		"charge gone":       {func(d *database) { d.rows = d.rows[1:] }, "job/1 on pums", "lacks the charge of entry 2"},
		"charge added":      {func(d *database) { d.rows = append(d.rows, verify.Row{Job: "9", Account: "x", Loss: -10}) }, "job/9 on x", "no entry records the ledger's charge of loss -10"},
		"charge twice":      {func(d *database) { d.rows = append(d.rows, d.rows[2]) }, "job/5 on pums", "twice"},
		"entry":             {func(d *database) { d.outbox[4].Entry = d.outbox[6].Entry }, "outbox/5", "not the one in the log"},
		"entry's subject":   {func(d *database) { d.outbox[4].Subject = "job/1" }, "outbox/5", "subject or action"},
		"entry's action":    {func(d *database) { d.outbox[4].Action = "job.run" }, "outbox/5", "subject or action"},
		"entry's place":     {func(d *database) { d.outbox[4].Index = &zero }, "outbox/5", "at place 0 of the log, it is at 4"},
		"no place":          {func(d *database) { d.outbox[20].Index = nil }, "outbox/21", "does not know"},
		"first entry gone":  {func(d *database) { d.outbox = d.outbox[1:] }, "outbox/1", "lacks"},
		"inner entry gone":  {func(d *database) { d.outbox = slices.Delete(d.outbox, 7, 8) }, "outbox/8", "lacks"},
		"last entry gone":   {func(d *database) { d.outbox = d.outbox[:20] }, "outbox/21", "lacks"},
		"entry added":       {func(d *database) { d.outbox = append(d.outbox, verify.Out{Seq: 100, Index: &late}) }, "outbox/100", "the log does not"},
		"entry of seq 0":    {func(d *database) { d.outbox = append([]verify.Out{{Seq: 0}}, d.outbox...) }, "outbox/0", "the log does not"},
		"bytes":             {func(d *database) { d.blobs[0].Data = []byte("others") }, "blob/sha256:", "others than"},
		"bytes added": {func(d *database) {
			d.blobs = append(d.blobs, verify.Blob{Name: fmt.Sprintf("sha256:%x", sha256.Sum256(nil))})
		}, "blob/sha256:", "no entry of the log names"},
		"bytes gone": {func(d *database) { d.blobs = nil }, "blob/sha256:", "does not hold"},
	} {
		_, bad := told(t, 20)
		c.change(bad)
		p := s.Check(bad.tables())
		if t.Run(name, func(t *testing.T) { wantProblem(t, p, c.where, c.what) }); len(p.List) > 2 {
			t.Errorf("%s: %d problems: %v", name, len(p.List), p.List)
		}
	}
	broken := good.tables()
	broken.Charges = func(yield func(verify.Row, error) bool) { yield(verify.Row{}, errors.New("x")) }
	p := s.Check(broken)
	wantProblem(t, p, "charge", "cannot be read")
	if len(p.List) != 1 {
		t.Errorf("what could not be read is missed as well: %v", p.List)
	}
}

// TestSpacesAndParts: ledgers of unit spaces are fixed once and never raised
// after a charge, whoever charges a dataset charges its spaces, and parts of a
// family count with the largest of them.
func TestSpacesAndParts(t *testing.T) {
	t.Parallel()
	ledger := func(kind string, loss int, more string) []byte {
		return fmt.Appendf(nil, `{"ledger":{"kind":%q,"total":{"loss":%d,"delta":0}%s}}`, kind, loss, more)
	}
	pays := func(loss int, parts string) []byte {
		return fmt.Appendf(nil, `{"charges":[{"dataset":"a","kind":"pure","amount":{"loss":%[1]d,"delta":0}%[2]s},{"space":"p","kind":"zcdp","amount":{"loss":%[1]d,"delta":0}%[2]s}]}`, loss, parts)
	}
	part := func(values string) string { return `,"parts":{"family":"a@1.district","values":[` + values + `]}` }
	entries := []struct {
		action, subject string
		body            []byte
		want            string
	}{
		{verify.SpaceAction, "dataset/p", ledger("pure", 5, ""), "not a unit space"},
		{verify.AssumeAction, "space/p", ledger("pure", 50, `,"assumed":true`), ""},
		{verify.AssumeAction, "space/p", ledger("pure", 500, `,"assumed":true`), "a ledger that is open"},
		{verify.SpaceAction, "space/p", ledger("pure", 500, `,"assumed":true`), "is assumed, and should not be"},
		{verify.LedgerAction, "dataset/q", ledger("pure", 500, `,"assumed":true`), "is assumed, and should not be"},
		{verify.SpaceAction, "space/p", ledger("zcdp", 100, ""), ""},
		{verify.SpaceAction, "space/p", ledger("zcdp", 200, ""), "a ledger that is open"},
		{verify.LedgerAction, "dataset/a", []byte(`{"ledger":{"kind":"pure","total":{"loss":100}},"spaces":["p"]}`), ""},
		{verify.ChargeAction, "job/1", []byte(`{"charges":[{"dataset":"a","kind":"pure","amount":{"loss":1}}]}`), "a dataset and not its unit space"},
		{verify.ChargeAction, "job/2", pays(60, part(`"n"`)), ""},
		{verify.ChargeAction, "job/3", pays(60, part(`"s"`)), ""},
		{verify.ChargeAction, "job/4", pays(60, part(`"n","s"`)), "more than the ledger holds"},
		{verify.ChargeAction, "job/5", pays(1, part(`"n","n"`)), "no readable parts"},
		{verify.ChargeAction, "job/6", pays(39, ""), ""},
		{verify.ChargeAction, "job/7", pays(1, ""), "more than the ledger holds"}, // of a: 1 + 60 + 39; that of p has 1 left
		{verify.AssumeAction, "space/r", ledger("pure", 9, `,"assumed":true`), ""},
		{verify.ChargeAction, "job/8", []byte(`{"charges":[{"space":"r","kind":"pure","amount":{"loss":3}}]}`), ""},
		{verify.SpaceAction, "space/r", ledger("pure", 10, ""), "to a larger total"},
		{verify.SpaceAction, "space/r", ledger("zcdp", 5, ""), "to another kind"},
		{verify.SpaceAction, "space/r", ledger("pure", 2, ""), "to less than is spent"},
		{verify.SpaceAction, "space/r", ledger("pure", 3, ""), ""},
	}
	s := verify.NewState()
	for i, e := range entries {
		if err := s.Entry(&verify.Entry{Index: uint64(i), Action: e.action, Subject: e.subject, Body: e.body}); err != nil {
			t.Fatal(err)
		}
	}
	parts := []verify.Part{
		{Account: "a", Family: "a@1.district", Value: "n", Loss: 60}, {Account: "a", Family: "a@1.district", Value: "s", Loss: 60},
		{Account: "space/p", Family: "a@1.district", Value: "n", Loss: 61}, {Account: "space/p", Family: "b", Value: "n"},
	}
	p := s.Check(verify.Tables{Parts: seq(parts)})
	for i, e := range entries {
		if e.want != "" {
			wantProblem(t, p, fmt.Sprintf("entry %d", i), e.want)
		}
	}
	wantProblem(t, p, "ledger/space/p part n of a@1.district", "has loss 61")
	wantProblem(t, p, "ledger/space/p part n of b", "no entry of the log")
	wantProblem(t, p, "ledger/space/p part s of a@1.district", "lacks what the entries")
	ledgers := []verify.Ledger{{Account: "a", Kind: "pure", TotalLoss: 100, SpentLoss: 100}, {Account: "space/p", Kind: "zcdp", Assumed: 1, TotalLoss: 100, SpentLoss: 100}}
	p = s.Check(verify.Tables{Ledgers: seq(ledgers)})
	wantProblem(t, p, "ledger/space/p", "whether its total is assumed")
	wantProblem(t, p, "ledger/space/r", "does not hold")
	for _, x := range p.List {
		if strings.Contains(x.What, "what is spent is") {
			t.Error(x)
		}
	}
}

// A log whose own entries break the rules is named, whatever the database says.
func TestStateOfBadEntries(t *testing.T) {
	t.Parallel()
	s := verify.NewState()
	open := func(loss int) []byte {
		return fmt.Appendf(nil, `{"ledger":{"kind":"pure","total":{"loss":%d,"delta":0}}}`, loss)
	}
	take := func(loss int) []byte {
		return fmt.Appendf(nil, `{"charges":[{"dataset":"a","kind":"pure","amount":{"loss":%d}}]}`, loss)
	}
	entries := []struct {
		action, subject string
		body            []byte
		want            string
	}{
		{verify.LedgerAction, "dataset/a", open(10), ""},
		{verify.LedgerAction, "dataset/a", open(100), "a ledger that is open"},
		{verify.LedgerAction, "dataset/b", open(-1), "less than nothing"},
		{verify.LedgerAction, "dataset/b", []byte(`{}`), "no readable ledger"},
		{verify.LedgerAction, "user/b", open(1), "not a dataset"},
		{verify.ChargeAction, "dataset/a", take(1), "not a job"},
		{verify.ChargeAction, "job/a", []byte(`{}`), "no readable list of charges"},
		{verify.ChargeAction, "job/b", take(-1), "gives budget back"},
		{verify.ChargeAction, "job/c", take(10), ""},
		{verify.ChargeAction, "job/c", take(0), "a second time"},
		{verify.ChargeAction, "job/d", take(1), "more than the ledger holds"},
		{verify.ChargeAction, "job/e", []byte(`{"charges":[{"dataset":"a","kind":"zcdp","amount":{"loss":0}}]}`), "another kind"},
		{verify.ChargeAction, "job/f", []byte(`{"charges":[{"dataset":"z","kind":"pure","amount":{"loss":0}}]}`), "no entry opens"},
		{"release.make", "release/a", []byte(`{"blobs":1}`), "no readable list of kept bytes"},
	}
	bad := 0
	for i, e := range entries {
		if err := s.Entry(&verify.Entry{Index: uint64(i), Action: e.action, Subject: e.subject, Body: e.body}); err != nil {
			t.Fatal(err)
		}
	}
	p := s.Check(verify.Tables{})
	for i, e := range entries {
		if e.want != "" {
			wantProblem(t, p, fmt.Sprintf("entry %d", i), e.want)
			bad++
		}
	}
	if len(p.List) != bad {
		t.Errorf("%d problems, want %d: %v", len(p.List), bad, p.List)
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	l, err := audit.Open(ctx, dir, testKey(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close(ctx)
	var batch [][]byte
	for seq := uint64(1); seq <= 300; seq++ {
		batch = append(batch, encoded(t, seq))
	}
	if _, err := l.AppendBatch(ctx, batch); err != nil {
		t.Fatal(err)
	}
	vkey := testKey(t).Verifier()
	for _, index := range []uint64{0, 1, 128, 255, 256, 299} {
		p, err := l.Proof(ctx, index)
		if err != nil {
			t.Fatal(err)
		}
		data, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := verify.Proof(data, batch[index], vkey); err != nil || got != index {
			t.Errorf("proof of %d: %d, %v", index, got, err)
		}
		if _, err := verify.Proof(data, batch[(index+1)%300], vkey); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("proof of %d holds for another entry: %v", index, err)
		}
		for at := range data { // every byte of it matters
			bad := bytes.Clone(data)
			bad[at] ^= 0x01
			if _, err := verify.Proof(bad, batch[index], vkey); err == nil {
				t.Errorf("proof of %d holds with byte %d flipped", index, at)
			}
		}
	}
	if _, err := l.Proof(ctx, 300); glovebox.CodeOf(err) != glovebox.CodeNotFound {
		t.Errorf("proof beyond the end: %v", err)
	}
}
