package canary

import (
	"encoding/json"
	"fmt"
	"strings"
)

// job is a job file over one data set.
type job struct {
	inputs, function, columns, where, params, references, key, metrics, def, release string
	perUnit                                                                          int
}

func (j job) yaml() string {
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	var b strings.Builder
	where := ""
	if j.where != "" {
		q, _ := json.Marshal(j.where) // of a text: it cannot fail
		where = ", where: " + string(q)
	}
	fmt.Fprintf(&b, "scenario: canary\nproduct: table\nmodule: canary.wasm\nfunction: %s\nmode: map\n", j.function)
	fmt.Fprintf(&b, "inputs: {%s}\n", or(j.inputs, fmt.Sprintf("people: {columns: [%s]%s}", j.columns, where)))
	if j.params != "" {
		fmt.Fprintf(&b, "params: {%s}\n", j.params)
	}
	if j.references != "" {
		fmt.Fprintf(&b, "references: {%s}\n", j.references)
	}
	fmt.Fprintf(&b, "output:\n  max_keys_per_unit: %d\n", max(j.perUnit, 1))
	if j.key != "" {
		fmt.Fprintf(&b, "  key: {%s}\n", j.key)
	}
	fmt.Fprintf(&b, "  metrics: {people: {kind: count}%s}\n", j.metrics)
	if j.def != "" {
		fmt.Fprintf(&b, "  default: [%s]\n", j.def)
	}
	fmt.Fprintf(&b, "release: {method: dp, %s}\n", or(j.release, "rho: 0.5"))
	return b.String()
}

// file writes a job and returns its name.
func (b *box) file(name string, j job) string {
	b.t.Helper()
	write(b.t, b.path("jobs/"+name+".yaml"), []byte(j.yaml()))
	return "jobs/" + name + ".yaml"
}

// beside writes a job among the provider's files, so that it can name them.
func (b *box) beside(name string, j job) string {
	b.t.Helper()
	write(b.t, b.path("sources/"+name+".yaml"), []byte(j.yaml()))
	return "sources/" + name + ".yaml"
}

// total is an output that misbehave and its jobs share.
const (
	towns     = "town: {type: string, width: 32, public: [daye, huangshi, solo]}"
	totals    = ", total: {kind: sum, min: 0, max: 2000000000}"
	rates     = "rates.csv"
	rated     = "rates: " + rates
	privately = "town: {type: string, width: 32, private: true}"
)

// present is a job that every domain of the test can run.
func present(where string) job { return job{function: "present", columns: "age", where: where} }

// stageJobs runs jobs that end well, private keys that are the markers among
// them: each belongs to one person, so none may be selected. At a delta of
// 1e-12 a key of one unit is kept with a probability of at most 1e-12.
func (b *box) stageJobs() {
	write(b.t, b.path("jobs/"+rates), []byte("ward,rate\na,1\n"))
	b.ok("job check " + b.file("present", present("")) + " --as wang")
	b.ok("job run " + b.file("present", present("")) + " --sample --as wang")
	b.ok("job run " + b.file("present", present("")) + " --as wang")
	for name, j := range map[string]job{
		"keys": {function: "keys", columns: "note", key: privately, perUnit: 2, release: "rho: 0.5, delta: 1e-12"},
		"three": {function: "three", inputs: "people: {columns: [note]}, lines: {columns: [note], where: 'serial > 0'}, columns: {columns: [note]}",
			key: privately, perUnit: 4, release: "rho: 0.5, delta: 1e-12"},
		"numbers": {function: "numbers", columns: "serial", key: "code: {type: int64, private: true}", perUnit: 2, release: "rho: 0.5, delta: 1e-12"},
	} {
		line := "job run " + b.file(name, j) + " --as wang"
		b.ok(line)
		_, out, _ := b.run(line, []string{"--json"})
		var v struct {
			Repeated bool
			Content  struct{ Rows [][]any }
		}
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			b.t.Fatal(err)
		}
		if len(v.Content.Rows) != 1 || !v.Repeated {
			b.t.Errorf("%s: %d keys were selected, want the one that everybody has", name, len(v.Content.Rows))
		}
	}
	for _, f := range []struct{ function, columns, metrics string }{
		{"tokens", "pid, phone, card, num", ", texts: {kind: sum, min: 0, max: 1}, numbers: {kind: sum, min: 0, max: 1}"},
		{"plain", "note, serial", ", texts: {kind: sum, min: 0, max: 1}, numbers: {kind: mean, min: 0, max: 1}"},
	} {
		line := "job run " + b.file(f.function, job{function: f.function, columns: f.columns, metrics: f.metrics}) + " --as wang"
		if f.function == "tokens" { // phone is granted redacted, and the function wants tokens
			b.fails(2, line)
			continue
		}
		b.ok(line)
	}
	b.ok("job list --as wang")
	b.ok("job list --as sun")
	b.ok("release list --as zhao")
	b.ok("budget show --as sun")
	b.ok("budget show people --as sun")
	b.ok("budget history people --as wang")
	b.fails(2, "budget show nothing --as sun")
	b.fails(2, "job show j-0000000000000000 --as wang")
}

