package privacy

import (
	"crypto/sha256"
	"encoding/binary"
	"math"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/privacy/bill"
)

// token returns the token of the i-th unit.
func token(i int) (t [16]byte) {
	h := sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(i)))
	copy(t[:], h[:])
	return t
}

// record encodes int64 keys or texts (padded to width bytes) and then values.
func record(width int, key []any, values ...float64) []byte {
	var r []byte
	for _, k := range key {
		switch k := k.(type) {
		case int:
			r = binary.LittleEndian.AppendUint64(r, uint64(k))
		case string:
			f := make([]byte, (width+7)/8*8)
			copy(f, k)
			r = append(r, f...)
		}
	}
	for _, v := range values {
		r = binary.LittleEndian.AppendUint64(r, math.Float64bits(v))
	}
	return r
}

var (
	intKey    = glovebox.KeyField{Name: "k", Type: glovebox.Int64, Private: true}
	textKey   = glovebox.KeyField{Name: "t", Type: glovebox.String, Width: 10, Private: true}
	unitCount = glovebox.Metric{Name: "n", Kind: glovebox.Count}
	unitSum   = glovebox.Metric{Name: "s", Kind: glovebox.Sum, Min: -1, Max: 3}
	amount    = glovebox.Metric{Name: "a", Kind: glovebox.Sum, Max: 7}
	unitMean  = glovebox.Metric{Name: "m", Kind: glovebox.Mean, Min: 0, Max: 10}

	unitBins  = glovebox.Metric{Name: "h", Kind: glovebox.Histogram, Min: -5, Max: 5, Bins: 10}
	unitEdges = glovebox.Metric{Name: "e", Kind: glovebox.Histogram, Edges: []float64{-100, -1, 0, 0.5, 3}}

	unitMedian   = glovebox.Metric{Name: "q", Kind: glovebox.Quantile, Min: -5, Max: 5, Bins: 20, At: []float64{0.5}}
	unitDeciles  = glovebox.Metric{Name: "qs", Kind: glovebox.Quantile, Min: -5, Max: 5, Bins: 100, At: []float64{0.1, 0.5, 0.999}}
	unitDistinct = glovebox.Metric{Name: "d", Kind: glovebox.Distinct, Bins: 64}
	unitRange    = glovebox.Metric{Name: "r", Kind: glovebox.Bounds}

	unitCapped = glovebox.Metric{Name: "c", Kind: glovebox.Sum, Min: -2, Max: 3, MaxTotal: 4.5}

	unitSpread = glovebox.Metric{Name: "y", Kind: glovebox.Variance, Min: -2, Max: 6}
	unitVector = glovebox.Metric{Name: "v", Kind: glovebox.Vector, Size: 3, Clip: 5}
)

// everyKind is a job with every kind of metric and a composite private key.
func everyKind(l0 int) glovebox.Output {
	return records(output(l0, keysOf(textKey, intKey), unitCount, unitSum, unitMean, unitSpread, unitVector, unitBins,
		unitMedian, unitDeciles, unitDistinct, unitRange, unitCapped), 2, 5)
}

func publicKey(name string, values ...any) glovebox.KeyField {
	return glovebox.KeyField{Name: name, Type: glovebox.Int64, Public: values}
}

// output declares keys and metrics with L0 keys per unit.
func output(l0 int, keys []glovebox.KeyField, metrics ...glovebox.Metric) glovebox.Output {
	return glovebox.Output{Key: keys, MaxKeysPerUnit: l0, Metrics: metrics}
}

// records declares how many records of one unit count in bins, per key and in all.
func records(out glovebox.Output, perKey, all int) glovebox.Output {
	out.MaxRecordsPerKey, out.MaxRecordsPerUnit = perKey, all
	return out
}

// selecting declares what selects private keys.
func selecting(by string, out glovebox.Output) glovebox.Output {
	out.Select = by
	return out
}

func keysOf(k ...glovebox.KeyField) []glovebox.KeyField { return k }

// byReleased is what facts call a selection by a number that is released anyway.
const byReleased = string(bill.ReleasedThreshold)

// laplace and gaussian are prices; delta is 0 for public keys.
func laplace(epsilon, delta float64) glovebox.ReleaseDef {
	return glovebox.ReleaseDef{Method: "dp", Epsilon: epsilon, Delta: delta}
}

func gaussian(rho, delta float64) glovebox.ReleaseDef {
	return glovebox.ReleaseDef{Method: "dp", Rho: rho, Delta: delta}
}
