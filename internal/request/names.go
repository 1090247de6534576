package request

import (
	"slices"

	"glovebox.example/glovebox"
)

// MaxFile is the longest file that a job can name, in bytes: its module or a
// table.
const MaxFile = 64 << 20

// Names are the files that a job names, relative to its own folder, each once.
func Names(j *glovebox.Job) []string {
	var out []string
	if j.Module != "" {
		out = append(out, j.Module)
	}
	for _, path := range j.References {
		out = append(out, path)
	}
	if j.Output.Key != nil {
		for _, k := range j.Output.Key {
			if path, ok := k.Public.(string); ok {
				out = append(out, path)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