// stageFilters runs filters that overflow, divide by zero and look at every
// column, and such as are refused.
func (b *box) stageFilters() {
	for i, where := range []string{
		"amount / 0 > 1", "serial % 0 = 1", "serial * 9000000000000000000 * 9000000000000000000 > 1", "amount * 1e308 * 1e308 > 1", "-(code * 4000000) < 0",
		"year(born) > 1900 and month(born) = 7 and isodow(born) > 0", "length(note) > 3 and upper(note) <> lower(note)", "substring(note, 1, 4096) = note",
		"contains(mobile, '7') and suffix(name, 'x') is not null", "phone is not null and pid is not null and num is not null", "coalesce(age, code) > 0", "greatest(serial, code) > 1 and least(note, mobile) < 'z'",
		"serial > 9223372036854775807", "amount > 1e400 or amount > -1e400", "born > '9999-12-31'", "floor(amount) = ceil(amount) or round(amount) > 0 or abs(amount) > 0",
	} {
		b.any("job run " + b.file(fmt.Sprintf("filter-%d", i), present(where)) + " --as wang")
	}
	if b.ran["job run"][0] < 20 {
		b.t.Errorf("only %d jobs ran", b.ran["job run"][0])
	}
	for i, where := range []string{
		"sqrt(amount) > 1", "cast(note as int) > 1", "note::int > 1", "note > 1", "nothing = 1", "note = 'x", "note like '%a%b%'", "regexp_matches(note, '.*')", "error(note)",
		"(select count(*) from people) > 1", "note in (select note from people)", "count(*) > 1", "row_number() over () > 1", "random() > 0.5", "read_text(note) = ''", "note || note = ''",
		"strptime(note, '%Y') > '2020-01-01'", "phone = 'x' collate nocase", "1", "case when amount > 0 then error(note) else 'x' end = 'x'", "pid = note", "born = note", "", ";", "age > 1; drop table x",
	} {
		if where == "" {
			continue
		}
		line := "job run " + b.file(fmt.Sprintf("bad-filter-%d", i), present(where)) + " --as wang"
		if got := b.any(line); got != 2 {
			b.t.Errorf("filter %q ended with status %d", where, got)
		}
	}
}

