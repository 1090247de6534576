package canary

import (
	"encoding/json"
	"os"
	"strconv"
)

// stagePeople runs the commands about people and keys, and those that ask the
// log, replay it and report from it.
func (b *box) stagePeople() {
	for _, dir := range []string{"rules", "keys", "copies", "reports", "kept-keys"} {
		if err := os.MkdirAll(b.path(dir), 0o700); err != nil {
			b.t.Fatal(err)
		}
	}
	for _, line := range []string{"user show wang", "org list", "user key list", "audit timeline dataset/people --as sun", "audit index --as sun",
		"audit people --as sun", "audit replay --as sun", "report list", "schema show dataset", "policy lint rules", "policy test rules"} {
		if line == "policy lint rules" {
			write(b.t, b.path("rules/more.rego"), []byte("package glovebox.domain\n\nimport rego.v1\n"))
			write(b.t, b.path("rules/more_test.rego"), []byte("package more_test\n\nimport rego.v1\n\ntest_sum if 1 + 1 == 2\n"))
		}
		b.ok(line)
		b.ok(line)
	}
	decided := ""
	_, out, _ := b.run("audit list --decision any --last 1 --as sun", []string{"--json"})
	var last []struct{ Index uint64 }
	if err := json.Unmarshal([]byte(out), &last); err == nil && len(last) == 1 {
		decided = strconv.FormatUint(last[0].Index, 10)
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		b.once("org add office-" + name + " --kind bureau")
		b.once("user key new " + name + " -o keys/" + name + ".pem")
		b.once("user key add wu keys/" + name + ".pem.pub.json")
		b.once("user add gu" + name + " --role auditor")
		b.once("user role remove gu" + name + " --role auditor")
		b.once("user suspend wu --reason away")
		b.once("user resume wu --reason back")
		b.once("audit copy copies/" + name + " --as sun")
		b.once("report make usage --from 2026-01-01 --to 2026-12-31 -o reports/" + name + ".md --as sun")
		b.once("report verify reports/" + name + ".md --as sun")
		b.once("dataset scan sources/people.csv")
		b.once("dataset new sources/people.csv --code new" + name + " -o jobs/new" + name + ".yaml")
		if decided != "" {
			b.once("policy explain " + decided + " --as sun")
		}
		b.once("policy diff now now --as sun")
		b.once("org show office-" + name)
		b.once("domain key --new keys/" + name + ".data")
		b.once("domain key --new keys/" + name + ".keys")
		b.once("domain backup copies/" + name + ".data --to keys/" + name + ".data.pub --keys kept-keys/" + name + " --keys-to keys/" + name + ".keys.pub")
		b.once("domain restore copies/" + name + ".data again-" + name + " --with keys/" + name + ".data --keys kept-keys/" + name + " --keys-with keys/" + name + ".keys --may-be-old")
		b.once("domain rotate-keys domain")
	}
	for _, line := range []string{"user show nobody", "org add office-a --kind bureau", "org show nothing", "user key new a -o keys/a.pem", "user key add wu sources/people.csv",
		"user key confirm wu sha256:0", "user key revoke sha256:0", "user suspend nobody --reason x", "user resume wu --reason x", "user role confirm wu --role auditor",
		"user role remove wu --role auditor", "audit timeline nothing/x --as sun", "audit replay --entry 999999 --as sun", "audit people --role boss --as sun",
		"audit copy copies/a --as sun", "audit index --as wang", "report make nothing --as sun", "report verify sources/people.csv --as sun", "report list more",
		"schema show nothing", "policy test sources", "policy lint sources", "policy explain 999999 --as sun", "policy diff nothing now --as sun",
		"dataset scan nothing.csv", "dataset new nothing.csv", "org list more", "user key list a b", "domain key --new keys/a.data", "domain backup copies/a.data --to sources/people.csv --keys kept-keys/x --keys-to sources/people.csv",
		"domain restore sources/people.csv again --with sources/people.csv --keys sources/people.csv --keys-with sources/people.csv --may-be-old", "domain rotate-keys nothing"} {
		b.any(line)
		b.any(line)
	}
}
