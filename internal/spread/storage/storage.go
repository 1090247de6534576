// Package storage is the shared storage of a domain and its nodes: encrypted
// parts, envelopes of runs, answers.
//
// It is not trusted: whatever it gives back is checked by who asked, and whatever
// it is given is ciphertext of a size class under a name drawn at random. It
// promises that a file is there whole or not at all, that names stay within the
// place, and that no call takes more memory than asked for. It does not promise
// that a file stays.
package storage

import (
	"context"
	"io"
	"io/fs"
	"regexp"
	"sync"

	"glovebox.example/glovebox"
)

// Storage keeps files by name. Names have one or two folders: see Name.
type Storage interface {
	// Put writes a file of exactly size bytes, whole or not at all, and replaces
	// one of that name.
	Put(ctx context.Context, name string, r io.Reader, size int64) error
	// Get opens a file; fs.ErrNotExist if there is none.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// Size is a file's; fs.ErrNotExist if there is none.
	Size(ctx context.Context, name string) (int64, error)
	// List names the files of a folder, at most MaxList, in no order. A folder
	// that is not there is empty.
	List(ctx context.Context, folder string) ([]string, error)
	// Remove removes a file; one that is not there is no error.
	Remove(ctx context.Context, name string) error
}

// MaxList bounds what List returns.
const MaxList = 1 << 17

var nameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z]{1,16}(/[a-z0-9-]{1,64}){1,2}$`) })

// Name says whether a name can be a file's.
func Name(name string) bool { return nameForm().MatchString(name) }

func checkName(name string) error {
	if !Name(name) {
		return glovebox.Errorf(glovebox.CodeInternal, "not a name on shared storage")
	}
	return nil
}

// Read reads a whole file of at most so many bytes.
func Read(ctx context.Context, s Storage, name string, most int64) ([]byte, error) {
	r, err := s.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = fs.ErrInvalid
	}
	return b, err
}
