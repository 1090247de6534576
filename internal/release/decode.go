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
	const form = "not a release document"
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return bad(form)
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok || seen[name] {
			return bad(form)
		}
		seen[name] = true
		switch name {
		case "id":
			err = d.Decode(&c.ID)
		case "columns":
			err = strictly(d, &c.Columns)
		case "rows":
			if !seen["columns"] {
				return bad(form)
			}
			if why := c.rows(d); why != "" {
				return bad(why)
			}
		case "facts":
			err = d.Decode(&c.Facts)
		default:
			return bad(form)
		}
		if err != nil {
			return bad(form)
		}
	}
	if t, err := d.Token(); err != nil || t != json.Delim('}') {
		return bad(form)
	}
	if _, err := d.Token(); err != io.EOF {
		return bad("bytes after its end")
	}
	return nil
}

// strictly decodes a value without fields that v does not have.
func strictly(d *json.Decoder, v any) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return err
	}
	own := json.NewDecoder(bytes.NewReader(raw))
	own.DisallowUnknownFields()
	return own.Decode(v)
}

// rows reads the rows one after the other, so that what JSON makes of one is gone
// before the next is read. It returns what is wrong with them.
func (c *Content) rows(d *json.Decoder) string {
	switch t, err := d.Token(); {
	case err == nil && t == nil:
		return ""
	case err != nil || t != json.Delim('['):
		return "not a release document"
	}
	c.Rows = [][]any{}
	for d.More() {
		row := make([]any, 0, len(c.Columns))
		if err := d.Decode(&row); err != nil {
			return "not a release document"
		}
		if len(row) != len(c.Columns) {
			return "a row does not fit the columns"
		}
		for i := range row {
			v, ok := cell(row[i], c.Columns[i].Type)
			if !ok {
				return "column " + c.Columns[i].Name + " holds another type than it says"
			}
			row[i] = v
		}
		c.Rows = append(c.Rows, row)
	}
	if _, err := d.Token(); err != nil {
		return "not a release document"
	}
	return ""
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
