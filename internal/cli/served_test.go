package cli

import (
	"context"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/domain"
)

// held is the core of a script.
type held struct{ stop func() error }

// scriptServe is `glovebox serve`: commands of a script run in one process, one
// after another, and it would not return.
func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve DIR")
	}
	dir := ts.MkAbs(args[0])
	d, err := domain.Open(context.Background(), dir, &domain.Options{})
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- core.New(d, core.Options{}).Serve(ctx) }()
	h := &held{stop: func() error {
		cancel()
		err := <-ended
		if cerr := d.Close(); err == nil {
			err = cerr
		}
		return err
	}}
	theHeld = h
	ts.Defer(func() {
		if theHeld == h {
			scriptUnserve(ts, false, nil)
		}
	})
	for range 500 {
		if core.Holds(dir) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("the core does not answer")
}

// theHeld is the core of the one script that has one.
var theHeld *held

func scriptUnserve(ts *testscript.TestScript, _ bool, _ []string) {
	h := theHeld
	theHeld = nil
	if h != nil {
		ts.Check(h.stop())
	}
}
