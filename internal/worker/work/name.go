package work

// Snapshot names what a job reads of one dataset: a version, in the projection
// that is sorted by the unit that the job is about. It is a name and nothing
// else: who resolves it holds the keys.
type Snapshot struct {
	Dataset    string
	Version    int // from 1
	Projection int // 0: sorted by the dataset's first unit
}

// PartName names one part of a snapshot, by its index from 0.
type PartName struct {
	Snapshot
	Index     int
	Originals bool // with the file of originals, where the part has one
}

// Part is the name of a part of each input, in the inputs' order.
func (j *Job) Part(inputs []Snapshot, index int) []PartName {
	sealed := j.NeedsSealed()
	names := make([]PartName, len(inputs))
	for i, s := range inputs {
		names[i] = PartName{s, index, sealed[i]}
	}
	return names
}
