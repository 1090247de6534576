package privacy

import (
	"encoding/binary"
	"fmt"
	"hash"
	"math"

	"glovebox.example/glovebox"
)

// addDefaults turns the declared default contribution into the records that a
// guest would have made, so that it passes through the same bounds.
func (p *Plan) addDefaults(records []glovebox.DefaultRecord) error {
	if len(records) > MaxDefaults {
		return glovebox.Invalid("output.default", "%d records, at most %d are possible", len(records), MaxDefaults)
	}
	for i, r := range records {
		path := fmt.Sprintf("output.default[%d]", i)
		words := make([]uint64, p.keyWords+p.values)
		if err := p.encodeDefault(words, r, path); err != nil {
			return err
		}
		if err := p.defaultMetrics(words[p.keyWords:], r, path); err != nil {
			return err
		}
		for _, w := range words {
			p.defaults = binary.LittleEndian.AppendUint64(p.defaults, w)
		}
		p.defaultN++
	}
	return nil
}

func (p *Plan) defaultMetrics(words []uint64, r glovebox.DefaultRecord, path string) error {
	valued := 0
	for i := range p.metrics {
		m := &p.metrics[i]
		if m.Values() != 1 || m.Kind == glovebox.Vector {
			continue // it has no value, or zeros
		}
		valued++
		at := path + ".metrics." + m.Name
		v, ok := r.Metrics[m.Name]
		if !ok {
			return glovebox.Invalid(at, "is missing").WithFix("give every metric that takes one value a value")
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return glovebox.Invalid(at, "is not a finite number")
		}
		words[m.value] = math.Float64bits(v)
	}
	if len(r.Metrics) != valued {
		return glovebox.Invalid(path+".metrics", "names something that is no metric of this job with one value")
	}
	return nil
}

// binaryWords writes words in little endian.
func binaryWords(w hash.Hash, words []uint64) {
	var b [8]byte
	for _, v := range words {
		binary.LittleEndian.PutUint64(b[:], v)
		w.Write(b[:])
	}
}
