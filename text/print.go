package text

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printed is a foreign text as one line of a screen or page may show it: what
// does not show, or acts on a terminal, is written out as \u{HEX}, bytes that
// are no UTF-8 as \x{HEX}. Most texts come back as they are.
func Printed(s string) string { return escape(s, false, plainEscape) }

// Lines is Printed for a text of several lines: line ends and tabs stay.
func Lines(s string) string { return escape(s, true, plainEscape) }

func plainEscape(b *strings.Builder, r rune, raw byte) {
	if r == utf8.RuneError && raw >= utf8.RuneSelf {
		fmt.Fprintf(b, `\x{%X}`, raw)
		return
	}
	fmt.Fprintf(b, `\u{%X}`, r)
}

// jsonEscape writes a character as JSON does. Text outside of a JSON string has
// none that needs it.
func jsonEscape(b *strings.Builder, r rune, raw byte) {
	switch {
	case r == utf8.RuneError && raw >= utf8.RuneSelf:
		b.WriteString(`\ufffd`)
	case r > 0xffff:
		r -= 0x10000
		fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
	default:
		fmt.Fprintf(b, `\u%04x`, r)
	}
}

func escape(s string, lines bool, write func(*strings.Builder, rune, byte)) string {
	clean := true
	for i, r := range s {
		if !prints(r, s[i:], lines) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if prints(r, s[i:], lines) {
			b.WriteString(s[i : i+n])
		} else {
			raw := byte(0)
			if n == 1 {
				raw = s[i]
			}
			write(&b, r, raw)
		}
		i += n
	}
	return b.String()
}

// Shown says whether Printed leaves a character as it is.
func Shown(r rune) bool { return prints(r, string(r), false) }

// prints says whether a character may reach a screen as it is. A wide space is
// let through, since it shows its width; other odd spaces are not.
func prints(r rune, rest string, lines bool) bool {
	switch {
	case r >= ' ' && r < 0x7f:
		return true
	case lines && (r == '\n' || r == '\t'):
		return true
	case lines && r == '\r':
		return strings.HasPrefix(rest, "\r\n")
	case r == utf8.RuneError:
		_, n := utf8.DecodeRuneInString(rest)
		return n != 1
	}
	return shows(r, rest) == "" && (r == 0x3000 || !unicode.Is(unicode.Zs, r))
}

// Writer prints Lines of what is written to it. It keeps back the beginning of
// a character, or a carriage return, until the rest of it comes.
type Writer struct {
	to   io.Writer
	json bool
	kept []byte
}

// NewWriter prints to a screen. With json it writes escapes as JSON strings
// have them, so that what reads the text gets every character back.
func NewWriter(to io.Writer, json bool) *Writer { return &Writer{to: to, json: json} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	b := append(w.kept, p...)
	end := len(b)
	for k := 1; k <= min(utf8.UTFMax-1, len(b)); k++ {
		if c := b[len(b)-k]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-k:]) || k == 1 && c == '\r' {
				end = len(b) - k
			}
			break
		}
	}
	w.kept = append([]byte(nil), b[end:]...)
	if err := w.print(string(b[:end])); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush prints what was kept back.
func (w *Writer) Flush() error {
	s := string(w.kept)
	w.kept = nil
	return w.print(s)
}

func (w *Writer) print(s string) error {
	if s == "" {
		return nil
	}
	e := plainEscape
	if w.json {
		e = jsonEscape
	}
	_, err := io.WriteString(w.to, escape(s, true, e))
	return err
}
