package modbuild

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// scaffold makes a project and returns its folder.
func scaffold(t *testing.T, lang, kind string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "project")
	if _, err := New(Project{Name: "example", Language: lang, Kind: kind, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// need skips the test if the language's compiler is missing.
func need(t *testing.T, lang string, err error) {
	t.Helper()
	l, _ := Named(lang)
	if e, ok := errors.AsType[*glovebox.Error](err); ok && e.Fix == l.Install.EN {
		t.Skip(err)
	}
}

// TestSingleFiles: a source on its own gets the SDK of this program, and its
// module the source's name.
func TestSingleFiles(t *testing.T) {
	for lang, file := range map[string]string{"c": "module.c", "rust": "src/lib.rs", "zig": "main.zig"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			project, dir := scaffold(t, lang, abi.KindMapScalar), t.TempDir()
			source := filepath.Join(dir, "alone"+filepath.Ext(file))
			for from, to := range map[string]string{file: source, "manifest.json": filepath.Join(dir, "alone.manifest.json")} {
				b, err := os.ReadFile(filepath.Join(project, from))
				if err == nil {
					err = os.WriteFile(to, b, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			r, err := Build(t.Context(), Source{Path: source})
			if need(t, lang, err); err != nil {
				t.Fatal(err)
			}
			if _, err := sandbox.Admit(r.Wasm, nil); err != nil || r.Name != "alone" || r.Language != lang {
				t.Errorf("%s in %s: %v", r.Name, r.Language, err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
				t.Errorf("the build left %d files beside the source", len(left)-2)
			}
		})
	}
}

// TestCompilersWords: what a compiler says is the error, and names the file.
func TestCompilersWords(t *testing.T) {
	for lang, file := range map[string]string{"c": "module.c", "rust": "src/lib.rs", "zig": "main.zig"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			dir := scaffold(t, lang, abi.KindMap)
			if err := os.WriteFile(filepath.Join(dir, file), []byte("this is not a program"), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Build(t.Context(), Source{Path: dir})
			need(t, lang, err)
			e, ok := errors.AsType[*glovebox.Error](err)
			if !ok || e.Code != glovebox.CodeModule || e.File != dir || !strings.Contains(e.Msg, filepath.Base(file)) || !strings.Contains(e.Msg, "error") {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestBuildZigIsNotRun: a build.zig marks a project, whose root is found
// without it.
func TestBuildZigIsNotRun(t *testing.T) {
	dir := folder(t, "build.zig", "manifest.json")
	task, l, err := find(Source{Path: dir})
	if err != nil || l.Name != "zig" {
		t.Fatalf("%v", err)
	}
	if root, err := zigRoot(task); err == nil {
		t.Errorf("the root is %s", root)
	}
	if err := os.Mkdir(filepath.Join(dir, "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"root.zig", "main.zig"} { // the latter comes first
		want := filepath.Join(dir, "src", name)
		if err := os.WriteFile(want, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if root, err := zigRoot(task); err != nil || root != want {
			t.Errorf("the root is %s, want %s (%v)", root, want, err)
		}
	}
}

// TestZigIsNotTheProjects: where Zig comes with Python, a folder's own module of
// that name is not what runs.
func TestZigIsNotTheProjects(t *testing.T) {
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Skip("needs python3")
	}
	bin := t.TempDir()
	if err := os.Symlink(strings.TrimSpace(string(python)), filepath.Join(bin, "python3")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	dir := scaffold(t, "zig", abi.KindMap)
	ran := filepath.Join(t.TempDir(), "ran")
	if err := os.WriteFile(filepath.Join(dir, "ziglang.py"), []byte("open("+strconv.Quote(ran)+", 'w')\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	_, _ = Build(t.Context(), Source{Path: "."}) // with or without a Zig
	if _, err := os.Stat(ran); err == nil {
		t.Error("the project's ziglang.py ran")
	}
}

// TestSDKsAreWhole: every file of an SDK is in the binary and goes into a
// project, so that what was built once is built again.
func TestSDKsAreWhole(t *testing.T) {
	for _, lang := range Templated() {
		l, _ := Named(lang)
		dir := scaffold(t, lang, abi.KindMap)
		err := fs.WalkDir(l.SDK, ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			want, err := fs.ReadFile(l.SDK, p)
			if err != nil {
				return err
			}
			got, err := os.ReadFile(filepath.Join(dir, l.SDKDir, strings.TrimSuffix(p, ".tmpl")))
			if err == nil && string(got) != string(want) && !strings.HasSuffix(p, ".tmpl") {
				t.Errorf("%s: %s is another file in a project", lang, p)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", lang, err)
		}
	}
}
