package source

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/unpack"
)

const (
	// MaxRowBytes is the largest row of a CSV or JSON file, in bytes of UTF-8.
	MaxRowBytes = 1 << 20
	chunkBytes  = 2 << 20 // of clean rows that DuckDB gets at a time
	readBytes   = 1 << 20 // of a file that are read at a time
	MaxRows     = 1 << 40 // of one file
)

// Position is where a row stands in its file.
type Position struct {
	Row   int64 // number among the rows, from 1
	Line  int64 // of the file, where the row begins, from 1; 0: the file has no lines
	Lines int64 // that are not blank and lie in the row, at least 1
}

// Chunk is a piece of a file: the rows whose structure is sound, as clean
// bytes, and what was wrong with the others.
type Chunk struct {
	Data []byte     // csv: records, without header, each ended by \n; json: one object a line
	Rows []Position // of each row in data
	Ends []int      // where each row in data ends, behind its \n
	Bad  []badRow
	// Dropped counts the rows that are no data by the record's own word.
	Dropped int64
	Read    int64 // bytes of the file behind this chunk and all before it
}

// badRow is a row whose structure is not sound.
type badRow struct {
	At             Position
	Why            Reason
	Column, Source string // parquet: the column at fault and its name in the file
}

// Reset empties a chunk.
func (c *Chunk) Reset() {
	c.Data, c.Rows, c.Ends, c.Bad, c.Dropped = c.Data[:0], c.Rows[:0], c.Ends[:0], c.Bad[:0], 0
}

func (c *Chunk) keep(at Position, row []byte) {
	c.Data = append(append(c.Data, row...), '\n')
	c.Rows, c.Ends = append(c.Rows, at), append(c.Ends, len(c.Data))
}

func (c *Chunk) reject(at Position, why Reason) { c.Bad = append(c.Bad, badRow{At: at, Why: why}) }

func (c *Chunk) full() bool { return len(c.Data) >= chunkBytes }

// Splitter cuts a file into chunks, in order.
type Splitter interface {
	// Fill puts the next rows into an empty chunk; more is false at the end.
	Fill(c *Chunk) (more bool, err error)
}

// Window is a sliding view of a file as UTF-8.
type Window struct {
	r     io.Reader
	raw   *countReader
	buf   []byte
	pos   int
	eof   bool
	lossy bool       // bytes that are not text came in as U+FFFD
	far   *farReader // of a packed file
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

// NewWindow reads a file from its start, wherever its offset is.
func NewWindow(f io.ReaderAt, size int64, encoding string) *Window {
	raw := &countReader{r: io.NewSectionReader(f, 0, size)}
	w := &Window{r: raw, raw: raw}
	w.decode(encoding)
	return w
}

// OpenWindow reads the text in a file, which may be packed, from its start.
func OpenWindow(f io.ReaderAt, size int64, def glovebox.Source) (*Window, error) {
	if def.Compression == "" {
		return NewWindow(f, size, def.Encoding), nil
	}
	far := &farReader{f: f}
	in, err := unpack.Open(far, size, def.Compression, def.Entry)
	if err != nil {
		return nil, err
	}
	w := &Window{r: in, raw: &countReader{}, far: far}
	w.decode(def.Encoding)
	return w, nil
}

// decode has what follows turned from an encoding into UTF-8.
func (w *Window) decode(encoding string) {
	var t transform.Transformer
	switch encoding {
	case "gb18030":
		t = gbDecoder{t: gbCodes()}
		w.r = &gbWatch{r: w.r}
	case "utf-16":
		t = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()
	case "utf-16le":
		t = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()
	case "utf-16be":
		t = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder()
	default:
		return
	}
	w.r, w.lossy = transform.NewReader(w.r, t), true
}

// farReader notes how far into a file was read.
type farReader struct {
	f   io.ReaderAt
	far int64
}

func (r *farReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.f.ReadAt(p, at)
	r.far = max(r.far, at+int64(n))
	return n, err
}

// read is how many bytes of the file were read.
func (w *Window) read() int64 {
	if w.far != nil {
		return w.far.far
	}
	return w.raw.n
}

// used is how many of them were used.
func (w *Window) used() int64 {
	if w.far != nil {
		return w.far.far
	}
	return w.raw.n - int64(len(w.rest()))
}

// rest is what was read and not yet used.
func (w *Window) rest() []byte { return w.buf[w.pos:] }

// more reads on. At the end of the file it sets eof.
func (w *Window) more() error {
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
	if e, ok := errors.AsType[*glovebox.Error](err); ok { // of unpacking
		return e
	}
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInvalid, "the file cannot be read to its end")
	}
	return nil
}

// skipBOM drops a byte order mark at the start.
func (w *Window) skipBOM() error {
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
func (w *Window) skipLine() error {
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
func (w *Window) isText(row []byte) bool {
	return utf8.Valid(row) && bytes.IndexByte(row, 0) < 0 &&
		(!w.lossy || !bytes.Contains(row, []byte("\uFFFD")))
}
