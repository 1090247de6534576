package masking

import (
	"crypto/hkdf"
	"crypto/sha256"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"glovebox.example/glovebox"
)

// fpeMask encrypts texts of a form so that they keep it (FF1). As a token it is
// the unit's own unless it is shared: the tweak is the unit's token. A text that
// is not of the form, or that has fewer than a million others like it, is null.
func (k *tokenKeys) fpeMask(column string, m glovebox.Mask) (mask, error) {
	f, err := formOf(column, m, false)
	if err != nil {
		return nil, err
	}
	from, label := k.job, "glovebox masking ff1 of a unit 1 "
	if m.Shared {
		from, label = k.scenario, "glovebox masking ff1 1 "
	}
	if from == [32]byte{} {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "there is a token mask but no token key")
	}
	key, err := hkdf.Expand(sha256.New, from[:], label+m.Form, 32)
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a token key cannot be derived").Because(err)
	}
	c, err := newFF1(key, len(f.alphabet))
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a token key cannot be used").Because(err)
	}
	first := max(m.KeepFirst, f.fixed)
	if n := f.least - first - m.KeepLast; f.least == f.most && (f.check != nil && !c.fits(n-1) || f.check == nil && !c.fits(n)) {
		return nil, invalid(column, "mask fpe keeps so much of a text that there are fewer than %d others", leastDomain).WithFix("keep fewer characters")
	}
	e := &fpe{ff1: c, form: f, first: first, last: m.KeepLast, check: m.Check, prefix: k.prefix}
	return func(mem memory.Allocator, a, units arrow.Array) (arrow.Array, error) {
		if m.Shared {
			return e.column(mem, a.(*array.String), nil)
		}
		u, ok := units.(*array.FixedSizeBinary)
		if !ok || u.NullN() > 0 || u.Len() != a.Len() {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "rows without the tokens of their units cannot be given tokens")
		}
		return e.column(mem, a.(*array.String), u)
	}, nil
}

// formOf finds the form of a mask and checks what goes with it.
func formOf(column string, m glovebox.Mask, checked bool) (*form, error) {
	f := forms[m.Form]
	switch {
	case f == nil || checked && f.check == nil:
		return nil, invalid(column, "mask %s has no form that it knows", m.Kind).WithFix("set form to cn-resident-id, cn-uscc or bank-card, and for fpe also cn-mobile, digits or alnum")
	case m.Check != "" && (f.check == nil || m.Check != CheckValid && m.Check != CheckInvalid):
		return nil, invalid(column, "mask %s has a check that its form has not", m.Kind).WithFix("set check to valid or invalid, of a form with a check character")
	}
	for _, k := range []int{m.KeepFirst, m.KeepLast} {
		if k < 0 || k > MaxKeep {
			return nil, invalid(column, "mask %s keeps %d characters", m.Kind, k).WithFix("keep_first and keep_last are from 0 to %d", MaxKeep)
		}
	}
	return f, nil
}

type fpe struct {
	*ff1
	form        *form
	first, last int
	check       string
	prefix      [tokenBytes]byte
}

// column encrypts a column. Rows of a unit follow one another: what words of one
// length share is done once for each, and a text that comes again at once too.
func (e *fpe) column(mem memory.Allocator, a *array.String, units *array.FixedSizeBinary) (arrow.Array, error) {
	text := make([]byte, 0, len(a.ValueBytes())+a.Len())
	ends := make([]int32, a.Len())
	bad := make([]bool, a.Len())
	var unit, tweak []byte
	state := &ff1State{}
	word := make([]byte, 2*maxHalf)
	last, lastFrom, lastTo := "", 0, 0
	for i := range ends {
		if units != nil {
			var p [tokenBytes]byte
			for j, b := range units.Value(i) {
				p[j] = b & e.prefix[j]
			}
			if string(unit) != string(p[:]) {
				unit = append(unit[:0], p[:]...)
				tweak, state.n, last = unit, 0, ""
			}
		}
		if !a.IsValid(i) {
			ends[i] = int32(len(text))
			continue
		}
		s := a.Value(i)
		if s == last && s != "" {
			text = append(text, text[lastFrom:lastTo]...)
		} else {
			from := len(text)
			var ok bool
			if text, ok = e.append(text, s, tweak, state, word); ok {
				last, lastFrom, lastTo = s, from, len(text)
			} else {
				bad[i] = true
			}
		}
		if len(text) > math.MaxInt32 {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "a batch of %d rows is too large to redact", a.Len())
		}
		ends[i] = int32(len(text))
	}
	return textsWithout(mem, a, ends, text, bad), nil
}

// append encrypts one text; false if it is not of the form.
func (e *fpe) append(dst []byte, s string, tweak []byte, state *ff1State, word []byte) ([]byte, bool) {
	from := len(dst)
	dst = append(dst, s...)
	body, ok := e.form.body(dst[from:])
	n := len(body) - e.first - e.last
	if !ok || n < 0 || n > len(word) || !e.fits(n) {
		return dst[:from], false
	}
	if state.n != n {
		e.start(state, n, tweak)
	}
	word, middle := word[:n], body[e.first:len(body)-e.last]
	for k, c := range middle {
		word[k] = byte(e.form.place[c])
	}
	e.encrypt(state, word)
	for k, d := range word {
		middle[k] = e.form.alphabet[d]
	}
	return e.form.closed(dst[:from+len(body)], from, e.check), true
}

// redactForm keeps characters at the ends of a text of a form and makes the others
// the first of its alphabet, with a check character that is right or, so that
// nobody takes it for a number that was given to anybody, wrong. A text that is
// not of the form is null.
func redactForm(column string, m glovebox.Mask) (mask, error) {
	f, err := formOf(column, m, true)
	if err != nil {
		return nil, err
	}
	return func(mem memory.Allocator, in, _ arrow.Array) (arrow.Array, error) {
		a := in.(*array.String)
		text := make([]byte, 0, a.Len()*f.most)
		ends := make([]int32, a.Len())
		bad := make([]bool, a.Len())
		for i := range ends {
			if a.IsValid(i) {
				from := len(text)
				text = append(text, a.Value(i)...)
				body, ok := f.body(text[from:])
				if bad[i] = !ok; !ok {
					text = text[:from]
				} else {
					for k := max(m.KeepFirst, f.fixed); k < len(body)-m.KeepLast; k++ {
						body[k] = f.alphabet[0]
					}
					text = f.closed(text[:from+len(body)], from, m.Check)
				}
			}
			if len(text) > math.MaxInt32 {
				return nil, glovebox.Errorf(glovebox.CodeInternal, "a batch of %d rows is too large to redact", a.Len())
			}
			ends[i] = int32(len(text))
		}
		return textsWithout(mem, a, ends, text, bad), nil
	}, nil
}
