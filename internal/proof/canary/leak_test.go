package canary

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/engine/source"
)

// TestNoCellValueLeaves runs every command over data that is full of markers,
// in both languages, with and without --json, breaks every step, and searches
// everything that a command prints or leaves behind: nothing of it may hold a
// marker in any form. Its false-alarm rate is stated at needles.
func TestNoCellValueLeaves(t *testing.T) {
	b := newBox(t)
	for _, stage := range []struct {
		name string
		run  func(*box)
	}{
		{"people and data", (*box).stageData},
		{"rows that are rejected", (*box).stageRejects},
		{"files that are broken", (*box).stageBrokenFiles},
		{"the wrong file everywhere", (*box).stageWrongFiles},
		{"jobs", (*box).stageJobs},
		{"blocks and training", (*box).stageModes},
		{"filters", (*box).stageFilters},
		{"hostile modules", (*box).stageModules},
		{"key lists and references", (*box).stageLists},
		{"refusals", (*box).stageRefusals},
		{"review, export, evidence", (*box).stageExport},
		{"people, log, rules, reports", (*box).stagePeople},
		{"damage", (*box).stageDamage},
		{"interruptions", (*box).stageInterrupted},
		{"a directory that cannot be written", (*box).stageReadOnly},
		{"lives of records", (*box).stageLives},
	} {
		t.Run(stage.name, func(t *testing.T) {
			b.t, b.log, b.ctx = t, t.Errorf, t.Context()
			stage.run(b)
			b.sweep()
		})
	}
	b.t, b.log, b.ctx = t, t.Errorf, t.Context()
	b.complete()
	t.Logf("searched %d MiB for %d forms", b.seen>>20, len(b.s.needles))
}

// complete wants every command to have been run, well and badly, in every
// language and form.
func (b *box) complete() {
	b.t.Helper()
	for _, c := range b.leaves() {
		n := b.ran[c]
		if (n == nil || n[0] == 0) && !slices.Contains(refusedOnly, c) {
			b.t.Errorf("glovebox %s was never run to its end", c)
		}
		if n == nil || n[1] == 0 {
			b.t.Errorf("glovebox %s was never broken", c)
		}
		for _, v := range variations() {
			if !b.says[c+" "+strings.Join(v, " ")] {
				b.t.Errorf("glovebox %s was never run with %v", c, v)
			}
		}
	}
}

var listed = regexp.MustCompile(`(?m)^  ([a-z]+) +`)

// apart are commands that do not end, or make of the domain one that answers to
// none of the others, or are about a witness's machine: tests of their own look at them (internal/core,
// internal/pipeline: TestEngineSeesNoData).
var apart = []string{"serve", "web", "node", "domain serve-from-now", "session", "token", "provider", "witness"}

// refusedOnly are commands that a directory whose owner acts always refuses, or
// that want a run which is still going on: internal/core (TestLoginByProvider) and
// internal/cli (stoppedHalfWay) run them to their end.
var refusedOnly = []string{"user bind-confirm", "job cancel"}

// leaves lists the commands that do something, from the help texts.
func (b *box) leaves() (out []string) {
	b.t.Helper()
	groups := []string{"domain", "user", "org", "dataset", "schema", "space", "scenario", "module", "job", "release", "budget", "audit", "policy", "report", "incident", "grant", "product", "ticket"}
	_, first, _ := b.run("help", nil)
	for _, m := range listed.FindAllStringSubmatch(first, -1) {
		if name := m[1]; name != "glovebox" && !slices.Contains(groups, name) && !slices.Contains(apart, name) {
			out = append(out, name)
		}
	}
	for _, g := range groups {
		_, text, _ := b.run(g+" --help", nil)
		_, text, _ = strings.Cut(text, "Commands:\n")
		text, _, _ = strings.Cut(text, "\n\n")
		for _, m := range listed.FindAllStringSubmatch(text, -1) {
			if name := g + " " + m[1]; !slices.Contains(apart, name) {
				out = append(out, name)
			}
		}
	}
	if len(out) < 25 {
		b.t.Fatalf("only %v found", out)
	}
	return out
}

