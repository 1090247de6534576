package sandbox

import (
	"context"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
)

// Span is some rows of one unit in one record batch: From <= row < To. It is
// an alias of an unnamed struct, so that values pass between packages that do
// not import one another.
type Span = abi.Span

// Block is all rows of a block's units, with where each unit begins.
type Block = abi.Block

// Binding connects a function of a module with what a job gives it.
type Binding = abi.Binding

// InputBinding is one input of a Binding.
type InputBinding = abi.InputBinding

// GuestOptions says how a guest runs. nil: defaults. None of them changes what
// a guest can see or what it gives.
type GuestOptions struct {
	// Reset chooses how the guest is put back. Default: ResetAuto. A way that
	// does not work on this machine is an error.
	Reset Reset
	// FuelSlice is how much fuel the guest gets at a time, 1,000 to 1e9.
	// Zero: DefaultFuelSlice.
	FuelSlice int64
	// Logs take what the guest prints: on sample data only. Default: nothing
	// does, and what is printed is neither read nor counted.
	Logs *SampleLogs
}

// Guest is one running copy of a program, bound to one function. It is not
// safe for concurrent use.
type Guest struct {
	program  *Program
	plan     *abi.Plan
	writer   *abi.Writer
	in       *instance
	img      *image
	make     func() (*instance, error) // makes a new instance
	back     restorer
	tier     Reset // the one in use
	pure     bool  // there is nothing to put back
	inPtr    int
	outPtr   int
	logAt    region   // the module's log region, if it has one
	log      *unitLog // on sample data only
	fuel     int64
	records  []byte
	unusable bool

	// Of a function of kind map_scalar only.
	scalars    *abi.Scalars
	slots      []uint64 // parameters and results of a call
	maxRecords int
}

// NewGuest starts a guest: it instantiates the module, runs its _initialize
// and gbx_buffers, writes parameters and reference tables into its window, and
// keeps the state that it then has as the one that every unit begins with.
func (p *Program) NewGuest(ctx context.Context, b *Binding, o *GuestOptions) (*Guest, error) {
	var opt GuestOptions
	if o != nil {
		opt = *o
	}
	if opt.FuelSlice == 0 {
		opt.FuelSlice = DefaultFuelSlice
	}
	if opt.FuelSlice < 1_000 || opt.FuelSlice > abi.MaxFuel {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "fuel slice is not from 1000 to %d", abi.MaxFuel)
	}
	plan, err := abi.NewPlan(p.module.manifest, b)
	if err != nil {
		return nil, err
	}
	if !p.acquire() {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the program is closed")
	}
	g := &Guest{program: p, plan: plan, writer: plan.NewWriter(), fuel: p.module.manifest.FuelOf(plan.Function)}
	if plan.Scalar() {
		g.scalars, g.slots, g.maxRecords = plan.NewScalars(), make([]uint64, plan.Slots()), plan.Function.Output.MaxRecords
	}
	if err := g.start(ctx, &opt); err != nil {
		// The first error is the one that matters.
		_ = g.Close()
		return nil, err
	}
	return g, nil
}

func (g *Guest) start(ctx context.Context, o *GuestOptions) (err error) {
	g.make = func() (*instance, error) { return g.program.newInstance(g.plan.Function.Name, o.FuelSlice) }
	if o.Logs != nil {
		g.log = &unitLog{to: o.Logs}
		silent := g.make
		g.make = func() (*instance, error) {
			in, err := silent()
			if err == nil {
				in.ctx = logContext{in.ctx, g.log}
			}
			return in, err
		}
	}
	if g.in, err = g.make(); err != nil {
		return err
	}
	fresh := nonZero(g.in.bytes())
	g.inPtr, g.outPtr, g.logAt, err = g.in.initialize(ctx, g.program.module, g.plan)
	if _, failed := g.endLog(); err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	clear(g.window())
	clear(g.output())
	clear(g.in.bytes()[g.logAt.at:][:g.logAt.n])
	if err = g.writer.Static(g.window()); err != nil {
		return err
	}
	if held := heldBytes(g.in.bytes()); held > maxImage {
		return refuse(one(reasonImage, "%d bytes of memory are in use before the first unit, more than %d", held, maxImage))
	}
	if g.img, err = takeImage(g.in, fresh); err != nil {
		return err
	}
	return g.attach(o.Reset)
}

