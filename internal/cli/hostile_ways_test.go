package cli_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/proof/testkit/demo"
	"glovebox.example/glovebox/text"
)

// formulas are texts that a spreadsheet takes for formulas and that a name, a
// value or a key may be all the same: nothing in them hides.
var formulas = []string{"=1+1", "+86", "-1", "@SUM(A1)", "＝1", "'=1", `"=1`, "=cmd|' /C'!A0", "'a"}

// shows fails if a text that left holds what does not show.
func shows(t *testing.T, where, s string) {
	t.Helper()
	for _, r := range strings.TrimPrefix(s, "\ufeff") {
		if r != '\n' && r != '\r' && r != '\t' && !text.Shown(r) {
			t.Errorf("%s holds %U", where, r)
			return
		}
	}
}

// safeCSV fails if a cell of a CSV file that left can be taken for a formula, and
// returns its rows.
func safeCSV(t *testing.T, where, s string) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(s, "\ufeff")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", where, len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if _, err := strconv.ParseFloat(cell, 64); err != nil && !strings.HasPrefix(cell, "'") && text.Formula(cell) {
				t.Errorf("%s: the cell %q is a formula", where, cell)
			}
		}
	}
	return rows
}

// TestHostileTextsOnTheirWayOut: what plays with a terminal, hides or looks like
// something else gets into no list of keys, from a job or a file, and is named with
// its file and place; what a spreadsheet takes for a formula goes in as a key, a
// value, a title and a name, and comes out as a text in every form.
func TestHostileTextsOnTheirWayOut(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	d, dir := demo.New(t), t.TempDir()
	pums := filepath.Join("..", "..", "examples", "pums")
	read := func(path string) string {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	quoted := func(s string) string { return strconv.QuoteToASCII(s) }
	d.OK("user", "add", "census", "--role", "provider", "--org", "=cmd|' /C'!A0", "--full-name", "@SUM(A1)")
	record := strings.NewReplacer("provider: Census Office", `provider: "=cmd|' /C'!A0"`, "en: Census persons (PUMS sample)", `en: "=HYPERLINK(1)"`,
		"\nquality:", "\n  - {name: town, title: {en: \"+1\", zh: \"＝1\"}, type: string, class: public, grade: 1, max_bytes: 16, source: \"=town\", values: ["+quoted("=1+1")+", "+quoted("-1")+"]}\nquality:").
		Replace(read(filepath.Join(pums, "dataset.yaml")))
	d.OK("dataset", "add", put(t, filepath.Join(dir, "d.yaml"), record), "--as", "census")
	var rows strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(read(filepath.Join(pums, "pums.csv"))), "\n") {
		rows.WriteString(strings.TrimSpace(line) + "," + []string{"=1+1", "=town"}[min(1, max(0, 1-i))] + "\n")
	}
	d.OK("dataset", "load", "pums", put(t, filepath.Join(dir, "d.csv"), rows.String()), "--as", "census")
	scenario := strings.NewReplacer("en: Education and income", `en: "=1+1"`, "zh: 教育与收入", `zh: "＝1"`, "en: How income", `en: "=1+1 How income`, "for a public report.", `for a public report."`,
		"en: Income by education", `en: "@SUM(A1)"`).Replace(read(filepath.Join(pums, "scenario.yaml")))
	d.OK("scenario", "add", put(t, filepath.Join(dir, "s.yaml"), scenario), "--as", "liu")
	d.OK("scenario", "grant", filepath.Join(pums, "grant.yaml"), "--as", "zhao")
	put(t, filepath.Join(dir, "income.wasm"), read(filepath.Join(pums, "income.wasm")))
	const list = "public: [no diploma, high school, some college, degree]"
	job := func(public, rho string) string {
		s := strings.NewReplacer(list, "public: "+public, "rho: 0.125", "rho: "+rho).Replace(read(filepath.Join(pums, "job.yaml")))
		return put(t, filepath.Join(dir, "job.yaml"), s)
	}

	// In: a list in the job, as it is and as an escape, and a file.
	bad := []string{"a\x1b[31mb", "a\u202eb", "a\u200bb", "a\U000e0041b", "葛\U000e0100", "a\u3164b", "a\u00a0b", "p\u0430ypal", "e\u0301", "ａb", " a", "a\u2028b"}
	for i, s := range bad {
		lang := []string{"en", "zh"}[i%2]
		put(t, filepath.Join(dir, "k.csv"), "schooling\ndegree\n\""+s+"\"\n")
		where, public := "job.yaml:9:", "[degree, "+quoted(s)+"]"
		if i/2%2 == 1 {
			where, public = "k.csv: output.key.schooling.public: ", "k.csv"
		}
		status, out, errs := d.Do("job", "check", job(public, "0.1"), "--as", "wang", "--lang", lang)
		if status != 2 || !strings.Contains(errs, where) || lang == "en" && !strings.Contains(errs, text.Advice) {
			t.Errorf("%+q in %s: status %d, %s", s, where, status, errs)
		}
		shows(t, "job check", out+errs)
	}

	// Out: formulas as keys, of a file and of the job.
	put(t, filepath.Join(dir, "k.csv"), "schooling\ndegree\n"+strings.ReplaceAll(strings.Join(formulas, "\n"), `"=1`, `"""=1"`)+"\n")
	inJob := make([]string, len(formulas))
	for i, s := range formulas {
		inJob[i] = quoted(s)
	}
	for i, public := range []string{"k.csv", "[degree, " + strings.Join(inJob, ", ") + "]"} {
		file := job(public, "0.1"+strconv.Itoa(i))
		shows(t, "job run", d.OK("job", "run", file, "--as", "wang"))
		var o struct {
			Release struct{ ID string }
			Content struct{ Rows [][]any }
		}
		if err := json.Unmarshal([]byte(d.OK("job", "run", file, "--as", "wang", "--json")), &o); err != nil {
			t.Fatal(err)
		}
		want := append([]string{"degree"}, formulas...)
		slices.Sort(want)
		var got []string
		for _, r := range o.Content.Rows {
			got = append(got, r[0].(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("the keys are %q, want %q", got, want)
		}
		d.OK("release", "approve", o.Release.ID, "--as", "zhao")
		d.OK("release", "approve", o.Release.ID, "--as", "census")
		out := filepath.Join(dir, "out")
		d.OK("release", "export", o.Release.ID, "--to", out, "--as", "liu")
		bundle := filepath.Join(out, o.Release.ID)
		var cells []string
		for _, r := range safeCSV(t, "result.csv", read(filepath.Join(bundle, "result.csv")))[1:] {
			cells = append(cells, strings.TrimPrefix(r[0], "'"))
		}
		for i, s := range want { // a reader that takes one apostrophe away has the text back
			if cells[i] != s {
				t.Errorf("result.csv holds %q for %q", cells[i], s)
			}
		}
		for _, name := range []string{"result.json", "README.md", "statement.json"} {
			if data, err := os.ReadFile(filepath.Join(bundle, name)); err == nil {
				shows(t, name, string(data))
			}
		}
		shows(t, "verify", d.OK("verify", bundle))
		shows(t, "release show", d.OK("release", "show", o.Release.ID, "--as", "zhao")+d.OK("release", "show", o.Release.ID, "--as", "zhao", "--json"))
	}
	for _, args := range [][]string{{"dataset", "list"}, {"dataset", "show", "pums"}, {"scenario", "list"}, {"scenario", "show", "education-income"}, {"user", "list"}, {"user", "show", "census"}, {"job", "list"}, {"release", "list"}, {"audit", "list"}} {
		shows(t, strings.Join(args, " "), d.OK(append(args, "--as", "zhao")...))
	}

	// Reports and the log as tables.
	for _, kind := range []string{"usage", "disclosure", "summary"} {
		for _, form := range []string{"csv", "md", "html"} {
			file := filepath.Join(dir, kind+"."+form)
			d.OK("report", "make", kind, "--from", "2020-01-01", "--to", "2099-12-31", "-o", file, "--as", "sun")
			shows(t, kind+"."+form, read(file))
			if form == "csv" {
				safeCSV(t, kind, read(file))
			}
		}
	}
	safeCSV(t, "audit list", d.OK("audit", "list", "--csv", "--as", "sun"))

	// A sample has the form of the provider's files, and says what stands in it.
	for lang, says := range map[string]string{"en": "spreadsheet's formulas", "zh": "电子表格公式"} {
		status, _, errs := d.Do("dataset", "sample", "pums", "--units", "5", "-o", filepath.Join(dir, lang+".csv"), "--lang", lang)
		if status != 0 || !strings.Contains(errs, says) {
			t.Errorf("a sample with formulas: status %d, %s", status, errs)
		}
	}
}
