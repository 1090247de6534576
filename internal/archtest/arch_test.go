// Package archtest makes the architecture a failing test: who may import whom,
// which foreign module belongs to which package, and that every package says
// what it promises.
package archtest

import (
	"bytes"
	"encoding/json"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// module is the path that the project is imported by.
const module = "glovebox.example/glovebox"

type pkg struct {
	ImportPath string
	Dir        string
	Imports    []string
	Deps       []string
	GoFiles    []string
}

// load lists every package of the module: once, for all tests.
func load(t *testing.T) []pkg {
	t.Helper()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d packages found: the list cannot be right", len(all))
	}
	return all
}

var packages = sync.OnceValues(func() (all []pkg, err error) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,Deps,GoFiles", "-tags", "duckdb_arrow", "./...")
	cmd.Dir, cmd.Stderr = "../..", os.Stderr
	out, err := cmd.Output()
	for d := json.NewDecoder(bytes.NewReader(out)); err == nil; {
		var p pkg
		if err = d.Decode(&p); err == nil {
			all = append(all, p)
		}
	}
	if err == io.EOF {
		err = nil
	}
	return all, err
})

// under says whether path is one of the folders or lies in one.
func under(path string, folders ...string) bool {
	rel := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
	return slices.ContainsFunc(folders, func(f string) bool { return rel == f || strings.HasPrefix(rel, f+"/") })
}

