package canary

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glovebox.example/glovebox/internal/cli"
)

// box is a folder in which the whole product is run and searched:
//
//	sources   what the provider has; the only place where markers may be
//	dom       the domain
//	jobs      what a developer has: jobs, modules
//	out       exported bundles
//	tmp       the temporary directory of this process
type box struct {
	t    *testing.T
	dir  string
	here string // folder of this package
	s    *search
	fds  [2]*os.File          // where this process's own stdout and stderr go while a command runs
	ran  map[string]*[2]int   // command to how often it ended well, and not
	says map[string]bool      // command, language and form of output that were used
	turn map[string]int       // command to its runs so far
	ctx  context.Context      // of the commands
	bad  int                  // findings so far
	seen int64                // bytes searched
	log  func(string, ...any) // where findings go
}

func newBox(t *testing.T) *box {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	b := &box{t: t, here: here, dir: t.TempDir(), s: &search{needles(t)}, ran: map[string]*[2]int{}, says: map[string]bool{}, turn: map[string]int{}, ctx: t.Context(), log: t.Errorf}
	for _, d := range []string{"sources", "jobs", "tmp"} {
		if err := os.Mkdir(b.path(d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []string{"GLOVEBOX_DOMAIN", "GLOVEBOX_USER", "GLOVEBOX_LANG", "LANG", "LC_ALL", "LC_MESSAGES"} {
		t.Setenv(v, "")
	}
	t.Setenv("TMPDIR", b.path("tmp"))
	t.Setenv("HOME", b.path("tmp"))
	t.Chdir(b.dir)
	outside := t.TempDir()
	for i := range b.fds {
		f, err := os.Create(filepath.Join(outside, fmt.Sprint(i)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		b.fds[i] = f
	}
	return b
}

func (b *box) path(name string) string { return filepath.Join(b.dir, name) }

// variations are the ways to say the same: language and form of output.
func variations() [][]string {
	return [][]string{{"--lang", "en"}, {"--lang", "zh", "--json"}, {"--lang", "zh"}, {"--lang", "en", "--json"}}
}

// next is the variation of a command's next run: they take turns.
func (b *box) next(line string) []string {
	name := command(strings.Fields(line))
	b.turn[name]++
	return variations()[b.turn[name]%4]
}

// ok runs a line twice, once as text and once as JSON; it has to succeed.
func (b *box) ok(line string) {
	b.t.Helper()
	b.once(line)
	b.once(line)
}

// once runs a line that has to succeed, and returns what it printed.
func (b *box) once(line string) string {
	b.t.Helper()
	v := b.next(line)
	status, out, errs := b.run(line, v)
	if status != 0 {
		b.t.Fatalf("%s %v: status %d\n%s%s", line, v, status, out, errs)
	}
	return out
}

// fails runs a line twice, once as text and once as JSON; it has to end with
// the status.
func (b *box) fails(want int, line string) {
	b.t.Helper()
	for range 2 {
		v := b.next(line)
		if status, out, errs := b.run(line, v); status != want {
			b.t.Errorf("%s %v: status %d, not %d\n%s%s", line, v, status, want, out, errs)
		}
	}
}

// any runs a line, whatever comes of it.
func (b *box) any(line string) int {
	b.t.Helper()
	status, _, _ := b.run(line, b.next(line))
	return status
}

// run runs a line in this process and searches all that it printed: on its
// streams, and on the process's own, where a library might print.
func (b *box) run(line string, more []string) (status int, out, errs string) {
	b.t.Helper()
	args := append(strings.Fields(line), more...)
	if !slices.Contains(args, "--domain") {
		args = append(args, "--domain", "dom")
	}
	var stdout, stderr bytes.Buffer
	own := b.aside(func() {
		status = cli.Run(b.ctx, args, cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	})
	for place, data := range map[string][]byte{"stdout": stdout.Bytes(), "stderr": stderr.Bytes(), "the process's streams": own} {
		b.look(fmt.Sprintf("%s of glovebox %s", place, strings.Join(args, " ")), data)
	}
	name := command(args)
	if b.ran[name] == nil {
		b.ran[name] = &[2]int{}
	}
	b.ran[name][min(status, 1)]++
	b.says[name+" "+strings.Join(more, " ")] = true
	return status, stdout.String(), stderr.String()
}

// command is the command of a line: its first word, or the first two.
func command(args []string) string {
	if slices.Contains([]string{"init", "verify", "doctor"}, args[0]) {
		return args[0]
	}
	return args[0] + " " + args[1]
}

// aside runs fn while file descriptors 1 and 2 lead to files, and returns what
// was written there. A crash is still told on the real stderr.
func (b *box) aside(fn func()) []byte {
	b.t.Helper()
	check := func(err error) {
		if err != nil {
			b.t.Fatal(err)
		}
	}
	var kept [2]int
	for i := range kept {
		var err error
		kept[i], err = unix.FcntlInt(uintptr(i+1), unix.F_DUPFD_CLOEXEC, 3)
		check(err)
		check(b.fds[i].Truncate(0))
		_, err = b.fds[i].Seek(0, io.SeekStart)
		check(err)
	}
	crash := os.NewFile(uintptr(kept[1]), "stderr")
	check(debug.SetCrashOutput(crash, debug.CrashOptions{}))
	for i := range kept {
		check(unix.Dup3(int(b.fds[i].Fd()), i+1, 0))
	}
	defer func() {
		for i := range kept {
			check(unix.Dup3(kept[i], i+1, 0))
		}
		check(debug.SetCrashOutput(nil, debug.CrashOptions{}))
		check(unix.Close(kept[0]))
		check(crash.Close())
	}()
	fn()
	var out []byte
	for _, f := range b.fds {
		data, err := os.ReadFile(f.Name())
		check(err)
		out = append(out, data...)
	}
	return out
}

// look searches one place.
func (b *box) look(place string, data []byte) {
	b.t.Helper()
	b.seen += int64(len(data))
	for _, f := range b.s.in(data) {
		b.found(place, f)
	}
}

func (b *box) found(place, form string) {
	b.t.Helper()
	if b.bad++; b.bad <= 50 {
		b.log("%s holds a marker: %s", place, form)
	}
}

// sweep searches every file of the box, or of some of its folders, but never
// the provider's own.
func (b *box) sweep(only ...string) {
	b.t.Helper()
	files := 0
	_, size, err := b.s.tree(b.dir, func(path string) bool {
		if strings.HasSuffix(filepath.Dir(path), "/cache/wasm") {
			// Machine code of what a developer wrote: the modules here have the
			// markers in them that they look for. It is made before any data
			// is read.
			return true
		}
		if filepath.Dir(path) != b.dir {
			files++
			return false
		}
		return path == b.path("sources") || len(only) > 0 && !slices.Contains(only, filepath.Base(path))
	}, b.found)
	if err != nil {
		b.t.Fatal(err)
	}
	if files < 3 {
		b.t.Fatalf("only %d files were searched", files)
	}
	b.seen += size
}

// copyTree copies a folder with its modes.
func copyTree(t testing.TB, to, from string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), st.Mode().Perm())
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, st.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
}