// stageModules runs guests that misbehave on one person alone: whatever they
// do, the run ends as always.
func (b *box) stageModules() {
	for how := 1; how <= 9; how++ {
		for _, key := range []string{towns, privately} {
			j := job{function: "misbehave", columns: "note, amount", key: key, metrics: totals, params: fmt.Sprint("how: ", how), references: rated, release: "rho: 0.25"}
			if key == privately {
				j.release = "rho: 0.25, delta: 1e-12"
			} else if how%2 == 0 {
				j.def = "{key: {town: daye}, metrics: {total: 0}}"
			}
			name := fmt.Sprintf("misbehave-%d-%v", how, key == privately)
			if got := b.any("job run " + b.file(name, j) + " --as wang"); got != 0 {
				b.t.Errorf("%s: status %d", name, got)
			}
		}
	}
}

// stageLists names the provider's files as key lists and reference tables, and
// lists with bad rows.
func (b *box) stageLists() {
	j := job{function: "misbehave", columns: "note, amount", metrics: totals, params: "how: 1"}
	lists := map[string]string{
		"people.csv": "", "utf8.csv": strings.Join(header, ",") + "\n" + strings.Join(person(1), ",") + "\n",
		"long.csv": "town\n" + strings.Repeat(textMarker, 5) + "\n", "twice.csv": "town\n" + textMarker + "\n" + textMarker + "\n", "control.csv": "town\n" + textMarker + "\x01\n",
		"null.csv": "town\n" + textMarker + "\n\"\"\n", "quote.csv": "town\n\"" + textMarker + "\n", "wide.csv": "town\n" + textMarker + "," + textMarker + "\n", "bytes.csv": "town\n" + textMarker + "\xff\n",
	}
	write(b.t, b.path("sources/canary.wasm"), read(b.t, b.path("jobs/canary.wasm")))
	write(b.t, b.path("sources/"+rates), read(b.t, b.path("jobs/"+rates)))
	for name, data := range lists {
		if data != "" {
			write(b.t, b.path("sources/"+name), []byte(data))
		}
		for _, key := range []string{"town: {type: string, width: 32, public: " + name + "}", "town: {type: int64, public: " + name + "}"} {
			j.key, j.references = key, rated
			// A column called town is a list of towns, whoever made the file.
			taken := name == "utf8.csv" && strings.Contains(key, "string")
			if got := b.any("job check " + b.beside("list", j) + " --as wang"); (got == 0) != taken {
				b.t.Errorf("the list %s ended with status %d", name, got)
			}
		}
	}
	write(b.t, b.path("sources/"+rates), []byte("ward,rate\n"+textMarker+","+textMarker+"\n"))
	j.key = towns
	for _, table := range []string{"people.csv", "utf8.csv", "rates.csv", "lines.json", "columns.parquet", "long.csv"} {
		j.references = "rates: " + table
		if got := b.any("job run " + b.beside("reference", j) + " --as wang"); got != 2 {
			b.t.Errorf("the reference table %s ended with status %d", table, got)
		}
	}
}

// stageRefusals asks for what nobody may have.
func (b *box) stageRefusals() {
	line := b.file("refused", present("age > 1"))
	b.fails(3, "job run "+line+" --as wu")
	b.fails(3, "job check "+line+" --as liu")
	b.fails(3, "dataset load people sources/people.csv --as qian")
	b.fails(3, "dataset load people sources/people.csv --as wang")
	b.fails(3, "audit people --as wang")
	b.fails(2, "audit show 0 --as wang")
	b.fails(2, "audit list --as nobody")
	b.fails(3, "scenario grant jobs/grant.yaml --as wang")
	dear := present("age > 2")
	dear.release = "rho: 99.9"
	b.fails(4, "job run "+b.file("dear", dear)+" --as wang")
	b.fails(4, "job check "+b.file("dear", dear)+" --as wang")
	b.fails(2, "job list --as nobody")
	b.fails(2, "release list --as nobody")
	b.fails(2, "user list --domain nowhere")
	b.fails(2, "dataset list --domain nowhere")
	b.fails(2, "scenario list --domain nowhere")
	b.fails(2, "space list --domain nowhere")
	b.fails(1, "doctor --domain nowhere")
	b.fails(2, "domain key --domain nowhere")
}