func (g *Guest) window() []byte { return g.in.bytes()[g.inPtr:][:g.plan.InBytes()] }

func (g *Guest) output() []byte { return g.in.bytes()[g.outPtr:][:g.plan.OutBytes()] }

// Records reads the records of results.
func (g *Guest) Records() *abi.Records { return g.plan.Records }

// Run runs the guest on one unit: unit holds the spans of each input in the
// order of the binding. Rows beyond an input's bound are dropped. What came of it
// is in res, which is zero after an error. An error means that the whole job
// cannot go on: ctx ended, or the host failed; it is never the guest's doing. ctx
// is looked at before the unit and between slices of fuel.
func (g *Guest) Run(ctx context.Context, unit [][]Span, res *Result) error {
	*res = Result{}
	if g.plan.Function.Blocks() {
		return glovebox.Errorf(glovebox.CodeInternal, "a function of kind blocks was handed a unit")
	}
	return g.once(ctx, unit, nil, res)
}

// RunBlock runs a guest of kind blocks on one block, as Run runs others on one
// unit. A block that is larger than the function's bounds is not run; its
// outcome is Oversize. The instance that ran is thrown away.
func (g *Guest) RunBlock(ctx context.Context, b *Block, res *Result) error {
	*res = Result{}
	if !g.plan.Function.Blocks() {
		return glovebox.Errorf(glovebox.CodeInternal, "a function that is not of kind blocks was handed a block")
	}
	return g.once(ctx, nil, b, res)
}

// FitsBlock says whether a block of so many units with so many rows of input i
// of the binding can be run.
func (g *Guest) FitsBlock(units, i, rows int) bool { return g.plan.Fits(units, i, rows) }

// once runs the guest on a unit, or on a block, and puts it back. Results are
// written where the caller wants them: to return one takes a tenth of the time of
// a small unit for each call that it passes.
func (g *Guest) once(ctx context.Context, unit [][]Span, block *Block, res *Result) (err error) {
	if g.unusable {
		return glovebox.Errorf(glovebox.CodeInternal, "the guest is closed")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if g.scalars != nil {
		err = g.runScalar(ctx, unit, res)
	} else {
		err = g.run(ctx, unit, block, res)
	}
	if g.log != nil {
		printed, failed := g.endLog()
		if res.Printed, res.Cause = printed, g.log.takeCause(); err == nil {
			err = failed
		}
	}
	if plantState(!g.pure || g.in.suspect) {
		if back := g.reset(); err == nil {
			err = back
		}
	}
	if err != nil {
		*res = Result{}
	}
	return err
}

func (g *Guest) run(ctx context.Context, unit [][]Span, block *Block, res *Result) error {
	var rows int
	var fits bool
	var err error
	if block == nil {
		rows, fits, err = g.writer.Unit(g.window(), unit)
	} else {
		rows, fits, err = g.writer.Block(g.window(), block)
	}
	if err != nil {
		return err
	}
	if !fits {
		res.Outcome = Oversize
		return nil
	}
	g.in.meter.start(ctx, g.fuel)
	status, err := g.in.call(g.in.entry, uint64(rows))
	res.Fuel = g.in.meter.used()
	if err != nil {
		o, cause := outcomeOf(err)
		res.Outcome = o
		g.log.because(err)
		return cause
	}
	if uint32(status) != 0 {
		res.Outcome = Status
		g.log.status(uint32(status))
		return nil
	}
	records, n, ok := g.plan.Records.Read(g.records, g.output())
	g.records = records
	if !ok {
		res.Outcome = Malformed
		return nil
	}
	res.N, res.Records = n, records
	return nil
}

// endLog hands over what the guest printed since the last time, if anybody
// asked for it. The log region is as the guest left it.
func (g *Guest) endLog() (printed int64, err error) {
	if g.log == nil {
		return 0, nil
	}
	g.log.printed(g.logAt, g.in.bytes())
	return g.log.end()
}

// Close frees the guest. Closing twice does nothing.
func (g *Guest) Close() error {
	if g.program == nil {
		return nil
	}
	if g.back != nil {
		g.back.close()
	}
	if g.in != nil {
		g.in.close()
	}
	if g.img != nil {
		g.img.close()
	}
	p := g.program
	g.program, g.in, g.unusable = nil, nil, true
	return p.drop()
}
