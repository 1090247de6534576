package cli

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/exporter/driver"
	"glovebox.example/glovebox/exporter/s3export"
)

// maxBundleFile bounds one file of a bundle that is fetched, in bytes.
const maxBundleFile = 256 << 20

// fetch gets the bundle that o.to names, s3://BUCKET/PREFIX/r-..., into a folder of
// its own name that done removes. What it gets is hostile until it was checked.
func (o *destination) fetch(ctx context.Context) (dir string, done func(), err error) {
	d, err := o.openBucket()
	if err != nil {
		return "", nil, err
	}
	b, ok := d.(*s3export.Bucket)
	name := path.Base(strings.TrimRight(o.to, "/"))
	if !ok || !strings.HasPrefix(name, "r-") || driver.CheckName(name) != nil || strings.Count(strings.TrimPrefix(o.to, s3Scheme), "/") == 0 {
		return "", nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: o.to, Msg: "not a bundle's folder"}).WithFix("name the folder r-... that `glovebox release export` made")
	}
	temp, err := os.MkdirTemp("", "glovebox-verify-*")
	if err != nil {
		return "", nil, unfetched(err)
	}
	done = func() { _ = os.RemoveAll(temp) }
	dir = filepath.Join(temp, name)
	found := false
	for _, file := range bundle.FileNames() {
		data, err := b.Get(ctx, file, maxBundleFile)
		if errors.Is(err, driver.ErrNotExist) {
			continue // the check says what is missing
		}
		if err != nil {
			done()
			return "", nil, err
		}
		found = true
		at := filepath.Join(dir, filepath.FromSlash(file))
		if err = os.MkdirAll(filepath.Dir(at), 0o700); err == nil {
			err = os.WriteFile(at, data, 0o600)
		}
		if err != nil {
			done()
			return "", nil, unfetched(err)
		}
	}
	if !found {
		done()
		return "", nil, (&glovebox.Error{Code: glovebox.CodeNotFound, File: o.to, Msg: "nothing of a bundle is there"}).WithFix("name the folder r-... that `glovebox release export` made")
	}
	return dir, done, nil
}

func unfetched(err error) error {
	return glovebox.Errorf(glovebox.CodeInternal, "the bundle cannot be kept here while it is checked").Because(bare(err)).WithFix("make room in the folder for temporary files (TMPDIR)")
}

// beneath is the name of a file of a bundle, in a folder or a bucket.
func beneath(dir, file string) string {
	if strings.HasPrefix(dir, s3Scheme) {
		return strings.TrimRight(dir, "/") + "/" + file
	}
	return filepath.Join(dir, file)
}
