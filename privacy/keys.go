package privacy

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"
)

// Limits of a key.
const (
	// MaxKeyBytes bounds a key, all fields padded.
	MaxKeyBytes = 256
	// MaxPublicKeys bounds the product of the public lists.
	MaxPublicKeys = 1_000_000
	// MaxKeyWidth bounds the width of a string field.
	MaxKeyWidth = 64
)

// keyField is one field of the grouping key as it lies in a record: words of 8
// bytes, an int64 little endian or text padded with zeros.
type keyField struct {
	name  string
	text  bool
	width int // bytes of text that count
	at    int // first word within the key
	words int
	list  *keyList // public values; nil: private
}

// encode puts v, a string or an int64, into dst.
func (f *keyField) encode(dst []uint64, v any) {
	if !f.text {
		dst[0] = uint64(v.(int64))
		return
	}
	var b [MaxKeyWidth]byte
	copy(b[:], v.(string))
	for i := range f.words {
		dst[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
}

// decode returns what encode was given.
func (f *keyField) decode(key []uint64) any {
	if !f.text {
		return int64(key[f.at])
	}
	var b [MaxKeyWidth]byte
	for i := range f.words {
		binary.LittleEndian.PutUint64(b[8*i:], key[f.at+i])
	}
	return strings.TrimRight(string(b[:f.width]), "\x00")
}

// valid says whether the field of key holds something that encode makes.
func (f *keyField) valid(key []uint64) bool { return f.fault(key) == "" }

// tooLong is a text with bytes behind its width, which the sandbox lets no guest
// leave.
const tooLong text.Fault = "is longer than its field"

// fault says what is wrong with the text of the field of key, "" if nothing.
func (f *keyField) fault(key []uint64) text.Fault {
	if !f.text {
		return ""
	}
	var b [MaxKeyWidth]byte
	for i := range f.words {
		binary.LittleEndian.PutUint64(b[8*i:], key[f.at+i])
	}
	n := f.words * 8
	for n > 0 && b[n-1] == 0 {
		n--
	}
	if n > f.width {
		return tooLong
	}
	return text.KeyBytes(b[:n])
}

// KeyFault says why the key of a record (RecordBytes bytes) is dropped for its
// text, "" if it is not. Keys of public lists are not judged by their text: what
// is not listed is dropped. It is for authors of modules, who see the keys of
// sample rows; on real data nobody is told.
func (p *Plan) KeyFault(record []byte) text.Fault {
	if len(record) < 8*p.keyWords {
		return ""
	}
	key := make([]uint64, p.keyWords)
	for i := range key {
		key[i] = binary.LittleEndian.Uint64(record[8*i:])
	}
	for i := range p.fields {
		if f := &p.fields[i]; f.list == nil {
			if wrong := f.fault(key); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}

// compare orders the field's values: numbers by value, text by bytes.
func (f *keyField) compare(a, b []uint64) int {
	if !f.text {
		return compareInt(int64(a[f.at]), int64(b[f.at]))
	}
	for i := f.at; i < f.at+f.words; i++ {
		if a[i] != b[i] {
			if bits.ReverseBytes64(a[i]) < bits.ReverseBytes64(b[i]) {
				return -1
			}
			return 1
		}
	}
	return 0
}

func compareInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// parse turns one declared value, of a job or of a file of texts, into the
// field's type. The second result says what is wrong.
func (f *keyField) parse(v any) (any, string) {
	k := glovebox.KeyField{Type: glovebox.Int64}
	if f.text {
		k = glovebox.KeyField{Type: glovebox.String, Width: f.width}
	} else if s, ok := v.(string); ok {
		v = json.Number(strings.TrimSpace(s))
	}
	value, wrong := k.Value(v)
	if wrong != nil {
		return nil, wrong.Msg
	}
	if s, ok := value.(string); ok {
		if fault := text.Key(s); fault != "" {
			return nil, string(fault)
		}
	}
	return value, ""
}

// keyList is a public list of values of one field, sorted, with an index.
type keyList struct {
	words int
	data  []uint64 // values of words words each
	slots []uint32 // open addressing: 1 + number of the value, 0 for none
	hash  hasher
}

func (l *keyList) len() int { return len(l.data) / l.words }

func (l *keyList) at(i int) []uint64 { return l.data[i*l.words : (i+1)*l.words] }

// index builds the slots. It reports whether two values are equal.
func (l *keyList) index() (duplicate bool) {
	l.slots = make([]uint32, tableSize(l.len()))
	for i := range l.len() {
		at, found := l.find(l.at(i))
		if found {
			return true
		}
		l.slots[at] = uint32(i) + 1
	}
	return false
}

// find returns the slot of a value, or the free one where it would go.
func (l *keyList) find(v []uint64) (slot uint64, found bool) {
	mask := uint64(len(l.slots) - 1)
	for slot = l.hash.sum(v) & mask; l.slots[slot] != 0; slot = (slot + 1) & mask {
		if equalWords(l.at(int(l.slots[slot]-1)), v) {
			return slot, true
		}
	}
	return slot, false
}

// tableSize is a power of two that n entries fill by at most a half.
func tableSize(n int) int { return 1 << bits.Len(uint(max(2*n, 8)-1)) }

func equalWords(a, b []uint64) bool {
	for i, w := range a {
		if w != b[i] {
			return false
		}
	}
	return true
}

// hasher spreads keys over the slots of a table. Its secret is a new one in
// every process, so that a guest cannot choose keys that collide; nothing that
// leaves the package depends on it.
type hasher struct{ a, b uint64 }

func (h hasher) word(w uint64) uint64 {
	hi, lo := bits.Mul64(w^h.a, h.b)
	return hi ^ lo
}

func (h hasher) sum(key []uint64) uint64 {
	s := h.a
	for _, w := range key {
		hi, lo := bits.Mul64(w^s, h.b)
		s = hi ^ lo ^ h.a
	}
	return s
}

// newField checks one declared field. path is where its errors point to.
func newField(k glovebox.KeyField, path string) (keyField, error) {
	f := keyField{name: k.Name, width: k.Width}
	switch k.Type {
	case glovebox.Int64:
		if k.Width != 0 {
			return f, glovebox.Invalid(path+".width", "an int64 field has no width").WithFix("remove it")
		}
		f.words = 1
	case glovebox.String:
		f.text = true
		if f.width == 0 {
			f.width = glovebox.DefaultKeyWidth
		}
		if f.width < 1 || f.width > MaxKeyWidth {
			return f, glovebox.Invalid(path+".width", "%d is outside 1..%d bytes", k.Width, MaxKeyWidth)
		}
		f.words = (f.width + 7) / 8
	default:
		return f, glovebox.Invalid(path+".type", "a key field is string or int64")
	}
	return f, nil
}
