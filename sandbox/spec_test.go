package sandbox

import (
	"testing"

	"glovebox.example/glovebox/sandbox/wasmbin"
	w "glovebox.example/glovebox/sandbox/wasmbin/wasmtest"
)

// TestSpecInvalid: what the specification's test suite calls invalid or
// malformed is refused, by the reader or by the validator. What is given as
// text is none of ours.
func TestSpecInvalid(t *testing.T) {
	read, validated, passed := 0, 0, 0
	for _, script := range w.Spec(t) {
		for _, c := range script {
			if c.Type != "assert_invalid" && c.Type != "assert_malformed" {
				continue
			}
			wasm := c.Wasm(t)
			if wasm == nil {
				continue
			}
			if validate(t.Context(), wasm) != nil {
				validated++
			} else if _, list := wasmbin.Parse(wasm, nil); len(list) > 0 {
				read++
				t.Logf("%v: the validator takes it, the reader says %v", c, list)
			} else {
				passed++
				t.Errorf("%v is admitted", c)
			}
		}
	}
	t.Logf("%d refused by the reader, %d by the validator, %d admitted", read, validated, passed)
	if read+validated < 2_000 {
		t.Errorf("only %d modules: the suite is not whole", read+validated)
	}
}
