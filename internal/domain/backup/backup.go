// Package backup is the form of safety copies of a domain: two files, one of its
// data and one of its keys, each an age file to recipients of its own.
//
// It promises: a file is what one Writer made and Close ended, or reading it
// fails; it holds regular files under names of its half alone, so that keys and
// what they open never lie in one file; what is read goes nowhere but under the
// names of a domain's directory. docs/formats/backup.md describes the bytes. It
// does not promise that a copy is of a sound domain, or of one moment: package
// domain takes it and checks what it restores. Whoever holds the identities of
// both files holds the domain.
package backup

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"
)

// Half says what a file is a copy of.
type Half string

const (
	Data Half = "data" // settings, database, log, encrypted parts
	Keys Half = "keys" // keys, and the wrapped keys of snapshots
)

// MaxRecipients bounds a list of recipients or identities, in bytes.
const MaxRecipients = 64 << 10

const (
	headFile = "backup.json"
	maxHead  = 4 << 10
)

// Head is what a file says of itself.
type Head struct {
	Format  int    `json:"format"` // 1
	Half    Half   `json:"half"`
	Domain  string `json:"domain"`
	Set     string `json:"set"`     // 32 hex digits: the copy that both halves are of
	Taken   string `json:"taken"`   // RFC 3339, UTC
	Entries uint64 `json:"entries"` // of the log, at that time
}

// Recipients are the public keys that a file is encrypted to.
type Recipients struct {
	list  []age.Recipient
	names []string
}

// ReadRecipients reads public keys, one a line (age1…), with comments behind #.
func ReadRecipients(b []byte) (*Recipients, error) {
	r := &Recipients{}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		one, err := age.ParseRecipients(strings.NewReader(line))
		if err != nil || slices.Contains(r.names, line) {
			return nil, glovebox.Errorf(glovebox.CodeInvalid, "the recipients are not public keys of age, one a line, each once").
				WithFix("`glovebox domain key --new FILE` makes a pair: the public half is in FILE.pub")
		}
		r.list, r.names = append(r.list, one...), append(r.names, line)
	}
	if len(r.names) == 0 {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "no recipient is named").WithFix("`glovebox domain key --new FILE` makes a pair: the public half is in FILE.pub")
	}
	return r, nil
}

// Names are the public keys, as they were written.
func (r *Recipients) Names() []string { return slices.Clone(r.names) }

// Shares says whether somebody is a recipient of both.
func (r *Recipients) Shares(other *Recipients) bool {
	return slices.ContainsFunc(r.names, func(n string) bool { return slices.Contains(other.names, n) })
}

// Identities are the private keys that open a file.
type Identities struct{ list []age.Identity }

// ReadIdentities reads private keys, as `glovebox domain key --new` and age-keygen
// write them.
func ReadIdentities(b []byte) (*Identities, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(b))
	if err != nil || len(ids) == 0 { // its text could quote the key
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "not a private key of age").WithFix("name the file that `glovebox domain key --new` wrote, not its .pub")
	}
	return &Identities{ids}, nil
}

// NewPair makes a key pair for copies: the text of a private key file, and its
// public half.
func NewPair(now time.Time) (private, public []byte, err error) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, nil, glovebox.Errorf(glovebox.CodeInternal, "a key cannot be made").Because(err)
	}
	pub := id.Recipient().String() + "\n"
	return []byte("# created: " + now.UTC().Format(time.RFC3339) + "\n# public key: " + pub + id.String() + "\n"), []byte(pub), nil
}

// Writer writes one file.
type Writer struct {
	enc  io.WriteCloser
	tar  *tar.Writer
	half Half
}

// NewWriter begins a file.
func NewWriter(out io.Writer, to *Recipients, h Head) (*Writer, error) {
	enc, err := age.Encrypt(out, to.list...)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "a copy cannot be encrypted to these recipients").Because(err).WithFix("use keys of one kind: all age1pq1… or all age1…")
	}
	w := &Writer{enc: enc, tar: tar.NewWriter(enc), half: h.Half}
	h.Format = 1
	b, err := json.Marshal(h)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a copy cannot be written").Because(err)
	}
	return w, w.put(headFile, int64(len(b)), bytes.NewReader(b))
}

