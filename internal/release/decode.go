package release

import (
	"bytes"
	"encoding/json"
	"io"
	"math"

	"glovebox.example/glovebox"
)

// decodeStrict reads one content and gives each cell its column's Go type.
func decodeStrict(data []byte, c *Content) error {
	bad := func(what string) error {
		return glovebox.Errorf(glovebox.CodeInvalid, "stored release: %s", what).WithFix("restore it from a backup; `glovebox audit verify` names what changed")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		return bad("not a release document")
	}
	if _, err := d.Token(); err != io.EOF {
		return bad("bytes after its end")
	}
	for _, row := range c.Rows {
		if len(row) != len(c.Columns) {
			return bad("a row does not fit the columns")
		}
		for i := range row {
			v, ok := cell(row[i], c.Columns[i].Type)
			if !ok {
				return bad("column " + c.Columns[i].Name + " holds another type than it says")
			}
			row[i] = v
		}
	}
	return nil
}

func cell(v any, t glovebox.Type) (any, bool) {
	switch t {
	case glovebox.String:
		s, ok := v.(string)
		return s, ok
	case glovebox.Int64:
		n, ok := v.(json.Number)
		if !ok {
			return nil, false
		}
		i, err := n.Int64()
		return i, err == nil
	case glovebox.Float64:
		n, ok := v.(json.Number)
		if !ok {
			return nil, false
		}
		f, err := n.Float64()
		return f, err == nil && !math.IsInf(f, 0)
	}
	return nil, false
}
