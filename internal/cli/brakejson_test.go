package cli

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// stoppedHalfWay runs a job that shows nothing for an hour, stops the command once
// the job is running, and returns its name.
func stoppedHalfWay(t *testing.T, run func(want int, line string) (out, errs any)) string {
	t.Helper()
	data, err := os.ReadFile("pums/job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("pums/slow.yaml", []byte(strings.Replace(string(data), "rho: 0.125", "rho: 0.001, deadline: 3600", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan string, 1)
	go func() {
		var o, e bytes.Buffer
		Run(ctx, []string{"job", "run", "pums/slow.yaml", "--as", "wang", "--domain", "city"}, Streams{In: strings.NewReader(""), Out: &o, Err: &e})
		ended <- o.String() + e.String()
	}()
	for range 1000 {
		list, _ := run(0, "job list --as wang")
		for _, j := range list.([]any) {
			if j := j.(map[string]any); j["state"] == "running" {
				stop()
				<-ended
				return j["id"].(string)
			}
		}
		select {
		case said := <-ended:
			t.Fatalf("the run ended before it began: %s", said)
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatal("the run does not begin")
	return ""
}

// brakesJSON runs the commands that stop things, and let them go on, over a domain
// in which id is a release that was exported.
func brakesJSON(t *testing.T, run func(want int, line string) (out, errs any), id string) {
	run(0, "incident open 误发 --about dataset/pums --reported-to 网信办 --as chen")
	run(0, "incident open 演练 --drill --as sun")
	run(3, "incident note i-1 x --as wang")
	run(0, "incident note i-1 处置 --state handling --reported-to 公安 --as chen")
	run(2, "incident note i-1 x --state word --as chen")
	run(0, "scenario suspend education-income --reason 核查 --incident i-1 --as zhao")
	run(2, "scenario suspend education-income --reason 核查 --incident i-9 --as liu")
	run(0, "scenario show education-income")
	run(3, "scenario resume education-income --reason x --as liu")
	run(0, "scenario resume education-income --reason 完毕 --as zhao")
	run(0, "dataset pause pums --reason 核查 --as chen")
	run(3, "dataset resume pums --reason x --as zhao")
	run(3, "dataset pause pums --reason x --as liu")
	run(0, "dataset show pums")
	run(0, "dataset resume pums --reason 完毕 --as chen")
	run(0, "freeze --reason 演练 --as zhao")
	run(3, "freeze --reason x --as liu")
	run(3, "release export "+id+" --to elsewhere --as liu")
	run(0, "unfreeze --reason 完毕 --as zhao")
	run(2, "job cancel j-0000000000000000 --reason x --as wang")
	run(2, "release supersede "+id+" --by "+id+" --reason x --as liu")
	run(2, "release return "+id+" --reason x --as zhao")
	var same []string
	list, _ := run(0, "release list --as sun")
	for _, r := range list.([]any) {
		if r := r.(map[string]any); r["state"] == "pending" && r["product"] == "income-table" {
			same = append(same, r["id"].(string))
		}
	}
	if len(same) < 2 {
		t.Fatalf("only %d releases wait", len(same))
	}
	run(0, "release return "+same[0]+" --reason 口径 --as zhao")
	run(3, "release refuse "+same[0]+" --reason x --as wang")
	run(0, "release refuse "+same[0]+" --reason 口径 --as chen")
	run(0, "release approve "+same[1]+" --as chen")
	run(0, "release approve "+same[1]+" --as zhao")
	run(0, "release supersede "+id+" --by "+same[1]+" --reason 更新 --as liu")
	run(0, "release withdraw "+id+" --reason 有误 --as liu")
	run(0, "release show "+id+" --as zhao")
	run(0, "user suspend ma --reason x")
	run(0, "user end ma --reason x")
	run(0, "org add 某公司 --kind firm")
	run(0, "org suspend 某公司 --reason x")
	run(0, "org resume 某公司 --reason x")
	run(0, "org end 某公司 --reason x")
	run(0, "grant request pums/job.yaml --as wang")
	run(2, "scenario apply json/scenario.yaml --as wang")
	run(0, "scenario apply json/apply.yaml --as wang")
	run(0, "scenario review applied --as liu")
	run(0, "scenario review applied --columns educ --reason 过细 --as chen")
	run(2, "scenario review applied --reasonable yes --as zhao")
	run(0, "scenario review applied --reasonable yes:急需 --necessary no:过细 --satisfiable yes:齐备 --as zhao")
	run(0, "scenario return applied --reason 请删减 --as zhao")
	run(0, "scenario amend json/amend.yaml --reason 已改 --as wang")
	run(0, "scenario refuse applied --reason 不符 --as zhao")
	run(0, "scenario show applied")
	run(0, "scenario history applied --as sun")
	run(0, "scenario review education-income --as chen")
	run(0, "scenario apply json/reuse.yaml --reuse education-income --as liu")
	run(0, "dataset load open json/open.csv --accept-change --as chen")
	run(0, "dataset rollback open 1 --reason 有误 --as chen")
	run(2, "dataset destroy open 1 --reason x --as chen")
	run(0, "dataset destroy open 2 --reason 有误 --as chen")
	run(2, "dataset rollback open 2 --reason x --as chen")
	run(0, "dataset snapshots open")
	run(2, "dataset cancel open --reason x --as chen")
	run(0, "dataset cancel sheet --reason 误登记 --as chen")
	run(0, "dataset history open --as sun")
	run(0, "dataset withdraw noisy --reason 收回 --as chen")
	run(0, "dataset show noisy")
	run(0, "scenario end visits --reason 到期 --as liu")
	run(0, "incident close i-1 完毕 --as zhao")
	run(2, "incident note i-1 x --as zhao")
	run(0, "incident list")
	run(0, "audit verify")
}
