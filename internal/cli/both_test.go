package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
)

// how is what of the JSON is compared.
type how int

const (
	all  how = iota
	form     // the names and kinds of its members: what is in them is made anew
	none     // nothing: a directory's owner gives in one step what takes two people at a server
)

// done are the second steps that a directory has no use for: it refuses them.
var done = map[string]int{"user role confirm new --role developer": 2, "user key confirm new KEY": 2, "user bind-confirm new BOUND": 2}

// bothWays are the command lines that are run at a directory and at a server. A
// command that works on a domain has a line here, or stands in oneWay.
var bothWays = []struct {
	who  string // whose --as, or whose profile; "": the owner of the directory, and the registrar
	line string
	want int // exit status
	how  how
}{
	{"sun", "domain key", 0, form},
	{"wang", "whoami", 0, all},
	{"", "org add Firm --kind firm", 0, all},
	{"sun", "org list", 0, all},
	{"sun", "org show Firm", 0, all},
	{"sun", "org show Nobody", 2, all},
	{"", "user add new --role developer --org Firm", 0, none},
	{"zhao", "user role confirm new --role developer", 0, none},
	{"zhao", "user role confirm new --role auditor", 2, none},
	{"sun", "user show new", 0, form},
	{"sun", "user show nobody", 2, all},
	{"sun", "user list", 0, form},
	{"", "user key add new new.pem.pub.json", 0, form},
	{"zhao", "user key confirm new KEY", 0, none},
	{"sun", "user key list new", 0, form},
	{"", "user key revoke KEY", 0, none},
	{"", "user bind new --issuer https://id.example --subject n-1", 0, none},
	{"sun", "user bindings new", 0, none},
	{"zhao", "user bind-confirm new BOUND", 0, none},
	{"", "user unbind BOUND", 0, none},
	{"", "user suspend new --reason left", 0, form},
	{"", "user suspend new", 2, all},
	{"", "user resume new --reason back", 0, form},
	{"", "user role remove new --role developer", 0, form},
	{"chen", "dataset add json/visits.yaml", 0, all},
	{"chen", "dataset add json/visits.yaml", 2, all},
	{"wang", "dataset add json/visits.yaml", 3, all},
	{"chen", "dataset load visits visits.csv", 2, all},
	{"chen", "dataset load pums json/rejects.csv", 2, all},
	{"chen", "dataset load pums pums/pums.csv", 0, form},
	{"sun", "dataset list", 0, form},
	{"sun", "dataset show pums", 0, form},
	{"sun", "dataset show nothing", 2, all},
	{"wang", "dataset sample pums --units 2", 0, all},
	{"chen", "dataset sample pums --fit --rho 0.01 --units 2", 0, form},
	{"wang", "dataset sample pums --fit --rho 0.01 --units 2", 3, all},
	{"zhao", "space add person --epsilon 40 --delta 1e-4", 0, all},
	{"zhao", "space add firm --rho 2 --delta 1e-6", 0, all},
	{"chen", "space add firm2 --rho 2", 3, all},
	{"sun", "space list", 0, all},
	{"sun", "space show firm", 0, all},
	{"liu", "scenario add json/scenario.yaml", 0, all},
	{"wang", "scenario add json/scenario.yaml", 3, all},
	{"zhao", "scenario grant json/grant.yaml", 0, all},
	{"zhao", "scenario grant json/wrong.yaml", 2, all},
	{"sun", "scenario list", 0, form},
	{"sun", "scenario show visits", 0, form},
	{"wang", "job check pums/job.yaml", 0, form},
	{"wang", "job check pums/job.yaml --want people=±20 --want income=±900/300", 0, form},
	{"wang", "job tune pums/job.yaml --rho 0.001", 0, form},
	{"wu", "job check pums/job.yaml", 3, form},
	{"wang", "job check json/wrong.yaml", 2, all},
	{"wang", "job run json/each.yaml", 2, all},
	{"wang", "job run pums/income.wasm", 2, all},
	{"wang", "job run pums/job.yaml", 0, form},
	{"wu", "job run pums/job.yaml", 3, form},
	{"wang", "job list", 0, form},
	{"wang", "job show JOB", 0, all},
	{"wu", "job show JOB", 2, all},
	{"wang", "release attach RELEASE neighbours.json", 0, form},
	{"wang", "release attach RELEASE pums/job.yaml", 2, all},
	{"zhao", "release list", 0, form},
	{"zhao", "release show RELEASE", 0, form},
	{"wu", "release show RELEASE", 2, all},
	{"liu", "release export RELEASE --to TO", 3, form},
	{"zhao", "release approve RELEASE", 0, form},
	{"wang", "release approve RELEASE", 3, all},
	{"chen", "release approve RELEASE", 0, form},
	{"liu", "release places", 0, none},
	{"liu", "release export RELEASE --to TO", 0, form},
	{"wang", "release export RELEASE --to TO", 3, all},
	{"zhao", "product register income-table --scenario education-income --technique GB --security three --business yearly", 0, form},
	{"zhao", "product publish income-table", 0, form},
	{"wang", "product versions income-table", 0, form},
	{"wang", "product data income-table --form xlsx -o taken.xlsx", 0, form},
	{"wu", "product data income-table -o taken.csv", 2, all},
	{"sun", "product calls", 0, form},
	{"wu", "product calls --product income-table", 2, all},
	{"sun", "budget show pums", 0, form},
	{"wu", "budget show pums", 3, all},
	{"sun", "budget history pums", 0, form},
	{"sun", "audit list --action dataset.add", 0, form},
	{"sun", "audit list --decision perhaps", 2, all},
	{"sun", "audit show 0", 0, form},
	{"sun", "audit show 999999", 2, all},
	{"wu", "audit show 0", 2, all},
	{"sun", "audit timeline JOB", 0, form},
	{"sun", "audit people --role developer", 0, form},
	{"sun", "audit left --from 2020-01-01 --to 2099-12-31", 0, form},
	{"sun", "audit watch --state REPORT.kept", 0, form},
	{"sun", "audit alerts", 0, form},
	{"sun", "policy explain JOB --rule column.not_needed --policy now", 0, form},
	{"sun", "policy explain 0", 2, all},
	{"wang", "policy explain JOB", 3, all},
	{"wang", "audit alerts", 3, all},
	{"sun", "report make scenarios --from 2020-01-01 --to 2099-12-31 -o REPORT", 0, form},
	{"zhao", "node trust machine/node.json", 0, form},
	{"zhao", "node use local", 0, form},
	{"sun", "node list", 0, form},
	{"zhao", "node revoke n1", 0, form},
	{"zhao", "node revoke n1", 2, all},
	{"chen", "dataset pause pums --reason wrong", 0, form},
	{"wang", "dataset pause pums --reason wrong", 3, all},
	{"chen", "dataset resume pums --reason right", 0, form},
	{"zhao", "scenario suspend visits --reason check", 0, form},
	{"zhao", "scenario resume visits --reason checked", 0, form},
	{"zhao", "incident open leak --about dataset/pums", 0, form},
	{"zhao", "incident note i-1 seen", 0, form},
	{"sun", "incident list", 0, form},
	{"zhao", "freeze --reason incident", 0, form},
	{"liu", "job run pums/job.yaml", 3, form},
	{"zhao", "unfreeze --reason over", 0, form},
	{"zhao", "incident close i-1 over", 0, form},
	{"wang", "job cancel JOB --reason late", 2, all},
	{"zhao", "release return RELEASE --reason late", 2, all},
	{"zhao", "release refuse RELEASE --reason late", 2, all},
	{"liu", "release supersede RELEASE --by RELEASE --reason late", 2, all},
	{"liu", "release withdraw RELEASE --reason wrong", 0, form},
	{"liu", "scenario apply again.yaml", 0, form},
	{"wu", "scenario apply again.yaml", 2, all},
	{"chen", "scenario review again --dataset visits", 0, form},
	{"zhao", "scenario return again --reason why", 0, form},
	{"liu", "scenario amend again.yaml --reason so", 0, form},
	{"zhao", "scenario refuse again --reason no", 0, form},
	{"sun", "scenario history again", 0, form},
	{"wang", "grant request pums/job.yaml", 0, form},
	{"wang", "module register pums/income.wasm", 0, form},
	{"liu", "module register pums/income.wasm", 3, all},
	{"chen", "module certify MODULE read", 0, form},
	{"liu", "module promote MODULE pums/job.yaml looked", 0, form},
	{"sun", "module list", 0, form},
	{"zhao", "module revoke MODULE --reason faulty", 0, form},
	{"liu", "product register income-table --scenario education-income --technique GB --security three --business yearly", 3, all},
	{"sun", "product list", 0, form},
	{"sun", "product show income-table", 0, form},
	{"sun", "product sample-review income-table RELEASE fine", 0, form},
	{"liu", "product retire income-table --reason over", 0, form},
	{"wang", "ticket open pums codes --column educ", 0, form},
	{"chen", "ticket answer t-1 mended", 0, form},
	{"sun", "ticket list", 0, form},
	{"zhao", "ticket close t-1 seen", 0, form},
	{"chen", "dataset load pums pums/pums.csv", 0, form},
	{"chen", "dataset snapshots pums", 0, form},
	{"chen", "dataset rollback pums 1 --reason wrong", 0, form},
	{"chen", "dataset destroy pums 2 --reason wrong", 0, form},
	{"chen", "dataset history pums", 0, form},
	{"chen", "dataset cancel pums --reason slip", 2, all},
	{"zhao", "scenario end visits --reason over", 0, form},
	{"chen", "dataset withdraw visits --reason over", 0, form},
	{"", "user end new --reason left", 0, form},
	{"", "org suspend Firm --reason check", 0, form},
	{"", "org resume Firm --reason checked", 0, form},
	{"", "org end Firm --reason gone", 0, form},
	{"", "domain rotate-keys signing", 0, form},
}

