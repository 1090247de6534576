package desk

import (
	"maps"
	"slices"
)

// Place is where exports of a served domain may go.
type Place struct {
	Name string `json:"name"` // as an act names it
	To   string `json:"to"`   // as records call it: a directory of the host, or a bucket and its server
}

// lookPlaces lists the places of the configuration, for those who export and
// those who check exports. A domain that is not served has none: its exports go
// where its people say.
func lookPlaces(q *question) (any, error) {
	v, err := q.viewer()
	if err != nil {
		return nil, err
	}
	out := []Place{}
	if v.Places() {
		for _, name := range slices.Sorted(maps.Keys(q.o.Places)) {
			out = append(out, Place{name, q.o.Places[name]})
		}
	}
	return out, nil
}
