package bill

import (
	"slices"
	"testing"
)

// TestExact: what is exact in all but name is told by the deviation of the noise
// beside what one unit can do, in whatever steps.
func TestExact(t *testing.T) {
	f := Facts{Noise: []NoiseFacts{
		{Of: "a", Mechanism: "discrete_laplace", Parameter: "1", Reach: 1},              // deviation 1.36
		{Of: "b", Mechanism: "discrete_laplace", Parameter: "1/2", Reach: 1},            // 0.60
		{Of: "c", Mechanism: "discrete_laplace", Parameter: "2/5", Reach: 1},            // 0.44
		{Of: "d", Mechanism: "discrete_laplace", Parameter: "1/1000", Reach: 1},         // none
		{Of: "e", Mechanism: "discrete_gaussian", Parameter: "1/4", Reach: 1},           // 0.5 at most
		{Of: "f", Mechanism: "discrete_gaussian", Parameter: "6/25", Reach: 1},          // 0.49
		{Of: "g", Mechanism: "discrete_gaussian", Parameter: "1000000", Reach: 1 << 40}, // a sum
		{Of: "h", Mechanism: "discrete_laplace", Parameter: "4294967296", Reach: 1 << 32},
		{Of: "i", Mechanism: "permute_and_flip", Parameter: "100", Reach: 1},
	}}
	if got, want := f.BarelyNoised(), []string{"c", "d", "f", "g"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
