package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glovebox.example/glovebox"
)

// Media types of the OCI image specification, version 1.
const (
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// user is whom the image's program runs as: no name and no right on the host.
const user = "65532:65532"

// meta is what an image says of itself.
type meta struct {
	Version, Arch string
	Time          time.Time
}

// descriptor names a blob.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
	Platform    *platform         `json:"platform,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Manifests     []descriptor `json:"manifests"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

type config struct {
	Created time.Time `json:"created"`
	platform
	Config struct {
		User       string            `json:"User"`
		Env        []string          `json:"Env"`
		Entrypoint []string          `json:"Entrypoint"`
		WorkingDir string            `json:"WorkingDir"`
		Labels     map[string]string `json:"Labels"`
	} `json:"config"`
	RootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

// write packs the folder from into a new layout.
func write(from, layout string, m meta) error {
	blobs := filepath.Join(layout, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil { //nolint:gosec // handed out
		return err
	}
	layer, diff, err := packLayer(from, blobs, m.Time)
	if err != nil {
		return err
	}
	var c config
	c.Created, c.platform = m.Time, platform{m.Arch, "linux"}
	c.Config.User, c.Config.WorkingDir = user, "/var/lib/glovebox"
	c.Config.Env = []string{"PATH=/usr/bin", "HOME=/var/lib/glovebox"}
	c.Config.Entrypoint = []string{"/usr/bin/glovebox"}
	c.Config.Labels = map[string]string{"org.opencontainers.image.title": "glovebox", "org.opencontainers.image.version": m.Version, "org.opencontainers.image.licenses": "Apache-2.0"}
	c.RootFS.Type, c.RootFS.DiffIDs = "layers", []string{diff}
	conf, err := putJSON(blobs, typeConfig, c)
	if err != nil {
		return err
	}
	man, err := putJSON(blobs, typeManifest, manifest{2, typeManifest, conf, []descriptor{layer}})
	if err != nil {
		return err
	}
	man.Platform = &platform{m.Arch, "linux"}
	man.Annotations = map[string]string{"org.opencontainers.image.ref.name": m.Version}
	top, err := json.Marshal(index{2, "application/vnd.oci.image.index.v1+json", []descriptor{man}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(layout, "index.json"), top, 0o644); err != nil { //nolint:gosec // handed out
		return err
	}
	return os.WriteFile(filepath.Join(layout, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644) //nolint:gosec // handed out
}

// putJSON stores v as a blob.
func putJSON(blobs, kind string, v any) (descriptor, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return descriptor{}, err
	}
	d := descriptor{MediaType: kind, Digest: glovebox.Digest(b), Size: int64(len(b))}
	return d, os.WriteFile(filepath.Join(blobs, strings.TrimPrefix(d.Digest, "sha256:")), b, 0o644) //nolint:gosec // handed out
}

// packLayer stores the folder as a compressed layer; it returns the blob and
// the digest of what is in it.
func packLayer(from, blobs string, at time.Time) (descriptor, string, error) {
	f, err := os.CreateTemp(blobs, "layer-")
	if err != nil {
		return descriptor{}, "", err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it has its name by then, or is no use
	packed, plain := sha256.New(), sha256.New()
	zip := gzip.NewWriter(io.MultiWriter(f, packed))
	out := tar.NewWriter(io.MultiWriter(zip, plain))
	err = filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == from {
			return err
		}
		return addFile(out, from, path, d, at)
	})
	for _, end := range []func() error{out.Close, zip.Close, func() error { return f.Chmod(0o644) }} {
		if err == nil {
			err = end()
		}
	}
	var size int64
	if err == nil {
		size, err = f.Seek(0, io.SeekCurrent)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return descriptor{}, "", err
	}
	name := hex.EncodeToString(packed.Sum(nil))
	d := descriptor{MediaType: typeLayer, Digest: "sha256:" + name, Size: size}
	return d, "sha256:" + hex.EncodeToString(plain.Sum(nil)), os.Rename(f.Name(), filepath.Join(blobs, name))
}

// addFile adds one file, folder or link. Owners are root, but for the folder
// that the program keeps a domain in.
func addFile(out *tar.Writer, from, path string, d fs.DirEntry, at time.Time) error {
	name, err := filepath.Rel(from, path)
	if err != nil {
		return err
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	h := &tar.Header{Name: filepath.ToSlash(name), ModTime: at, Format: tar.FormatPAX, Mode: int64(info.Mode().Perm())}
	if info.Mode()&fs.ModeSticky != 0 {
		h.Mode |= 0o1000
	}
	if h.Name == "var/lib/glovebox" {
		h.Uid, h.Gid = 65532, 65532
	}
	switch {
	case info.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, h.Name+"/"
		return out.WriteHeader(h)
	case info.Mode()&fs.ModeSymlink != 0:
		h.Typeflag = tar.TypeSymlink
		if h.Linkname, err = os.Readlink(path); err != nil {
			return err
		}
		return out.WriteHeader(h)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: neither file, folder nor link", name)
	}
	h.Typeflag, h.Size = tar.TypeReg, info.Size()
	if err := out.WriteHeader(h); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, f)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
