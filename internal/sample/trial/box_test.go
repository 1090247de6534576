package trial

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzSeen: what a worker sends is a document or an error, whatever its bytes,
// and no text of it plays tricks on a terminal.
func FuzzSeen(f *testing.F) {
	f.Add([]byte(`{"started":"","compile":1,"run":1,"units":[{"unit":"00","rows":{},"outcome":"ok","fuel":1,"micros":1,"log":"a\u001b[2J","printed":1,"records":[]}],"result":null,"failed":null,"refusals":null}`))
	f.Add([]byte(`{"started":"","blocks":[{"block":1,"units":["00"],"starts":{"a":[0,1]},"rows":{},"outcome":"ok","fuel":1,"micros":1,"log":"a\u001b[2J","printed":1,"records":[[1]]}],"empty":7,"combined":null}`))
	f.Add([]byte(`{"failed":{"code":"module","field":"","msg":"m","fix":"f"},"refusals":[{"code":"G001","msg":"m","fix":"f"}]}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		s, err := decodeSeen(p)
		if err != nil {
			if strings.ContainsRune(err.Error(), 0x1b) {
				t.Fatal("an error holds an escape")
			}
			return
		}
		for _, c := range (&Report{Units: s.Units, Blocks: s.Blocks}).calls() {
			if strings.ContainsRune(c.Log+c.Cause+c.Outcome, 0x1b) {
				t.Fatal("a text holds an escape")
			}
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatal(err)
		}
	})
}
