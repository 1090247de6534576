// Package unpack reads the file that lies in a gzip, Zstandard or zip file, as
// a stream.
//
// Promises: memory is bounded whatever the file says of itself; a file that
// unpacks to far more than its size is refused (a bomb), as is one that breaks
// off or does not meet its checksum, before its last byte is given out; archives
// in archives are not opened; no error holds a byte of the file or a name out of
// it.
//
// Not promised: that what is inside is a table.
package unpack

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/simplifiedchinese"

	"glovebox.example/glovebox"
)

// Names of the compressions, as records have them.
const (
	Gzip = "gzip"
	Zstd = "zstd"
	Zip  = "zip"
)

// Bounds.
const (
	// MaxRatio is how many times larger than the file what lies in it may be,
	// beyond FreeBytes. Tables in text seldom reach 50.
	MaxRatio  = 300
	FreeBytes = 64 << 20

	maxWindow    = 128 << 20 // of a Zstandard frame; what --long=27 makes
	maxDirectory = 64 << 20  // of a zip archive
	maxEntries   = 10_000
)

// Open gives the stream of what lies in a file of size bytes. entry names the
// file of a zip archive; "": the only one.
func Open(f io.ReaderAt, size int64, compression, entry string) (io.ReadCloser, error) {
	raw := io.NewSectionReader(f, 0, size)
	var in io.Reader
	var err error
	switch compression {
	case Gzip:
		in, err = gzip.NewReader(bufio.NewReader(raw))
	case Zstd:
		var d *zstd.Decoder
		if d, err = zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true)); err == nil {
			in = d.IOReadCloser()
		}
	case Zip:
		if in, err = openZip(f, size, entry); err != nil {
			return nil, err
		}
	default:
		return nil, glovebox.Errorf(glovebox.CodeInternal, "no such compression")
	}
	if err != nil {
		return nil, damaged(compression, err)
	}
	return &stream{in: in, name: compression, left: FreeBytes + MaxRatio*size}, nil
}

// stream bounds what is unpacked and gives its errors names.
type stream struct {
	in   io.Reader
	name string
	left int64
	err  error
}

func (s *stream) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.in.Read(p)
	if s.left -= int64(n); s.left < 0 {
		s.err = glovebox.Errorf(glovebox.CodeInvalid, "the file unpacks to more than %d times its size", MaxRatio).
			WithFix("unpack it, look at what is in it, and load that")
		return 0, s.err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = damaged(s.name, err)
	}
	s.err = err
	return n, err
}

func (s *stream) Close() error {
	if c, ok := s.in.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// fixUnpack is what a provider can do about a file that cannot be unpacked.
const fixUnpack = "pack it again, or unpack it and leave source.compression out"

// damaged names what is wrong with a packed file. The libraries' texts stay
// here: they may hold names out of the file.
func damaged(name string, err error) error {
	if e, ok := errors.AsType[*glovebox.Error](err); ok {
		return e
	}
	switch {
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, zstd.ErrMagicMismatch), errors.Is(err, zip.ErrFormat):
		return glovebox.Errorf(glovebox.CodeInvalid, "the file is not %s, as source.compression says", name).WithFix("%s", fixUnpack)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return glovebox.Errorf(glovebox.CodeInvalid, "the %s file breaks off: its end is missing", name).WithFix("copy it again; %s", fixUnpack)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return glovebox.Errorf(glovebox.CodeInvalid, "the %s file is damaged: a checksum does not match", name).WithFix("copy it again; %s", fixUnpack)
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return glovebox.Errorf(glovebox.CodeInvalid, "the zstd file needs a window of more than %d bytes to unpack", maxWindow).WithFix("pack it with --long=27 or less")
	case errors.Is(err, zip.ErrAlgorithm):
		return glovebox.Errorf(glovebox.CodeInvalid, "the zip archive packs its file in a way that is not read here").WithFix("pack it with Deflate, the ordinary way")
	}
	return glovebox.Errorf(glovebox.CodeInvalid, "the %s file is damaged", name).WithFix("copy it again; %s", fixUnpack)
}

// openZip opens one file of an archive.
func openZip(f io.ReaderAt, size int64, entry string) (io.Reader, error) {
	z, err := ReadZip(f, size)
	if err != nil {
		return nil, err
	}
	var found *zip.File
	n := 0
	for _, e := range z.File {
		name := entryName(e)
		if e.FileInfo().IsDir() || entry == "" && ignored(name) {
			continue
		}
		if entry == "" || name == entry {
			found = e
			n++
		}
	}
	switch {
	case entry != "" && n == 0:
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the zip archive has no file of the name in source.entry, and %d files in all", len(z.File)).
			WithFix("write the file's path in the archive, such as 2024/rent.csv")
	case n == 0:
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the zip archive is empty").WithFix("%s", fixUnpack)
	case n > 1:
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the zip archive has %d files that the record does not choose from", n).
			WithFix("add `entry: PATH` under source, the file's path in the archive; or pack one file")
	case found.Flags&1 != 0:
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the zip archive is encrypted").WithFix("pack it without a password")
	}
	r, err := found.Open()
	if err != nil {
		return nil, damaged(Zip, err)
	}
	return r, nil
}

// ReadZip reads the directory of an archive, if it is of a bounded size.
func ReadZip(f io.ReaderAt, size int64) (*zip.Reader, error) {
	if n := directorySize(f, size); n > maxDirectory {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the directory of the zip archive has more than %d bytes", maxDirectory).WithFix("%s", fixUnpack)
	}
	z, err := zip.NewReader(f, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, damaged(Zip, err)
	}
	if len(z.File) > maxEntries {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the zip archive has more than %d files", maxEntries).WithFix("%s", fixUnpack)
	}
	return z, nil
}

// directorySize is the size that an archive says its directory has; 0 if it
// says nothing, which package zip then refuses.
func directorySize(f io.ReaderAt, size int64) int64 {
	const end, most = 22, 22 + 1<<16
	b := make([]byte, min(size, most))
	if _, err := f.ReadAt(b, size-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
		return 0
	}
	for i := len(b) - end; i >= 0; i-- {
		if string(b[i:i+4]) == "PK\x05\x06" {
			at := int64(b[i+16]) | int64(b[i+17])<<8 | int64(b[i+18])<<16 | int64(b[i+19])<<24
			if at == 1<<32-1 { // zip64: the directory lies before its end record
				return size - int64(len(b)-i)
			}
			return max(size-int64(len(b)-i)-at, 0)
		}
	}
	return 0
}

// entryName is a file's path; Windows packs names in GBK without saying so.
func entryName(e *zip.File) string {
	if !e.NonUTF8 || utf8.ValidString(e.Name) {
		return e.Name
	}
	s, err := simplifiedchinese.GB18030.NewDecoder().String(e.Name)
	if err != nil {
		return e.Name
	}
	return s
}

// ignored says whether a file is one that systems put beside the packed ones.
func ignored(name string) bool {
	for _, p := range []string{"__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini"} {
		if len(name) >= len(p) && (name[:len(p)] == p || name[len(name)-len(p):] == p) {
			return true
		}
	}
	return false
}
