package glovebox

import "encoding/json"

// DefaultKeyWidth is the width of a key field of type string that declares
// none, in bytes.
const DefaultKeyWidth = 32

// Value turns a value that a document gives for the field into the field's own,
// a string or an int64. wrong says what is wrong with it; nil: nothing. Which
// characters a text may hold is for package text to say.
func (k *KeyField) Value(v any) (value any, wrong *Error) {
	if s, ok := v.(string); ok {
		width := k.Width
		if width == 0 {
			width = DefaultKeyWidth
		}
		switch {
		case k.Type != String:
			return nil, Errorf(CodeInvalid, "is a text where the key is a number")
		case len(s) > width:
			return nil, Errorf(CodeInvalid, "is longer than the width of the key, which is %d bytes", width)
		}
		return s, nil
	}
	n, number, fits := whole(v)
	switch {
	case !number:
		return nil, Errorf(CodeInvalid, "is no value of the key's type")
	case k.Type == String:
		return nil, Errorf(CodeInvalid, "is a number where the key is a text; put it in quotes")
	case !fits:
		return nil, Errorf(CodeInvalid, "is no whole number of 64 bits")
	}
	return n, nil
}

// whole returns a number as an int64, if it is one and fits. Above 2^53 a float
// does not say which whole number it is.
func whole(v any) (n int64, number, fits bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true, true
	case int64:
		return v, true, true
	case uint64:
		return int64(v), true, v < 1<<63
	case float64:
		return int64(v), true, -1<<53 <= v && v <= 1<<53 && v == float64(int64(v))
	case json.Number:
		n, err := v.Int64()
		return n, true, err == nil
	}
	return 0, false, false
}
