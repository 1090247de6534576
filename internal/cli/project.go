package cli

import (
	"os"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/sandbox/abi"
)

// project is a module's folder as `module new` makes it, or a file that is a
// module on its own: then nothing is in it.
type project string

// file is a file of the project's, "" where the project is no folder or has
// none of that name.
func (p project) file(name ...string) string {
	if st, err := os.Stat(string(p)); err != nil || !st.IsDir() {
		return ""
	}
	path := filepath.Join(append([]string{string(p)}, name...)...)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// job is the job of the project.
func (p project) job() string { return p.file("job.yaml") }

// records are the files data/INPUT.yaml of the function's inputs, but for those
// that are known.
func (p project) records(f *abi.Function, known map[string]*glovebox.Dataset) (paths []string) {
	for _, t := range f.Inputs {
		if path := p.file("data", t.Name+".yaml"); path != "" && known[t.Name] == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// golden is where the golden file lies: in the folder, or beside the file.
func (p project) golden() string {
	if st, err := os.Stat(string(p)); err == nil && st.IsDir() {
		return filepath.Join(string(p), "golden.json")
	}
	return strings.TrimSuffix(string(p), filepath.Ext(string(p))) + ".golden.json"
}
