package cli

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // for tampering
)

// TestScripts runs every testdata/*.txtar. A script finds beside its own files
//
//	city   a domain with people, the pums data set loaded, its scenario granted
//	pums   the files of that example, job.yaml and module included
//
// and has, beside testscript's own commands,
//
//	glovebox ...      run a command line in this process; it must end with
//	                  status 0, after ! with another
//	lost glovebox ... run one whose stdout takes nothing: it must end with
//	                  status 1 and say so on stderr
//	status N          the last one ended with N
//	atmost N          what it printed on stdout has at most N lines
//	capture NAME RE   set $NAME to the first match of RE on its stdout
//	damage FILE       change one byte in the middle of a file
//	sql FILE STMT     change a database behind the product's back
//	unguard FILE      drop every trigger of a database
//	serve DIR [NAME=PLACE ...]
//	                  have a core hold a domain, as glovebox serve does, with places
//	unserve           stop it
//
// People: chen provides pums, qian provides for another organisation, zhao is
// the authority, liu the operator, wang a developer with a grant, wu one
// without, sun the auditor.
func TestScripts(t *testing.T) {
	dir, err := filepath.Abs("testdata") // commands change the working directory
	if err != nil {
		t.Fatal(err)
	}
	city := sync.OnceValues(func() (string, error) { return buildCity(t.TempDir()) })
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			dir, err := city()
			if err != nil {
				return err
			}
			e.Values[lastRun{}] = &lastRun{}
			for _, k := range ownEnv {
				if k != "PATH" && k != "TMPDIR" && k != "HOME" {
					e.Setenv(k, "")
				}
			}
			return copyTree(e.WorkDir, dir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"glovebox": scriptGlovebox, "lost": scriptLost, "status": scriptStatus, "atmost": scriptAtMost,
			"capture": scriptCapture, "serve": scriptServe, "unserve": scriptUnserve, "damage": scriptDamage, "sql": scriptSQL, "unguard": scriptUnguard,
		},
	})
}

// ownEnv are the variables that commands read.
var ownEnv = []string{"GLOVEBOX_DOMAIN", "GLOVEBOX_USER", "GLOVEBOX_LANG", "GLOVEBOX_SERVER", "GLOVEBOX_PROFILE", "XDG_CONFIG_HOME", "LC_ALL", "LC_MESSAGES", "LANG", "PATH", "TMPDIR", "HOME",
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}

// lastRun is what the last command lines of a script left, and the key under
// which the script has it: a status, and a core that is to be stopped.
type lastRun struct {
	status int
	held   *held
}

// process guards the process's working directory and environment, which the
// scripts, running at once, share.
var process sync.Mutex

func scriptGlovebox(ts *testscript.TestScript, neg bool, args []string) {
	var out bytes.Buffer
	status, errs := inProcess(ts, args, &out)
	_, _ = ts.Stdout().Write(out.Bytes())
	_, _ = ts.Stderr().Write(errs)
	ts.Value(lastRun{}).(*lastRun).status = status
	if neg == (status == 0) {
		ts.Fatalf("glovebox ended with status %d", status)
	}
}

func scriptLost(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || args[0] != "glovebox" {
		ts.Fatalf("usage: lost glovebox ...")
	}
	status, errs := inProcess(ts, args[1:], Closed{})
	_, _ = ts.Stderr().Write(errs)
	if status != 1 || !bytes.Contains(errs, []byte("the output is lost")) {
		ts.Fatalf("glovebox ended with status %d: %s", status, errs)
	}
}

func inProcess(ts *testscript.TestScript, args []string, out io.Writer) (status int, errs []byte) {
	process.Lock()
	defer process.Unlock()
	back, err := os.Getwd()
	ts.Check(err)
	ts.Check(os.Chdir(ts.MkAbs(".")))
	defer func() { ts.Check(os.Chdir(back)) }()
	for _, k := range ownEnv {
		old, set := os.LookupEnv(k)
		ts.Check(os.Setenv(k, ts.Getenv(k)))
		defer func() {
			if !set {
				ts.Check(os.Unsetenv(k))
				return
			}
			ts.Check(os.Setenv(k, old))
		}()
	}
	var e bytes.Buffer
	status = Main(args, Streams{In: strings.NewReader(""), Out: out, Err: &e})
	return status, e.Bytes()
}

