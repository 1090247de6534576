package catalog

import (
	"encoding/json"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
)

// Tuned is the job in data, of mode map, as one of mode tune at the given price,
// which has no delta; and the job itself. It fails as ParseJob, and for jobs of
// another mode.
func Tuned(file string, data []byte, price glovebox.ReleaseDef) ([]byte, *glovebox.Job, error) {
	j, err := ParseJob(file, data)
	if err != nil {
		return nil, nil, err
	}
	if !tunable(j) {
		e := glovebox.Errorf(glovebox.CodeInvalid, "only a job of mode map can be tuned").WithFix("name the job itself")
		e.File, e.Field = file, "mode"
		return nil, nil, e
	}
	doc, err := record.Parse(file, data)
	if err != nil {
		return nil, nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(doc.JSON(), &all); err != nil {
		return nil, nil, glovebox.Errorf(glovebox.CodeInternal, "a job cannot be encoded").Because(err)
	}
	price.Method, price.Deadline, price.Delta = j.Release.Method, j.Release.Deadline, 0
	for field, v := range map[string]any{"mode": glovebox.ModeTune, "release": price} {
		if all[field], err = json.Marshal(v); err != nil {
			return nil, nil, glovebox.Errorf(glovebox.CodeInternal, "a job cannot be encoded").Because(err)
		}
	}
	out, err := json.Marshal(all)
	if err != nil {
		return nil, nil, glovebox.Errorf(glovebox.CodeInternal, "a job cannot be encoded").Because(err)
	}
	return out, j, nil
}
