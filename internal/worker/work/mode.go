package work

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow/array"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/privacy"
	"glovebox.example/glovebox/privacy/mechanism"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// Mode is what a job declares for its mode, priced: all that one mode of jobs
// does its own way, from the price to the answer. A file of this package is a
// mode; newMode lists them. It is public and never changes.
type Mode interface {
	// Cost is what the job takes from a ledger of the given kind.
	Cost(kind glovebox.LedgerKind) (glovebox.Amount, error)
	// Facts say how the answer is made.
	Facts() privacy.Facts
	// MostWork adds up what the calls of a function take over so many units, if
	// each call uses all its fuel and one with that takes call.
	MostWork(m *sandbox.Module, f *abi.Function, units int64, call func(fuel int64) float64) float64
	// Bytes bounds what the rows of the answer take in a file of a bundle, and
	// what the names of its columns do; 0 where both are few by themselves.
	Bytes() (rows, columns int64)
	// Repeats says whether a run that was cut short has to draw the same noise
	// when it runs again: see Course.Source.
	Repeats() bool

	// check holds a job against its module.
	check(j *Job) error
	// parts is how many parts, one after the other, one answer needs.
	parts(of int) int
	// maxRows is how many rows an input gives to one call: declared is for a unit.
	maxRows(declared int) int
	// together says whose tokens are equal: nil: those of a unit; else those of
	// units whose tokens begin with the same so many bits.
	together() *int
	// round is the privacy plan of a round: see Job.Round.
	round() any
	// hand makes what works on parts with a worker's guest.
	hand(w *Worker) hand
	// course begins the way to the answer.
	course(j *Job, key [32]byte) Course
}

// newMode makes the mode of a spec whose module was admitted. A spec that names
// no mode is of mode map.
func newMode(s *Spec, m *sandbox.Module) (Mode, error) {
	switch s.Mode {
	case glovebox.ModeMap, "":
		return NewMap(s.Output, s.Release, s.Public)
	case glovebox.ModeBlocks:
		return NewBlocks(s.Blocks, s.Release)
	case glovebox.ModeTune:
		return NewTune(s.Output, s.Release, s.Public)
	case glovebox.ModeTrain:
		return trainOf(s, m)
	}
	return nil, modeless()
}

// modeless is said of a spec that names a mode which there is not, or declares
// nothing for its own; the catalogue lets no such job through.
func modeless() error {
	return glovebox.Errorf(glovebox.CodeInternal, "a job does not declare what its mode needs")
}

// Declare lets a spec declare for a function what has the form of its records,
// and bounds that mean nothing: for a trial where no job declares any.
func (s *Spec) Declare(f *abi.Function) {
	if f.Blocks() {
		declareBlocks(s, f)
		return
	}
	declareMap(s, f)
}

// hand works on parts in one mode, in one goroutine.
type hand interface {
	// part takes the units of part number index of parts: see Worker.Units.
	part(ctx context.Context, index, parts int, readers []array.RecordReader, piece func([]byte) error) ([]byte, error)
	// close gives up what was begun and not ended.
	close()
}

// Course is the way of a job from what its workers send to its answer: rounds,
// mostly one. The supervisor goes it:
//
//	for c.More() {
//		total := c.Total(...)     // add the answers of all parts of c.Job() to it
//		src, err := c.Source(total)
//		step, err := c.Release(total, src)
//		if step != nil {          // make it, in a process without data
//			c.Take(next, ok)
//		}
//	}
//	c.Answer()
//
// What it holds between two rounds is private, by the noise of those before.
type Course interface {
	// More says whether there is another round.
	More() bool
	// Job is what workers do in it.
	Job() *Job
	// Total makes an empty total of it. nil: all is kept in memory.
	Total(o *privacy.SpoolOptions) Total
	// Source is the randomness of its noise. It is fresh, but in a mode that
	// Repeats, where it follows from the total and the key.
	Source(t Total) (*mechanism.Source, error)
	// Release adds noise to a complete total, which it takes over. step, if it
	// is not nil, is due before there is more.
	Release(t Total, src *mechanism.Source) (step *Update, err error)
	// Take goes on with what the step gave; ok is false if the module failed.
	Take(next []float64, ok bool)
	// Answer lays the answer out, once there is no more to do.
	Answer() *Answer
}

// Total is what the answers of all parts add up to in one round. What a worker
// sent is foreign: it is decoded on its own before it is added.
type Total interface {
	// Check says whether bytes are one piece of an answer, with ErrPartial if
	// not. It changes nothing.
	Check(piece []byte) error
	// Add adds the answer of a group of parts, or a piece of it: ErrPartial
	// means that these bytes are none, and nothing has changed.
	Add(group, parts int, answer []byte) error
	// Close frees what it holds.
	Close() error
}

// ErrPartial is said of bytes that are no partial aggregate of the job.
var ErrPartial = errors.New("the worker sent what is no partial aggregate")

// Answer is a private result, laid out.
type Answer struct {
	Columns []release.Column
	Rows    [][]any // string, int64 or float64 by column
	Facts   privacy.Facts
	Failed  int // steps at which the module failed
}

// Course begins the way to the job's answer. The key is for the noise of a mode
// that Repeats; others do not look at it.
func (j *Job) Course(key [32]byte) Course { return j.mode.course(j, key) }

// once is a course of one round.
type once struct {
	job  *Job
	done bool
}

func (o *once) More() bool                              { return !o.done }
func (o *once) Job() *Job                               { return o.job }
func (o *once) Source(Total) (*mechanism.Source, error) { return mechanism.NewSource() }
func (o *once) Take([]float64, bool)                    {}
