package role

import (
	"context"
	"errors"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/work"
)

// beatEvery is how often a worker says that it got on. It says so by the
// clock, not by the unit, and the frame is empty: it carries nothing.
const beatEvery = time.Second

// serve is the worker: a job, then parts until the supervisor is gone. The
// walls are complete before anything foreign is read: the module, the files.
func serve(in *jail.Inside) error {
	m, err := in.Receive()
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Kind != MessageJob && m.Kind != MessageUpdate || len(m.Files) < 1 || len(m.Files) > 2 {
		return errMessage
	}
	cache := ""
	if len(m.Files) == 2 && in.HasCache() {
		if err := putCode(m.Files[1]); err != nil {
			return errors.Join(err, in.Fail(jail.FaultInternal))
		}
		cache = jail.CacheDir
	}
	if err := in.Seal(); err != nil {
		return err
	}
	if m.Kind == MessageUpdate {
		return serveUpdate(in, m, cache)
	}
	ctx := context.Background()
	job, manifests, err := DecodeJob(m.Files[0])
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultInternal))
	}
	r, err := job.Compile(ctx, cache)
	if err != nil && cache != "" {
		// Code of another processor: the runtime did not take it and could not
		// write its own.
		r, err = job.Compile(ctx, "")
	}
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultModule))
	}
	w, err := r.Worker(ctx)
	if err != nil {
		why := jail.FaultFilter
		if glovebox.CodeOf(err) == glovebox.CodeModule {
			why = jail.FaultModule
		}
		return errors.Join(err, in.Fail(why))
	}
	if err := in.Send(jail.Frame{Kind: FrameReady}); err != nil {
		return err
	}
	go beat(in, w)
	for {
		if err := servePart(ctx, in, w, manifests); err != nil {
			return err
		}
	}
}

// beat says once in a while that units were worked on.
func beat(in *jail.Inside, w *work.Worker) {
	for range time.Tick(beatEvery) {
		if w.Moved() && in.Send(jail.Frame{Kind: jail.Beat}) != nil {
			return
		}
	}
}

// servePart works on the next part.
func servePart(ctx context.Context, in *jail.Inside, w *work.Worker, manifests []*engine.Manifest) error {
	m, err := in.Receive()
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Kind != MessagePart {
		return errors.Join(errMessage, in.Fail(jail.FaultInternal))
	}
	files, ok := PartFiles(m, manifests)
	if !ok {
		return errors.Join(errMessage, in.Fail(jail.FaultInternal))
	}
	send := func(kind jail.Kind, data []byte) error {
		return in.Send(jail.Frame{Kind: kind, Payload: append(m.Data[:4:4], data...)})
	}
	data, err := w.Part(ctx, files, func(data []byte) error { return send(FramePiece, data) })
	if err != nil {
		return errors.Join(err, in.Fail(jail.FaultData))
	}
	if data == nil {
		return in.Send(jail.Frame{Kind: FrameReady}) // for the part that the block goes on in
	}
	return send(FramePartial, data)
}