// stageData makes a domain and loads the same people in three formats.
func (b *box) stageData() {
	b.once("init dom --name canary --parts 2")
	b.fails(2, "init dom --name canary")
	b.fails(2, "init other --parts 3")
	for _, u := range []string{"pat --role provider --org Canary_Office", "zhao --role authority", "liu --role operator", "wang --role developer", "wu --role developer", "sun --role auditor", "qian --role provider --org Other"} {
		b.once("user add " + u)
	}
	b.fails(2, "user add pat --role provider --org Canary_Office")
	b.ok("user list")
	for code, source := range map[string]string{
		"people": "{format: csv, encoding: gb18030}", "lines": "{format: json}", "columns": "{format: parquet}",
		"scratch-csv": "{format: csv}", "scratch-json": "{format: json}", "scratch-parquet": "{format: parquet}",
	} {
		b.record(code, source, "max_rejects: 1")
		b.once("dataset add jobs/" + code + ".yaml --as pat")
	}
	b.record("strict", "{format: csv, encoding: gb18030}", "")
	b.once("dataset add jobs/strict.yaml --as pat")
	b.fails(2, "dataset add jobs/strict.yaml --as pat")
	write(b.t, b.path("sources/people.csv"), csvFile(b.t, people()))
	write(b.t, b.path("sources/lines.json"), jsonFile(b.t, people()))
	write(b.t, b.path("sources/columns.parquet"), parquetFile(b.t, header, people()))
	b.ok("dataset load people sources/people.csv --as pat")
	b.once("dataset load lines sources/lines.json --as pat")
	b.once("dataset load columns sources/columns.parquet --as pat")
	b.ok("dataset list")
	b.ok("dataset show people")
	b.fails(2, "dataset show nothing")
	b.ok("dataset sample people --units 20")
	b.fails(2, "dataset sample nothing")
	b.ok("dataset sample people --fit --rho 0.001 --units 20 --as pat")
	for _, name := range []string{"a", "b", "c", "d"} {
		b.once("module new --lang c new-" + name)
	}
	b.fails(2, "module new --lang c new-a")
	b.scenario()
}

func (b *box) record(code, source, more string) {
	b.t.Helper()
	text := strings.Replace(record(code, source, more), "Canary Office", "Canary_Office", 1)
	write(b.t, b.path("jobs/"+code+".yaml"), []byte(text))
}

// scenario grants what the jobs need.
func (b *box) scenario() {
	b.t.Helper()
	var needs, datasets strings.Builder
	for _, code := range []string{"people", "lines", "columns"} {
		fmt.Fprintf(&needs, "  %s: [%s]\n", code, strings.Join(header, ", "))
		fmt.Fprintf(&datasets, "  %s:\n    rho: 100\n    delta: 1e-3\n    columns:\n", code)
		for _, h := range header {
			use, mask := "[input, filter]", ""
			switch h {
			case "phone":
				mask = ", mask: {kind: redact, keep_first: 3, keep_last: 2}"
			case "pid", "card", "num":
				mask = ", mask: {kind: token}"
			}
			fmt.Fprintf(&datasets, "      %s: {use: %s%s}\n", h, use, mask)
		}
	}
	write(b.t, b.path("jobs/scenario.yaml"), []byte(`code: canary
title: {en: Canary, zh: 金丝雀}
purpose: {en: to look for leaks, zh: 检查泄漏}
products:
  - {code: table, registration: CANARY-1, title: {en: Table, zh: 表}, limits: {en: for this test, zh: 仅供测试}}
needs:
`+needs.String()))
	write(b.t, b.path("jobs/grant.yaml"), []byte(`scenario: canary
from: 2026-01-01
until: 2030-12-31
developers: [wang]
products: [table]
accept: [exact, price]
datasets:
`+datasets.String()))
	b.once("space add firm --rho 2 --delta 1e-6 --as zhao")
	b.fails(2, "space add firm --rho 2 --as zhao")
	b.fails(2, "space add firm --rho 3 --as zhao")
	b.ok("space list")
	b.ok("space show firm")
	b.fails(2, "space show nothing")
	b.once("scenario add jobs/scenario.yaml --as liu")
	b.fails(2, "scenario add jobs/scenario.yaml --as liu")
	b.ok("scenario grant jobs/grant.yaml --as zhao")
	b.ok("scenario list")
	b.ok("scenario show canary")
	b.fails(2, "scenario show nothing")
}

