package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/evidence/replay"
	"glovebox.example/glovebox/policy"
)

// lived makes a domain that has lived: re-grants, three policies, refusals at
// every point where the policy is asked, releases and exports.
func lived(t *testing.T) (dir string, run func(want int, line string) string) {
	t.Helper()
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	run = func(want int, line string) string {
		t.Helper()
		status, out, errs := shell(t, append(strings.Fields(line), "--domain", "city")...)
		if status != want {
			t.Fatalf("%s: status %d\n%s%s", line, status, out, errs)
		}
		return out
	}
	const refuse = `package glovebox.domain

# Nobody takes anything out while this stands.
deny contains {"rule": "stop", "at": "release", "req": "R20", "text": {"en": "no export now", "zh": "暂停导出"}} if {
	input.point == "export"
}
`
	const unknown = `package glovebox.domain

obligation contains {"kind": "mask", "dataset": "pums", "column": "nothing", "mask": {"kind": "suppress"}}
`
	rules := filepath.Join("city", "policy", "mine.rego")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(rules, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(0, "audit verify --save early")
	run(0, "user add wu --role auditor")
	run(0, "dataset load pums pums/pums.csv --as chen")
	run(3, "job run pums/job.yaml --as wu")
	write(unknown)
	run(3, "job run pums/job.yaml --as wang")
	if err := os.Remove(rules); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		run(0, "scenario grant pums/grant.yaml --as zhao")
	}
	id := regexp.MustCompile(`r-[0-9a-f]{16}`).FindString(run(0, "job run pums/job.yaml --as wang"))
	run(0, "job run pums/job.yaml --as wang")
	run(3, "release export "+id+" --to out --as liu")
	run(0, "release approve "+id+" --as zhao")
	run(0, "release approve "+id+" --as chen")
	write(refuse)
	run(3, "release export "+id+" --to out --as liu")
	if err := os.Remove(rules); err != nil {
		t.Fatal(err)
	}
	run(0, "release export "+id+" --to out --as liu")
	run(0, "release export "+id+" --to out --as liu")
	return dir, run
}

// TestReplayMatchesEveryDecision: all that the policy ever decided in a domain
// that lived comes out the same from what was kept, and otherwise under a policy
// that differs.
func TestReplayMatchesEveryDecision(t *testing.T) {
	_, run := lived(t)
	var r replay.Result
	read := func(out string) {
		t.Helper()
		r = replay.Result{}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
	}
	read(run(0, "audit replay --as sun --json"))
	if r.Decisions < 14 || r.Same != r.Decisions {
		t.Fatalf("%+v", r)
	}
	all := r.Decisions
	// Under a policy that lets nothing out, the exports of then change, and
	// nothing else.
	if err := os.MkdirAll("strict", 0o700); err != nil {
		t.Fatal(err)
	}
	const strict = `package glovebox.domain
deny contains {"rule": "stop", "text": {"en": "no", "zh": "否"}} if input.point == "export"
`
	if err := os.WriteFile("strict/stop.rego", []byte(strict), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, _ := shell(t, "audit", "replay", "--policy", "strict", "--as", "sun", "--domain", "city", "--json")
	read(out)
	if status != 2 || r.Decisions != all {
		t.Fatalf("status %d, %+v", status, r)
	}
	allowed := 0
	for _, c := range r.Changed {
		if c.Point != "export" && (c.Before.Allow || len(c.Before.Rules) == 0 || c.Before.Rules[0] != "policy.obligation mine.rego:3:1") {
			t.Errorf("changed: %+v", c)
		}
		if c.Before.Allow && !c.After.Allow {
			allowed++
		}
	}
	if allowed != 2 {
		t.Errorf("%d exports would be refused, not 2: %+v", allowed, r.Changed)
	}
	// One entry, and one that has no decision.
	list := run(0, "audit list --action job.admit --as sun --json")
	index := regexp.MustCompile(`"index": (\d+)`).FindStringSubmatch(list)[1]
	read(run(0, "audit replay --entry "+index+" --as sun --json"))
	if r.Decisions != 2 || r.Same != 2 {
		t.Errorf("%+v", r)
	}
	run(2, "audit replay --entry 0 --as sun")
	run(3, "audit replay --as wang")
	// What was asked, and what was not.
	var x []policy.Explanation
	if err := json.Unmarshal([]byte(run(0, "policy explain "+index+" --rule column.not_needed --as sun --json")), &x); err != nil {
		t.Fatal(err)
	}
	if len(x) != 2 || len(x[0].Rules) != 1 || !x[0].Rules[0].Asked || x[0].Rules[0].Fired || x[0].Rules[0].Until == "" || len(x[1].Grounds) != 1 || len(x[1].Grounds[0].Held) < 4 {
		t.Errorf("%+v", x)
	}
	for _, lang := range []string{"en", "zh"} {
		out := run(0, "policy explain "+index+" --as sun --lang "+lang)
		if !strings.Contains(out, "input.user.name in input.grant.developers") {
			t.Errorf("%s", out)
		}
	}
	run(2, "policy explain "+index+" --rule nothing.such --as sun")
	if out := run(0, "policy diff now strict --as sun"); !strings.Contains(out, "domain/stop.rego: added") {
		t.Errorf("%s", out)
	}
}

// TestPolicyTestsAndLint: tests run as opa runs them, with what they do not reach;
// a rule that cannot hold is named.
func TestPolicyTestsAndLint(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("mine.rego", `package glovebox.domain

deny contains {"rule": "small", "text": {"en": "no", "zh": "否"}} if {
	input.point == "admit"
	input.job.release.epsilon > 2
}

deny contains {"rule": "train", "text": {"en": "no", "zh": "否"}} if {
	input.point == "admit"
	input.job.mode == "train"
}
`)
	write("mine_test.rego", `package glovebox.domain_test

import data.glovebox.domain

test_refuses_much if {
	count(domain.deny) == 1 with input as {"point": "admit", "job": {"release": {"epsilon": 3}, "mode": "map"}}
}

test_lets_little_through if {
	count(domain.deny) == 0 with input as {"point": "admit", "job": {"release": {"epsilon": 1}, "mode": "map"}}
}
`)
	status, out, errs := shell(t, "policy", "test", ".", "--json")
	var r policy.Tests
	if err := json.Unmarshal([]byte(out), &r); err != nil || status != 0 {
		t.Fatalf("status %d, %v\n%s%s", status, err, out, errs)
	}
	if len(r.Results) != 2 || !r.Results[0].Pass || !r.Results[1].Pass || r.Covered >= 100 || r.Covered < 50 || len(r.Files) != 1 {
		t.Errorf("%+v", r)
	}
	write("more_test.rego", "package glovebox.more_test\n\ntest_wrong if 1 == 2\n")
	if status, out, errs := shell(t, "policy", "test", "."); status != 2 || !strings.Contains(out, "glovebox.more_test.test_wrong") || !strings.Contains(errs, "1 of 3 tests fail") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if status, _, errs := shell(t, "policy", "lint", "."); status != 0 {
		t.Errorf("status %d\n%s", status, errs)
	}
	write("wrong.rego", "package glovebox.domain\n\ndeny contains {\"rule\": \"x\"} if input.job.mod == \"train\"\n")
	if status, _, errs := shell(t, "policy", "lint", "."); status != 2 || !strings.Contains(errs, "wrong.rego:3") {
		t.Errorf("status %d\n%s", status, errs)
	}
}
