package desk

import (
	"os"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/request"
)

// Files are what the params of an act name. Names are shown in errors.
type Files interface {
	// Read returns a file of at most limit bytes; fix says what to do with a longer
	// one. It fails with CodeInvalid.
	Read(name string, limit int64, fix string) ([]byte, error)
	// Open opens a file of any size.
	Open(name string) (*os.File, error)
	// Job is the job in a file, with the files that it names.
	Job(name string) (request.Submission, error)
}

// Disk is the file system of whoever runs the command: names are paths.
type Disk struct{}

// Read implements Files.
func (Disk) Read(name string, limit int64, fix string) ([]byte, error) {
	return files.Read(name, limit, fix)
}

// Open implements Files.
func (Disk) Open(name string) (*os.File, error) { return files.Open(name) }

// Job implements Files.
func (Disk) Job(name string) (request.Submission, error) { return request.File(name) }

// none has no files.
type none struct{}

func (none) Read(name string, _ int64, _ string) ([]byte, error) { return nil, missing(name) }
func (none) Open(name string) (*os.File, error)                  { return nil, missing(name) }
func (none) Job(name string) (request.Submission, error)         { return request.Submission{}, missing(name) }

func missing(name string) error {
	return (&glovebox.Error{Code: glovebox.CodeInvalid, File: name, Msg: "the act came without this file"}).WithFix("hand it in with the act")
}