// Add adds a file of size bytes.
func (w *Writer) Add(name string, size int64, from io.Reader) error {
	if !belongs(w.half, name) {
		return glovebox.Errorf(glovebox.CodeInternal, "%s does not belong into a copy of %s", text.Printed(name), string(w.half))
	}
	return w.put(name, size, from)
}

func (w *Writer) put(name string, size int64, from io.Reader) error {
	err := w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Typeflag: tar.TypeReg, Format: tar.FormatPAX})
	if err == nil {
		_, err = io.CopyN(w.tar, from, size)
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a copy cannot be written").Because(err).WithFix("check free space where the copy goes")
	}
	return nil
}

// Close ends the file. What is not closed cannot be read.
func (w *Writer) Close() error {
	if err := errors.Join(w.tar.Close(), w.enc.Close()); err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a copy cannot be written").Because(err).WithFix("check free space where the copy goes")
	}
	return nil
}

// Reader reads one file.
type Reader struct {
	Head Head
	age  io.Reader
	tar  *tar.Reader
	seen map[string]bool
}

func unreadable() *glovebox.Error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the copy cannot be read: it is damaged, cut, or none").WithFix("use another copy, as `glovebox domain backup` wrote it")
}

// Open begins to read a file that has to be a copy of that half.
func Open(in io.Reader, with *Identities, half Half) (*Reader, error) {
	plain, err := age.Decrypt(in, with.list...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the copy is not encrypted to this key").WithFix("name the private key of one of its recipients")
	}
	if err != nil {
		return nil, unreadable()
	}
	r := &Reader{age: plain, tar: tar.NewReader(plain), seen: map[string]bool{}}
	h, err := r.tar.Next()
	if err != nil || h.Name != headFile || h.Typeflag != tar.TypeReg || h.Size > maxHead {
		return nil, unreadable()
	}
	b, err := io.ReadAll(io.LimitReader(r.tar, maxHead+1))
	if err != nil {
		return nil, unreadable()
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&r.Head); err != nil || r.Head.Format != 1 || len(r.Head.Set) != 32 || text.Name(r.Head.Domain) != "" {
		return nil, unreadable()
	}
	if r.Head.Half != half {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the copy is one of %s, not of %s", text.Printed(string(r.Head.Half)), string(half)).WithFix("name both files, each in its place: `glovebox domain restore --help`")
	}
	return r, nil
}

// Next is the next file, with its size; io.EOF at the end, when all of the file
// has been read and is sound.
func (r *Reader) Next() (name string, size int64, from io.Reader, err error) {
	h, err := r.tar.Next()
	if errors.Is(err, io.EOF) {
		// What follows the end is nothing, and its last byte is authenticated.
		n, err := io.Copy(io.Discard, r.age)
		if err != nil || n > 1<<20 {
			return "", 0, nil, unreadable()
		}
		return "", 0, nil, io.EOF
	}
	if err != nil || h.Typeflag != tar.TypeReg || h.Size < 0 || r.seen[h.Name] || !belongs(r.Head.Half, h.Name) {
		return "", 0, nil, unreadable()
	}
	r.seen[h.Name] = true
	return h.Name, h.Size, r.tar, nil
}

// belongs says whether a name is one of a half: a clean path of a few short
// elements, of the folders that this half has.
func belongs(half Half, name string) bool {
	if name == "" || len(name) > 512 || path.Clean(name) != name || path.IsAbs(name) || text.Name(name) != "" || strings.Contains(name, "\\") {
		return false
	}
	parts := strings.Split(name, "/")
	if parts[0] == ".." || len(parts) > 10 {
		return false
	}
	switch half {
	case Data:
		switch parts[0] {
		case "domain.json", "domain.db":
			return len(parts) == 1
		case "policy", "log":
			return len(parts) > 1
		case "vault":
			return len(parts) == 5 && parts[1] == "snapshots" && strings.HasSuffix(name, ".age")
		}
	case Keys:
		switch parts[0] {
		case "keys":
			return len(parts) == 2 || len(parts) == 3 && parts[1] == "units"
		case "vault":
			return len(parts) == 3 && parts[1] == "keys" && strings.HasSuffix(name, ".age")
		}
	}
	return false
}
