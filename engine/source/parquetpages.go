package source

import (
	"errors"
	"hash/crc32"
	"io"

	"glovebox.example/glovebox"
)

// Bounds on a page header, in bytes. Statistics in it can hold long texts.
const (
	pageHeaderFirst = 4 << 10
	pageHeaderMost  = 4 << 20
)

// Kinds of pages that hold values or their dictionary.
const (
	pageData   = 0
	pageDataV2 = 3
)

// pageHeader is what the check needs of a page's header.
type pageHeader struct {
	kind   int64
	size   int64 // of the page as it is stored, without the header
	values int64 // of a data page
	hasCRC bool
	crc    uint32
}

// verifyPages compares every page of a row group that has a checksum with it,
// and makes sure that all pages lie in the file. A page without a checksum is
// passed over: its bytes are not read here.
func (p *parquetFile) verifyPages(group int) error {
	g := p.r.MetaData().RowGroup(group)
	buf := make([]byte, pageHeaderFirst)
	for i := range g.NumColumns() {
		c, err := g.ColumnChunk(i)
		if err != nil {
			return damagedParquet("a column has no description")
		}
		if c.CryptoMetadata() != nil {
			return glovebox.Errorf(glovebox.CodeInvalid, "the file is encrypted Parquet").WithFix("%s", fixDecrypt)
		}
		at := c.DataPageOffset()
		if d := c.DictionaryPageOffset(); c.HasDictionaryPage() && d > 0 {
			at = min(at, d)
		}
		for page, left := 1, c.NumValues(); left > 0; page++ {
			h, n, err := p.pageHeader(at, &buf)
			if err != nil || h.size < 0 || h.values < 0 || at+n > p.size-h.size {
				return damagedPage(group, i, page, "its header cannot be read")
			}
			at += n
			if h.hasCRC {
				sum := crc32.NewIEEE()
				if _, err := io.Copy(sum, io.NewSectionReader(p.src, at, h.size)); err != nil || sum.Sum32() != h.crc {
					return damagedPage(group, i, page, "its checksum is wrong")
				}
			}
			at += h.size
			left -= h.values
		}
	}
	return nil
}

func damagedPage(group, column, page int, what string) error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the Parquet file is damaged at row group %d, column number %d, page %d: %s", group+1, column+1, page, what).
		WithFix("copy or export it again")
}

// pageHeader reads the header at an offset and returns its length.
func (p *parquetFile) pageHeader(at int64, buf *[]byte) (h pageHeader, n int64, err error) {
	if at < 0 || at >= p.size {
		return h, 0, io.ErrUnexpectedEOF
	}
	for size := pageHeaderFirst; ; size *= 8 {
		if len(*buf) < size {
			*buf = make([]byte, size)
		}
		got, err := p.src.ReadAt((*buf)[:min(int64(size), p.size-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return h, 0, err
		}
		h, used, err := parsePageHeader((*buf)[:got])
		if err == nil {
			return h, int64(used), nil
		}
		if got < size || size >= pageHeaderMost {
			return h, 0, err
		}
	}
}

var errThrift = errors.New("not a page header")

// Types of Thrift's compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftStruct = 12
	thriftDepth  = 16 // of a header that is skipped over
)

// parsePageHeader reads a PageHeader (parquet.thrift, compact protocol) at the
// start of b and returns how many bytes it takes.
func parsePageHeader(b []byte) (h pageHeader, n int, err error) {
	t := thriftReader{b: b}
	h.kind = -1
	sub := func() int64 { // the first field of each kind of page: its values
		values := int64(-1)
		t.fields(func(id int64, typ byte) {
			if id == 1 && typ > thriftByte && typ <= thriftI64 {
				values = t.zigzag()
			} else {
				t.skip(typ, 2)
			}
		})
		return values
	}
	h.size = -1
	t.fields(func(id int64, typ byte) {
		integer := typ >= thriftI16 && typ <= thriftI64
		switch {
		case id == 1 && integer:
			h.kind = t.zigzag()
		case id == 3 && integer:
			h.size = t.zigzag()
		case id == 4 && integer:
			h.hasCRC, h.crc = true, uint32(t.zigzag())
		case (id == 5 || id == 8) && typ == thriftStruct:
			if v := sub(); id == 5 && h.kind == pageData || id == 8 && h.kind == pageDataV2 {
				h.values = v
			}
		default:
			t.skip(typ, 1)
		}
	})
	if t.bad || h.kind < 0 || h.size < 0 || h.values < 0 {
		return h, 0, errThrift
	}
	return h, t.at, nil
}

// thriftReader reads Thrift's compact protocol. After a mistake it reads
// nothing more.
type thriftReader struct {
	b   []byte
	at  int
	bad bool
}

func (t *thriftReader) byte() byte {
	if t.bad || t.at >= len(t.b) {
		t.bad = true
		return 0
	}
	t.at++
	return t.b[t.at-1]
}

func (t *thriftReader) varint() uint64 {
	v := uint64(0)
	for shift := 0; shift < 64; shift += 7 {
		c := t.byte()
		if v |= uint64(c&0x7f) << shift; c < 0x80 {
			return v
		}
	}
	t.bad = true
	return 0
}

func (t *thriftReader) zigzag() int64 {
	v := t.varint()
	return int64(v>>1) ^ -int64(v&1)
}

// fields calls f for every field of a struct; f takes its value.
func (t *thriftReader) fields(f func(id int64, typ byte)) {
	id := int64(0)
	for !t.bad {
		c := t.byte()
		typ := c & 0x0f
		if typ == 0 {
			t.bad = t.bad || c != 0
			return
		}
		if c>>4 == 0 {
			id = t.zigzag()
		} else {
			id += int64(c >> 4)
		}
		f(id, typ)
	}
}

// skip passes over a value of a struct's field.
func (t *thriftReader) skip(typ byte, depth int) {
	if depth > thriftDepth {
		t.bad = true
	}
	switch {
	case t.bad || typ == thriftTrue || typ == thriftFalse:
	case typ == thriftByte:
		t.byte()
	case typ <= thriftI64:
		t.varint()
	case typ == thriftDouble:
		t.pass(8)
	case typ == thriftBinary:
		t.pass(t.varint())
	case typ == thriftList || typ == thriftSet:
		c := t.byte()
		n := uint64(c >> 4)
		if n == 15 {
			n = t.varint()
		}
		for ; n > 0 && !t.bad; n-- {
			if c&0x0f <= thriftFalse { // in a list a truth value takes a byte
				t.byte()
			} else {
				t.skip(c&0x0f, depth+1)
			}
		}
	case typ == thriftStruct:
		t.fields(func(_ int64, typ byte) { t.skip(typ, depth+1) })
	default:
		t.bad = true // a map: no header has one
	}
}

func (t *thriftReader) pass(n uint64) {
	if t.bad || n > uint64(len(t.b)-t.at) {
		t.bad = true
		return
	}
	t.at += int(n)
}
