package glovebox

// Snapshot is one immutable load of a dataset.
type Snapshot struct {
	Dataset string        `json:"dataset"`
	Version int           `json:"version"` // 1, 2, ...
	Digest  string        `json:"digest"`  // "sha256:" + hex of the sealed manifest's plaintext
	Parts   int           `json:"parts"`   // fixed token ranges, a power of two; public
	Loaded  string        `json:"loaded"`  // RFC 3339, UTC, to the second
	By      string        `json:"by"`
	State   SnapshotState `json:"state"`
	// Destroyed is when its keys were destroyed; "": they are there.
	Destroyed string `json:"destroyed,omitempty"`
	// NoisyUnits is how many units there are, at least 1: the exact number where
	// the record says that it is public, else the number with the noise that was
	// bought. 0: not bought.
	NoisyUnits int64 `json:"noisy_units,omitempty"`
	// OtherNoisyUnits are the same for each of the record's OtherUnits.
	OtherNoisyUnits []int64 `json:"other_noisy_units,omitempty"`
	// UnitKeys are the generations of the keys that made the tokens of its units, by
	// the place of the unit column in Dataset.Units; empty: all the first.
	UnitKeys []int `json:"unit_keys,omitempty"`
}

// UnitKey is the generation of the key behind the tokens of the unit column at
// that place.
func (s *Snapshot) UnitKey(place int) int {
	if place < len(s.UnitKeys) {
		return s.UnitKeys[place]
	}
	return 0
}

// UnitsAt is NoisyUnits of the unit column at that place of Dataset.Units.
func (s *Snapshot) UnitsAt(place int) int64 {
	switch {
	case place == 0:
		return s.NoisyUnits
	case place <= len(s.OtherNoisyUnits):
		return s.OtherNoisyUnits[place-1]
	}
	return 0
}
