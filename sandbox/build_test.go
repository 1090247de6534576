package sandbox

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the .wasm files of testdata")

// toolchains build the guests of testdata. Bytes are compared with one version
// of each only: another may well choose other code.
var toolchains = []struct {
	ext, tool, version string
	more               []string // other programs that the build runs
	build              func(src, plain string) [][]string
}{
	{".c", "clang-19", "19.1.7", []string{"wasm-ld-19"}, func(src, plain string) [][]string {
		cc := []string{"clang-19", "--target=wasm32", "-O2", "-nostdlib", "-ffreestanding", "-Wall", "-Werror", "-Wno-unused-function", "-I", "../sdk/c", "-c", src, "-o", plain + ".o"}
		if strings.HasSuffix(src, "_scalar.c") { // several results
			cc = append(cc, "-mmultivalue", "-Xclang", "-target-abi", "-Xclang", "experimental-mv")
		}
		return [][]string{
			cc,
			{"wasm-ld-19", "--no-entry", "--strip-all", "-z", "stack-size=16384", plain + ".o", "-o", plain},
		}
	}},
	{".wat", "wat2wasm", "1.0.32", nil, func(src, plain string) [][]string {
		cmd := []string{"wat2wasm", src, "-o", plain}
		if filepath.Dir(src) == evilDir {
			cmd = append(cmd, "--enable-all", "--no-check") // the host is to refuse what is wrong
		}
		return [][]string{cmd}
	}},
}

// TestGuestsRebuild builds every guest of testdata from its source and its
// manifest and wants the committed bytes.
func TestGuestsRebuild(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, tc := range toolchains {
		sources, err := filepath.Glob("testdata/*" + tc.ext)
		if err != nil || len(sources) == 0 {
			t.Fatalf("no sources *%s: %v", tc.ext, err)
		}
		more, err := filepath.Glob(filepath.Join(evilDir, "*"+tc.ext))
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, more...)
		for _, src := range sources {
			t.Run(filepath.Base(src), func(t *testing.T) {
				needTool(t, tc.tool, tc.version)
				for _, m := range tc.more {
					needTool(t, m, "")
				}
				base := strings.TrimSuffix(src, tc.ext)
				plain := filepath.Join(t.TempDir(), "plain.wasm")
				for _, cmd := range tc.build(src, plain) {
					if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
						t.Fatalf("%s: %v\n%s", strings.Join(cmd, " "), err, out)
					}
				}
				manifest := base + ".json"
				if _, err := os.Stat(manifest); err != nil && filepath.Dir(base) == evilDir {
					manifest = filepath.Join(evilDir, "manifest.json")
				}
				built, err := SetManifest(read(t, plain), read(t, manifest))
				if err != nil {
					t.Fatal(err)
				}
				if *update {
					if err := os.WriteFile(base+".wasm", built, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if !bytes.Equal(built, read(t, base+".wasm")) {
					t.Fatalf("%s.wasm is not what its source gives; go test -run Rebuild -update writes it", base)
				}
			})
		}
	}
}

// needTool skips the test unless the tool is there, in this version.
func needTool(t *testing.T, tool, version string) {
	t.Helper()
	out, err := exec.Command(tool, "--version").CombinedOutput()
	if err != nil {
		t.Skipf("%s is not installed", tool)
	}
	if !strings.Contains(string(out), version) {
		t.Skipf("%s is not version %s", tool, version)
	}
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestRewriterVersion: what a module is rewritten into may change only with
// the rewriter's version, because the version stands in the log for the fuel
// that units take.
func TestRewriterVersion(t *testing.T) {
	type rules struct {
		digest  string // of what becomes of multi.wasm
		selects string // of what becomes of a module that selects floating point; gbrw/3 left it
		depth   int
	}
	known := map[string]rules{
		"gbrw/1": {"sha256:2ff48119fd40b64f597f7d5e704f62a8f3ca2a5429c286ea0291417aee3acb84", "", 16 << 20},
		"gbrw/2": {"sha256:08c13618db9aa8ecd3cb05811bcfc1defd35c4ba03e89314db64f117cccd9526", "", 16 << 20},
		"gbrw/3": {"sha256:08c13618db9aa8ecd3cb05811bcfc1defd35c4ba03e89314db64f117cccd9526", "", 8 << 20},
		"gbrw/4": {"sha256:08c13618db9aa8ecd3cb05811bcfc1defd35c4ba03e89314db64f117cccd9526", "sha256:335ae09e2c1800cbfbf51aabd1cba3076f7badf4625c7adab9ac25f969636d50", 8 << 20},
	}
	m, selects := admit(t, read(t, "testdata/multi.wasm")), admit(t, read(t, filepath.Join(evilDir, "pure-register.wasm")))
	if got := (rules{m.RewrittenDigest(), selects.RewrittenDigest(), depthBytes}); known[RewriterVersion] != got {
		t.Fatalf("%s rewrites multi.wasm and pure-register.wasm into %v, not %v: give the rewriter a new version", RewriterVersion, got, known[RewriterVersion])
	}
	if again := admit(t, read(t, "testdata/multi.wasm")); again.RewrittenDigest() != m.RewrittenDigest() {
		t.Fatal("two rewrites differ")
	}
}
