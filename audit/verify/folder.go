package verify

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox/text"
)

// maxLeftovers is how many temporary files a report names.
const maxLeftovers = 100

// folder reads a log's files and remembers which it has looked at.
type folder struct {
	dir   string
	known map[string]bool
	root  *os.Root
}

func (f *folder) close() {
	if f.root != nil {
		f.root.Close()
	}
}

// read returns a regular file of at most limit bytes.
func (f *folder) read(name string, limit int) ([]byte, error) {
	f.known[name] = true
	if f.root == nil {
		root, err := os.OpenRoot(f.dir)
		if err != nil {
			return nil, errors.New("the folder cannot be opened")
		}
		f.root = root
	}
	st, err := f.root.Lstat(filepath.FromSlash(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, errors.New("cannot be read")
	case !st.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case st.Size() > int64(limit):
		return nil, errors.New("larger than such a file can be")
	}
	file, err := f.root.Open(filepath.FromSlash(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if err != nil || len(data) > limit {
		return nil, errors.New("cannot be read")
	}
	return data, nil
}

// part reads a tile or bundle of n hashes or entries: the full file, or the
// partial one of that width. A full file stands in for a partial one: a writer
// that was killed had written it, but not yet taken it into the tree.
func (f *folder) part(name string, n, limit int) (string, []byte, error) {
	if n == tileWidth {
		data, err := f.read(name, limit)
		return name, data, missing(err)
	}
	partial := name + ".p/" + strconv.Itoa(n)
	data, err := f.read(partial, limit)
	if !errors.Is(err, fs.ErrNotExist) {
		return partial, data, err
	}
	limit = limit / n * tileWidth
	if data, err := f.read(name, limit); err == nil {
		return name, data, nil
	}
	delete(f.known, name)
	return partial, nil, missing(err)
}

func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("missing")
	}
	return err
}

// fallback says whether part answered with the full file for a width of n.
func (f *folder) fallback(name string, n int) bool {
	return n < tileWidth && !strings.Contains(name, ".p/")
}

// stale compares the narrower partial files of a tile, which older
// checkpoints end in, with what the tile makes them.
func (c *checker) stale(name string, n int, want func(width int) []byte) {
	for _, w := range c.widths(name+".p", n) {
		partial := name + ".p/" + strconv.Itoa(w)
		if c.known[partial] {
			continue
		}
		expect := want(w)
		data, err := c.read(partial, len(expect))
		if errors.Is(err, fs.ErrNotExist) {
			continue // the writer of a log in use tidied it away meanwhile
		}
		if err != nil {
			c.report.add(partial, "%v", err)
			continue
		}
		if !bytes.Equal(data, expect) {
			c.report.add(partial, "is not the start of %s", name)
		}
		c.report.Files++
	}
}

// widths lists the partial files of a tile that are narrower than n.
func (f *folder) widths(dir string, n int) []int {
	d, err := f.root.Open(filepath.FromSlash(dir))
	if err != nil {
		return nil // none; what is not a folder is found by others
	}
	defer d.Close()
	names, err := d.Readdirnames(4 * tileWidth)
	if err != nil {
		return nil
	}
	var widths []int
	for _, name := range names {
		w, err := strconv.Atoi(name)
		if err == nil && w > 0 && w < n && strconv.Itoa(w) == name {
			widths = append(widths, w)
		}
	}
	slices.Sort(widths)
	return widths
}

// others looks at every file that the tree did not account for.
func (c *checker) others() {
	_ = filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(c.dir, path)
		if relErr != nil {
			return nil //nolint:nilerr // what lies elsewhere is not looked at
		}
		name := filepath.ToSlash(rel)
		switch {
		case errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(name, "tile/"): // tidied away as well
		case err != nil:
			c.report.add(name, "cannot be read")
		case d.IsDir() || c.known[name]:
		case !d.Type().IsRegular():
			c.report.add(name, "not a regular file")
		default:
			c.other(name)
		}
		return nil
	})
}

func (c *checker) other(name string) {
	switch name {
	case ".state/version":
		c.fixed(name, func(b []byte) bool { return string(b) == "1" })
		return
	case ".state/gcState":
		c.fixed(name, func(b []byte) bool {
			var s struct {
				From uint64 `json:"fromSize"`
			}
			return strict(b, &s) == nil && s.From <= c.total && s.From%tileWidth == 0
		})
		return
	case ".state/treeState.lock", ".state/publish.lock", ".state/gcState.lock", ".state/writer.lock":
		c.fixed(name, func(b []byte) bool { return len(b) == 0 })
		return
	}
	if c.temporary(name) {
		if len(c.report.Leftovers) < maxLeftovers {
			c.report.Leftovers = append(c.report.Leftovers, text.Printed(name))
		}
		return
	}
	if !c.complete {
		return // the walk ended early and said so
	}
	if strings.HasPrefix(name, "tile/") {
		c.report.add(name, "lies beyond the end of the tree: a writer was killed, or the log was cut or put back; open the log, then verify again")
		return
	}
	c.report.add(name, "does not belong to a log")
}

func (c *checker) fixed(name string, ok func([]byte) bool) {
	data, err := c.read(name, 4096)
	if err != nil {
		c.report.add(name, "%v", err)
	} else if !ok(data) {
		c.report.add(name, "malformed")
	}
	c.report.Files++
}

// temporary says whether a name is a file's with a random number behind, as
// the writer makes it before it renames it.
func (c *checker) temporary(name string) bool {
	dir, base := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir, base = name[:i], name[i+1:]
	}
	for _, known := range []string{"checkpoint", "treeState", "gcState", "version"} {
		if rest, ok := strings.CutPrefix(base, known); ok && (dir == "" || dir == ".state") {
			return isNumber(rest)
		}
	}
	if !strings.HasPrefix(name, "tile/") || !isNumber(base) {
		return false
	}
	if strings.HasSuffix(dir, ".p") {
		width, err := strconv.Atoi(base)
		return err != nil || width >= tileWidth
	}
	return len(base) > 3
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 13 && strings.Trim(s, "0123456789") == ""
}

func entryName(index uint64) string { return "entry " + strconv.FormatUint(index, 10) }
