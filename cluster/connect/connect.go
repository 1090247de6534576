// Package connect hands tasks out through a Spark Connect server: a Spark that
// runs already, so that a round begins without starting one.
//
// It promises what package spark does: each task is a partition of one query. It
// does not promise that a cancelled query ends at the server, which the client
// has no way to ask for; its nodes stop all the same, for the run's envelope is
// gone. The connection is TLS, but to this very machine.
package connect

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/apache/spark-connect-go/spark/client/channel"
	"github.com/apache/spark-connect-go/spark/sql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/engine/spark"
)

// Kind is the name of this engine.
const Kind = "sparkconnect"

// maxAnswer bounds what the server may send, in bytes: one word a task.
const maxAnswer = 16 << 20

// Server is a Spark Connect server.
type Server struct{ at, token, command string }

// Open makes the engine of a setting. It asks the server nothing yet.
func Open(s engine.Setting) (engine.Engine, error) {
	if _, _, err := net.SplitHostPort(s.At); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the address of the engine is not HOST:PORT").WithFix("choose the engine again with `glovebox node use`")
	}
	return &Server{s.At, s.Token, s.Command}, nil
}

// builder dials the server.
type builder struct {
	*channel.BaseBuilder
	s *Server
}

// Build implements channel.Builder.
func (b builder) Build(context.Context) (*grpc.ClientConn, error) {
	creds := credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	if loopback(b.s.at) {
		creds = insecure.NewCredentials()
	}
	return grpc.NewClient(b.s.at, grpc.WithTransportCredentials(creds), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)))
}

// Headers implements channel.Builder.
func (b builder) Headers() map[string]string {
	if b.s.token == "" {
		return nil
	}
	return map[string]string{"authorization": "Bearer " + b.s.token}
}

// loopback says whether an address is this machine's own.
func loopback(at string) bool {
	host, _, err := net.SplitHostPort(at)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Run implements engine.Engine.
func (s *Server) Run(ctx context.Context, run string, tasks []int) error {
	q, err := spark.Query(run, tasks, s.command)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- s.query(ctx, q) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) query(ctx context.Context, q string) error {
	base, err := channel.NewBuilder("sc://" + s.at)
	if err != nil {
		return failed(err)
	}
	session, err := sql.NewSessionBuilder().WithChannelBuilder(builder{base, s}).Build(ctx)
	if err != nil {
		return failed(err)
	}
	defer func() { _ = session.Stop() }()
	df, err := session.Sql(ctx, q)
	if err != nil {
		return failed(err)
	}
	if _, err := df.Collect(ctx); err != nil { // of which no word is believed
		return failed(err)
	}
	return nil
}

// failed is what the server says, in words of ours: its own may be anything.
func failed(err error) error {
	return glovebox.Errorf(glovebox.CodeInternal, "Spark did not do the run").Because(err).
		WithFix("`glovebox node doctor` on each node, and Spark's own logs, say what is wrong")
}
