package cli

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/audit/witness"
)

var (
	commandRow = regexp.MustCompile("^\\| `([a-z -]+)` \\| (.+) \\|$")
	fieldRow   = regexp.MustCompile("^\\| `([a-z0-9_]+)` \\| ([^|]+) \\| ([^|]*)\\|$")
)

// recordsJSON registers modules and products, samples a delivery, and asks about the
// quality of data.
func recordsJSON(t *testing.T, run func(int, string) (any, any), id string) {
	t.Helper()
	run(2, "product register income-table --scenario education-income --technique GB --security three --business yearly --as zhao")
	run(0, "product sample-review income-table "+id+" fine --passed --as sun")
	run(2, "product sample-review income-table r-0 fine --as sun")
	run(0, "product list")
	run(0, "product show income-table")
	run(0, "ticket open pums codes --column educ --as wang")
	run(3, "ticket answer t-1 no --as liu")
	run(0, "ticket answer t-1 mended --as chen")
	run(0, "ticket answer t-1 where --again --as wang")
	run(0, "ticket close t-1 done --as wang")
	run(0, "ticket list")
	if err := os.WriteFile("source.tar", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, _ := run(0, "module register pums/income.wasm --source source.tar --recipe make --as wang")
	digest := m.(map[string]any)["digest"].(string)
	run(3, "module certify "+digest+" read --as wang")
	run(0, "module certify "+digest+" read --as zhao")
	run(0, "module certify "+digest+" read --as chen")
	run(0, "module promote "+digest+" pums/job.yaml looked --as liu")
	run(0, "module list")
	run(0, "module revoke "+digest+" --reason faulty --as zhao")
	run(0, "product retire income-table --reason over --as zhao")
}

// watchJSON follows the log with a witness, and shows the watch an older log.
func watchJSON(t *testing.T, run func(int, string) (any, any)) {
	t.Helper()
	made, _ := run(0, "witness init w --name audit.example/w")
	public := made.(map[string]any)["key"].(string)
	history, _ := run(0, "domain key")
	run(0, "witness add w "+history.(map[string]any)["key"].(string))
	w, err := witness.Open("w")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(w.Handler())
	defer s.Close()
	run(0, "witness ask "+s.URL+" --witness-key "+public+" --save signed.txt --as sun")
	if err := copyTree("before", "city/log"); err != nil {
		t.Fatal(err)
	}
	run(0, "user add watched --role auditor")
	run(0, "audit watch --state watched.txt --witness "+s.URL+" --witness-key "+public+" --alerts --as sun")
	run(0, "audit alerts --as sun")
	run(2, "audit watch --state watched.txt --log before --key "+history.(map[string]any)["key"].(string))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	run(0, "witness list w")
}

// copiesJSON takes a safety copy of a domain that is not served, brings it back, and
// replaces its keys.
func copiesJSON(t *testing.T, run func(int, string) (any, any)) {
	t.Helper()
	for _, dir := range []string{"a", "b"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		run(0, "domain key --new "+dir+"/key")
	}
	run(2, "domain key --new a/key")
	run(0, "domain backup a/data --to a/key.pub --keys b/keys --keys-to b/key.pub")
	run(0, "domain restore a/data again --with a/key --keys b/keys --keys-with b/key --may-be-old")
	run(2, "domain restore a/data again --with a/key --keys b/keys --keys-with b/key --may-be-old")
	run(0, "domain rotate-keys signing")
	run(0, "domain rotate-keys domain")
	run(0, "domain rotate-keys unit --space census-person")
	run(0, "dataset load pums pums/pums.csv --as chen")
	run(0, "dataset show pums")
	run(0, "space show census-person")
	run(0, "domain key --history")
}

// unseen are documented fields that no command line of this test prints.
var unseen = []string{
	"scenario.applicant_org", "answers.org", // of people who have institutions: internal/core
	"facts.failed_updates", // of a module that fails
	// Of people without an institution, and of days after the table of holidays.
	"departed_copy.org", "sample_review.org", "ticket.org", "ticket.provisional", "promotion.org", "registered_module.org",
	"alert.count",  // TestWatchSeesForksFromOutside
	"mask.shared",  // TestChannelSharedTokensInFigures
	"facts.params", // examples/care-hotspots runs a module that takes some
	// internal/pipeline runs jobs over datasets with several unit columns, and with counted units
	"check.longest", "check.usual", "facts.group", "fit.group", "input.unit", "input_facts.unit",
	// internal/pipeline and testdata/parts.txtar run jobs that parts of a ledger pay for.
	"price.parts", "quote.parts", "charge.parts", "parts.family", "parts.values", "record.period", "column.per_unit", "space.per_period", "space.period", "input_facts.period",
	// Of modules that fail and print, and rows that a record rejects: internal/author/trial.
	"trial.dropped", "trial_unit.dropped", // TestLookAlikeKeys
	"trial.started", "trial_unit.cause", "trial_unit.log", "trial_block.log", "trial_input.first",
	"replayed.problem", "verdict.obligations", "entry.key", "scope.developer", "event.key", "role_step.key", "policy_test.why", // of what was tampered with, and of a policy that asks for more
	"module_test.compiler",                // needs a compiler
	"difference.unit", "difference.block", // testdata/moduletest.txtar
}

// TestJSONIsAsDocumented runs every command with --json, with results of every
// kind and with failures of every kind, and decodes what it prints into the
// fields of docs/cli-json.md.
func TestJSONIsAsDocumented(t *testing.T) {
	c := readContract(t)
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := copyTree(filepath.Join(dir, "json"), "testdata/json"); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"../../sandbox/testdata/visits.wasm", "../../examples/pums/income.wasm", "../../examples/spread/spread.wasm", "../../examples/train/kmeans.wasm"} {
		wasm, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "json", filepath.Base(from)), wasm, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	ran := map[string]bool{}
	// run runs a line with --json, wants its status and checks both streams.
	run := func(want int, line string) (out, errs any) {
		t.Helper()
		words := strings.Fields(line)
		status, stdout, stderr := shell(t, append(slices.Clone(words), "--json", "--domain", "city")...)
		if status != want {
			t.Fatalf("%s: status %d, not %d\n%s%s", line, status, want, stdout, stderr)
		}
		name := words[0]
		if typ, ok := c.commands[name]; !ok || typ == "" {
			name += " " + words[1]
		}
		for _, w := range words { // a flag that makes it another document
			if _, ok := c.commands[name+" "+w]; ok {
				name += " " + w
				break
			}
		}
		if stdout != "" {
			ran[name] = true
			if out, err = document([]byte(stdout)); err != nil {
				t.Errorf("%s: stdout: %v", line, err)
			}
			for _, w := range c.check("stdout", out, c.commands[name]) {
				t.Errorf("%s: %s", line, w)
			}
		}
		if (stderr != "") != (status != 0) {
			t.Errorf("%s: status %d with %q on stderr", line, status, stderr)
		}
		if stderr != "" {
			if errs, err = document([]byte(stderr)); err != nil || strings.Count(stderr, "\n") != 1 {
				t.Errorf("%s: stderr is not one object on one line: %v", line, err)
			}
			for _, w := range c.check("stderr", errs, "`failure`") {
				t.Errorf("%s: %s", line, w)
			}
		}
		return out, errs
	}
	text := func(v any, path ...string) string {
		t.Helper()
		for _, p := range path {
			v = v.(map[string]any)[p]
		}
		return v.(string)
	}

	run(0, "init other --name other")
	run(0, "job list --as wang")
	run(0, "release list --as wang")
	run(0, "scenario list")
	run(0, "space list")
	run(0, "job check json/private.yaml --as wang")
	run(0, "space show census-person")
	run(0, "space add firm --rho 2 --delta 1e-6 --as zhao")
	run(3, "space add firm --rho 2 --as chen")
	run(2, "space add firm --rho 3 --as zhao")
	run(0, "user add ma --role auditor --org Office --full-name 马")
	run(0, "user list")
	run(0, "dataset add json/visits.yaml --as chen")
	for _, form := range []string{"packed", "sheet", "database", "nested"} {
		run(0, "dataset add json/"+form+".yaml --as chen")
	}
	run(0, "dataset new json/odd.csv -o odd.yaml")
	run(0, "dataset new json/odd.csv --code odd")
	run(2, "dataset add odd.yaml --as chen")
	run(0, "dataset scan json/odd.csv")
	run(0, "schema show dataset")
	run(2, "schema show word")
	run(0, "scenario add json/scenario.yaml --as liu")
	run(0, "scenario grant json/grant.yaml --as zhao")
	run(0, "dataset load pums pums/pums.csv --as chen")
	for _, code := range []string{"noisy", "open"} {
		run(0, "dataset add json/"+code+".yaml --as chen")
		run(0, "dataset load "+code+" json/"+code+".csv --as chen")
		run(0, "dataset show "+code)
	}
	record, err := os.ReadFile("pums/dataset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("again.yaml", bytes.Replace(record, []byte("code: pums"), []byte("code: again"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	run(0, "dataset add again.yaml --as chen")
	run(0, "dataset load again pums/pums.csv --as chen")
	run(0, "dataset show again --as chen")
	run(2, "dataset load pums json/rejects.csv --as chen")
	run(2, "dataset load pums json/bad.csv --as chen")
	run(0, "dataset list")
	run(0, "dataset show visits")
	run(0, "dataset sample visits --units 5")
	run(0, "dataset sample --record json/visits.yaml --rows 3 -o sample.csv")
	run(2, "dataset sample")
	run(3, "dataset sample pums --fit --rho 0.01 --as wang")
	run(0, "dataset sample pums --fit --rho 0.01 --units 3 --as chen")
	run(0, "scenario list")
	run(0, "scenario show visits")
	run(0, "module check pums/income.wasm")
	run(0, "module show json/visits.wasm")
	run(0, "module show json/kinds.wasm")
	run(5, "module check pums/pums.csv")
	run(0, "module new fresh --lang c")
	run(0, "module build pums/income.wasm --manifest pums/income.manifest.json -o built.wasm")
	run(0, "module test pums/income.wasm --units 4 --update")
	run(0, "module test pums/income.wasm --units 4")
	run(5, "module test pums/income.wasm --units 5")
	run(0, "module test pums/income.wasm --units 4 --neighbours -o neighbours.json")
	run(2, "module test pums/income.wasm -o neighbours.json")
	run(2, "module test pums/none.wasm")
	run(0, "job check pums/job.yaml --as wang --want people=±20 --want income=±900/300")
	run(2, "job check pums/job.yaml --as wang --want people=20@90%")
	run(0, "job tune pums/job.yaml --rho 0.01 --as wang")
	run(2, "job tune json/blocks.yaml --as wang")
	run(3, "job check pums/job.yaml --as wu")
	run(3, "job run json/params.yaml --as wang")
	out, _ := run(0, "job run pums/job.yaml --as wang")
	id, job := text(out, "release", "id"), text(out, "job")
	run(0, "job run pums/job.yaml --as wang")
	run(0, "job run pums/job.yaml --sample --units 3 --as wang")
	run(0, "job run json/private.yaml --sample --record pums/dataset.yaml --units 3")
	run(3, "job run pums/job.yaml --sample --as wu")
	run(2, "job run pums/job.yaml --units 3 --as wang")
	run(0, "job run json/private.yaml --as wang")
	run(0, "job check json/epsilon.yaml --as wang --want people=±60")
	run(0, "job run json/epsilon.yaml --as wang")
	run(0, "job run json/listed.yaml --as wang")
	run(0, "module show json/spread.wasm")
	run(0, "job run json/blocks.yaml --as wang")
	run(0, "job run json/blocks.yaml --sample --units 6 --as wang")
	run(0, "module test json/spread.wasm --job json/blocks.yaml --record pums/dataset.yaml --units 9 --neighbours")
	run(0, "job run json/train.yaml --as wang")
	run(0, "job run json/vector.yaml --as wang")
	run(0, "job run json/kinds.yaml --as wang")
	run(0, "job run json/top.yaml --as wang")
	list, _ := run(0, "job list --as wang")
	for _, j := range list.([]any) {
		run(0, "job show "+text(j, "id")+" --as wang")
	}
	run(2, "job show j-0000000000000000 --as wang")
	run(0, "module test pums/income.wasm --job pums/job.yaml --record pums/dataset.yaml --units 9 --neighbours -o neighbours.json")
	run(0, "release attach "+id+" neighbours.json --as wang")
	run(0, "release show "+id+" --as zhao")
	run(3, "release export "+id+" --to out --as liu")
	run(0, "release approve "+id+" --as zhao")
	run(0, "release approve "+id+" --as chen")
	run(0, "release export "+id+" --to out --as liu")
	run(0, "release list --as sun")
	run(0, "release show "+id+" --as wang")
	run(0, "budget show --as sun")
	run(0, "budget show pums --as wang")
	run(0, "budget history --as sun")
	run(0, "budget history pums --developer wang --as chen")
	run(0, "job cancel "+stoppedHalfWay(t, run)+" --reason 参数有误 --as wang")
	run(0, "scenario grant json/each.yaml --as zhao")
	run(0, "budget show pums --as wang")
	run(2, "budget show nothing --as sun")
	run(0, "budget show census-person --as sun")
	run(0, "budget history census-person --as sun")
	run(2, "budget show pums")
	run(3, "budget show pums --as wu")
	run(0, "audit list --as sun")
	run(0, "audit list --subject job/"+job+" --as sun")
	run(0, "audit show 0 --as sun")
	list, _ = run(0, "audit list --action release.make --as sun")
	made := list.([]any)[0].(map[string]any)["index"]
	run(0, "audit show "+fmt.Sprint(made)+" --as sun")
	run(0, "audit timeline "+id+" --as sun")
	run(0, "audit people --as sun")
	run(0, "audit left --from 2020-01-01 --to 2099-12-31 --as sun")
	run(0, "audit index --as sun")
	watchJSON(t, run)
	run(0, "report list")
	run(0, "report make summary --from 2020-01-01 --to 2099-12-31 -o summary.md --as sun")
	run(0, "report verify summary.md --as sun")
	run(0, "report make scenarios --from 2020-01-01 --to 2099-12-31 -o mine.md --as liu")
	run(0, "report make providers --from 2020-01-01 --to 2099-12-31 -o ours.md --as chen")
	run(0, "audit copy evidence --as sun")
	run(0, "audit replay --as sun")
	run(2, "audit replay --policy json/strict --as sun")
	admitted, _ := run(0, "audit list --action job.admit --as sun")
	run(0, "policy explain "+fmt.Sprint(admitted.([]any)[0].(map[string]any)["index"])+" --as sun")
	run(0, "policy diff now json/strict --as sun")
	run(2, "policy test json/strict")
	run(0, "policy lint json/strict")
	run(0, "audit verify")
	run(0, "verify out/"+id)
	run(0, "release report out/"+id+" -o report.html")
	run(0, "release report out/"+id+" --check report.html")
	key, _ := run(0, "domain key")
	run(0, "doctor")
	run(0, "product register income-table --scenario education-income --technique GB --security three --business yearly --as zhao")
	run(0, "product publish income-table --as zhao")
	run(0, "product versions income-table --as wang")
	run(0, "product data income-table --form parquet -o taken.parquet --as wang")
	run(2, "product data income-table -o taken.csv --as wu")
	run(0, "product calls --as sun")
	brakesJSON(t, run, id)
	run(0, "node init machine --name n1 --key "+text(key, "key"))
	run(0, "node trust machine/node.json --as zhao")
	run(3, "node trust machine/node.json --as wang")
	if err := os.Mkdir("shared", 0o700); err != nil {
		t.Fatal(err)
	}
	run(1, "node doctor machine --storage shared --socket none")
	run(0, "node use nats --at 127.0.0.1:4222 --storage s3://parts/city --endpoint 127.0.0.1:9000 --region local --ca pums/job.yaml --as zhao")
	run(0, "node list")
	run(2, "job run json/none.yaml --as wang")
	run(0, "node use local --as zhao")
	run(2, "node use flink --as zhao")
	run(0, "node revoke n1 --as zhao")
	run(2, "node revoke n1 --as zhao")
	run(2, "job run json/visits.yaml --as wang")
	run(2, "job run json/wrong.yaml --as wang")
	run(2, "job rnu")
	recordsJSON(t, run, id)
	copiesJSON(t, run)
	servedJSON(t, run)
	// What is damaged is told in the same shapes.
	if err := os.WriteFile(filepath.Join("out", id, "result.csv"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(2, "verify out/"+id)
	if err := os.Remove(filepath.Join("out", id, "statement.dsse.json")); err != nil {
		t.Fatal(err)
	}
	run(2, "verify out/"+id)
	if err := os.WriteFile("city/log/checkpoint", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(2, "audit verify")

	for _, cmd := range commands(tree("en")) {
		name := strings.TrimPrefix(cmd.CommandPath(), "glovebox ")
		if name == "node serve" || name == "node task" || name == "serve" || name == "web" || name == "witness serve" { // they print no document: see their help
			continue
		}
		if !cmd.HasSubCommands() && (!ran[name] || c.commands[name] == "") {
			t.Errorf("%s printed nothing here, or docs/cli-json.md does not have it", name)
		}
	}
	for name := range c.commands {
		if !ran[name] { // with the flag, where there is one
			t.Errorf("docs/cli-json.md has %s, which is no command", name)
		}
	}
	for shape, fields := range c.shapes {
		if len(fields) == 0 {
			t.Errorf("docs/cli-json.md: %s has no fields", shape)
		}
		for _, f := range fields {
			if name := shape + "." + f.name; c.seen[name] == slices.Contains(unseen, name) {
				t.Errorf("docs/cli-json.md: %s: seen is %v", name, c.seen[name])
			}
		}
	}
}
