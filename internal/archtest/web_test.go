package archtest

import (
	"os/exec"
	"strings"
	"testing"
)

// TestWebLinksNoDomain: what the process that faces the network is made of, and
// what that is made of in turn, holds no directory, no engine and no sandbox: a
// fault there gives an attacker none of them to work with.
func TestWebLinksNoDomain(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-tags", "duckdb_arrow", "./internal/web")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("only %d packages found", len(deps))
	}
	const own = "glovebox.example/glovebox/"
	for _, d := range deps {
		for _, not := range []string{"engine", "policy", "masking", "privacy", "exporter", "internal/domain", "internal/desk", "internal/core", "internal/client", "internal/pipeline", "internal/worker/work", "internal/worker/crew"} {
			if d == own+not || strings.HasPrefix(d, own+not+"/") {
				t.Errorf("internal/web links %s", d)
			}
		}
		if d == own+"sandbox" {
			t.Errorf("internal/web links %s", d)
		}
		for _, not := range []string{"github.com/duckdb/", "github.com/apache/arrow", "github.com/tetratelabs/wazero", "github.com/open-policy-agent/", "modernc.org/sqlite", "github.com/transparency-dev/tessera"} {
			if strings.HasPrefix(d, not) {
				t.Errorf("internal/web links %s", d)
			}
		}
	}
}
