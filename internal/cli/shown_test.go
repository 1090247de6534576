package cli_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/proof/testkit/demo"
	"glovebox.example/glovebox/internal/proof/testkit/guest"
)

// shownDomain is a domain with a scenario that needs what the catalogue lacks too,
// and a job of mode train whose update fails.
func shownDomain(t *testing.T) (d *demo.Domain, job string) {
	t.Helper()
	d, dir := demo.New(t), t.TempDir()
	d.User("chen", "provider", "Labour")
	d.OK("dataset", "add", "--as", "chen", put(t, filepath.Join(dir, "d.yaml"), `
code: staff
title: {en: staff}
provider: Labour
update: year
source: {format: csv}
unit: {space: person, column: id, max_rows: 4}
ledger: {kind: zcdp, rho: 10, delta: 0.01}
columns:
  - {name: id, type: string, class: identifier, grade: 4}
  - {name: v, type: int32, class: public, grade: 1}
  - {name: day, type: date, class: public, grade: 1}
`))
	d.OK("dataset", "load", "staff", "--as", "chen", put(t, filepath.Join(dir, "d.csv"), "id,v,day\np1,1,2020-01-02\np2,2,2020-01-03\n"))
	d.OK("scenario", "add", "--as", "liu", put(t, filepath.Join(dir, "s.yaml"), `
code: work
title: {en: Work, zh: 就业}
purpose: {en: see who works, zh: 了解就业情况}
products: [{code: table, registration: R-17, title: {en: Work table, zh: 就业表}, limits: {en: not for hiring, zh: 不得用于招聘}}]
needs: {staff: [v, day, salary], taxes: [paid]}
`))
	shown(t, d, []string{"scenario", "show", "work"}, map[string][]string{
		"en": {"limits: not for hiring", "needs: staff: v, day, salary (unknown here)", "needs: taxes (unknown here): paid", "what is unknown cannot be granted"},
		"zh": {"使用限制: 不得用于招聘", "最小必要数据: staff: v, day, salary（本域没有）", "最小必要数据: taxes（本域没有）: paid", "本域没有的数据无法授权"},
	})
	var v struct{ Unknown []string }
	d.JSON(&v, "scenario", "show", "work")
	if fmt.Sprint(v.Unknown) != "[staff.salary taxes]" {
		t.Errorf("--json lists %v as unknown", v.Unknown)
	}
	d.OK("scenario", "grant", "--as", "zhao", put(t, filepath.Join(dir, "g.yaml"), `
scenario: work
from: "2026-01-01"
until: "2030-12-31"
developers: [wang]
products: [table]
approvals: [authority]
datasets: {staff: {rho: 5, per_developer: {rho: 2}, columns: {v: {use: [input, filter], mask: {kind: generalise, step: 1}}, day: {use: [filter], mask: {kind: generalise, to: month}}}}}
`))
	shown(t, d, []string{"scenario", "show", "work"}, map[string][]string{
		"en": {"may spend: staff ρ=5, each developer: ρ=2", "generalise to month", "generalise, step 1", "approvals of a release: ", "modules: any that is admitted"},
		"zh": {"可支出: staff ρ=5, 每个开发主体: ρ=2", "generalise，到 month", "发布的批准: "},
	})
	wasm, err := guest.Stuck()
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "stuck.wasm"), string(wasm))
	return d, put(t, filepath.Join(dir, "job.yaml"), `
scenario: work
product: table
module: stuck.wasm
function: step
inputs: {staff: {columns: [v], where: "v >= 0 and day > '2019-01-01'"}}
params: {rate: 0.5}
mode: train
train: {rounds: 3, size: 2, clip: 1, state: 2}
release: {method: dp, rho: 0.5}
`)
}

