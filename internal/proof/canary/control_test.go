package canary

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/author/modbuild"
)

// TestSearchFindsEveryFormEverywhere is the positive control: each form of
// each marker, planted in each kind of place, is found, and by that name.
func TestSearchFindsEveryFormEverywhere(t *testing.T) {
	b := newBox(t)
	b.log = func(string, ...any) {} // here a finding is what we want
	b.once("init dom --name canary --parts 1")
	if err := os.MkdirAll(b.path("out/r-1"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.sweep()
	if b.bad != 0 {
		t.Fatalf("%d findings before anything was planted", b.bad)
	}
	places := map[string]string{"vault": "dom/vault/planted.age", "log": "dom/log/tile/planted", "database": "dom/domain.db-wal", "bundle": "out/r-1/result.csv", "temporary file": "tmp/planted"}
	for name, path := range places {
		for _, n := range b.s.needles {
			write(t, b.path(path), append(append([]byte("before "), n.bytes...), " after"...))
			got := map[string]bool{}
			if _, _, err := b.s.tree(filepath.Dir(b.path(path)), nil, func(place, form string) { got[form] = true }); err != nil {
				t.Fatal(err)
			}
			if !got[n.name] {
				t.Errorf("%s: %s was not found", name, n.name)
			}
		}
		if err := os.Remove(b.path(path)); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range b.s.needles {
		got := strings.Join(b.s.in(append([]byte{' '}, n.bytes...)), "\n")
		if !strings.Contains(got, n.name) {
			t.Errorf("a stream: %s was not found", n.name)
		}
	}
}

// TestSearchLooksInside plants markers where their bytes do not stand as they
// are.
func TestSearchLooksInside(t *testing.T) {
	s := &search{needles(t)}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write([]byte(strings.Repeat(textMarker, 9))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wide := func(s string) []byte {
		var out []byte
		for _, c := range []byte(s) {
			out = append(out, c, 0)
		}
		return out
	}
	for name, data := range map[string][]byte{
		"Parquet":          parquetFile(t, header, people()),
		"gzip":             zipped.Bytes(),
		"base64 of UTF-16": []byte(`{"payload":"` + base64.StdEncoding.EncodeToString(wide("xx "+textMarker+" in the middle of a longer text")) + `"}`),
		"base64 of gzip":   []byte(base64.StdEncoding.EncodeToString(zipped.Bytes()) + strings.Repeat("A", 40)[:0]),
	} {
		if len(s.in(data)) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
	if len(s.in([]byte("nothing to see here, not even a canary"))) != 0 {
		t.Error("found something in nothing")
	}

	// In a database a whole number has no digits, and a long value is cut.
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"PRAGMA journal_mode = WAL", "CREATE TABLE x (v)", fmt.Sprintf("INSERT INTO x VALUES (%s)", numberMarker)} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := s.in(read(t, path)); len(got) != 0 {
		t.Errorf("the number stands there as digits: %v", got)
	}
	found := 0
	if _, _, err := s.tree(filepath.Dir(path), nil, func(place, form string) { found++ }); err != nil || found == 0 {
		t.Errorf("a number in a database was not found (%v)", err)
	}
}

// TestBoxSeesWhatCommandsPrint plants a marker as the name of an organisation,
// which the product keeps and prints on purpose: the streams and the database
// must be found to hold it.
func TestBoxSeesWhatCommandsPrint(t *testing.T) {
	b := newBox(t)
	var places []string
	b.log = func(_ string, v ...any) { places = append(places, fmt.Sprint(v[0])) }
	b.once("init dom --name canary --parts 1")
	b.once("user add pat --role provider --org " + textMarker + "-Office")
	for range 4 { // more than one transaction, so that the value has left the journal
		b.any("user list")
	}
	b.any("job show " + textMarker + " --as pat")
	b.sweep()
	all := strings.Join(places, "\n")
	for _, want := range []string{"stdout of glovebox user list", "stderr of glovebox job show", "dom/domain.db", "dom/domain.db (tables)"} {
		if !strings.Contains(all, want) {
			t.Errorf("no finding in %s; findings:\n%s", want, all)
		}
	}
	places, b.bad = nil, 0
	own := b.aside(func() {
		fmt.Fprintln(os.Stderr, textMarker)
		cmd := exec.Command("/bin/sh", "-c", "echo "+textMarker+" >&1")
		cmd.Stdout = os.Stdout
		if err := cmd.Run(); err != nil {
			t.Error(err)
		}
	})
	if n := bytes.Count(own, []byte(textMarker)); n != 2 {
		t.Errorf("%d of 2 texts on the process's own streams were seen", n)
	}
}

// TestGuestIsItsSource builds the guest and wants the committed bytes.
func TestGuestIsItsSource(t *testing.T) {
	for tool, version := range map[string]string{"clang-19": "19.1.7", "wasm-ld-19": ""} {
		// Another version of the compiler may well choose other instructions.
		if out, err := exec.Command(tool, "--version").CombinedOutput(); err != nil || !strings.Contains(string(out), version) {
			t.Skipf("needs %s %s, which built the committed module", tool, version)
		}
	}
	r, err := modbuild.Build(context.Background(), modbuild.Source{Path: "testdata/canary.c"})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(r.Wasm, read(t, "testdata/canary.wasm")) {
		t.Fatal("canary.wasm is not what its source gives: glovebox module build internal/proof/canary/testdata/canary.c -o internal/proof/canary/testdata/canary.wasm writes it")
	}
}
