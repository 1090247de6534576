package source

import (
	"bytes"
	"encoding/json"
	"testing"
)

// What is made ready is the same object, but for its numbers.
func FuzzJSONObject(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":[1,{"a":2,"a":3}],"c":"\"}{"}`, `{ "a" : -1.5e3 , "b":null,"\u0061x":true }`, `{}`, `{"a":1,"a":2}`, "{\"a\"\n:\n1}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var o jsonObject
		out, why := o.clean(bytes.TrimSpace(data))
		if why != "" {
			return
		}
		texts := func(b []byte) map[string]any {
			d := json.NewDecoder(bytes.NewReader(b))
			d.UseNumber()
			var m map[string]any
			if err := d.Decode(&m); err != nil {
				t.Fatalf("%q becomes %q: %v", data, out, err)
			}
			for k, v := range m {
				if n, ok := v.(json.Number); ok {
					m[k] = n.String()
				}
			}
			return m
		}
		a, _ := json.Marshal(texts(data))
		b, _ := json.Marshal(texts(out))
		if !bytes.Equal(a, b) || bytes.ContainsAny(out, "\n") {
			t.Fatalf("%q becomes %q", data, out)
		}
	})
}
