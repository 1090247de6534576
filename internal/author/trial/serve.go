package trial

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox"
)

var errMessage = errors.New("the supervisor sent something else")

// serve is the worker: runs of one job, one after the other, until the
// supervisor is gone. The walls are complete before the module is read.
func serve(in *jail.Inside) error {
	var w worker
	for {
		m, err := in.Receive()
		if err != nil {
			return err
		}
		if w.compiled == nil {
			if err := in.Seal(); err != nil {
				return err
			}
		}
		doc, err := w.answer(m)
		m.Close()
		if err != nil || len(doc) > maxSeen {
			return errors.Join(err, in.Fail(jail.FaultInternal))
		}
		if err := in.Send(jail.Frame{Kind: frameSeen, Payload: doc}); err != nil {
			return err
		}
	}
}

// worker keeps the compiled module from run to run.
type worker struct {
	compiled *work.Runner
	took     time.Duration
}

// answer runs what a message asks for and returns a document of seen.
func (w *worker) answer(m *jail.Message) ([]byte, error) {
	if m.Kind != messageRun || len(m.Files) < 1 || len(m.Data) < 1 {
		return nil, errMessage
	}
	job, manifests, err := role.DecodeJob(m.Files[0])
	if err != nil {
		return failure(err)
	}
	ctx := context.Background()
	if w.compiled == nil {
		begin := time.Now()
		if w.compiled, err = job.Compile(ctx, ""); err != nil {
			return failure(err)
		}
		w.took = time.Since(begin)
	}
	files, ok := role.PartFiles(&jail.Message{Data: m.Data[1:], Files: m.Files[1:]}, manifests)
	if !ok {
		return nil, errMessage
	}
	r := &runner{Runner: w.compiled, datasets: w.compiled.Datasets(), declared: m.Data[0] == 1,
		seen: seen{Units: []Unit{}, Compile: w.took.Milliseconds()}}
	if r.view, err = r.newView(); err == nil {
		err = r.run(ctx, files)
	}
	if err != nil {
		return failure(err)
	}
	return json.Marshal(&r.seen)
}

// runner is one run.
type runner struct {
	*work.Runner
	datasets []string
	declared bool
	log      bytes.Buffer
	seen     seen
	view     view
}

func (r *runner) run(ctx context.Context, files []work.Files) (err error) {
	logs, err := sandbox.NewSampleLogs(&r.log, 0)
	if err != nil {
		return err
	}
	w, err := r.Watch(ctx, logs, r.see)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := w.Close(); err == nil {
			err = cerr
		}
	}()
	r.seen.Started = r.text()
	begin := time.Now()
	data, err := w.Part(ctx, files, r.view.add)
	if err == nil {
		err = r.view.add(data)
	}
	if err != nil {
		return err
	}
	r.seen.Run = time.Since(begin).Milliseconds()
	if !r.declared {
		return nil
	}
	return r.view.result()
}

// text takes what was printed since the last time.
func (r *runner) text() string {
	s := r.log.String()
	r.log.Reset()
	return s
}

// see writes down what happened on one unit, or one block.
func (r *runner) see(s *work.Seen) error {
	c := Call{Rows: map[string][][]any{}, Outcome: s.Result.Outcome.String(), Cause: s.Result.Cause,
		Fuel: s.Result.Fuel, Micros: s.Took.Microseconds(), Log: r.text(), Printed: s.Result.Printed, Records: [][]any{}}
	for i, code := range r.datasets {
		c.Rows[code] = rows(s.Rows[i])
	}
	size, keys := s.Layout.Size(), r.view.keys()
	for n := range s.Result.N {
		rec := s.Result.Records[n*size : (n+1)*size]
		out := []any{}
		for k := range keys {
			out = append(out, s.Layout.Key(rec, k))
		}
		for v := range (size - s.Layout.KeySize()) / 8 {
			out = append(out, s.Layout.Metric(rec, v))
		}
		c.Records = append(c.Records, out)
	}
	r.view.see(s, c)
	return nil
}

// rows are spans as JSON has them: a token as its digits, a date as a text.
func rows(spans []engine.Span) [][]any {
	out := [][]any{}
	for _, s := range spans {
		for i := s.From; i < s.To; i++ {
			row := []any{}
			for _, col := range s.Batch.Columns()[1:] {
				if c, ok := col.(*array.FixedSizeBinary); ok && c.IsValid(i) {
					row = append(row, hex.EncodeToString(c.Value(i)))
				} else {
					row = append(row, col.GetOneForMarshal(i))
				}
			}
			out = append(out, row)
		}
	}
	return out
}
