package check

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"testing"
)

// Golden is privacy/testdata/golden.json: values of two other libraries, written by
// scripts/golden, which says how.
type Golden struct {
	Packages map[string]string `json:"packages"`
	ZCDP     GoldenCases[struct {
		Rho, Delta, Epsilon float64
	}] `json:"zcdp"`
	Compositions GoldenCases[struct {
		Parts []struct {
			Kind         string
			Scale, Reach float64
			Times        int
		}
		Delta, Low, High float64
	}] `json:"compositions"`
	Calibration GoldenCases[struct {
		Epsilon, Delta, Sigma float64
	}] `json:"calibration"`
	Accuracy GoldenCases[struct {
		Scale, Alpha, Laplace, Gaussian float64
	}] `json:"accuracy"`
	Argmax GoldenCases[struct {
		Monotone       bool
		Scale, Epsilon float64
		Reach          uint64
	}] `json:"argmax"`
	Threshold GoldenCases[struct {
		Keys              int
		Sigma, Rho, Delta float64
		Threshold         int64
	}] `json:"threshold"`
}

// GoldenCases are values of one kind and which library said so.
type GoldenCases[T any] struct {
	Origin string `json:"origin"`
	Cases  []T    `json:"cases"`
}

// ReadGolden reads the file for a test of a package below privacy.
func ReadGolden(t *testing.T) *Golden {
	t.Helper()
	b, err := os.ReadFile("../testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	g := new(Golden)
	if err := d.Decode(g); err != nil {
		t.Fatal(err)
	}
	if n := len(g.ZCDP.Cases) + len(g.Compositions.Cases) + len(g.Calibration.Cases) + len(g.Accuracy.Cases) + len(g.Argmax.Cases) + len(g.Threshold.Cases); n < 200 {
		t.Fatalf("only %d golden values", n)
	}
	return g
}

// Rat is f, exactly.
func Rat(f float64) *big.Rat { return new(big.Rat).SetFloat64(f) }
