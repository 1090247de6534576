package console_test

import (
	"crypto/tls"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPythonClient: the example of the Python client, run by a developer against a
// core and a web, prints what it is documented to print. GLOVEBOX_PYTHON is an
// interpreter that has the client installed: make test-python makes one.
func TestPythonClient(t *testing.T) {
	python := os.Getenv("GLOVEBOX_PYTHON")
	if python == "" {
		t.Skip("make test-python runs it")
	}
	s := newStory(t)
	conn, err := tls.Dial("tcp", strings.TrimPrefix(s.base, "https://"), &tls.Config{RootCAs: s.pool, MinVersion: tls.VersionTLS13})
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	err = os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: conn.ConnectionState().PeerCertificates[0].Raw}), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "../../clients/python/example.py", s.base, ca, "wang", s.files["wang"], care+"/job.yaml", care+"/job-refused.yaml").CombinedOutput() //nolint:gosec // the test's own interpreter
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, line := range []string{"allowed: True | ledgers: disability, elderly, health, population, resident, settlements\n", "release is pending | keys: township | figures: people need stays\n", "rows in arrow, pandas, polars: 15 15 15\n", "within 95 %: True\n", "refused: 14 reasons | 应用场景\n"} {
		if !strings.Contains(string(out), line) {
			t.Errorf("the example does not print %q:\n%s", line, out)
		}
	}
}
