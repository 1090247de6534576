package cli

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/internal/evidence/index"
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
