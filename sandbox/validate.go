package sandbox

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"glovebox.example/glovebox/sandbox/wasmbin"
)

// validate holds the author's bytes, as they are but for custom sections, against
// the runtime's own validator. The rewrite spells out some instructions and caps memory and
// table, so that a module that is not valid can become one that is: what the
// author never wrote must not be what runs.
//
// The runtime has no call that validates and does nothing else. It asks for a
// listener of each function after it has validated the module and before it
// compiles anything; the answer here is valid, which ends the call.
func validate(ctx context.Context, wasm []byte) (err error) {
	standard, bad := wasmbin.Standard(wasm)
	if bad != nil {
		return refuse([]Refusal{*bad})
	}
	// The interpreter: nothing is compiled, but its runtime is the cheaper one.
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2).WithDebugInfoEnabled(false))
	defer func() { _ = rt.Close(context.WithoutCancel(ctx)) }()
	defer func() {
		switch e := recover(); e.(type) {
		case nil, valid:
		default:
			err = refuse(one(reasonCompile, "the validator failed on the module"))
		}
	}()
	if _, err := rt.CompileModule(experimental.WithFunctionListenerFactory(ctx, validated{}), standard); err != nil {
		return refuse(one(reasonCompile, "module is not valid: %s", clip(err)))
	}
	return nil // it has no functions
}

// valid ends validate.
type valid struct{}

type validated struct{}

func (validated) NewFunctionListener(api.FunctionDefinition) experimental.FunctionListener {
	panic(valid{})
}
