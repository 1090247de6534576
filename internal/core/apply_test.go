package core_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/memexport"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/pipeline"
)

const why = "\nreasons: {pums: {age: {en: adults}, educ: {en: schooling}, income: {en: the figure}}}\nterm: {from: \"2026-01-01\", until: \"2030-12-31\"}\npartner: 备案2026001\n"

// application is the example's scenario as an application, with old texts replaced
// by new ones.
func (c *city) application(pairs ...string) string {
	c.t.Helper()
	data, err := os.ReadFile(filepath.Join(pums, "scenario.yaml"))
	if err != nil {
		c.t.Fatal(err)
	}
	text := string(data) + "operator: liu" + why
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			c.t.Fatalf("no %q in the application", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	path := filepath.Join(c.t.TempDir(), "scenario.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// yes are the authority's three answers.
func yes() any {
	a := &domain.Answer{Yes: true, Text: "a test"}
	return desk.ScenarioReview{Reasonable: a, Necessary: a, Satisfiable: a}
}

// TestApplication takes a scenario from a developer's application to a release that
// its provider keeps in: each step by whom it is for, and refused before its time
// and to everybody else.
func TestApplication(t *testing.T) {
	c := newCity(t)
	c.o = core.Options{Places: map[string]core.Place{"archive": {To: "memory", Open: func() (core.Driver, func(), error) { return &memexport.Memory{}, func() {}, nil }}}}
	c.stop()
	c.start()
	c.people()
	c.person("ling", glovebox.RoleAuthority, "City Operations") // of the operator's institution
	file := func(name string) string { return filepath.Join(pums, name) }
	c.must("census", desk.Act{Name: "dataset.add", Params: desk.Params(desk.Document{File: file("dataset.yaml")}), Files: desk.Disk{}}, nil)
	c.must("census", desk.Act{Name: "dataset.load", Subject: "dataset/pums", Params: desk.Params(desk.DatasetLoad{File: file("pums.csv")}), Files: desk.Disk{}}, nil)
	c.must("zhao", desk.Act{Name: "space.add", Subject: "space/census-person", Params: desk.Params(desk.SpaceAdd{Name: "census-person", Ledger: glovebox.LedgerDef{Kind: glovebox.LedgerZCDP, Rho: 2}})}, nil)
	const subject = "scenario/education-income"
	do := func(who, act string, params any) error {
		t.Helper()
		on := subject
		if act == "scenario.apply" || act == "scenario.amend" {
			on = ""
		}
		return c.client(who).Do(t.Context(), desk.Act{Name: act, Subject: on, Params: desk.Params(params), Files: desk.Disk{}}, nil)
	}
	want := func(code glovebox.Code, text, who, act string, params any) {
		t.Helper()
		if err := do(who, act, params); glovebox.CodeOf(err) != code || text != "" && !strings.Contains(err.Error(), text) {
			t.Errorf("%s by %s: %v, wanted %s %q", act, who, err, code, text)
		}
	}
	good := func(who, act string, params any) {
		t.Helper()
		if err := do(who, act, params); err != nil {
			t.Fatalf("%s by %s: %v", act, who, err)
		}
	}
	grant := desk.Document{File: file("grant.yaml")}
	reason := desk.Brake{Reason: "a test"}
	review := desk.ScenarioReview{}

	want(glovebox.CodeInvalid, "is missing", "wang", "scenario.apply", desk.ScenarioApply{File: file("scenario.yaml")})
	want(glovebox.CodeInvalid, "is missing", "wang", "scenario.apply", desk.ScenarioApply{File: c.application("age: {en: adults}, ", "")})
	want(glovebox.CodeInvalid, "no operator", "wang", "scenario.apply", desk.ScenarioApply{File: c.application("operator: liu", "operator: sun")})
	good("wang", "scenario.apply", desk.ScenarioApply{File: c.application()})
	want(glovebox.CodeConflict, "has not reviewed", "zhao", "scenario.grant", grant)
	want(glovebox.CodeDenied, "", "wang", "scenario.review", review)
	good("liu", "scenario.review", review)
	want(glovebox.CodeConflict, "nothing to review first", "liu", "scenario.review", review)
	want(glovebox.CodeDenied, "has not agreed", "zhao", "scenario.grant", grant)
	// The provider agrees to two of three columns, and says why not the third.
	want(glovebox.CodeInvalid, "no reason", "census", "scenario.review", desk.ScenarioReview{Columns: []string{"age", "educ"}})
	want(glovebox.CodeInvalid, "does not need", "census", "scenario.review", desk.ScenarioReview{Columns: []string{"race"}, Reason: "x"})
	good("census", "scenario.review", desk.ScenarioReview{Columns: []string{"age", "educ"}, Reason: "too fine"})
	want(glovebox.CodeDenied, "has not agreed", "zhao", "scenario.grant", grant)
	good("census", "scenario.review", review)
	want(glovebox.CodeDenied, "reasonable", "zhao", "scenario.grant", grant)
	no := desk.ScenarioReview{Reasonable: &domain.Answer{Yes: true, Text: "x"}, Necessary: &domain.Answer{Text: "age is not"}, Satisfiable: &domain.Answer{Yes: true, Text: "x"}}
	good("zhao", "scenario.review", no)
	want(glovebox.CodeDenied, "reasonable", "zhao", "scenario.grant", grant)
	// Returned, filed again, refused to whoever it is not for.
	want(glovebox.CodeDenied, "", "census", "scenario.return", reason)
	good("zhao", "scenario.return", reason)
	want(glovebox.CodeConflict, "returned", "zhao", "scenario.grant", grant)
	want(glovebox.CodeDenied, "", "ling", "scenario.amend", desk.ScenarioAmend{File: c.application(), Reason: "x"})
	good("liu", "scenario.amend", desk.ScenarioAmend{File: c.application("{en: adults}", "{en: adults alone}"), Reason: "answered"})
	good("liu", "scenario.review", review)
	good("zhao", "scenario.review", yes())
	want(glovebox.CodeDenied, "or their institution", "ling", "scenario.grant", grant)
	good("zhao", "scenario.grant", grant)

	var o pipeline.Outcome
	job := desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: file("job.yaml")}), Files: desk.Disk{}}
	c.must("wang", job, &o)
	for _, who := range []string{"zhao", "census"} {
		c.must(who, desk.Act{Name: "release.approve", Subject: "release/" + o.Release.ID}, nil)
	}
	export := func() error {
		return c.client("liu").Do(t.Context(), desk.Act{Name: "release.export", Subject: "release/" + o.Release.ID, Params: desk.Params(desk.Destination{Name: "archive"})}, nil)
	}
	// What a provider takes back does not run, and what was made of it does not leave,
	// be it read by the filter alone; given again, it does.
	for _, columns := range [][]string{{"educ", "income"}, {"age", "educ"}} {
		good("census", "scenario.review", desk.ScenarioReview{Columns: columns, Reason: "taken back"})
		if err := export(); glovebox.CodeOf(err) != glovebox.CodeDenied {
			t.Errorf("a release of a column that was taken back left: %v", err)
		}
		if err := c.as("wang").Do(t.Context(), job, nil); glovebox.CodeOf(err) != glovebox.CodeDenied {
			t.Errorf("a job of a column that was taken back ran: %v", err)
		}
	}
	good("census", "scenario.review", review)
	// An amendment of texts alone voids nothing; another purpose voids all.
	var x domain.Amended
	amend := func(pairs ...string) {
		t.Helper()
		x = domain.Amended{}
		c.must("liu", desk.Act{Name: "scenario.amend", Params: desk.Params(desk.ScenarioAmend{File: c.application(pairs...), Reason: "a test"}), Files: desk.Disk{}}, &x)
	}
	amend("Education and income", "Schooling and income")
	if x.Scenario.State != glovebox.ScenarioGranted || len(x.Void) != 0 {
		t.Errorf("another title: %s, void %v", x.Scenario.State, x.Void)
	}
	if err := export(); err != nil {
		t.Errorf("the release does not leave: %v", err)
	}
	amend("How income grows", "How wages grow")
	if x.Scenario.State != glovebox.ScenarioProposed || strings.Join(x.Void, " ") != "agreement.pums answers grant" {
		t.Errorf("another purpose: %s, void %v", x.Scenario.State, x.Void)
	}
	if err := export(); glovebox.CodeOf(err) != glovebox.CodeDenied {
		t.Errorf("a release left under a grant that is void: %v", err)
	}
	want(glovebox.CodeConflict, "has not reviewed", "zhao", "scenario.grant", grant)
	// What was agreed to for one scenario stands for another one of the same operator.
	good("liu", "scenario.review", review)
	good("census", "scenario.review", review)
	good("zhao", "scenario.review", yes())
	good("zhao", "scenario.grant", grant)
	second := c.application("code: education-income", "code: second", "DEMO-2026-0001", "DEMO-2026-0009")
	var again domain.ScenarioDoc
	c.must("liu", desk.Act{Name: "scenario.apply", Params: desk.Params(desk.ScenarioApply{File: second, Reuse: "education-income"}), Files: desk.Disk{}}, &again)
	if len(again.Agreements) != 1 || again.Agreements[0].Reused != "education-income" {
		t.Errorf("nothing was taken over: %+v", again.Agreements)
	}
	got, err := c.d.Verify(context.WithoutCancel(t.Context()))
	if err != nil || len(got.Problems) > 0 {
		t.Errorf("%v %v", got, err)
	}
}
