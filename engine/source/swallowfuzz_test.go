package source

import (
	"bytes"
	"testing"
)

// A record that the byte reader takes ends where the fast reader ends it.
func FuzzSwallow(f *testing.F) {
	for _, s := range []string{"a,\"b\nc\",d\n", "\"a\"\"\n\"\n,", "a\"\n\"b\r\n", "\"a\r\nb\"\r\n"} {
		f.Add([]byte(s))
	}
	f.Add([]byte("\x00\n\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, quote := range []byte{'"', noQuote} {
			fast := &csvSplitter{w: &Window{buf: data, eof: true}, delim: ',', quote: quote}
			end, _, bad, complete := fast.scan(data)
			if !complete || bad != "" {
				continue
			}
			slow := &csvSplitter{w: &Window{buf: data, eof: true}, delim: ',', quote: quote}
			r, err := slow.swallow()
			if want := min(end+1, len(data)); err != nil || slow.w.pos != want || r.lines != filled(data[:end]) || slow.line != int64(bytes.Count(data[:end], []byte("\n")))+1 && len(bytes.Trim(data, "\r")) > 0 {
				t.Fatalf("%q between %q: %d, %d lines of %d, %v", data, quote, slow.w.pos, r.lines, slow.line, err)
			}
		}
	})
}
