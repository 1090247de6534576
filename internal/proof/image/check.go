package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
)

// check follows a layout from its index and unpacks its layer where unpack is
// not empty.
func check(layout, unpack string) error {
	var mark struct {
		Version string `json:"imageLayoutVersion"`
	}
	var top index
	if err := readJSON(filepath.Join(layout, "oci-layout"), &mark); err != nil {
		return err
	}
	if err := readJSON(filepath.Join(layout, "index.json"), &top); err != nil {
		return err
	}
	if mark.Version != "1.0.0" || len(top.Manifests) != 1 {
		return errors.New("not a layout of version 1.0.0 with one image")
	}
	named := map[string]bool{}
	var man manifest
	if err := blobJSON(layout, top.Manifests[0], typeManifest, &man, named); err != nil {
		return err
	}
	var c config
	if err := blobJSON(layout, man.Config, typeConfig, &c, named); err != nil {
		return err
	}
	if c.Config.User != user || len(man.Layers) != 1 || len(c.RootFS.DiffIDs) != 1 {
		return errors.New("not one layer, or not the user without rights")
	}
	if err := checkLayer(layout, man.Layers[0], c.RootFS.DiffIDs[0], unpack, named); err != nil {
		return err
	}
	all, err := os.ReadDir(filepath.Join(layout, "blobs", "sha256"))
	if err != nil {
		return err
	}
	for _, e := range all {
		if !named["sha256:"+e.Name()] {
			return fmt.Errorf("nothing names the blob %s", e.Name())
		}
	}
	fmt.Printf("%d blobs, all of their digest and size; the layer has %d bytes\n", len(all), man.Layers[0].Size)
	return nil
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// open returns the blob that d names, by a digest that is one.
func open(layout string, d descriptor, kind string, named map[string]bool) (*os.File, error) {
	name, ok := strings.CutPrefix(d.Digest, "sha256:")
	if raw, err := hex.DecodeString(name); !ok || err != nil || len(raw) != sha256.Size || d.MediaType != kind {
		return nil, fmt.Errorf("%s: not the SHA-256 of a %s", d.Digest, kind)
	}
	named[d.Digest] = true
	return os.Open(filepath.Join(layout, "blobs", "sha256", name))
}

func blobJSON(layout string, d descriptor, kind string, v any, named map[string]bool) error {
	f, err := open(layout, d, kind, named)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return err
	}
	if int64(len(b)) != d.Size || glovebox.Digest(b) != d.Digest {
		return fmt.Errorf("%s: the blob has another size or digest", d.Digest)
	}
	return json.Unmarshal(b, v)
}

// checkLayer holds a layer to both of its digests, and each file in it to a
// name below the root.
func checkLayer(layout string, d descriptor, diff, unpack string, named map[string]bool) error {
	f, err := open(layout, d, typeLayer, named)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	packed, plain := sha256.New(), sha256.New()
	all := io.TeeReader(f, packed)
	unzip, err := gzip.NewReader(all)
	if err != nil {
		return err
	}
	content := io.TeeReader(unzip, plain)
	in := tar.NewReader(content)
	for {
		h, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if !filepath.IsLocal(h.Name) || h.Mode&0o6000 != 0 {
			return fmt.Errorf("%s: not below the root, or with its owner's rights", h.Name)
		}
		if unpack != "" {
			if err := unpackFile(in, h, filepath.Join(unpack, h.Name)); err != nil {
				return err
			}
		}
	}
	for _, r := range []io.Reader{content, all} {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return err
		}
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != d.Size || "sha256:"+hex.EncodeToString(packed.Sum(nil)) != d.Digest {
		return fmt.Errorf("%s: the layer has another size or digest", d.Digest)
	}
	if "sha256:"+hex.EncodeToString(plain.Sum(nil)) != diff {
		return fmt.Errorf("%s: what is in the layer is not what the config names", d.Digest)
	}
	return nil
}

func unpackFile(in io.Reader, h *tar.Header, path string) error {
	mode := os.FileMode(h.Mode) & os.ModePerm
	switch h.Typeflag {
	case tar.TypeDir:
		return os.MkdirAll(path, mode|0o700)
	case tar.TypeSymlink:
		if !filepath.IsLocal(h.Linkname) {
			return fmt.Errorf("%s: a link that leads elsewhere", h.Name)
		}
		return os.Symlink(h.Linkname, path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
