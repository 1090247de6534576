package sandbox

import (
	"fmt"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
	"glovebox.example/glovebox/sandbox/wasmbin"
)

// JoinScalar completes a binary for a manifest with functions of kind
// map_scalar, where its language has no functions with several results. In
// place of an export NAME, such a binary exports, all with NAME's parameters,
//
//	gbx_NAME_status        -> i32, NAME's status
//	gbx_NAME_key_FIELD     -> i64, for each key field of the manifest
//	gbx_NAME_metric_METRIC -> f64, for each metric of the manifest; of one
//	                          that is a vector gbx_NAME_metric_METRIC_0, _1, ...
//
// and JoinScalar adds NAME, which calls the first, and the others if the
// status is 1. What is there already, or cannot be read, stays as it is:
// admission has the word on it. The error is of code module.
func JoinScalar(wasm []byte, man *abi.Manifest) ([]byte, error) {
	bin, list := wasmbin.Parse(wasm, &wasmbin.Config{Imports: wasiImports()})
	if len(list) > 0 {
		return wasm, nil
	}
	var joints []wasmbin.Joint
	for i := range man.Functions {
		f := &man.Functions[i]
		prefix := "gbx_" + f.Name
		if !f.Scalar() || bin.Exports(f.Name) || !bin.Exports(prefix+"_status") {
			continue
		}
		params, results := scalarTypes(f)
		j := wasmbin.Joint{Name: f.Name, Params: params, First: prefix + "_status", Types: results[1:]}
		for _, k := range f.Output.Key {
			j.Rest = append(j.Rest, prefix+"_key_"+k.Name)
		}
		for _, m := range f.Output.Metrics {
			if f.Output.Sizes[m] == 0 {
				j.Rest = append(j.Rest, prefix+"_metric_"+m)
			}
			for i := range f.Output.Sizes[m] {
				j.Rest = append(j.Rest, fmt.Sprintf("%s_metric_%s_%d", prefix, m, i))
			}
		}
		joints = append(joints, j)
	}
	if len(joints) == 0 {
		return wasm, nil
	}
	out, msg := bin.Join(joints)
	if msg != "" {
		return nil, glovebox.Errorf(glovebox.CodeModule, "%s", msg).
			WithFix("keep the function and the manifest in step: docs/sdk.md, functions of kind map_scalar")
	}
	return out, nil
}
