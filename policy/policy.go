package policy

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"maps"
	"reflect"
	"strings"
	"sync"

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
	revision string
}

// New takes the shipped library and the domain's modules. A module that is
// malformed, outside its package or fails to compile is CodeInvalid with file,
// line and column. The library alone, which is known to compile, is compiled
// when the first decision needs it: most commands ask for none.
func New(ctx context.Context, o *Options) (*Engine, error) {
	if o == nil {
		o = &Options{}
	}
	sources, err := librarySources()
	if err != nil {
		return nil, err
	}
	own, err := parseDomain(o.Modules)
	if err != nil {
		return nil, err
	}
	library := maps.Clone(sources)
	for name, text := range o.Modules {
		sources["domain/"+name] = text
	}
	e := &Engine{revision: revision(sources), query: sync.OnceValues(func() (rego.PreparedEvalQuery, error) {
		return compile(context.WithoutCancel(ctx), library, own)
	})}
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
	q, err := e.query()
	if err != nil {
		return failed(d, "compilation", ""), err
	}
	rs, err := q.Eval(ctx, rego.EvalParsedInput(valueOf(reflect.ValueOf(r))))
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
