package cluster

import (
	"io"
	"log"
	"os"
	"testing"

	"glovebox.example/glovebox/cluster/connect"
	"glovebox.example/glovebox/cluster/natsq"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/cli"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// TestMain makes this binary what glovebox-cluster is: its own worker, and the
// command line, where it is started with GLOVEBOX_AS_PROGRAM.
func TestMain(m *testing.M) {
	jail.Main(role.All(), trial.Roles())
	if os.Getenv("GLOVEBOX_AS_PROGRAM") == "" {
		os.Exit(m.Run())
	}
	log.SetOutput(io.Discard)
	os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Engines: engine.Table{connect.Kind: connect.Open, natsq.Kind: natsq.Open},
		Pulls:   map[string]engine.Pull{natsq.Kind: natsq.Pull}}))
}
