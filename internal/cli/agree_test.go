package cli_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/proof/testkit/demo"
	"glovebox.example/glovebox/internal/proof/testkit/guest"
)

// agreeColumns are columns of each type: the masks that a grant can give them,
// and the parameters of a generalisation.
var agreeColumns = []struct{ name, typ, extra, masks, generalise string }{
	{"text", "string", "", "none token keyed fpe redact generalise constant suppress", ", groups: [{label: x, values: [a]}], other: y"},
	{"small", "int32", "", "none token keyed generalise clip suppress", ", step: 5"},
	{"large", "int64", "", "none token keyed generalise clip suppress", ", step: 5"},
	{"real", "float64", "", "none generalise clip suppress", ", step: 0.5"},
	{"flag", "bool", "", "none suppress", ""},
	{"day", "date", "", "none generalise suppress", ", to: month"},
	{"kept", "string", ", class: identifier, grade: 4, keep: true", "token keyed fpe redact constant suppress", ""},
	{"gone", "string", ", class: identifier, grade: 4", "token keyed suppress", ""},
}

// agreeMasks are the masks that the grants of agreeDomain give, each in a scenario
// of its name; keyed is token with the use key.
var agreeMasks = []string{"none", "token", "keyed", "fpe", "redact", "generalise", "clip", "constant", "suppress"}

func agreeDomain(t *testing.T) (*demo.Domain, string) {
	t.Helper()
	d, dir := demo.New(t), t.TempDir()
	d.User("chen", "provider", "Labour")
	var record, needs strings.Builder
	for _, c := range agreeColumns {
		extra := c.extra
		if extra == "" {
			extra = ", class: public, grade: 1"
		}
		fmt.Fprintf(&record, "  - {name: %s, type: %s, nullable: true%s}\n", c.name, c.typ, extra)
		needs.WriteString(", " + c.name)
	}
	d.OK("dataset", "add", "--as", "chen", put(t, filepath.Join(dir, "d.yaml"), `
code: staff
title: {en: staff}
provider: Labour
update: year
source: {format: csv}
unit: {space: person, column: id, max_rows: 4}
ledger: {kind: zcdp, rho: 1000, delta: 0.01}
columns:
  - {name: id, type: string, class: identifier, grade: 4}
  - {name: v, type: int32, class: public, grade: 1}
`+record.String()))
	d.OK("dataset", "load", "staff", "--as", "chen", put(t, filepath.Join(dir, "d.csv"),
		"id,v,text,small,large,real,flag,day,kept,gone\np1,1,a,1,1,1.5,true,2020-01-02,k1,g1\np2,2,,,,,,,,\n"))
	for _, mask := range agreeMasks {
		d.OK("scenario", "add", "--as", "liu", put(t, filepath.Join(dir, "s.yaml"), fmt.Sprintf(`
code: %s
title: {en: masks}
purpose: {en: masks}
products: [{code: table, registration: R1, title: {en: table}}]
needs: {staff: [v%s]}
`, mask, needs.String())))
		columns := "v: {use: [input], mask: {kind: none}}"
		for _, c := range agreeColumns {
			if !strings.Contains(c.masks, mask) {
				continue
			}
			use, kind, params := "input, filter", mask, ""
			switch mask {
			case "keyed":
				use, kind = "input, filter, key", "token"
			case "generalise":
				params = c.generalise
			case "fpe":
				params = ", form: alnum"
			case "clip":
				params = ", low: 0, high: 9"
			case "constant":
				params = ", value: z"
			case "redact":
				params = ", keep_first: 1"
			}
			columns += fmt.Sprintf(", %s: {use: [%s], mask: {kind: %s%s}}", c.name, use, kind, params)
		}
		d.OK("scenario", "grant", "--as", "zhao", put(t, filepath.Join(dir, "g.yaml"), fmt.Sprintf(`
scenario: %s
from: "2026-01-01"
until: "2030-12-31"
developers: [wang]
products: [table]
datasets: {staff: {rho: 100, delta: 0.001, columns: {%s}}}
`, mask, columns)))
	}
	return d, dir
}

// TestCheckAndRunAgree: whatever the masks and the use of columns, job check says
// what job run then does, in the same words. The columns of one mask are in one
// job: a job runs if all of them do.
func TestCheckAndRunAgree(t *testing.T) {
	d, dir := agreeDomain(t)
	for _, mask := range agreeMasks {
		var names []string
		read := [][2]string{{"v", "int32"}}
		for _, c := range agreeColumns {
			if !strings.Contains(c.masks, mask) {
				continue
			}
			names = append(names, c.name)
			typ := c.typ
			if mask == "token" || mask == "keyed" {
				typ = "token"
			}
			read = append(read, [2]string{c.name, typ})
		}
		agree(t, d, dir, mask, read, "")
		agree(t, d, dir, mask, read[:1], strings.Join(names, " is not null or ")+" is not null")
		// A module that does not fit is refused by both.
		read[1][1] = map[bool]string{true: "token", false: "date"}[read[1][1] != "token"]
		if agree(t, d, dir, mask, read, "") == 0 {
			t.Errorf("%s: a module that takes %s as %s ran", mask, read[1][0], read[1][1])
		}
	}
}

// agree checks and runs a job that reads columns and filters, and returns the
// exit status of the run.
func agree(t *testing.T, d *demo.Domain, dir, mask string, read [][2]string, where string) int {
	t.Helper()
	wasm, err := guest.Idle("staff", read...)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "idle.wasm"), string(wasm))
	var names []string
	for _, c := range read {
		names = append(names, c[0])
	}
	filter := ""
	if where != "" {
		filter = fmt.Sprintf(", where: %q", where)
	}
	job := put(t, filepath.Join(dir, "job.yaml"), fmt.Sprintf(`
scenario: %s
product: table
module: idle.wasm
inputs: {staff: {columns: [%s]%s}}
mode: map
output: {max_keys_per_unit: 1, metrics: {n: {kind: count}}}
release: {method: dp, rho: 0.01}
`, mask, strings.Join(names, ", "), filter))
	checked, _, said := d.Do("job", "check", job, "--as", "wang", "--json")
	status, _, says := d.Do("job", "run", job, "--as", "wang", "--json")
	if checked != status {
		t.Errorf("%s, %v %s: job check exits %d, job run %d\n%s\n%s", mask, names, where, checked, status, said, says)
	}
	if a, b := message(t, said), message(t, says); a != b {
		t.Errorf("%s, %v %s: job check says %q, job run %q", mask, names, where, a, b)
	}
	return status
}

// message is that of an error as --json prints it; "": there is none.
func message(t *testing.T, errs string) string {
	t.Helper()
	var v struct{ Error struct{ Message string } }
	if errs == "" {
		return ""
	}
	if err := json.Unmarshal([]byte(errs), &v); err != nil {
		t.Fatalf("%v: %s", err, errs)
	}
	return v.Error.Message
}
