package evidence

import (
	"context"
	"io"
	"io/fs"
	"strings"

	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/exporter/bundle"
)

// CheckBundle checks a bundle against a domain's public key, as `glovebox domain
// key` prints it: with --history, against whichever of its keys held when the
// bundle's decision got into the log. "" is the bundle's own key.
func CheckBundle(ctx context.Context, dir fs.FS, key, folder string) (*bundle.Report, error) {
	o := &bundle.Options{TrustedKey: key, Folder: folder}
	if !strings.Contains(strings.TrimSpace(key), "\n") {
		return bundle.Verify(ctx, dir, verify.Proof, o)
	}
	keys, err := verify.ReadKeys(key)
	if err != nil {
		return nil, err
	}
	o.TrustedKey = keys.Named()
	if own := ownKey(dir); keys.Known(own) {
		o.TrustedKey = own
	}
	r, err := bundle.Verify(ctx, dir, verify.Proof, o)
	if err == nil && r.OK() && !keys.Holds(o.TrustedKey, r.Index+1) {
		r.Failures = append(r.Failures, bundle.Failure{File: bundle.KeyFile, What: "the key did not hold any more, or not yet, when the decision got into the log"})
	}
	return r, err
}

// ownKey is what a bundle says its key is.
func ownKey(dir fs.FS) string {
	f, err := dir.Open(bundle.KeyFile)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