// oneWay are the commands that have one way, with the reason.
var oneWay = map[string]string{
	"init": "makes a directory", "domain serve-from-now": "turns a directory", "domain restore": "makes a directory", "domain backup": "writes folders of the host", "serve": "holds it", "web": "stands in front", "doctor": "is about this machine",
	"login": "is at a server", "logout": "is at a server", "session list": "is at a server", "session end": "is at a server", "token add": "is at a server", "token list": "is at a server", "token end": "is at a server",
	"provider keys": "is about files", "config": "is about this account's profiles", "user key new": "makes a file",
	"verify": "is about files", "release report": "is about files", "schema show": "is about the program", "dataset new": "is about files", "dataset scan": "is about files", "report list": "is about the program",
	"module new": "is about files", "module build": "is about files", "module check": "is about files", "module show": "is about files", "module test": "is about files",
	"policy test": "is about files", "policy lint": "is about files",
	"node init": "is about a node's machine", "node serve": "is about a node's machine", "node task": "is about a node's machine", "node doctor": "is about a node's machine",
	// What has to see the directory when nobody writes to it, or all of it.
	"witness init": "is about a witness's machine", "witness add": "is about a witness's machine", "witness list": "is about a witness's machine", "witness serve": "is about a witness's machine",
	"witness ask":  "of two domains that began as one, a witness signs one: TestWatchSeesForksFromOutside",
	"audit verify": onHost, "audit copy": onHost, "audit replay": onHost, "audit index": onHost, "report verify": onHost, "policy diff": onHost,
}