// shown runs a command in both languages and looks for what it has to say.
func shown(t *testing.T, d *demo.Domain, args []string, want map[string][]string) {
	t.Helper()
	for lang, texts := range want {
		out := d.OK(append(args, "--lang", lang)...)
		for _, text := range texts {
			if !strings.Contains(out, text) {
				t.Errorf("%s --lang %s does not say %q:\n%s", strings.Join(args, " "), lang, text, out)
			}
		}
	}
}

// TestPeopleSeeWhatTheyDecideOn: whoever approves a release, grants a scenario or
// looks at a job is shown all that was asked, in both languages; a model whose
// update never worked says so.
func TestPeopleSeeWhatTheyDecideOn(t *testing.T) {
	d, job := shownDomain(t)
	o := d.Run(job)
	if len(o.Rows) != 2 {
		t.Fatalf("%v", o.Rows)
	}
	asked := map[string][]string{
		"en": {"step()", "sha256:", "reads: staff@1", "v: generalise, step 1", "day: generalise to month (row filter alone)", "rows: v >= 0 and day > '2019-01-01'",
			"parameter: rate = 0.5", "mode train: 3 rounds", "price: staff ρ=0.5"},
		"zh": {"step()", "读取: staff@1", "v: generalise，步长 1", "day: generalise，到 month（仅供行过滤）", "行过滤: v >= 0 and day > '2019-01-01'",
			"参数: rate = 0.5", "train 模式：3 轮", "价格: staff ρ=0.5"},
	}
	shown(t, d, []string{"job", "show", o.Job, "--as", "wang"}, asked)
	decided := map[string][]string{
		"en": {"submitted by wang", "product: table (R-17) Work table", "limits: not for hiring", "scenario: work", "purpose: see who works", "by: zhao", "stuck 1.0 sha256:",
			"the module's update failed in every one of 3 rounds", "nothing was learned"},
		"zh": {"提交人 wang", "产品: table (R-17) 就业表", "使用限制: 不得用于招聘", "应用场景: work", "用途: 了解就业情况", "授权人: zhao", "stuck 1.0 sha256:",
			"更新函数在全部 3 轮中都失败"},
	}
	for lang := range decided {
		decided[lang] = append(decided[lang], asked[lang]...)
	}
	shown(t, d, []string{"release", "show", o.Release.ID, "--as", "zhao"}, decided)
	var v struct{ Submitter string }
	if d.JSON(&v, "release", "show", o.Release.ID, "--as", "zhao"); v.Submitter != "wang" {
		t.Errorf("--json names %q as submitter", v.Submitter)
	}
	shown(t, d, []string{"job", "run", job, "--as", "wang"}, map[string][]string{
		"en": {"the module's update failed in every one of 3 rounds"}, "zh": {"更新函数在全部 3 轮中都失败"}})
}

// TestLongTablesEnd: text output ends after a stated number of lines and says how
// to see the rest.
func TestLongTablesEnd(t *testing.T) {
	d, job := shownDomain(t)
	o := d.Run(job)
	for lang, texts := range map[string][2]string{
		"en": {"1 of 2 lines are shown: `glovebox release show " + o.Release.ID + " --lines 0` prints all", "lines are shown"},
		"zh": {"仅显示 1 行，共 2 行", "仅显示"},
	} {
		out := d.OK("release", "show", o.Release.ID, "--as", "zhao", "--lines", "1", "--lang", lang)
		if !strings.Contains(out, texts[0]) || strings.Contains(out, "\n        1  ") {
			t.Errorf("--lines 1 --lang %s:\n%s", lang, out)
		}
		for _, lines := range []string{"0", "2", "1000"} {
			if out := d.OK("release", "show", o.Release.ID, "--as", "zhao", "--lines", lines, "--lang", lang); strings.Contains(out, texts[1]) {
				t.Errorf("--lines %s --lang %s:\n%s", lines, lang, out)
			}
		}
	}
	if status, _, _ := d.Do("release", "show", o.Release.ID, "--as", "zhao", "--lines", "-1"); status != 2 {
		t.Errorf("--lines -1: exit %d", status)
	}
}
