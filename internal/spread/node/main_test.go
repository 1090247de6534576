package node

import (
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"testing"

	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// TestMain is the hook for workers: they are this test binary, started again.
func TestMain(m *testing.M) {
	jail.Main(role.All())
	os.Exit(m.Run())
}

func nodeKey(t *testing.T) *spread.NodeKey {
	t.Helper()
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := spread.NewNodeKey("n1", pub)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
