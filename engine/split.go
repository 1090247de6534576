//go:build duckdb_arrow

package engine

import (
	"bytes"
	"errors"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/text/transform"

	"glovebox.example/glovebox"
)

const (
	// MaxRowBytes is the largest row of a CSV or JSON file, in bytes of UTF-8.
	MaxRowBytes = 1 << 20
	chunkBytes  = 8 << 20 // of clean rows that DuckDB gets at a time
	readBytes   = 1 << 20 // of a file that are read at a time
	maxRows     = 1 << 40 // of one file
)

// place is where a row stands in its file.
type place struct {
	row   int64 // number among the rows, from 1
	line  int64 // of the file, where the row begins, from 1; 0: the file has no lines
	lines int64 // that are not blank and lie in the row, at least 1
}

// chunk is a piece of a file: the rows whose structure is sound, as clean
// bytes, and what was wrong with the others.
type chunk struct {
	data []byte  // csv: records, without header, each ended by \n; json: one object a line
	rows []place // of each row in data
	bad  []badRow
	read int64 // bytes of the file behind this chunk and all before it
}

// badRow is a row whose structure is not sound.
type badRow struct {
	at             place
	why            Reason
	column, source string // parquet: the column at fault and its name in the file
}

func (c *chunk) reset() { c.data, c.rows, c.bad = c.data[:0], c.rows[:0], c.bad[:0] }

func (c *chunk) keep(at place, row []byte) {
	c.data = append(append(c.data, row...), '\n')
	c.rows = append(c.rows, at)
}

func (c *chunk) reject(at place, why Reason) { c.bad = append(c.bad, badRow{at: at, why: why}) }

func (c *chunk) full() bool { return len(c.data) >= chunkBytes }

// splitter cuts a file into chunks, in order.
type splitter interface {
	// fill puts the next rows into an empty chunk; more is false at the end.
	fill(c *chunk) (more bool, err error)
}

// window is a sliding view of a file as UTF-8.
type window struct {
	r     io.Reader
	raw   *countReader
	buf   []byte
	pos   int
	eof   bool
	lossy bool // bytes that are not text came in as U+FFFD
}

type countReader struct {
	r io.Reader
	n int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// newWindow reads a file from its start, wherever its offset is.
func newWindow(f *os.File, size int64, encoding string) *window {
	raw := &countReader{r: io.NewSectionReader(f, 0, size)}
	w := &window{r: raw, raw: raw}
	if encoding == "gb18030" {
		w.r, w.lossy = transform.NewReader(raw, gbDecoder{t: gbCodes()}), true
	}
	return w
}

// rest is what was read and not yet used.
func (w *window) rest() []byte { return w.buf[w.pos:] }

// more reads on. At the end of the file it sets eof.
func (w *window) more() error {
	if w.pos > 0 {
		w.buf = w.buf[:copy(w.buf, w.buf[w.pos:])]
		w.pos = 0
	}
	at := len(w.buf)
	if cap(w.buf)-at < readBytes {
		grown := make([]byte, at, 2*cap(w.buf)+readBytes)
		copy(grown, w.buf)
		w.buf = grown
	}
	n, err := io.ReadFull(w.r, w.buf[at:at+readBytes])
	w.buf = w.buf[:at+n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		w.eof = true
		return nil
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file cannot be read to its end")
	}
	return nil
}

// skipBOM drops a byte order mark at the start.
func (w *window) skipBOM() error {
	for len(w.rest()) < 3 && !w.eof {
		if err := w.more(); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(w.rest(), []byte("\uFEFF")) {
		w.pos += 3
	}
	return nil
}

// skipLine drops everything up to and with the next newline.
func (w *window) skipLine() error {
	for {
		if i := bytes.IndexByte(w.rest(), '\n'); i >= 0 {
			w.pos += i + 1
			return nil
		}
		w.pos = len(w.buf)
		if w.eof {
			return nil
		}
		if err := w.more(); err != nil {
			return err
		}
	}
}

// isText says whether a row's bytes are text without a NUL.
func (w *window) isText(row []byte) bool {
	return utf8.Valid(row) && bytes.IndexByte(row, 0) < 0 &&
		(!w.lossy || !bytes.Contains(row, []byte("\uFFFD")))
}
