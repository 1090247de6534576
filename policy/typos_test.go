package policy

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"glovebox.example/glovebox"
)

// TestTyposAreRefused misspells what would make a rule silent. Each text stands
// below the line that names the package.
func TestTyposAreRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// rules that nobody asks
		{`dney contains 1 if true`, "rule dney is never asked"},
		{`denied contains 1 if true`, "rule denied is never asked"},
		{`Deny contains 1 if true`, "rule Deny is never asked"},
		{`obligations contains {"kind": "approvals", "roles": ["auditor"]}`, "rule obligations is never asked"},
		{`allow := true`, "rule allow is never asked"},
		{"deny contains 1 if ok\nok if input.product == \"a\"\nspare if true", "rule spare is never asked"},
		{"deny contains 1 if input.product == f(1)\nf(x) := 1\ng(x) := 2", "rule g is never asked"},
		{"deny contains 1 if ok\nok if f(1)\nf(x) if x == 1 else := 2", ""},
		{"default ok := false\nok if input.product == \"a\"\ndeny contains 1 if not ok", ""},
		// constants that a field never holds
		{`deny contains 1 if input.point = "admitt"`, "input.point is never the text it is compared with"},
		{`deny contains 1 if input.point == "Admit"`, "input.point is never"},
		{`deny contains 1 if "admitt" == input.point`, "input.point is never"},
		{`deny contains 1 if input.point != "admitt"`, "input.point is never"},
		{`deny contains 1 if not input.point == "admitt"`, "input.point is never"},
		{`deny contains 1 if input.point in {"admit", "exprot"}`, "input.point is never"},
		{`deny contains 1 if input.point in ["admit", "exprot"]`, "input.point is never"},
		{`deny contains 1 if not input.point in {"exprot"}`, "input.point is never"},
		{`deny contains 1 if {"admit", "exprot"}[input.point]`, "input.point is never"},
		{`deny contains 1 if {"exprot": 1}[input.point] == 1`, "input.point is never"},
		{"deny contains 1 if {\n\tp := input.point\n\tp == \"admitt\"\n}", "input.point is never"},
		{"deny contains 1 if {\n\tp := \"admitt\"\n\tinput.point == p\n}", "input.point is never"},
		{"deny contains 1 if {\n\tsome p in [\"admitt\"]\n\tinput.point == p\n}", "input.point is never"},
		{"deny contains 1 if {\n\t[p, u] := [input.point, input.user]\n\tp == \"admitt\"\n}", "input.point is never"},
		{"deny contains 1 if {\n\t[input.point, input.product] == [\"admitt\", \"a\"]\n}", "input.point is never"},
		{"import input.point as p\ndeny contains 1 if p == \"admitt\"", "input.point is never"},
		{"wanted := {\"admitt\"}\ndeny contains 1 if input.point in wanted", "input.point is never"},
		{"wanted contains \"admitt\"\ndeny contains 1 if wanted[input.point]", "input.point is never"},
		{"limit := {\"admitt\": 1}\ndeny contains 1 if limit[input.point] == 1", "input.point is never"},
		{"p := input.point\ndeny contains 1 if p == \"admitt\"", "input.point is never"},
		{"at(p) if input.point == p\ndeny contains 1 if at(\"admitt\")", "input.point is never"},
		{"is(p) if p == \"admitt\"\ndeny contains 1 if is(input.point)", "input.point is never"},
		{"deny contains 1 if object.get(input, \"point\", \"\") == \"admitt\"", "input.point is never"},
		{"deny contains 1 if every p in {\"admitt\"} { input.point != p }", "input.point is never"},
		{"deny contains 1 if count([1 | input.point == \"admitt\"]) == 0", "input.point is never"},
		{"deny contains 1 if ok with input.point as \"admitt\"\nok if input.product == \"a\"", "input.point is never"},
		{`deny contains 1 if input.user.roles[_] == "auditer"`, "input.user.roles[] is never"},
		{`deny contains 1 if "auditer" in input.user.roles`, "input.user.roles[] is never"},
		{"deny contains 1 if {\n\tsome r in input.user.roles\n\tr == \"auditer\"\n}", "input.user.roles[] is never"},
		{`deny contains 1 if not "jial" in input.walls`, "input.walls[] is never"},
		{"deny contains 1 if {\n\tsome w in {\"jial\"}\n\tnot w in input.walls\n}", "input.walls[] is never"},
		{"deny contains 1 if every w in [\"wasm\", \"jial\"] { w in input.walls }", "input.walls[] is never"},
		{"deny contains 1 if count({\"jial\"} - {w | some w in input.walls}) > 0", ""}, // not followed
		{`deny contains 1 if input.user.state == "suspend"`, "input.user.state is never"},
		{`deny contains 1 if input.scenario.state == "active"`, "input.scenario.state is never"},
		{`deny contains 1 if input.grant.state == "granted"`, "input.grant.state is never"},
		{`deny contains 1 if input.release.state == "done"`, "input.release.state is never"},
		{`deny contains 1 if input.datasets[_].state == "withdrawed"`, "input.datasets[].state is never"},
		{"deny contains 1 if {\n\tsome d in input.datasets\n\td.snapshot == \"nil\"\n}", "input.datasets[].snapshot is never"},
		{"deny contains 1 if {\n\tsome code, d in input.datasets\n\tsome n, c in d.columns\n\tc.class == \"secret\"\n}", "input.datasets[].columns[].class is never"},
		{`deny contains 1 if input.datasets.population.columns.age.type == "integer"`, "type is never"},
		{`deny contains 1 if input.datasets[_].ledger.kind == "epsilon"`, "ledger.kind is never"},
		{`deny contains 1 if input.job.output.kinds[_] == "medan"`, "input.job.output.kinds[] is never"},
		{`deny contains 1 if input.job.output.key_types[_] == "text"`, "input.job.output.key_types[] is never"},
		{`deny contains 1 if input.job.mode != "maps"`, "input.job.mode is never"},
		{`deny contains 1 if input.job.release.method == "pd"`, "input.job.release.method is never"},
		{`deny contains 1 if input.uses[_].use == "key"`, "input.uses[].use is never"},
		{`deny contains 1 if input.uses[_].grant.mask.kind == "generalize"`, "mask.kind is never"},
		{`deny contains 1 if input.grant.approvals[_] == "operater"`, "input.grant.approvals[] is never"},
		{`deny contains 1 if input.people.approvals[_].role == "autority"`, "input.people.approvals[].role is never"},
		{`deny contains 1 if input.people.approvals[_].state == "gone"`, "input.people.approvals[].state is never"},
		// kinds
		{`deny contains 1 if input.job.blocks == "100"`, "input.job.blocks is never a text"},
		{`deny contains 1 if input.module.admitted == "true"`, "input.module.admitted is never a text"},
		{`deny contains 1 if input.product == 7`, "input.product is never a number"},
		{`deny contains 1 if input.job.paid == 1`, "input.job.paid is never a number"},
		{`deny contains 1 if input.job.mode == true`, "input.job.mode is never true or false"},
		// fields, also behind a variable, a helper or a function
		{`deny contains 1 if input.pont == "admit"`, "a request has no field input.pont"},
		{"deny contains 1 if {\n\tsome d in input.datasets\n\td.stat == \"active\"\n}", "a request has no field input.datasets[].stat"},
		{"deny contains 1 if {\n\tg := input.grant\n\tg.untill == \"2030-01-01\"\n}", "a request has no field input.grant.untill"},
		{"g := input.grant\ndeny contains 1 if g.untill == \"2030-01-01\"", "a request has no field input.grant.untill"},
		{"late(g) if g.untill == \"2030-01-01\"\ndeny contains 1 if late(input.grant)", "a request has no field input.grant.untill"},
		{`deny contains 1 if object.get(input, ["grant", "untill"], "") == ""`, "a request has no field input.grant.untill"},
		{`deny contains 1 if object.get(input.grant, "untill", "") == ""`, "a request has no field input.grant.untill"},
		{`deny contains 1 if input["pont"] == "admit"`, "a request has no field input.pont"},
		{`deny contains 1 if input.walls.jail`, "input.walls is a list"},
		{"deny contains 1 if {\n\tw := input.walls\n\tw[\"jail\"]\n}", "input.walls is a list"},
		// pieces of texts
		{`deny contains 1 if startswith(input.point, "amd")`, "input.point never holds the piece of text"},
		{`deny contains 1 if not endswith(input.job.mode, "maps")`, "input.job.mode never holds"},
		{`deny contains 1 if contains(input.user.roles[_], "auditr")`, "input.user.roles[] never holds"},
		{`deny contains 1 if startswith(input.point, "adm")`, ""},
		{`deny contains 1 if startswith(input.product, "amd")`, ""},
		// data that is not there
		{`deny contains 1 if data.people.wang`, "no rule makes data.people.wang"},
		{"import data.foo\ndeny contains 1 if foo.x", "no rule makes data.foo.x"},
		{"import data.glovebox.table as t\ndeny contains 1 if t.x", "no rule makes data.glovebox.table.x"},
		{`deny contains 1 if data.glovebox.domain.helper`, "no rule makes data.glovebox.domain.helper"},
		{"import data.glovebox.tables\ndeny contains 1 if tables.approver_roles", ""},
		{"helper if input.product == \"a\"\ndeny contains 1 if data.glovebox.domain.helper", ""},
		// obligations that cannot be carried out
		{`obligation contains {"kind": "msk", "dataset": "d", "column": "c", "mask": {"kind": "suppress"}}`, "no obligation of kind \"msk\""},
		{`obligation contains {"dataset": "d", "column": "c", "mask": {"kind": "suppress"}}`, "lacks a kind"},
		{`obligation contains {"kind": "mask", "dataset": "d", "colum": "c", "mask": {"kind": "suppress"}}`, "lacks \"column\""},
		{`obligation contains {"kind": "mask", "dataset": "d", "column": "c"}`, "lacks \"mask\""},
		{`obligation contains {"kind": "mask", "dataset": "d", "column": "c", "mask": {"kind": "suppres"}}`, "can demand the mask \"suppres\""},
		{`obligation contains {"kind": "mask", "dataset": "d", "column": "c", "mask": {"kind": "none"}}`, "can demand the mask \"none\""},
		{`obligation contains {"kind": "mask", "dataset": "d", "column": "c", "mask": {"kind": "redact", "keep_frist": 1}}`, "no parameter \"keep_frist\""},
		{`obligation contains {"kind": "mask", "dataset": "d", "column": "c", "mask": {"kind": "generalise", "to": "yaer"}}`, "generalise to \"yaer\""},
		{`obligation contains {"kind": "mask", "dataset": d, "column": "c", "mask": {"kind": "suppres"}} if some d, _ in input.datasets`, "can demand the mask \"suppres\""},
		{`obligation contains {"kind": "approvals", "roles": ["auditer"]}`, "the role \"auditer\" approves nothing"},
		{`obligation contains {"kind": "approvals", "roles": ["developer"]}`, "the role \"developer\" approves nothing"},
		{`obligation contains {"kind": "approvals", "roles": []}`, "names no role"},
		{`obligation contains {"kind": "approvals", "role": ["auditor"]}`, "lacks \"roles\""},
		// and those at points where nobody takes them
		{`obligation contains {"kind": "mask", "dataset": "d", "column": "c", "mask": {"kind": "suppress"}} if input.point == "release"`, "is taken at the points columns alone"},
		{`obligation contains {"kind": "mask", "dataset": "d", "column": "c", "mask": {"kind": "suppress"}} if input.point in {"admit", "export"}`, "is taken at the points columns alone"},
		{`obligation contains {"kind": "approvals", "roles": ["auditor"]} if "columns" == input.point`, "is taken at the points release, export alone"},
		{`obligation contains {"kind": "mask", "dataset": "d", "column": "c", "mask": {"kind": "suppress"}} if input.point in {"admit", "columns"}`, ""},
		{`obligation contains {"kind": "mask", "dataset": "d", "column": "c", "mask": {"kind": "suppress"}} if input.point != "release"`, ""},
		{`obligation contains {"kind": "approvals", "roles": ["auditor"]} if input.point == "release"`, ""},
		{`obligation contains {"kind": k, "roles": ["auditor"]} if some k in ["approvals"]`, ""},
		// what is right
		{`deny contains 1 if input.point in {"admit", "columns", "release", "export"}`, ""},
		{`deny contains 1 if input.datasets["admitt"].state == "withdrawn"`, ""},
		{`deny contains 1 if input.grant == null`, ""},
		{`deny contains 1 if input.product == "admitt"`, ""},
		{"deny contains 1 if {\n\tsome d in input.datasets\n\td.columns[_].grade > 3\n\tnot \"jail\" in input.walls\n}", ""},
		{"deny contains {\"rule\": \"x\", \"at\": p} if {\n\tsome p in [\"admit\", \"export\"]\n\tinput.point == p\n}", ""},
		{"f(a, b) if a == b\ndeny contains 1 if f(input.point, \"admit\")\ndeny contains 2 if f(input.product, \"x\")", ""},
		{"f(a, b) if a == b\ndeny contains 1 if f(input.point, \"admit\")\ndeny contains 2 if {\n\tsome x, _ in input.datasets\n\tf(x, \"y\")\n}", ""},
		{"f(a, b) if a == b\ndeny contains 1 if f(input.point, \"admit\")\ndeny contains 2 if f(\"x\", \"y\")", ""},
		{"p := input.point if input.product == \"a\" else := \"none\"\ndeny contains 1 if p == \"none\"", ""},
		{`deny contains 1 if object.get(input.job, "mode", "none") == "none"`, ""},
		{`deny contains 1 if input.scenario.state == ""`, ""},
		{"deny contains 1 if {\n\tsome p in [\"admit\", \"x\"]\n\tp == input.product\n}", ""},
	} {
		_, err := New(context.Background(), &Options{Modules: map[string]string{"own.rego": "package glovebox.domain\n" + c.text + "\n"}})
		if c.want == "" {
			if err != nil {
				t.Errorf("%s:\nrefused: %v", c.text, err)
			}
			continue
		}
		var e *glovebox.Error
		if !errors.As(err, &e) || e.Code != glovebox.CodeInvalid || !strings.Contains(e.Msg, c.want) || e.File != "own.rego" || e.Line < 2 || e.Fix == "" {
			t.Errorf("%s:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

// TestTyposInOtherPackages finds them in helpers below the domain's package,
// where a deny of their own is asked by nobody.
func TestTyposInOtherPackages(t *testing.T) {
	for text, want := range map[string]string{
		"package glovebox.domain.night\ndeny contains 1 if true":                                "rule deny is never asked",
		"package glovebox.domain.night\nnow if input.point == \"admitt\"":                       "input.point is never",
		"package glovebox.domain.night\nnow if true\nspare if true":                             "rule spare is never asked",
		"package glovebox.domain.night\nnow if substring(input.time, 11, 2) in {\"00\", \"1\"}": "",
	} {
		_, err := New(context.Background(), &Options{Modules: map[string]string{
			"night.rego": text, "own.rego": "package glovebox.domain\nimport data.glovebox.domain.night\ndeny contains 1 if night.now"}})
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestLibraryHasNoTypos reads the shipped rules as a domain's: the lists of
// values that fields hold know all that the library compares them with.
func TestLibraryHasNoTypos(t *testing.T) {
	sources, err := librarySources()
	if err != nil {
		t.Fatal(err)
	}
	modules, err := parseLibrary(sources)
	if err != nil {
		t.Fatal(err)
	}
	var c *ast.Compiler
	options := []func(*rego.Rego){rego.Query(query), rego.SetRegoVersion(ast.RegoV1), rego.CompilerHook(func(x *ast.Compiler) { c = x })}
	for _, m := range modules {
		options = append(options, rego.ParsedModule(m))
	}
	if _, err := rego.New(options...).PrepareForEval(context.Background()); err != nil {
		t.Fatal(err)
	}
	r := newReader(c)
	rules := r.rulesOf(modules)
	if r.read(rules); r.err != nil {
		t.Error(r.err)
	}
	if len(rules) < 100 {
		t.Errorf("%d rules are read", len(rules))
	}
}
