package bundle

import (
	"errors"
	"io"
	"io/fs"
	"slices"

	"glovebox.example/glovebox"
)

// FileNames are the files that a bundle may have, by their names in it.
func FileNames() []string { return fileNames() }

func fileNames() []string {
	return slices.Concat([]string{EnvelopeFile, StatementFile}, results(), others())
}

// read takes in the files of a bundle and names those that are missing, too
// large or not a bundle's.
func (v *verifier) read(bundle fs.FS) error {
	n := 0
	err := fs.WalkDir(bundle, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if n++; n > maxEntries {
			return errors.New("more files than a bundle has")
		}
		switch {
		case name == "." || d.IsDir() && name == "audit":
			return nil
		case d.IsDir():
			v.r.fail(name, "a folder that no bundle has")
			return fs.SkipDir
		case !slices.Contains(fileNames(), name):
			v.r.fail(name, "a file that no bundle has")
		case !d.Type().IsRegular():
			v.r.fail(name, "not a regular file")
		default:
			v.readFile(bundle, name)
		}
		return nil
	})
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "the bundle cannot be read").WithFix("give the folder that holds %s", EnvelopeFile)
	}
	v.missing()
	return nil
}

func (v *verifier) missing() {
	for _, name := range fileNames() {
		if _, ok := v.files[name]; !ok && !v.named(name) {
			v.r.fail(name, "missing")
		}
	}
}

func (v *verifier) named(file string) bool {
	return slices.ContainsFunc(v.r.Failures, func(f Failure) bool { return f.File == file })
}

func (v *verifier) readFile(bundle fs.FS, name string) {
	limit := int64(MaxFile)
	if name == EnvelopeFile {
		limit *= 2 // base64 of the statement
	}
	f, err := bundle.Open(name)
	if err != nil {
		v.r.fail(name, "cannot be read")
		return
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		v.r.fail(name, "cannot be read")
	case int64(len(data)) > limit:
		v.r.fail(name, "larger than a bundle's file may be")
	default:
		v.files[name] = data
	}
}