// stageRejects loads rows that are rejected for every reason there is, each
// full of markers, and fails loads that take none.
func (b *box) stageRejects() {
	marked := person(500)
	cell := textMarker + "-CELL"
	good := string(csvFile(b.t, people()[:5]))
	line := func(r row) string { return strings.Join(r, ",") + "\n" }
	var lines strings.Builder
	for _, bad := range []string{
		line(marked.with("note", cell+"\xff\xff")),
		line(marked.with("note", `"`+cell+`"`+cell)),
		line(marked[:7]), line(append(slices.Clone(marked), cell)),
		line(marked.with("note", strings.Repeat(cell, source.MaxRowBytes/8))),
		line(marked.with("pid", "")), line(marked.with("born", "")),
		line(marked.with("serial", cell)), line(marked.with("amount", "1777712345.x")), line(marked.with("code", "17777123456789")), line(marked.with("born", dateMarker+"T")), line(marked.with("flag", cell)),
		line(marked.with("note", strings.Repeat(cell, 4))),
		line(marked.with("town", cell)),
		line(marked.with("code", "-1777712345")), line(marked.with("born", "1777-07-23")),
		line(marked.with("name", cell)), line(marked.with("mobile", numberMarker)),
		line(marked.with("note", "CAN")),
		line(person(2)), line(person(2).with("note", cell)),
	} {
		lines.Write(gbLine(b, bad))
	}
	lines.WriteString(`"` + cell + ` never closed` + "\n" + line(marked))
	write(b.t, b.path("sources/rejects.csv"), []byte(good+lines.String()))
	write(b.t, b.path("sources/rejects.json"), []byte(string(jsonFile(b.t, append(people()[:5], marked.with("town", cell), person(2))))+
		`{"pid":"`+cell+"\n"+`{"pid":"`+cell+`","pid":"`+cell+`"}`+"\n"+`["`+cell+`"]`+"\n"+`"`+cell+`"`+"\n"+strings.Replace(jsonLine(b.t, marked), `"pid"`, `"`+cell+`":"`+cell+`","pid"`, 1)+"\n"+
		strings.Replace(jsonLine(b.t, marked), `"serial":`, `"serial":"`+cell+`","x":`, 1)+"\n"+strings.Replace(jsonLine(b.t, marked), `"note":"`, `"note":"\ud800`, 1)+"\n"))
	write(b.t, b.path("sources/rejects.parquet"), parquetFile(b.t, header, append(people()[:5], marked.with("serial", cell), marked.with("town", cell), marked.with("born", cell), person(1))))

	seen := map[source.Reason]bool{}
	for _, load := range []string{"people sources/rejects.csv", "lines sources/rejects.json", "columns sources/rejects.parquet"} {
		b.ok("dataset load " + load + " --accept-change --as pat")
		_, out, _ := b.run("dataset load "+load+" --accept-change --as pat", []string{"--json"})
		var v struct{ Report engine.LoadReport }
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			b.t.Fatal(err)
		}
		for r := range v.Report.ByReason {
			seen[r] = true
		}
	}
	for _, r := range []source.Reason{source.ReasonEncoding, source.ReasonQuote, source.ReasonFields, source.ReasonLong, source.ReasonObject, source.ReasonTwice, source.ReasonExtra,
		source.ReasonNull, source.ReasonType, source.ReasonMaxBytes, source.ReasonValue, source.ReasonBounds, source.ReasonFormat, source.ReasonQuality, source.ReasonDuplicate} {
		if !seen[r] {
			b.t.Errorf("no row was rejected for %s", r)
		}
	}
	b.fails(2, "dataset load strict sources/rejects.csv --as pat")
	// The whole population again, for the jobs.
	b.once("dataset load people sources/people.csv --as pat")
	b.once("dataset load lines sources/lines.json --as pat")
	b.once("dataset load columns sources/columns.parquet --as pat")
}