func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: status N")
	}
	if got := strconv.Itoa(ts.Value(lastRun{}).(*lastRun).status); got != args[0] {
		ts.Fatalf("the last command ended with status %s, not %s", got, args[0])
	}
}

func scriptAtMost(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	if lines := strings.Count(ts.ReadFile("stdout"), "\n"); neg || lines > n {
		ts.Fatalf("%d lines", lines)
	}
}

func scriptCapture(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	found := regexp.MustCompile(args[1]).FindString(ts.ReadFile("stdout"))
	if found == "" {
		ts.Fatalf("nothing on stdout matches %s", args[1])
	}
	ts.Setenv(args[0], found)
}

func scriptDamage(ts *testscript.TestScript, neg bool, args []string) {
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	if len(b) == 0 || neg {
		ts.Fatalf("%s is empty", args[0])
	}
	b[len(b)/2] ^= 1
	ts.Check(os.WriteFile(path, b, 0o600))
}

func scriptSQL(ts *testscript.TestScript, neg bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	res, err := db.Exec(args[1])
	if neg {
		if err == nil {
			ts.Fatalf("the database took it")
		}
		return
	}
	ts.Check(err)
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		ts.Fatalf("nothing changed (%v)", err)
	}
}

func scriptUnguard(ts *testscript.TestScript, neg bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	rows, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'trigger'`)
	ts.Check(err)
	var names []string
	for rows.Next() {
		var n string
		ts.Check(rows.Scan(&n))
		names = append(names, n)
	}
	ts.Check(errors.Join(rows.Err(), rows.Close())) //nolint:sqlclosecheck // before the next statement
	if len(names) == 0 || neg {
		ts.Fatalf("there are no triggers")
	}
	for _, n := range names {
		_, err := db.Exec(`DROP TRIGGER "` + n + `"`)
		ts.Check(err)
	}
}

// buildCity makes the folder that scripts start from.
func buildCity(dir string) (string, error) {
	for _, example := range []string{"pums", "spread"} {
		if err := copyTree(filepath.Join(dir, example), filepath.Join("..", "..", "examples", example)); err != nil {
			return "", err
		}
	}
	in := func(name string) string { return filepath.Join(dir, "pums", name) }
	city := filepath.Join(dir, "city")
	for _, line := range [][]string{
		{"init", city, "--name", "city"},
		{"user", "add", "chen", "--role", "provider", "--org", "Census Office"},
		{"user", "add", "qian", "--role", "provider", "--org", "Tax Office"},
		{"user", "add", "zhao", "--role", "authority"},
		{"user", "add", "liu", "--role", "operator"},
		{"user", "add", "wang", "--role", "developer"},
		{"user", "add", "wu", "--role", "developer"},
		{"user", "add", "sun", "--role", "auditor"},
		{"dataset", "add", in("dataset.yaml"), "--as", "chen"},
		{"dataset", "load", "pums", in("pums.csv"), "--as", "chen"},
		{"scenario", "add", in("scenario.yaml"), "--as", "liu"},
		{"scenario", "grant", in("grant.yaml"), "--as", "zhao"},
	} {
		var out, errs bytes.Buffer
		if status := Run(context.Background(), append(line, "--domain", city), Streams{In: strings.NewReader(""), Out: &out, Err: &errs}); status != 0 {
			return "", fmt.Errorf("glovebox %s: %s", strings.Join(line, " "), errs.String())
		}
	}
	return dir, nil
}

// copyTree copies a folder with the modes of what is in it.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		dst := filepath.Join(to, rel)
		if d.IsDir() {
			if err := os.MkdirAll(dst, 0o700); err != nil {
				return err
			}
			return os.Chmod(dst, st.Mode().Perm())
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(dst, b, st.Mode().Perm()|0o200)
	})
}
