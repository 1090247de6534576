package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/internal/evidence/index"
	"glovebox.example/glovebox/internal/evidence/report"
)

// TestAuditorsQuestions: each of the questions that an auditor has to be able to
// answer in a minute is one command, in both languages.
func TestAuditorsQuestions(t *testing.T) {
	_, run := lived(t)
	var list []desk.Entry
	read := func(line string) []desk.Entry {
		t.Helper()
		list = nil
		if err := json.Unmarshal([]byte(run(0, line+" --json")), &list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	// 1. Who ran what over a dataset, refused attempts too, under which grant as
	// it read then, at what price?
	refused, charged := 0, 0
	for _, e := range read("audit list --dataset pums --action job. --from 2020-01-01 --tz Asia/Shanghai --as sun") {
		if e.Grant == nil {
			t.Errorf("entry %d names no grant", e.Index)
			continue
		}
		if e.Decision == evidence.Deny {
			refused++
		}
		if len(e.Charges) > 0 {
			charged++
		}
	}
	if refused != 2 || charged != 1 {
		t.Errorf("%d refused, %d charged", refused, charged)
	}
	last := *list[len(list)-1].Grant
	if first := *list[0].Grant; first >= last {
		t.Errorf("the grants of the first and the last job are %d and %d", first, last)
	}
	var grant desk.Entry
	if err := json.Unmarshal([]byte(run(0, "audit show "+evidence.EntryName(last)[1:]+" --as sun")), &grant); err != nil || grant.Subject != "grant/fellowship" && !strings.HasPrefix(grant.Subject, "grant/") || !strings.Contains(string(grant.Document), `"developers"`) {
		t.Errorf("%v: %+v", err, grant)
	}
	// 2. Was a rule asked when a job was admitted, and what would today's say?
	admitted := read("audit list --action job.admit --as sun")
	job := strings.TrimPrefix(admitted[0].Subject, "job/")
	for _, lang := range []string{"en", "zh"} {
		out := run(0, "policy explain "+job+" --rule column.not_needed --policy now --as sun --lang "+lang)
		if strings.Count(out, "column.not_needed") != 4 { // two points, then and now
			t.Errorf("%s", out)
		}
	}
	// 3. Which people could act as authority, by whose act did each get that role?
	var who []evidence.Holder
	if err := json.Unmarshal([]byte(run(0, "audit people --role authority --as sun --json")), &who); err != nil {
		t.Fatal(err)
	}
	if len(who) != 1 || who[0].User != "zhao" || !who[0].Holds || len(who[0].Steps) != 1 || who[0].Steps[0].Did != "got" || who[0].Steps[0].By != domain.Owner {
		t.Errorf("%+v", who)
	}
	if err := json.Unmarshal([]byte(run(0, "audit people --role authority --on 2020-03-15 --as sun --json")), &who); err != nil || len(who) != 1 || who[0].Holds {
		t.Errorf("%v: %+v", err, who)
	}
	// 4. Everything that happened to a release, from the application behind its
	// scenario to the recipients.
	made := read("audit list --action release.make --as sun")
	release := strings.TrimPrefix(made[0].Subject, "release/")
	var story []evidence.Event
	if err := json.Unmarshal([]byte(run(0, "audit timeline "+release+" --as sun --json")), &story); err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, e := range story {
		if len(steps) == 0 || steps[len(steps)-1] != e.Action {
			steps = append(steps, e.Action)
		}
	}
	want := "scenario.add scenario.grant scenario.granted dataset.load"
	if got := strings.Join(steps, " "); !strings.HasPrefix(got, want) || !strings.Contains(got, "job.charge job.run release.make job.done") || !strings.HasSuffix(got, "release.export release.seal release.exported release.export_again") {
		t.Errorf("%s", got)
	}
	exports := 0
	for _, e := range story {
		for _, x := range e.Detail {
			if x.Name == "to" && strings.HasSuffix(x.Value, "out") && e.Decision == evidence.Allow {
				exports++
			}
		}
		if e.State != "" && len(e.Document) == 0 {
			t.Errorf("entry %d has no document", e.Index)
		}
	}
	if exports != 2 {
		t.Errorf("%d exports say where to", exports)
	}
	for _, line := range []string{"audit timeline pums --as sun", "audit timeline user/wang --as sun", "audit timeline " + job + " --as sun", "audit list --csv --as sun"} {
		if out := run(0, line+" --lang zh"); !strings.Contains(out, "job") && !strings.Contains(out, "作业") {
			t.Errorf("%s:\n%s", line, out)
		}
	}
	run(2, "audit timeline nothing --as sun")
	// 5. What left, product by product, and where does the public disclosure say so?
	span := "--from 2020-01-01 --to 2099-12-31"
	for _, lang := range []string{"en", "zh"} {
		form := map[string]string{"en": "open.md", "zh": "open.csv"}[lang]
		run(0, "report make disclosure "+span+" -o "+form+" --as zhao --lang "+lang)
		var d report.Departed
		if err := json.Unmarshal([]byte(run(0, "audit left --disclosure "+form+" --as sun --json --proofs left.json")), &d); err != nil {
			t.Fatal(err)
		}
		if len(d.Products) != 1 || len(d.Products[0].Copies) != 2 || d.Products[0].Said.Copies != 2 || !d.Products[0].Said.Agrees || d.Products[0].Copies[0].Again || !d.Products[0].Copies[1].Again || !strings.HasSuffix(d.Products[0].Copies[1].To, "out") {
			t.Errorf("%+v", d)
		}
		page, err := os.ReadFile(form)
		if err != nil || !strings.Contains(string(page), d.Products[0].Said.Cells[0]) || !d.IsPublished(page) {
			t.Errorf("%v: the line %q is not in %s", err, d.Products[0].Said.Cells, form)
		}
		if out := run(0, "audit left "+span+" --as sun --lang "+lang); !strings.Contains(out, release) || !strings.Contains(out, d.Products[0].Said.Table) && lang == "en" {
			t.Errorf("%s", out)
		}
		run(0, "audit left "+span+" --as liu --lang "+lang)
		run(3, "audit left "+span+" --as wang --lang "+lang)
		if err := os.WriteFile("other.md", bytes.Replace(page, []byte("2"), []byte("1"), 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(2, "audit left --disclosure other.md --as sun")
	run(2, "report make summary "+span+" -o s.md --as sun --form docx")
	run(0, "report make summary "+span+" -o s.md --as sun")
	run(2, "audit left --disclosure s.md --as sun")
	run(2, "audit left --disclosure open.md --period 2026 --as sun")
	proved(t, run, release)
	witnessedExports(t, run, release)
}

// proved checks the proofs that each answer comes with, far from the domain, and
// that nothing of them can be changed.
func proved(t *testing.T, run func(int, string) string, release string) {
	t.Helper()
	key := strings.TrimSpace(run(0, "domain key"))
	key = key[strings.LastIndex(key, "\n")+1:]
	for _, line := range []string{"audit list --dataset pums --action job.", "audit people --role authority", "audit timeline " + release, "audit left --from 2020-01-01 --to 2099-12-31"} {
		run(0, line+" --proofs p.json --as sun")
		if out, _ := check(t, 0, "proofs", "p.json", "--key", key); !strings.Contains(out, "verified") || strings.Contains(out, " 0 entries") {
			t.Errorf("%s: %s", line, out)
		}
	}
	run(0, "audit list --as wang --proofs p.json") // of what a developer did
	check(t, 0, "proofs", "p.json", "--key", key)
	check(t, 0, "proofs", "p.json")
	data, err := os.ReadFile("p.json")
	if err != nil {
		t.Fatal(err)
	}
	for what, x := range map[string][2]string{"an actor": {`wang`, `wong`}, "a root": {"city\\n", "city\\n1"}, "an index": {`"index": `, `"index": 1`}, "a name": {`"v": 1`, `"v": 1, "x": 2`}, "twice": {`"entries": [`, `"entries": [null,`}} {
		if !strings.Contains(string(data), x[0]) {
			t.Errorf("%s: %q is not there", what, x[0])
		}
		if err := os.WriteFile("q.json", bytes.Replace(data, []byte(x[0]), []byte(x[1]), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, _ := check(t, 2, "proofs", "q.json", "--key", key); strings.Contains(out, "verified:") {
			t.Errorf("%s passes: %s", what, out)
		}
	}
	check(t, 2, "proofs", "p.json", "--key", "test+5dbd96b1+AU9UZ2DZLahGYvT9pvAEuovySIuzubmfP/0+yHlX/JBv")
	check(t, 2, "proofs", "nothing.json")
}

// TestIndexAnswersAsTheLogDoes: every question has the answer that reading the
// whole log gives, page by page too; an index that somebody wrote to is named by
// the check, row by row, and one that does not fit is made again.
func TestIndexAnswersAsTheLogDoes(t *testing.T) {
	_, run := lived(t)
	run(0, "audit index --as sun")
	run(0, "user add late --role auditor") // an entry that comes after the index
	d, err := domain.Open(t.Context(), "city", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	x, err := index.Open(t.Context(), d.IndexFile(), d)
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := x.Find(t.Context(), evidence.Scope{All: true}, &evidence.Query{})
	if err != nil || len(all) < 40 {
		t.Fatalf("%d entries, %v", len(all), err)
	}
	some, mid := all[len(all)/3], all[len(all)/2].Index
	queries := []evidence.Query{
		{}, {Actor: "wang"}, {Org: some.Org}, {Dataset: "pums"}, {Scenario: all[len(all)-2].Scenario}, {Action: "job."}, {Action: "job.refuse"},
		{Decision: "any"}, {Decision: "deny"}, {Decision: "allow", Action: "release."}, {Subject: some.Subject}, {Limit: 5}, {Limit: 5, Newest: true},
		{Limit: 3, After: &mid}, {From: some.Time}, {To: some.Time}, {From: "2030-01-01T00:00:00Z"}, {Product: "nothing"}, {Dataset: "nothing"},
		{Subjects: []string{some.Subject, "user/wang", "user/nobody"}}, {Subjects: []string{}}, {Kind: "user"}, {Kind: "job", Actor: "wang"}, {Person: "wang"}, {Person: "wang", Limit: 2, Newest: true},
	}
	for _, e := range all {
		if e.Product != "" {
			queries = append(queries, evidence.Query{Product: e.Product})
			break
		}
	}
	scopes := []evidence.Scope{{All: true}, {Operator: "liu"}, {Provider: "census-bureau"}, {Provider: "nobody"}, {Developer: "wang"}, {Operator: "liu", Developer: "wang"}}
	found := map[int]int{}
	for _, q := range queries {
		for i, s := range scopes {
			got, more, err := x.Find(t.Context(), s, &q)
			if err != nil {
				t.Fatal(err)
			}
			want, wantMore, err := evidence.Find(t.Context(), d, s, &q)
			if err != nil {
				t.Fatal(err)
			}
			if more != wantMore || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v of %+v: %d entries, more %v; the log says %d, %v", q, s, len(got), more, len(want), wantMore)
			}
			found[i] += len(got)
		}
	}
	if found[0] == 0 || found[1] == 0 || found[4] == 0 || found[1] >= found[0] || found[3] != 0 {
		t.Errorf("what scopes see: %v", found)
	}
	// Stories and people are the same by either, and by the index the log is not
	// read as a whole.
	slow := func(ctx context.Context, s evidence.Scope, q *evidence.Query) ([]evidence.Facts, bool, error) {
		return evidence.Find(ctx, d, s, q)
	}
	told := map[string]bool{}
	for _, e := range all {
		kind, id, _ := strings.Cut(e.Subject, "/")
		if told[kind] {
			continue
		}
		told[kind] = true
		for _, s := range scopes[:4] {
			got, err := evidence.Timeline(t.Context(), whole{d}, x.Find, s, e.Subject, &evidence.Query{})
			if err != nil {
				t.Fatal(err)
			}
			want, err := evidence.Timeline(t.Context(), d, slow, s, e.Subject, &evidence.Query{})
			if err != nil || !reflect.DeepEqual(got, want) || s.All && len(got) == 0 {
				t.Errorf("the story of %s: %d events, %d by the log, %v", e.Subject, len(got), len(want), err)
			}
		}
		a, errA := evidence.Resolve(t.Context(), x.Find, id)
		b, errB := evidence.Resolve(t.Context(), slow, id)
		if a != b || (errA == nil) != (errB == nil) {
			t.Errorf("%s is %s, %v; by the log %s, %v", id, a, errA, b, errB)
		}
	}
	if !told["job"] || !told["release"] || !told["scenario"] || !told["user"] || !told["dataset"] {
		t.Errorf("stories of %v", told)
	}
	got, err := evidence.Holders(t.Context(), whole{d}, x.Find, "", some.Time)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := evidence.Holders(t.Context(), d, slow, "", some.Time); err != nil || !reflect.DeepEqual(got, want) || len(got) == 0 {
		t.Errorf("people: %+v, by the log %+v, %v", got, want, err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	changed := func(statement, named string) {
		t.Helper()
		e := edit(t, filepath.Join("city", "cache"), "audit.db")
		e.do(statement)
		e.db.Close()
		status, _, errs := shell(t, "audit", "verify", "--domain", "city")
		if status != 2 || !strings.Contains(errs, named) {
			t.Errorf("%s: status %d\n%s", statement, status, errs)
		}
		run(0, "audit index --rebuild --as sun")
		run(0, "audit verify")
	}
	e := edit(t, filepath.Join("city", "cache"), "audit.db")
	columns := e.list(`SELECT name FROM pragma_table_xinfo('entry') WHERE name <> 'idx'`)
	e.db.Close()
	for _, c := range columns {
		changed(`UPDATE entry SET `+c+` = `+c+` || ' ' WHERE idx = 7`, "index/7:")
	}
	changed(`DELETE FROM entry WHERE idx = 7`, "index/7:")
	changed(`UPDATE entry SET idx = 5000 WHERE idx = 7`, "index/7:")
	changed(`UPDATE entry_dataset SET dataset = 'other' WHERE idx = (SELECT max(idx) FROM entry_dataset)`, "index/")
	for _, c := range []string{"known", "operator", "provider"} {
		changed(`UPDATE subject SET `+c+` = `+c+` || ' ' WHERE name = 'user/wang'`, "index/user/wang")
	}
	changed(`DELETE FROM subject WHERE name = 'user/wang'`, "index/user/wang")
	// The refused reader.
	if status, _, errs := shell(t, "audit", "list", "--decision", "maybe", "--as", "sun", "--domain", "city"); status != 2 || !strings.Contains(errs, "--decision") {
		t.Errorf("status %d\n%s", status, errs)
	}
	if out := run(0, "audit list --as wang --json"); regexp.MustCompile(`"actor": "(zhao|liu|chen)"`).MatchString(out) {
		t.Errorf("a developer sees what others did:\n%s", out)
	}
}

// whole is a domain's log that must not be read as a whole.
type whole struct{ *domain.Domain }

func (whole) Entries(context.Context, func(*verify.Entry) error) error {
	return errors.New("the whole log is read")
}
