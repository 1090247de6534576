package trial

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestSeenLies: what a worker that was broken into shows of its result has the
// form of one and can be shown.
func TestSeenLies(t *testing.T) {
	good := `{"started":"","compile":1,"run":1,"units":[],"result":{"columns":["k","n"],"exact":[{"key":["a"],"cells":[{"value":1}]}],"noisy":[{"key":["a"],"cells":[{"value":2}]}],"price":{"loss":1,"delta":0},"kind":"pure"},"failed":null,"refusals":null}`
	if _, err := decodeSeen([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{
		"a key more":            {`{"key":["a"],"cells":[{"value":2}]}`, `{"key":["a","b"],"cells":[{"value":2}]}`},
		"a cell less":           {`"cells":[{"value":1}]`, `"cells":[]`},
		"columns missing":       {`"columns":["k","n"]`, `"columns":[]`},
		"an escape in a name":   {`"columns":["k","n"]`, `"columns":["k","\u001b[2J"]`},
		"an escape in an input": {`"units":[]`, `"units":[{"rows":{"\u001b[2J":[]}}]`},
		"one in a block":        {`"units":[]`, `"units":[],"blocks":[{"rows":{"\u001b[2J":[]}}]`},
		"one in a figure":       {`"units":[]`, `"units":[],"combined":{"figures":[{"name":"\u001b[2J"}]}`},
	} {
		if _, err := decodeSeen([]byte(strings.Replace(good, edit[0], edit[1], 1))); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

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
