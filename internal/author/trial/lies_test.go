package trial

import (
	"strings"
	"testing"
)

// TestSeenLiesOfBlocks: what a worker that was broken into tells of blocks has
// their form and can be shown.
func TestSeenLiesOfBlocks(t *testing.T) {
	good := `{"started":"","compile":1,"run":1,"units":[],"blocks":[{"block":3,"units":["00"],"starts":{"a":[0,1]},"rows":{"a":[[1]]},"outcome":"ok","fuel":1,"micros":1,"printed":0,"records":[[1]],"outputs":[1,"x"]}],` +
		`"empty":7,"result":null,"combined":{"figures":[{"name":"n","combine":"mean","exact":1,"noisy":2,"lo":0,"hi":4},{"name":"v","combine":"vote","exact":"x","noisy":"y"}],"price":{"loss":1,"delta":0},"kind":"pure"},"failed":null,"refusals":null}`
	if _, err := decodeSeen([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string][2]string{
		"a block below 0":       {`"block":3`, `"block":-3`},
		"a block of no job":     {`"block":3`, `"block":65536`},
		"rows without starts":   {`"starts":{"a"`, `"starts":{"b"`},
		"an escape in a log":    {`"printed":0`, `"printed":0,"log":"\u001b[2J"`},
		"an escape in an input": {`"starts":{"a":[0,1]},"rows":{"a"`, `"starts":{"\u001b":[0,1]},"rows":{"\u001b"`},
		"an escape in a name":   {`"name":"n"`, `"name":"\u001b[2J"`},
		"an escape in a choice": {`"exact":"x"`, `"exact":"\u001b[2J"`},
		"a list for a figure":   {`"noisy":2`, `"noisy":[2]`},
		"half an interval":      {`"lo":0,`, ``},
		"less fuel than none":   {`"fuel":1`, `"fuel":-1`},
	} {
		if _, err := decodeSeen([]byte(strings.Replace(good, edit[0], edit[1], 1))); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
