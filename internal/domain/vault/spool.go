package vault

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"

	"filippo.io/age"

	"glovebox.example/glovebox"
)

// MaxSpool bounds, in bytes, what one Spool holds; maxRecord one record of it.
const (
	MaxSpool  = 64 << 30
	maxRecord = 1 << 30
)

// Spool keeps records that do not fit in memory: in a file without a name,
// encrypted under a key that lies in memory alone. When the process ends,
// nothing of it can be read. It is not safe for concurrent use.
type Spool struct {
	file *os.File
	key  *age.X25519Identity
	buf  *bufio.Writer
	enc  io.WriteCloser // nil once it is being read
	size int64
	disk *Disk // that it takes its room from; nil: MaxSpool alone bounds it
}

// NewSpool makes an empty one. Close it.
func (v *Vault) NewSpool() (*Spool, error) {
	f, err := os.CreateTemp(v.path(tmpDir), "spool-")
	if err != nil {
		return nil, internal(err, "the vault cannot be written")
	}
	// Somebody who opened the domain may have cleaned it away already.
	if err := os.Remove(f.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(internal(err, "the vault cannot be written"), f.Close())
	}
	s := &Spool{file: f, buf: bufio.NewWriterSize(f, 256<<10)}
	if s.key, err = age.GenerateX25519Identity(); err == nil {
		s.enc, err = age.Encrypt(s.buf, s.key.Recipient())
	}
	if err != nil {
		return nil, errors.Join(internal(err, "a key cannot be made"), f.Close())
	}
	return s, nil
}

// Append adds a record. It fails with CodeInvalid beyond MaxSpool, and beyond the
// room of its Disk.
func (s *Spool) Append(record []byte) error {
	if s.enc == nil || len(record) > maxRecord {
		return glovebox.Errorf(glovebox.CodeInternal, "a spool takes no such record")
	}
	n := 8 + int64(len(record))
	if err := s.disk.take(n); err != nil {
		return err
	}
	if s.size += n; s.size > MaxSpool {
		return glovebox.Errorf(glovebox.CodeInvalid, "the job has more distinct keys than %d GiB of disk hold", int64(MaxSpool)>>30).
			WithFix("use public keys, coarser ones, or fewer keys per unit")
	}
	_, err := s.enc.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(record))))
	if err == nil {
		_, err = s.enc.Write(record)
	}
	if err != nil {
		return internal(err, "a spool cannot be written")
	}
	return nil
}

// Each hands every record to f, in order, and stops at its first error, which
// it returns as it is. Afterwards nothing can be appended. A record is valid
// during the call.
func (s *Spool) Each(f func(record []byte) error) error {
	if s.enc != nil {
		err := s.enc.Close()
		if err == nil {
			err = s.buf.Flush()
		}
		if s.enc = nil; err != nil {
			return internal(err, "a spool cannot be written")
		}
	}
	plain, err := age.Decrypt(bufio.NewReaderSize(io.NewSectionReader(s.file, 0, 1<<62), 256<<10), s.key)
	if err != nil {
		return internal(err, "a spool cannot be read")
	}
	var head [8]byte
	var record []byte
	for {
		if _, err := io.ReadFull(plain, head[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return internal(err, "a spool cannot be read")
		}
		n := int(binary.LittleEndian.Uint64(head[:])) // authentic: what Append wrote
		if cap(record) < n {
			record = make([]byte, n)
		}
		if _, err := io.ReadFull(plain, record[:n]); err != nil {
			return internal(err, "a spool cannot be read")
		}
		if err := f(record[:n]); err != nil {
			return err
		}
	}
}

// Close frees the room on the disk.
func (s *Spool) Close() error {
	s.disk.free(s.size)
	s.key, s.size = nil, 0
	return s.file.Close()
}
