package policy

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"reflect"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"glovebox.example/glovebox"
)

//go:embed rego
var library embed.FS

const query = "data.glovebox.decision"

// Options extend the shipped library. Nil: the library alone.
type Options struct {
	// Modules are the domain's own Rego files, by file name: at most MaxModules
	// of at most MaxModuleBytes each, all of package glovebox.domain (or below
	// it). Default: none. They add to the sets deny and obligation there.
	Modules map[string]string
}

// Engine holds a policy. It is safe for concurrent use.
type Engine struct {
	query    func() (rego.PreparedEvalQuery, error) // compiled once
	sources  map[string]string
	revision string
	demands  []demand // the domain's obligations
}

// New takes the shipped library and the domain's modules. A module that is
// malformed, outside its package or fails to compile is CodeInvalid with file,
// line and column. The library alone, which is known to compile, is compiled
// when the first decision needs it: most commands ask for none.
func New(ctx context.Context, o *Options) (*Engine, error) {
	if o == nil {
		o = &Options{}
	}
	library, err := librarySources()
	if err != nil {
		return nil, err
	}
	return assemble(ctx, library, o.Modules)
}

// Restore makes the engine of a policy from all its sources, as Sources gave them
// then: the library of that time too. It fails as New does.
func Restore(ctx context.Context, sources map[string]string) (*Engine, error) {
	library, modules := map[string]string{}, map[string]string{}
	for name, text := range sources {
		if own, ok := strings.CutPrefix(name, "domain/"); ok {
			modules[own] = text
		} else {
			library[name] = text
		}
	}
	return assemble(ctx, library, modules)
}

func assemble(ctx context.Context, library, modules map[string]string) (*Engine, error) {
	own, err := parseDomain(modules)
	if err != nil {
		return nil, err
	}
	sources := maps.Clone(library)
	for name, text := range modules {
		sources["domain/"+name] = text
	}
	e := &Engine{sources: sources, revision: revision(sources), demands: demandsOf(own)}
	e.query = once(e.revision, func() (rego.PreparedEvalQuery, error) {
		return compile(context.WithoutCancel(ctx), library, own)
	})
	if len(own) > 0 {
		if _, err := e.query(); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// compile prepares the one query of all decisions.
func compile(ctx context.Context, library map[string]string, own []*ast.Module) (rego.PreparedEvalQuery, error) {
	modules, err := parseLibrary(library)
	if err != nil {
		return rego.PreparedEvalQuery{}, err
	}
	options := []func(*rego.Rego){
		rego.Query(query),
		rego.SetRegoVersion(ast.RegoV1),
		rego.Capabilities(capabilities()),
		rego.StrictBuiltinErrors(true), // a deny rule that fails must not be a deny rule that is silent
	}
	for _, m := range append(modules, own...) {
		options = append(options, rego.ParsedModule(m))
	}
	var compiler *ast.Compiler
	options = append(options, rego.CompilerHook(func(c *ast.Compiler) { compiler = c }))
	q, err := rego.New(options...).PrepareForEval(ctx)
	if err != nil {
		return q, compileError(err)
	}
	return q, typos(compiler, own)
}

// Revision names the policy that decides: the digest of all its sources, the
// library's and the domain's.
func (e *Engine) Revision() string { return e.revision }

// Sources are the policy's texts by name: library/FILE those that are shipped,
// domain/FILE the domain's own. They are to be kept as long as its decisions.
func (e *Engine) Sources() map[string]string { return maps.Clone(e.sources) }

// Decide answers one request. The decision is complete and to be recorded
// whether it allows or not. An error means that no decision could be made (the
// request cannot be encoded, or ctx ended); the decision returned beside it is a
// refusal too.
func (e *Engine) Decide(ctx context.Context, in Input) (glovebox.Decision, error) {
	d := glovebox.Decision{Point: in.Point, Reasons: []glovebox.Reason{}, Revision: e.revision}
	r := in.join()
	_, digest, err := r.encode()
	if err != nil {
		return failed(d, "input", ""), err
	}
	d.InputDigest = digest
	return e.eval(ctx, d, valueOf(reflect.ValueOf(r)))
}

// Again decides on the kept bytes of a request (Input.Encode), whatever version
// of this program made them.
func (e *Engine) Again(ctx context.Context, asked []byte) (glovebox.Decision, error) {
	return e.again(ctx, asked)
}

func (e *Engine) again(ctx context.Context, asked []byte, o ...rego.EvalOption) (glovebox.Decision, error) {
	d := glovebox.Decision{Reasons: []glovebox.Reason{}, Revision: e.revision, InputDigest: glovebox.Digest(asked)}
	var point struct {
		Point glovebox.Point `json:"point"`
	}
	v, err := ast.ValueFromReader(bytes.NewReader(asked))
	if err == nil {
		err = json.Unmarshal(asked, &point)
	}
	if err != nil || len(asked) > MaxInput {
		return failed(d, "input", ""), glovebox.Errorf(glovebox.CodeInvalid, "the bytes are no request to the policy")
	}
	d.Point = point.Point
	return e.eval(ctx, d, v, o...)
}

// eval asks the rules and puts their answer into d.
func (e *Engine) eval(ctx context.Context, d glovebox.Decision, in ast.Value, o ...rego.EvalOption) (glovebox.Decision, error) {
	q, err := e.query()
	if err != nil {
		return failed(d, "compilation", ""), err
	}
	rs, err := q.Eval(ctx, append(o, rego.EvalParsedInput(in))...)
	switch {
	case ctx.Err() != nil:
		return failed(d, "evaluation", ""), ctx.Err()
	case err != nil:
		return failed(d, "evaluation", where(err)), nil
	case len(rs) != 1 || len(rs[0].Expressions) != 1:
		return failed(d, "answer", ""), nil
	}
	allow, ok := read(&d, rs[0].Expressions[0].Value)
	if !ok || allow == (len(d.Reasons) > 0) {
		return failed(d, "answer", ""), nil
	}
	d.Allow = allow
	for i := range d.Reasons {
		if r := &d.Reasons[i]; r.Rule == ObligationRule && len(e.demands) > 0 { // what is written out was read before
			r.At = e.places(func(x *demand) bool { return !x.written })
		}
	}
	sortDecision(&d)
	return d, nil
}

// failed makes d the refusal of a policy that could not decide. It repeats
// nothing that a rule computed.
func failed(d glovebox.Decision, step, at string) glovebox.Decision {
	d.Allow, d.Obligations = false, nil
	d.Reasons = []glovebox.Reason{{
		Rule: "policy.error", At: at, Req: "R01",
		Text: glovebox.Text{
			EN: "the policy could not decide (" + step + " failed), so the request is refused; tell whoever keeps the domain's policy",
			ZH: "策略未能作出判断（" + map[string]string{"input": "请求", "compilation": "策略编译", "evaluation": "规则求值", "answer": "结果"}[step] + "出错），故拒绝该请求；请联系域策略的维护者",
		},
	}}
	return d
}

// where names the place in the policy that failed, and not what it computed:
// OPA's messages quote operands.
func where(err error) string {
	var e *topdown.Error
	if errors.As(err, &e) && e.Location != nil {
		return position(e.Location)
	}
	return ""
}

func librarySources() (map[string]string, error) {
	sources := map[string]string{}
	err := fs.WalkDir(library, "rego", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := library.ReadFile(path)
		sources["library/"+strings.TrimPrefix(path, "rego/")] = string(b)
		return err
	})
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "the policy library cannot be read").Because(err)
	}
	return sources, nil
}
