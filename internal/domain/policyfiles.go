package domain

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/policy"
)

// notPolicy are the files of a policy folder that are no policy and look like
// none.
var notPolicy = []string{"README", "README.md", "README.zh.md", "README.txt", "LICENSE"}

// readPolicies reads DIR/policy/*.rego. Whatever else lies there is refused,
// but for a few names: a rule in a file that is not read refuses nobody, and
// whoever wrote it would not know. Names that begin with a dot are left to
// editors and version control, unless they hold "rego" too.
func readPolicies(dir string) (map[string]string, error) {
	folder := filepath.Join(dir, policyDir)
	if err := strayPolicies(dir); err != nil {
		return nil, err
	}
	names, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: folder, Msg: "a policy of this domain cannot be read"}).WithFix("use the account that owns it")
	}
	out := map[string]string{}
	for _, n := range names {
		name, path := n.Name(), filepath.Join(folder, n.Name())
		switch {
		case filepath.Ext(name) == ".rego" && len(name) > len(".rego"):
			b, err := files.Read(path, policy.MaxModuleBytes, "split the policy into several files")
			if err != nil {
				return nil, err
			}
			out[name] = string(b)
		case strings.HasPrefix(name, ".") && (editing(name) || !strings.Contains(strings.ToLower(name), "rego")):
		case !n.IsDir() && slices.Contains(notPolicy, name):
		case n.IsDir():
			return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "folders in the policy folder are not read"}).
				WithFix("put its .rego files right into the policy folder, or move it out of there")
		default:
			return nil, unread(path)
		}
	}
	return out, nil
}

// editing says whether a hidden name is that of an editor's open file.
func editing(name string) bool {
	return slices.Contains([]string{".swp", ".swo", ".swx"}, filepath.Ext(name)) || strings.HasPrefix(name, ".#")
}

// strayPolicies refuses what looks like policy beside the policy folder.
func strayPolicies(dir string) error {
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil //nolint:nilerr // whoever opens its files says why
	}
	for _, n := range names {
		low := strings.ToLower(n.Name())
		if n.Name() != policyDir && (low == policyDir || low == "policies" || strings.Contains(low, ".rego") && !editing(n.Name())) {
			return unread(filepath.Join(dir, n.Name()))
		}
	}
	return nil
}

func unread(path string) error {
	return (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "this is not read as policy"}).
		WithFix("call policy files NAME.rego, in small letters, and put them into the folder policy of the domain; move everything else out of there")
}

// inPolicy names the file of an error in a domain's policy by its path.
func inPolicy(err error, dir string, files map[string]string) error {
	if e, ok := errors.AsType[*glovebox.Error](err); ok {
		if _, own := files[e.File]; own {
			e.File = filepath.Join(dir, policyDir, e.File)
		}
	}
	return err
}
