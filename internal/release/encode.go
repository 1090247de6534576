package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"

	"glovebox.example/glovebox"
)

// Encode returns the canonical bytes of c and their digest ("sha256:..."): the
// JSON of encoding/json. A content may be near the largest file of a bundle, so
// the bytes are made row by row, twice: to know how many they are, and then in
// their place. So they are in memory once.
func (c *Content) Encode() (data []byte, digest string, err error) {
	n, digest, err := c.measure()
	if err != nil {
		return nil, "", err
	}
	b := bytes.NewBuffer(make([]byte, 0, n))
	if err := c.write(b); err != nil {
		return nil, "", err
	}
	return b.Bytes(), digest, nil
}

// measure returns how many bytes Encode makes, and their digest.
func (c *Content) measure() (n int64, digest string, err error) {
	h := sha256.New()
	w := &counter{to: h}
	if err := c.write(w); err != nil {
		return 0, "", err
	}
	return w.n, "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

type counter struct {
	to io.Writer
	n  int64
}

func (w *counter) Write(p []byte) (int, error) {
	w.n += int64(len(p))
	return w.to.Write(p)
}

// write writes what json.Marshal(c) returns.
func (c *Content) write(w io.Writer) error {
	failed := func() error { return glovebox.Errorf(glovebox.CodeInternal, "release %s cannot be encoded", c.ID) }
	put := func(before string, v any) bool {
		data, err := json.Marshal(v)
		if err == nil {
			if _, err = io.WriteString(w, before); err == nil {
				_, err = w.Write(data)
			}
		}
		return err == nil
	}
	if !put(`{"id":`, c.ID) || !put(`,"columns":`, c.Columns) {
		return failed()
	}
	before := `,"rows":[`
	for _, row := range c.Rows {
		if !put(before, row) {
			return failed()
		}
		before = ","
	}
	end := "]"
	switch {
	case c.Rows == nil:
		end = `,"rows":null`
	case len(c.Rows) == 0:
		end = before + end
	}
	if _, err := io.WriteString(w, end); err != nil || !put(`,"facts":`, c.Facts) {
		return failed()
	}
	if _, err := io.WriteString(w, "}"); err != nil {
		return failed()
	}
	return nil
}
