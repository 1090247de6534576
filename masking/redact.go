package masking

import (
	"math"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// MaxKeep is the most characters that a redaction keeps at either end.
const MaxKeep = 64

// stars stand for whatever is left out, however much it is.
const stars = "***"

func redactMask(column string, m glovebox.Mask) (mask, error) {
	for _, k := range []int{m.KeepFirst, m.KeepLast} {
		if k < 0 || k > MaxKeep {
			return nil, invalid(column, "mask redact keeps %d characters", k).WithFix("keep_first and keep_last are from 0 to %d", MaxKeep)
		}
	}
	return func(mem memory.Allocator, a, _ arrow.Array) (arrow.Array, error) {
		return redactColumn(mem, a.(*array.String), m.KeepFirst, m.KeepLast)
	}, nil
}

func redactColumn(mem memory.Allocator, a *array.String, first, last int) (arrow.Array, error) {
	text := make([]byte, 0, a.Len()*(first+last+len(stars)))
	ends := make([]int32, a.Len())
	for i := range ends {
		if a.IsValid(i) {
			text = appendRedacted(text, a.Value(i), first, last)
		}
		if len(text) > math.MaxInt32 {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "a batch of %d rows is too large to redact", a.Len())
		}
		ends[i] = int32(len(text))
	}
	return texts(mem, a, ends, text), nil
}

// appendRedacted appends the first and last characters of s with stars between.
// A character is a Unicode code point; a byte that is not UTF-8 counts as one
// and is replaced by U+FFFD. A text that has no character to leave out is stars
// alone: a short one is not shown whole.
func appendRedacted(dst []byte, s string, first, last int) []byte {
	head, tail := 0, len(s)
	for range first {
		if head == len(s) {
			break
		}
		_, n := utf8.DecodeRuneInString(s[head:])
		head += n
	}
	for range last {
		if tail <= head {
			break
		}
		_, n := utf8.DecodeLastRuneInString(s[head:tail])
		tail -= n
	}
	if tail <= head {
		return append(dst, stars...)
	}
	dst = appendValid(dst, s[:head])
	dst = append(dst, stars...)
	return appendValid(dst, s[tail:])
}

func appendValid(dst []byte, s string) []byte {
	for _, r := range s {
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}
