//go:build glovebox_plant

package main

import "testing"

// TestEveryPlantIsFound plants each fault and wants it caught, and wants the
// same audit to pass without the fault. Noise that is 2 % too small takes more
// samples than a test has: TestUnderNoiseIsCaught, and make audit.
func TestEveryPlantIsFound(t *testing.T) {
	rows := plants(100_000)
	if len(rows) < 10 {
		t.Fatalf("%d faults", len(rows))
	}
	for i := range rows {
		if text, ok := rows[i].verdict(); !ok {
			t.Errorf("%s: %s (%+v)", rows[i].name, text, rows[i].found)
		}
	}
	for _, p := range plantList() {
		if p.check != nil {
			if caught, err := p.check(); err != nil || caught {
				t.Errorf("%s is found where it is not: %v", p.name, err)
			}
			continue
		}
		r, err := target{claim: p.claim, samples: max(5000, p.least), start: p.job.start}.run()
		if err != nil || r.Alarm() {
			t.Errorf("%s is found where it is not: %+v, %v", p.name, r, err)
		}
	}
}