const onHost = "reads the directory itself, on its host"

// changing is what differs between two domains that say the same.
var changing = []struct {
	what *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]{64}`), "DIGEST"},
	{regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`\b[rj]-[0-9a-f]{16}\b`), "ID"},
	{regexp.MustCompile(`[^\s"]*(out-near|out-far|near\.md|far\.md|archive|/near|/far)\b[^\s"]*`), "PLACE"},
}

// alike is a document of which two can be compared.
func alike(v any, x how) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = alike(e, x)
		}
		return out
	case []any:
		if x == form && len(v) > 0 {
			return []any{fmt.Sprintf("list of %T", v[0])}
		}
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = alike(e, x)
		}
		return out
	case string:
		for _, c := range changing {
			v = c.what.ReplaceAllString(v, c.to)
		}
		if x == form {
			return "text"
		}
		return v
	}
	if x == form {
		return fmt.Sprintf("%T", v)
	}
	return v
}

// TestEveryCommandBothWays runs each command at a directory and at a server, over
// two domains that began as one: the same exit status and the same JSON, on both
// streams. A command that is in neither table fails the test, and one that cannot
// work at a server says so and does not wait.
func TestEveryCommandBothWays(t *testing.T) {
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := copyTree(filepath.Join(dir, "json"), "testdata/json"); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	do := func(line string) string {
		t.Helper()
		status, out, errs := shell(t, strings.Fields(line)...)
		if status != 0 {
			t.Fatalf("%s: status %d %s", line, status, errs)
		}
		return out
	}
	first := func(expr, in string) string { return regexp.MustCompile(expr).FindString(in) }
	do("org add Office --kind bureau --domain city")
	do("user add he --role registrar --domain city")
	release := first("r-[0-9a-f]{16}", do("job run pums/job.yaml --as wang --domain city"))
	const reasons = "term: {from: \"2026-01-01\", until: \"2030-12-31\"}\nreasons: {visits: {card: {en: x}, day: {en: x}, ward: {en: x}, payer: {en: x}, cost: {en: x}, state: {en: x}, doctor: {en: x}}, taxes: {paid: {en: x}}}\n"
	module := first("sha256:[0-9a-f]{64}", do("module check pums/income.wasm"))
	again, err := os.ReadFile("json/scenario.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("again.yaml", []byte(strings.Replace(string(again), "code: visits", "code: again\noperator: liu", 1)+reasons), 0o600); err != nil {
		t.Fatal(err)
	}
	do("module test pums/income.wasm --job pums/job.yaml --record pums/dataset.yaml --units 9 --neighbours -o neighbours.json")
	do("node init machine --name n1 --key " + strings.TrimSpace(do("domain key --domain city")))
	if err := copyTree("far", "city"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename("city", "near"); err != nil {
		t.Fatal(err)
	}
	people := []string{"he", "zhao", "chen", "liu", "wang", "wu", "sun", "new"}
	for _, who := range people {
		do("user key new " + who + " -o " + who + ".pem")
	}
	do("domain serve-from-now --registrar he --registrar-key he.pem.pub.json --authority zhao --authority-key zhao.pem.pub.json --org Office --domain far")
	server, stop := overTLS(t, "far")
	defer stop()
	number := func(who string) string {
		b, err := os.ReadFile(who + ".pem.pub.json")
		if err != nil {
			t.Fatal(err)
		}
		return first("sha256:[0-9a-f]{64}", string(b))
	}
	for _, who := range people[:len(people)-1] {
		if who != "he" && who != "zhao" {
			do("user key add " + who + " " + who + ".pem.pub.json --profile he")
			do("user key confirm " + who + " " + number(who) + " --profile zhao")
		}
		do("login --server " + server + " --profile " + who + " --user " + who + " --key " + who + ".pem --ca ca.pem")
	}
	ran := map[string]bool{}
	var bound [2]string
	names := map[string]bool{}
	for _, c := range commands(tree("en")) {
		if !c.HasSubCommands() {
			names[strings.TrimPrefix(c.CommandPath(), "glovebox ")] = true
		}
	}
	for _, x := range bothWays {
		words := strings.Fields(x.line)
		for n := 3; n > 0; n-- {
			if name := strings.Join(words[:min(n, len(words))], " "); names[name] {
				ran[name] = true
				break
			}
		}
		var got [2]string
		for i, way := range []string{"near", "far"} {
			line := strings.NewReplacer("RELEASE", release, "JOB", "j"+release[1:], "KEY", number("new"), "MODULE", module, "BOUND", bound[i],
				"TO", []string{"out-near", "archive"}[i], "REPORT", way+".md").Replace(x.line)
			args := append(strings.Fields(line), "--json")
			switch {
			case i == 1 && x.who == "":
				args = append(args, "--profile", "he")
			case i == 1:
				args = append(args, "--profile", x.who)
			case x.who == "" || regexp.MustCompile(`^(user|org|domain) `).MatchString(line):
				args = append(args, "--domain", "near")
			default:
				args = append(args, "--domain", "near", "--as", x.who)
			}
			status, out, errs := shell(t, args...)
			if id := first(`"id": "b-[^"]+`, out); id != "" && strings.HasPrefix(line, "user bind ") {
				bound[i] = strings.TrimPrefix(id, `"id": "`)
			}
			want := x.want
			if i == 0 && x.how == none {
				want = max(want, done[x.line])
			}
			if status != want {
				t.Errorf("%s of %s: status %d, not %d: %s%s", way, x.line, status, want, out, errs)
			}
			got[i] = fmt.Sprint(same(t, out, x.how), "\n", same(t, errs, x.how))
		}
		if x.how != none && got[0] != got[1] {
			t.Errorf("%s: at a directory\n%s\nat a server\n%s", x.line, got[0], got[1])
		}
	}
	for name := range names {
		if ran[name] == (oneWay[name] != "") {
			t.Errorf("%s is in bothWays: %v; why it is not: %q", name, ran[name], oneWay[name])
		}
	}
	for _, a := range access.Acts {
		if !ran[a.Command] && oneWay[a.Command] == "" {
			t.Errorf("the act %s: no line runs glovebox %s", a.Name, a.Command)
		}
	}
	for line, why := range map[string]string{"audit verify": "2", "audit copy x": "2", "audit replay": "2", "policy explain 0 --policy json/strict": "2", "policy diff now json/strict": "2", "report verify near.md": "2", "audit index": "2"} {
		if status, _, errs := shell(t, append(strings.Fields(line), "--profile", "sun")...); fmt.Sprint(status) != why || !strings.Contains(errs, "--domain DIR") {
			t.Errorf("%s at a server: status %d, %s", line, status, errs)
		}
	}
}

// same is what a stream holds, as it can be compared.
func same(t *testing.T, stream string, x how) string {
	t.Helper()
	if stream == "" {
		return ""
	}
	v, err := document([]byte(stream))
	if err != nil {
		t.Fatalf("%v: %s", err, stream)
	}
	b, err := json.MarshalIndent(alike(v, x), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestEveryQuestionIsAsked: a command of bothWays asks each question that the API
// answers, so that a new one is run both ways; but those that pages alone ask.
func TestEveryQuestionIsAsked(t *testing.T) {
	source := ""
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "_test.go") }) {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source += string(b)
	}
	for _, q := range api.Questions {
		if !slices.Contains([]string{"state", "checkpoint", "inbox", "proof"}, q.Name) && !strings.Contains(source, `"`+q.Name+`"`) {
			t.Errorf("no command asks %s", q.Name)
		}
	}
}