// gbLine is a line in GB18030, with the bytes that are no text left as they
// are.
func gbLine(b *box, s string) []byte {
	head, tail, broken := strings.Cut(s, "\xff\xff")
	out := gb(b.t, head)
	if broken {
		out = append(append(out, 0xff, 0xff), gb(b.t, tail)...)
	}
	return out
}

// stageBrokenFiles loads what is no file of its format.
func (b *box) stageBrokenFiles() {
	marked := strings.Join(person(500), ",") + "\n"
	head := strings.Join(header, ",") + "\n"
	object := jsonLine(b.t, person(500))
	table := parquetFile(b.t, header, people())
	broken := map[string][]string{
		"csv": {"", marked, marked + marked, head, head + head + marked, strings.ReplaceAll(head+marked, ",", ";"), head + `"` + marked, "\x00" + head + marked,
			head + strings.ReplaceAll(marked, "CANARY", "CANARY\x00"), strings.ReplaceAll(head+marked, "\n", "\r"), "\xff\xfe" + head + marked,
			strings.Replace(head, "note", textMarker, 1) + marked, strings.Replace(head, "note", "note,"+textMarker, 1) + marked, string(table), object},
		"json": {"", textMarker, `"` + textMarker + `"`, object[:len(object)/2], "[" + object, "[" + object + "," + textMarker, object + object, "[" + strings.Repeat("[", 5000) + textMarker,
			`{"` + textMarker + `":` + object + "}", strings.Replace(object, `"note"`, `"`+textMarker+`"`, 1), marked, string(table), "{\"pid\":\"\xff" + textMarker + `"}`},
		"parquet": {"", "PAR1" + textMarker, string(table[:len(table)/2]), string(table[len(table)/2:]), head + marked, object,
			string(parquetFile(b.t, header[1:], people())), string(parquetFile(b.t, append([]string{textMarker}, header[1:]...), people()))},
	}
	for at := 4; at < len(table); at += len(table)/9 + 1 {
		bad := slices.Clone(table)
		bad[at] ^= 0x55
		broken["parquet"] = append(broken["parquet"], string(bad))
	}
	for format, files := range broken {
		for _, data := range files {
			write(b.t, b.path("sources/broken"), []byte(data))
			b.any("dataset load scratch-" + format + " sources/broken --as pat")
			if format == "csv" {
				b.any("dataset load strict sources/broken --as pat")
			}
		}
	}
	if b.ran["dataset load"][1] < 30 {
		b.t.Errorf("only %d loads failed", b.ran["dataset load"][1])
	}
}

// stageWrongFiles hands the provider's files to every command that reads one.
func (b *box) stageWrongFiles() {
	write(b.t, b.path("sources/one-line.json"), []byte(jsonLine(b.t, person(1))))
	for _, f := range []string{"people.csv", "lines.json", "one-line.json", "columns.parquet"} {
		f = "sources/" + f
		for _, line := range []string{
			"dataset add " + f + " --as pat", "scenario add " + f + " --as liu", "scenario grant " + f + " --as zhao", "job check " + f + " --as wang", "job run " + f + " --as wang",
			"module build " + f, "verify " + f, "verify sources --key " + f, "audit verify --remembered " + f,
			"release export r-0000000000000000 --to s3://results --endpoint localhost:1 --ca " + f + " --as liu",
		} {
			b.fails(2, line)
		}
		b.fails(5, "module check "+f)
		b.fails(5, "module show "+f)
	}
	b.fails(2, "verify sources")
	b.fails(2, "dataset load strict sources --as pat")
	for _, f := range []string{"canary.wasm", "canary.manifest.json"} { // not the source: it holds the markers
		write(b.t, b.path("jobs/"+f), read(b.t, filepath.Join(b.here, "testdata", f)))
	}
	b.ok("module check jobs/canary.wasm")
	b.ok("module show jobs/canary.wasm")
	b.ok("module test jobs/canary.wasm --function keys --units 6")
	b.fails(2, "module test jobs/canary.wasm --function nothing")
	b.ok("module build jobs/canary.wasm --manifest jobs/canary.manifest.json -o jobs/again.wasm")
}
