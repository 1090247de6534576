package request

import "glovebox.example/glovebox"

// Records are those of the job's inputs, by code.
func (r *Request) Records() map[string]*glovebox.Dataset {
	out := map[string]*glovebox.Dataset{}
	for code, d := range r.Datasets {
		out[code] = &d.Record
	}
	return out
}

// Lists are the texts among the job's public keys, by key field.
func (r *Request) Lists() map[string][]string {
	out := map[string][]string{}
	for _, k := range r.Job.Output.Key {
		list := r.Public[k.Name]
		if given, ok := k.Public.([]any); ok {
			for _, v := range given {
				if text, ok := v.(string); ok {
					list = append(list, text)
				}
			}
		}
		if len(list) > 0 {
			out[k.Name] = list
		}
	}
	return out
}

// CheckColumns makes sure that the records have what the job names; in a
// domain the policy says so.
func (r *Request) CheckColumns() error {
	for _, code := range r.Codes() {
		rec := r.Datasets[code].Record
		for _, name := range r.Job.Inputs[code].Columns {
			if _, ok := rec.Column(name); !ok {
				return r.Invalid("inputs."+code+".columns", "the record has no column %s", name).WithFix("correct the name, or the record")
			}
		}
	}
	return nil
}
