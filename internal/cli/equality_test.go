package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/domain"
)

// TestChannelSnapshotEquality: nobody but the provider sees whether a load has
// the rows of the one before. What is public about a load of equal rows and one
// of a single other cell has the same form and nothing of the data's digests.
func TestChannelSnapshotEquality(t *testing.T) {
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	run := func(line string) string {
		t.Helper()
		status, out, errs := shell(t, append(strings.Fields(line), "--domain", "city")...)
		if status != 0 {
			t.Fatalf("%s: status %d\n%s%s", line, status, out, errs)
		}
		return out
	}
	rows, err := os.ReadFile("pums/pums.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(rows), "\n")
	last := strings.Split(lines[1], ",") // one cell of one person: the income
	last[4] = "4711"
	lines[1] = strings.Join(last, ",")
	if err := os.WriteFile("other.csv", []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}

	// A stored answer is the snapshot's, and free as long as it is the current one.
	repeated := func() bool {
		t.Helper()
		var v struct{ Repeated bool }
		if err := json.Unmarshal([]byte(run("job run pums/job.yaml --as wang --json")), &v); err != nil {
			t.Fatal(err)
		}
		return v.Repeated
	}
	if repeated() || !repeated() {
		t.Error("the stored answer was not given again")
	}
	// What others than the provider see of the current snapshot, its digests taken
	// out, and these.
	stamp := regexp.MustCompile(`sha256:[0-9a-f]{64}|\d{4}-\d\d-\d\dT[0-9:]{8}Z|"index": \d+`)
	seen := map[string]int{}
	look := func() (public string) {
		t.Helper()
		for _, line := range []string{"dataset show pums --json", "dataset list --json", "budget show --json --as wang", "audit list --last 3 --json --as sun"} {
			public += run(line)
		}
		var v struct{ Snapshot struct{ Digest string } }
		if err := json.Unmarshal([]byte(run("dataset show pums --json")), &v); err != nil || v.Snapshot.Digest == "" {
			t.Fatalf("no digest: %v", err)
		}
		seen[v.Snapshot.Digest]++
		return stamp.ReplaceAllString(public, "X")
	}
	version := regexp.MustCompile(`pums@\d+|"version": \d+`)
	look()
	var forms []string
	for _, file := range []string{"pums/pums.csv", "pums/pums.csv", "other.csv", "other.csv", "pums/pums.csv"} {
		out := run("dataset load pums " + file + " --as chen --json")
		equal := len(forms) == 0 || len(forms) == 1 || len(forms) == 3
		if strings.Contains(out, `"equal": true`) != equal {
			t.Errorf("load %d: the provider is not told the truth about equality: %s", len(forms)+2, out)
		}
		forms = append(forms, version.ReplaceAllString(look(), "V"))
	}
	if len(seen) != 6 {
		t.Errorf("%d digests of 6 snapshots", len(seen))
	}
	for i, f := range forms {
		if f != forms[0] {
			t.Errorf("load %d looks other than load 2:\n%s\n%s", i+2, f, forms[0])
		}
	}

	// No digest of plain data is in anything that is kept in the open.
	d, err := domain.Open(t.Context(), "city", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	secret := map[string]bool{}
	for v := 1; v <= 6; v++ {
		raw, err := d.ReadManifest("pums", v, 0)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(raw)
		secret[hex.EncodeToString(sum[:])] = true
		m, err := engine.DecodeManifest(raw)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Parts {
			secret[p.SHA256] = true
		}
	}
	for _, file := range []string{"pums/pums.csv", "other.csv"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		secret[hex.EncodeToString(sum[:])] = true
	}
	if len(secret) < 12 {
		t.Fatalf("only %d digests are looked for", len(secret))
	}
	files := 0
	err = filepath.WalkDir("city", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) == ".age" {
			return err
		}
		b, err := os.ReadFile(path)
		for s := range secret {
			if strings.Contains(string(b), s) {
				t.Errorf("%s holds a digest of plain data", path)
			}
		}
		if strings.Contains(string(b), `"equal"`) {
			t.Errorf("%s tells of an equality", path)
		}
		files++
		return err
	})
	if err != nil || files < 5 {
		t.Fatalf("%d files: %v", files, err)
	}
}
