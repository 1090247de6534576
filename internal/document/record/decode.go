package record

import (
	"bytes"
	"encoding/json"
	"errors"

	"glovebox.example/glovebox"
)

// Decode reads the document into out, a pointer to a struct with json tags, once
// it meets schema s. In fields of type any, numbers become json.Number.
func (d *Doc) Decode(s *Schema, out any) error {
	if err := d.Validate(s); err != nil {
		return err
	}
	return d.into(out)
}

// into decodes the document into a Go value, strictly.
func (d *Doc) into(out any) error {
	var marks []mark
	data := d.root.appendJSON(nil, &marks)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	err := dec.Decode(out)
	if err == nil {
		return nil
	}
	e := &glovebox.Error{Code: glovebox.CodeInvalid, File: d.file, Msg: "does not fit the type of the document"}
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e.Field, e.Msg, e.Fix = t.Field, "does not fit its field", "write "+goNoun(t.Type.Kind().String())
		for _, m := range marks {
			if int64(m.end) >= t.Offset {
				e.Line, e.Col = m.node.line, m.node.col
				break
			}
		}
	}
	return e
}

func goNoun(k string) string {
	switch k {
	case "int", "int8", "int16", "int32", "int64":
		return "a whole number without a decimal point or exponent"
	case "float64":
		return "a number"
	case "string":
		return "a text in quotes"
	case "bool":
		return "true or false"
	}
	return "the kind of value that the field takes"
}

// JSON is the document as JSON, with its fields in their order.
func (d *Doc) JSON() []byte {
	var marks []mark
	return d.root.appendJSON(nil, &marks)
}
