// Command glovebox-cluster is glovebox with the engines that need libraries of
// their own: Spark Connect and NATS. It does all that glovebox does and promises
// the same; a machine that needs neither does better with the smaller program.
package main

import (
	"io"
	"log"
	"os"

	"glovebox.example/glovebox/cluster/connect"
	"glovebox.example/glovebox/cluster/natsq"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/cli"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

func main() {
	log.SetOutput(io.Discard)            // libraries log what servers send; stderr is for messages of the product's own
	jail.Main(role.All(), trial.Roles()) // does not return in a worker
	_ = jail.NoCore()                    // a limit can always be lowered
	os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Engines: engine.Table{connect.Kind: connect.Open, natsq.Kind: natsq.Open},
		Pulls:   map[string]engine.Pull{natsq.Kind: natsq.Pull},
	}))
}
