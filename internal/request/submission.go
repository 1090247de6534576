package request

import (
	"io/fs"
	"path/filepath"

	"glovebox.example/glovebox/internal/document/files"
)

// Bounds of what a job is made of, in bytes.
const (
	MaxJob    = 1 << 20
	MaxModule = 16 << 20
)

// Submission is a job as somebody hands it in.
type Submission struct {
	// Name is how errors call the job: a path, or a file's name. Files that it
	// names are shown beside it. Empty: job.yaml.
	Name string
	// Job is the YAML document, of MaxJob bytes at most.
	Job []byte
	// Files holds what the job names: its module, tables, lists of keys. Each is
	// read once, up to its own bound, and has to be a regular file; Open must not
	// wait. Nil: there are none.
	Files fs.FS
}

func (s *Submission) name() string {
	if s.Name == "" {
		return "job.yaml"
	}
	return s.Name
}

// File is the job in a file, with what lies in the folder beside it. It fails
// with CodeInvalid.
func File(path string) (Submission, error) {
	data, err := files.Read(path, MaxJob, "a job is a small YAML file")
	return Submission{Name: path, Job: data, Files: files.Folder(filepath.Dir(path))}, err
}
