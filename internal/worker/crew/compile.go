package crew

import (
	"context"
	"errors"
	"os"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
)

// Compile returns the machine code of a job's module: from the cache folder,
// or from a compiler in a jail with limits of its own. nil and no error means
// that this machine has no place for it and workers compile for themselves,
// which this call showed to be within the limits. A module that does not
// compile within them is refused with CodeModule.
func (c *Crew) Compile(ctx context.Context, j *work.Job) (*os.File, error) {
	name := j.CodeName()
	if code := readCode(c.o.Cache, name); code != nil {
		return role.SealedFile(code)
	}
	code, err := c.compiler(ctx, j.Wasm())
	if err != nil || len(code) == 0 {
		return nil, err
	}
	_ = writeCode(c.o.Cache, name, code) // where nothing can be kept, the next one compiles again
	return role.SealedFile(code)
}

// compiler runs the compiler once.
func (c *Crew) compiler(ctx context.Context, wasm []byte) ([]byte, error) {
	p, err := jail.Start(role.Compile, role.Frames(role.Compile), &jail.Options{Limits: c.o.compile})
	if err != nil {
		return nil, err
	}
	defer p.Close()
	stop := kill(ctx, p)
	defer stop()
	f, err := role.SealedFile(wasm)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := p.Send(role.MessageCompile, nil, f); err != nil {
		return nil, tooSlow(ctx)
	}
	answer, err := p.Next(compileWithin)
	if err == nil && answer.Kind == jail.Sealed {
		answer, err = p.Next(compileWithin)
	}
	switch {
	case errors.Is(err, jail.ErrGone) || errors.Is(err, jail.ErrHang):
		return nil, tooSlow(ctx)
	case err != nil:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the compiler failed").Because(err)
	case answer.Kind == role.FrameCompiled:
		return answer.Payload, nil
	case answer.Kind == role.FrameReason:
		return nil, glovebox.Errorf(glovebox.CodeModule, "%s", answer.Payload)
	case answer.Kind == jail.Failure && jail.Fault(answer.Payload[0]).Known():
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the compiler failed: %s", jail.Fault(answer.Payload[0]))
	}
	return nil, glovebox.Errorf(glovebox.CodeInternal, "the compiler failed").Because(jail.ErrFrame)
}

// tooSlow is the refusal of a module whose compiler was killed.
func tooSlow(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return glovebox.Errorf(glovebox.CodeModule, "the module takes more than %d s of processor time or %d MiB to compile", CompileCPU, CompileMemory>>20).
		WithFix("split its largest functions")
}
