package archtest

import (
	"os/exec"
	"strings"
	"testing"
)

// TestVerifierIsSmall: glovebox-verify is built of little: no cgo, no DuckDB, no
// wazero, no OPA, no Arrow, no writer of the log.
func TestVerifierIsSmall(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "-tags", "glovebox_verify", "./cmd/glovebox-verify")
	cmd.Dir = "../.."
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if len(deps) < 50 {
		t.Fatalf("only %d packages found", len(deps))
	}
	for _, d := range deps {
		for _, not := range []string{"runtime/cgo", "net/http", "github.com/duckdb", "github.com/tetratelabs", "github.com/open-policy-agent", "github.com/apache", "modernc.org", "github.com/transparency-dev/tessera", "github.com/spf13"} {
			if strings.HasPrefix(d, not) {
				t.Errorf("glovebox-verify is built of %s", d)
			}
		}
		if d == module+"/audit" || strings.HasPrefix(d, module+"/internal/domain") || strings.HasPrefix(d, module+"/engine") {
			t.Errorf("glovebox-verify is built of %s", d)
		}
	}
}
