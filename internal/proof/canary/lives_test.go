package canary

import (
	"regexp"
	"strings"
)

// stageLives takes what is recorded through its life: applied for, agreed, stopped,
// amended, taken back, ended. Each line succeeds once; then the same command is run
// where it is refused, or over a name that is none.
func (b *box) stageLives() {
	keys := b.releaseOf("keys", job{function: "keys", columns: "note", key: privately, perUnit: 2, release: "rho: 0.5, delta: 1e-12"})
	var other [3]string
	for i, age := range []string{"1", "2", "3"} {
		other[i] = b.releaseOf("lives-"+age, present("age > "+age))
	}
	for _, r := range []string{keys, other[0]} {
		b.any("release approve " + r + " --as zhao")
		b.any("release approve " + r + " --as pat")
	}
	b.any("release export " + keys + " --to lives-out --as liu")
	for _, code := range []string{"lived", "slip"} {
		b.record(code, "{format: csv, encoding: gb18030}", "max_rejects: 1")
		b.once("dataset add jobs/" + code + ".yaml --as pat")
	}
	for range 2 {
		b.once("dataset load lived sources/people.csv --as pat")
	}
	for _, code := range []string{"again", "over"} {
		write(b.t, b.path("jobs/"+code+".yaml"), []byte("code: "+code+`
operator: liu
title: {en: Again, zh: 再次}
purpose: {en: to look for leaks, zh: 检查泄漏}
products:
  - {code: `+code+`-table, registration: CANARY-`+code+`, title: {en: Table, zh: 表}}
needs: {people: [note, age]}
term: {from: "2026-01-01", until: "2030-12-31"}
reasons: {people: {note: {en: asked for, zh: 需要}, age: {en: asked for, zh: 需要}}}
`))
	}
	_, out, _ := b.run("module check jobs/canary.wasm", nil)
	module := regexp.MustCompile("sha256:[0-9a-f]{64}").FindString(out)
	for _, line := range []string{
		"user bind wu --issuer https://id.example --subject n-1", "user bindings wu", "user unbind BOUND",
		"org add lives --kind firm", "org suspend lives --reason check", "org resume lives --reason checked", "org end lives --reason gone",
		"dataset pause lived --reason check --as pat", "dataset resume lived --reason checked --as pat", "dataset snapshots lived --as pat",
		"dataset rollback lived 1 --reason wrong --as pat", "dataset destroy lived 2 --reason wrong --as pat", "dataset cancel slip --reason slip --as pat",
		"dataset history lived --as pat", "dataset withdraw lived --reason over --as pat",
		"grant request jobs/lives-1.yaml --as wang", "job tune jobs/lives-1.yaml --rho 0.001 --as wang",
		"scenario apply jobs/again.yaml --as liu", "scenario review again --dataset people --as pat", "scenario return again --reason why --as zhao",
		"scenario amend jobs/again.yaml --reason so --as liu", "scenario refuse again --reason no --as zhao", "scenario history again --as sun",
		"scenario suspend canary --reason check --as zhao", "scenario resume canary --reason checked --as zhao",
		"module register jobs/canary.wasm --as wang", "module certify " + module + " read --as pat", "module promote " + module + " jobs/lives-1.yaml looked --as liu",
		"module list --as sun", "module revoke " + module + " --reason faulty --as zhao",
		"ticket open people codes --column note --as wang", "ticket answer t-1 mended --as pat", "ticket list --as sun", "ticket close t-1 seen --as zhao",
		"incident open leak --about dataset/people --as zhao", "incident note i-1 seen --as zhao", "incident list --as sun", "incident close i-1 over --as zhao",
		"product register table --scenario canary --technique GB --security three --business yearly --as zhao", "product publish table --as zhao",
		"product list --as sun", "product show table --as sun", "product versions table --as wang", "product data table -o lives.csv --as wang", "product calls --as sun",
		"product sample-review table " + keys + " fine --as sun",
		"release places --as liu", "release supersede " + keys + " --by " + other[0] + " --reason newer --as liu",
		"release return " + other[1] + " --reason why --as zhao", "release refuse " + other[2] + " --reason no --as zhao", "release withdraw " + keys + " --reason wrong --as liu",
		"product retire table --reason over --as liu",
		"audit left --from 2020-01-01 --to 2099-12-31 --as sun", "audit watch --state lives.kept --alerts --as sun", "audit alerts --as sun",
		"user end wu --reason left", "scenario end canary --reason over --as zhao",
	} {
		line = strings.Replace(line, "BOUND", b.bound(), 1)
		v := b.next(line)
		if status, out, errs := b.run(line, v); status != 0 {
			b.t.Errorf("%s %v: status %d\n%s%s", line, v, status, out, errs)
		}
		name := command(strings.Fields(line))
		bad := map[string]string{"audit left": "--as nobody", "audit watch": "--state sources/people.csv --as nobody", "audit alerts": "--as nobody", "job tune": "sources/people.csv --as wang", "grant request": "sources/people.csv --as wang",
			"scenario apply": "sources/people.csv --as liu", "scenario amend": "sources/people.csv --reason x --as liu", "module register": "sources/people.csv --as wang"}[name]
		if bad == "" {
			bad = "sources/people.csv nothing more --as nobody"
		}
		for range 3 {
			if b.any(name+" "+bad) == 0 {
				b.t.Errorf("%s %s succeeds", name, bad)
			}
		}
	}
	// What a second person confirms at a server, and a job that is over.
	for _, line := range []string{"user bind-confirm wu b-1", "job cancel j" + keys[1:] + " --reason late --as wang"} {
		for range 4 {
			if b.any(line) == 0 {
				b.t.Errorf("%s succeeds", line)
			}
		}
	}
}

// bound is the number of an account of an identity provider that is somebody's.
func (b *box) bound() string {
	_, out, _ := b.run("user bindings wu", []string{"--json"})
	return regexp.MustCompile("b-[0-9A-Za-z]+").FindString(out)
}