// rules: a package under From may not import one under Not, but for Except.
var rules = []struct {
	from, not, except []string
	why               string
}{
	{[]string{"sandbox"}, []string{"engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, []string{"internal/proof/testkit"}, "domain packages speak through the root package and Arrow alone"},
	{[]string{"engine"}, []string{"sandbox", "policy", "masking", "privacy", "audit", "exporter", "internal"}, []string{"internal/proof/testkit"}, "domain packages speak through the root package and Arrow alone"},
	{[]string{"engine/source", "engine/filter", "engine/internal"}, []string{"engine"}, []string{"engine/source", "engine/internal"}, "the engine orders loads and reads: its parts do not know of them"},
	{[]string{"value"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "text", "internal"}, nil, "what a text is worth is decided without knowing where it comes from"},
	{[]string{"policy"}, []string{"sandbox", "engine", "masking", "privacy", "audit", "exporter", "internal"}, []string{"internal/proof/testkit"}, "domain packages speak through the root package and Arrow alone"},
	{[]string{"masking"}, []string{"sandbox", "engine", "policy", "privacy", "audit", "exporter", "internal"}, []string{"internal/proof/testkit"}, "domain packages speak through the root package and Arrow alone"},
	{[]string{"privacy"}, []string{"sandbox", "engine", "policy", "masking", "audit", "exporter", "internal"}, []string{"internal/proof/testkit"}, "domain packages speak through the root package and Arrow alone"},
	{[]string{"audit"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "exporter", "internal"}, []string{"internal/proof/testkit"}, "domain packages speak through the root package and Arrow alone"},
	{[]string{"audit/verify"}, []string{"audit"}, []string{"audit/verify"}, "evidence needs a checker that shares no code with its writer"},
	{[]string{"exporter"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "internal"}, []string{"internal/release", "internal/proof/testkit"}, "an exporter knows the approved result and nothing else"},
	{[]string{"internal/document"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, nil, "documents are read and checked, not acted on"},
	{[]string{"internal/domain/store"}, []string{"sandbox", "engine", "policy", "masking", "exporter", "internal"}, []string{"internal/fault"}, "the store keeps state and takes no step"},
	{[]string{"internal/domain/vault"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, []string{"internal/fault"}, "the vault keeps bytes and keys and does not know what is in a part"},
	{[]string{"internal/domain/backup"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, nil, "the form of copies knows neither keys of a domain nor what is in its files"},
	{[]string{"internal/domain/job"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, nil, "states and identities are words: nothing keeps or runs them here"},
	{[]string{"internal/domain"}, []string{"internal/pipeline", "internal/request", "internal/cli", "internal/author", "sandbox", "exporter", "masking"}, nil, "records and steps are kept apart"},
	{[]string{"internal/evidence"}, []string{"sandbox", "engine", "masking", "privacy", "exporter", "internal/pipeline", "internal/cli", "internal/request", "internal/worker", "internal/author"}, []string{"exporter/bundle"}, "evidence is read from log and kept documents, and by a small program too"},
	{[]string{"internal/worker"}, []string{"internal/domain", "internal/pipeline", "internal/request", "internal/cli", "internal/author", "internal/document", "policy", "audit", "exporter"}, []string{"internal/author/fit"}, "parts are worked on with descriptors and a job's own keys: what works must be able to move into a jail, and never meets the vault"},
	{[]string{"internal/worker/work"}, []string{"internal/worker", "internal/spread", "internal/fault"}, nil, "the work is a plain function: where it runs, and what walls are around it, is said by internal/worker/role and crew"},
	{[]string{"internal/worker/role"}, []string{"internal/worker/crew", "internal/spread"}, nil, "what runs behind the wall does not know its supervisor"},
	{[]string{"internal/worker/jail"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, nil, "the wall knows nothing of what runs behind it"},
	{[]string{"internal/spread"}, []string{"internal/domain", "internal/pipeline", "internal/request", "internal/cli", "internal/author", "internal/document", "internal/act", "policy", "audit", "exporter", "masking", "sandbox"}, nil, "what goes to other machines is named and sealed here by who hands it in: this never meets the vault"},
	{[]string{"internal/spread/engine", "internal/spread/storage"}, []string{"engine", "privacy", "internal"}, []string{"internal/spread/engine", "internal/spread/storage"}, "an engine sees names and numbers, a storage names and ciphertext: neither knows what they stand for"},
	{[]string{"internal/author"}, []string{"internal/domain", "internal/pipeline", "internal/cli", "policy", "audit", "exporter"}, nil, "sample rows are made from a record alone or are the author's own: what makes and runs them can reach no data"},
	{[]string{"internal/request"}, []string{"internal/domain", "internal/pipeline", "internal/cli", "internal/author", "policy", "audit", "masking"}, nil, "a job is read the same whoever hands it in: against records, and not against a domain"},
	{[]string{"internal/words"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, nil, "words know texts, not where they arise"},
	{[]string{"internal/act"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, []string{"audit/canonical"}, "a signature is checked the same whoever asks: against bytes and keys, and not against a domain"},
	{[]string{"cmd", "internal/cli", "internal/domain", "internal/pipeline", "internal/request"}, []string{"internal/act/acttest"}, nil, "a passkey in memory is for tests"},
	{[]string{"internal/web"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, []string{"internal/api", "internal/access", "internal/console"}, "what faces the network holds no key and opens no domain: it passes requests on"},
	{[]string{"internal/console"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, []string{"internal/api", "internal/access", "internal/act", "internal/words"}, "pages are made of what the core says to the person's own session: they open no domain and hold no key"},
	{[]string{"internal/identity"}, []string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "internal"}, []string{"audit/canonical", "internal/document/files"}, "a token is checked the same whoever brings it: against keys, and not against a domain"},
	{[]string{"internal/pipeline"}, []string{"internal/cli"}, nil, "imports run one way"},
	{[]string{"internal/pipeline"}, []string{"internal/document"}, nil, "the pipeline orders the steps: what people write is read in internal/request"},
	{[]string{"sandbox", "engine", "policy", "masking", "privacy", "audit", "exporter", "cmd", "internal/act", "internal/author", "internal/cli", "internal/document", "internal/domain", "internal/fault", "internal/pipeline", "internal/release", "internal/request", "internal/spread", "internal/words", "internal/worker"}, []string{"internal/proof", "internal/spread/storage/storagetest"}, []string{"internal/proof/testkit"}, "what proves the product is no part of it"},
}

// TestCheckerAndWriterShareNothing: the writer of the log and its checker have in
// common the nouns alone. What the checker uses beside them the writer may not.
func TestCheckerAndWriterShareNothing(t *testing.T) {
	imports := map[string][]string{}
	for _, p := range load(t) {
		imports[p.ImportPath] = p.Imports
	}
	checker := imports[module+"/audit/verify"]
	if len(checker) == 0 || len(imports[module+"/audit"]) == 0 {
		t.Fatal("there is no checker, or no writer")
	}
	for _, imp := range imports[module+"/audit"] {
		if strings.HasPrefix(imp, module+"/") && slices.Contains(checker, imp) {
			t.Errorf("audit and audit/verify both import %s", imp)
		}
	}
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range load(t) {
		for _, r := range rules {
			if !under(p.ImportPath, r.from...) {
				continue
			}
			for _, imp := range p.Imports {
				if strings.HasPrefix(imp, module+"/") && under(imp, r.not...) && !under(imp, r.except...) && !under(imp, r.from...) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imp, r.why)
				}
			}
		}
	}
}

// owners: a foreign module and the only folders that may import it.
var owners = map[string][]string{
	"github.com/tetratelabs/wazero":          {"sandbox"},
	"github.com/duckdb/duckdb-go":            {"engine/internal/duck", "engine/internal/rowtest"},
	"github.com/open-policy-agent/opa":       {"policy"},
	"github.com/minio/minio-go":              {"exporter/s3export", "internal/spread/storage/s3store", "engine/source/object"},
	"github.com/transparency-dev/tessera":    {"audit"},
	"filippo.io/age":                         {"internal/domain/vault", "internal/domain/backup", "internal/spread"},
	"filippo.io/edwards25519":                {"internal/act", "audit/verify"},
	"github.com/emmansun/gmsm":               {"internal/act", "audit/verify", "masking"},
	"github.com/go-webauthn/webauthn":        {"internal/act"},
	"github.com/coreos/go-oidc":              {"internal/identity", "internal/web"},
	"github.com/go-jose/go-jose":             {"internal/identity"},
	"golang.org/x/oauth2":                    {"internal/web"},
	"modernc.org/sqlite":                     {"internal/domain/store", "internal/evidence/index", "engine/source/sqlite"},
	"github.com/klauspost/compress":          {"engine/source/unpack", "internal/worker/role"},
	"github.com/jackc/pgx":                   {"engine/source/database"},
	"github.com/go-sql-driver/mysql":         {"engine/source/database"},
	"github.com/elastic/go-seccomp-bpf":      {"internal/worker/jail"},
	"github.com/spf13/cobra":                 {"internal/cli"},
	"go.yaml.in/yaml":                        {"internal/document/record", "policy", "internal/cli"}, // policy: test cases; cli: profiles
	"github.com/spf13/pflag":                 {"internal/cli"},
	"github.com/schollz/progressbar":         {"internal/cli"},
	"github.com/clipperhouse/displaywidth":   {"internal/cli"},
	"golang.org/x/term":                      {"internal/cli"},
	"github.com/secure-systems-lab":          {"exporter/bundle"},
	"github.com/transparency-dev/formats":    {"audit/witness"},
	"github.com/transparency-dev/merkle":     {"audit"},
	"k8s.io/klog":                            {"audit"},
	"golang.org/x/mod":                       {"audit", "exporter/bundle"},
	"golang.org/x/sys":                       {"engine", "sandbox", "exporter/fileexport", "internal"},
	"golang.org/x/text":                      {"text", "engine", "internal/author/sample", "examples"},
	"github.com/apache/arrow-go":             {"engine", "masking", "sandbox", "exporter/bundle", "internal", "examples"},
	"github.com/chromedp":                    {}, // tests only
	"github.com/google/differential-privacy": {}, // tests only
	"github.com/in-toto/attestation":         {}, // tests only
	"github.com/santhosh-tekuri":             {}, // tests only
	"google.golang.org/protobuf":             {}, // tests only
	"github.com/rogpeppe/go-internal":        {}, // tests only
	"github.com/zitadel/oidc":                {}, // tests only
}

func TestForeignModulesHaveOneOwner(t *testing.T) {
	for _, p := range load(t) {
		for _, imp := range p.Imports {
			for mod, folders := range owners {
				if strings.HasPrefix(imp, mod) && !under(p.ImportPath, folders...) {
					t.Errorf("%s imports %s, which belongs to %v", p.ImportPath, imp, folders)
				}
			}
		}
	}
}

// TestOnlySamplesAreWatched: what happened on one unit, and figures before
// noise, are seen on sample data only.
func TestOnlySamplesAreWatched(t *testing.T) {
	for _, p := range load(t) {
		for _, f := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			for call, home := range map[string]string{".Watch(": "internal/worker/work", ".Exact(": "privacy", ".KeyFault(": "privacy"} {
				if strings.Contains(string(b), call) && !under(p.ImportPath, "internal/author/trial", home) {
					t.Errorf("%s/%s calls %s): only internal/author/trial may, for it shows what nobody may see of real data", p.ImportPath, f, call)
				}
			}
		}
	}
}

// TestNoiseIsSeededInOnePlace: whoever knows the seed knows the noise. Package
// privacy alone seeds it with anything but the operating system's randomness:
// with a job's own key, or, for figures without noise, with nothing.
func TestNoiseIsSeededInOnePlace(t *testing.T) {
	found := 0
	for _, p := range load(t) {
		for _, f := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(b), "SeededSource") {
				continue
			}
			if found++; p.ImportPath != module+"/privacy" && p.ImportPath != module+"/privacy/mechanism" {
				t.Errorf("%s/%s makes noise from a seed of its own", p.ImportPath, f)
			}
		}
	}
	if found < 2 {
		t.Error("nothing seeds noise: the test looks for the wrong name")
	}
}

// TestSamplesReachNoData: not even by way of another package.
func TestSamplesReachNoData(t *testing.T) {
	for _, p := range load(t) {
		if !under(p.ImportPath, "internal/author") {
			continue
		}
		for _, dep := range p.Deps {
			if under(dep, "internal/domain", "internal/pipeline") && strings.HasPrefix(dep, module+"/") {
				t.Errorf("%s depends on %s: sample rows come from a record or from the author, never from the vault", p.ImportPath, dep)
			}
		}
	}
}

// TestOnlySamplesKeepLogs: what a guest prints is read on sample data only.
func TestOnlySamplesKeepLogs(t *testing.T) {
	for _, p := range load(t) {
		if under(p.ImportPath, "sandbox", "internal/author/trial") {
			continue
		}
		for _, f := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(b), "sandbox.NewSampleLogs(") {
				t.Errorf("%s/%s keeps what guests print: only internal/author/trial may, for a guest can print all that it sees", p.ImportPath, f)
			}
		}
	}
}

func TestRootPackageStandsAlone(t *testing.T) {
	for _, p := range load(t) {
		if p.ImportPath != module {
			continue
		}
		for _, imp := range p.Imports {
			if strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") {
				t.Errorf("package glovebox imports %s: it holds the nouns and needs the standard library alone", imp)
			}
		}
	}
}

// TestEveryPackageSaysWhatItPromises: exactly one package comment, long enough
// to hold a promise and its limits.
func TestEveryPackageSaysWhatItPromises(t *testing.T) {
	for _, p := range load(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		found := 0
		for _, f := range p.GoFiles {
			ast, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, f), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if ast.Doc == nil {
				continue
			}
			if found++; len(ast.Doc.Text()) < 120 {
				t.Errorf("%s/%s: the package comment does not say what is promised and what is not", p.ImportPath, f)
			}
		}
		if found != 1 {
			t.Errorf("%s has %d package comments, not one", p.ImportPath, found)
		}
	}
}

// mostLines is a little over what a file should have, for a change may add some.
const mostLines = 400

// TestNoFileIsTooLong: one file, one job, 100 to 300 lines.
func TestNoFileIsTooLong(t *testing.T) {
	for _, p := range load(t) {
		for _, f := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(b), "\n"); n > mostLines {
				t.Errorf("%s/%s has %d lines: one file, one job", p.ImportPath, f, n)
			}
		}
	}
}

func TestNoPackageState(t *testing.T) {
	for _, p := range load(t) {
		for _, f := range p.GoFiles {
			b, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(b), "\nfunc init()") {
				t.Errorf("%s/%s has an init function: build registries in one visible function", p.ImportPath, f)
			}
		}
	}
}
