package cli

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/evidence/report"
)

// TestReportsAreMadeAgain: every kind in every form and language comes out byte
// for byte again, later, when the log has grown, and on another machine from the
// copy of log and kept documents; a report in which one byte was changed does not.
func TestReportsAreMadeAgain(t *testing.T) {
	_, run := lived(t)
	var made []string
	for _, k := range report.Kinds() {
		for i, form := range report.Forms {
			lang := []string{"en", "zh"}[i%2]
			name := k.Name + "." + form
			run(0, "report make "+k.Name+" --from 2020-01-01 --to 2099-12-31 -o "+name+" --lang "+lang+" --as sun")
			made = append(made, name)
		}
	}
	run(0, "audit copy copy --as sun")
	run(0, "user add later --role developer") // the log grows
	elsewhere := t.TempDir()
	if err := copyTree(filepath.Join(elsewhere, "copy"), "copy"); err != nil {
		t.Fatal(err)
	}
	for _, name := range made {
		status, _, errs := shell(t, "report", "verify", name, "--evidence", filepath.Join(elsewhere, "copy"))
		if status != 0 {
			t.Errorf("%s: %s", name, errs)
		}
	}
	for _, name := range []string{"usage.md", "summary.xlsx", "disclosure.html"} {
		run(0, "report verify "+name+" --as sun")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{3, len(data) / 2, len(data) - 2} {
			bad := bytes.Clone(data)
			bad[at] ^= 1
			if err := os.WriteFile("bad", bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if status, _, _ := shell(t, "report", "verify", "bad", "--evidence", "copy"); status != 2 {
				t.Errorf("%s with another byte at %d: status %d", name, at, status)
			}
		}
	}
	// A copy that lacks a document, or has another, makes nothing.
	names, err := filepath.Glob("copy/kept/*")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d documents, %v", len(names), err)
	}
	for _, name := range names {
		if err := os.WriteFile(name, []byte("other"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, errs := shell(t, "report", "verify", "usage.md", "--evidence", "copy"); status != 2 || !strings.Contains(errs, "is not that document") {
		t.Errorf("status %d: %s", status, errs)
	}
	// What the forms hold.
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if s := read("usage.md"); strings.Count(s, "| refused |") != 2 || strings.Count(s, "| run |") != 1 || !strings.Contains(s, "pums: rho 0.125") || strings.Count(s, "| answered again |") != 1 {
		t.Errorf("%s", s)
	}
	if s := read("disclosure.html"); !strings.Contains(s, "@page{size:A4") || !strings.Contains(s, "授权对象") {
		t.Errorf("%s", s)
	}
	for _, form := range report.Forms { // no person, no price, no place, no module
		for _, word := range []string{"wang", "zhao", "liu", "chen", "rho", "0.125", "sha256:" + "x", "city/out"} {
			if strings.Contains(read("disclosure."+form), word) {
				t.Errorf("the public extract names %s", word)
			}
		}
	}
	for _, word := range []string{"wang", "zhao", "liu", "chen"} {
		if strings.Contains(read("individual.csv"), word) {
			t.Errorf("what an individual may be told names %s", word)
		}
	}
	if s := read("individual.md"); !strings.Contains(s, "| census-person | pums | rho 0.125 | 16 times | 1e-06 | 1 |") || !strings.Contains(s, "| Census persons (PUMS sample) | 1 | 2 |") {
		t.Errorf("%s", s)
	}
	run(3, "report make individual --period 2026 --as liu")
	z, err := zip.OpenReader("summary.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	sheets := 0
	for _, f := range z.File {
		if strings.HasPrefix(f.Name, "xl/worksheets/") {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil || !bytes.Contains(b, []byte("<sheetData><row")) {
				t.Errorf("%s: %v", f.Name, err)
			}
			sheets++
		}
	}
	if sheets != 5 {
		t.Errorf("%d sheets", sheets)
	}
	// Who may.
	run(0, "report make scenarios --period 2026 --as liu")
	run(0, "report make providers --period 2026 --as chen")
	run(3, "report make usage --period 2026 --as wang")
	run(2, "report make usage --period 2026H3 --as sun")
	run(2, "report make nothing --period 2026H1 --as sun")
	run(2, "report make usage --as sun")
}
