// Package natsq hands tasks out through NATS JetStream, for sites without Spark: a
// queue, from which a program beside each node takes tasks.
//
// The queue holds the run's name as a subject and a task's number as a message,
// in memory. It promises that a task which was taken and not done is taken again,
// by whoever asks next. It runs nothing twice of its own accord.
package natsq

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/internal/spread/engine"
)

// Kind is the name of this engine.
const Kind = "nats"

// Names in NATS.
const (
	stream   = "glovebox"
	subjects = "glovebox.task."
	consumer = "nodes"
)

// Bounds of a task.
const (
	silence  = 30 * time.Second // a taker that says nothing for so long is lost
	attempts = 8                // of a task, before it is given up for this round
	pause    = 200 * time.Millisecond
)

// Queue is a NATS server with JetStream.
type Queue struct{ at, token string }

// Open makes the engine of a setting. It asks the server nothing yet.
func Open(s engine.Setting) (engine.Engine, error) {
	if _, _, err := net.SplitHostPort(s.At); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the address of the engine is not HOST:PORT").WithFix("choose the engine again with `glovebox node use`")
	}
	return &Queue{s.At, s.Token}, nil
}

// dial connects: with TLS, but to this very machine.
func dial(at, token string) (*nats.Conn, jetstream.JetStream, error) {
	o := []nats.Option{nats.Name("glovebox"), nats.MaxReconnects(-1), nats.ReconnectWait(pause)}
	if token != "" {
		o = append(o, nats.Token(token))
	}
	host, _, err := net.SplitHostPort(at)
	if ip := net.ParseIP(host); err == nil && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		o = append(o, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	c, err := nats.Connect("nats://"+at, o...)
	if err != nil {
		return nil, nil, failed(err)
	}
	js, err := jetstream.New(c)
	if err != nil {
		c.Close()
		return nil, nil, failed(err)
	}
	return c, js, nil
}

func failed(err error) error {
	return glovebox.Errorf(glovebox.CodeInternal, "NATS did not do the run").Because(err).
		WithFix("check the server, that JetStream is on, and GLOVEBOX_ENGINE_TOKEN")
}

// open makes the queue, or finds it.
func open(ctx context.Context, js jetstream.JetStream) (jetstream.Stream, error) {
	return js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: stream, Subjects: []string{subjects + "*"}, Storage: jetstream.MemoryStorage,
		Retention: jetstream.WorkQueuePolicy, MaxMsgs: 1 << 20, MaxMsgSize: 64})
}

// Run implements engine.Engine. It returns when no task of the run is queued.
func (q *Queue) Run(ctx context.Context, run string, tasks []int) error {
	c, js, err := dial(q.at, q.token)
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := open(ctx, js)
	if err != nil {
		return failed(err)
	}
	subject := subjects + run
	defer func() {
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer stop()
		_ = s.Purge(ctx, jetstream.WithPurgeSubject(subject)) // a run that is over does no work anyhow
	}()
	for _, t := range tasks {
		if _, err := js.Publish(ctx, subject, []byte(strconv.Itoa(t))); err != nil {
			return failed(err)
		}
	}
	t := time.NewTicker(pause)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		info, err := s.Info(ctx, jetstream.WithSubjectFilter(subject))
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return failed(err)
		}
		if info.State.Subjects[subject] == 0 {
			return nil
		}
	}
}

// Pull implements engine.Pull: it takes as many tasks at once as the machine has
// cores.
func Pull(ctx context.Context, set engine.Setting, do func(ctx context.Context, run string, task int) error) error {
	c, js, err := dial(set.At, set.Token)
	if err != nil {
		return err
	}
	defer c.Close()
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for ctx.Err() == nil {
				if err := take(ctx, js, do); err != nil {
					wait(ctx, pause)
				}
			}
		})
	}
	group.Wait()
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// take takes one task, if there is one, and does it.
func take(ctx context.Context, js jetstream.JetStream, do func(ctx context.Context, run string, task int) error) error {
	s, err := open(ctx, js)
	if err != nil {
		return err
	}
	from, err := s.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: consumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: silence, MaxDeliver: attempts})
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		batch, err := from.Fetch(1, jetstream.FetchMaxWait(5*time.Second))
		if err != nil {
			return err
		}
		for m := range batch.Messages() {
			one(ctx, m, do)
		}
		if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) {
			return err
		}
	}
	return nil
}

// one does the task in a message, and says once in a while that it is at it.
func one(ctx context.Context, m jetstream.Msg, do func(ctx context.Context, run string, task int) error) {
	run := strings.TrimPrefix(m.Subject(), subjects)
	task, err := strconv.Atoi(string(m.Data()))
	if err != nil || !spread.IsRun(run) {
		_ = m.Term() // it can never be done
		return
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for ctx.Err() == nil {
			wait(ctx, silence/3)
			_ = m.InProgress()
		}
	}()
	if do(ctx, run, task) == nil {
		_ = m.Ack() // a lost word has the task done again
		return
	}
	if meta, err := m.Metadata(); err == nil && meta.NumDelivered >= attempts {
		_ = m.Term()
		return
	}
	_ = m.NakWithDelay(pause)
}
