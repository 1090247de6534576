package find

import (
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source"
	"glovebox.example/glovebox/value"
)

// sampled bounds what the search for ways of writing tries.
func sampled(kept [][]byte) [][]byte {
	if len(kept) <= 1000 {
		return kept
	}
	step := len(kept) / 1000
	var out [][]byte
	for i := 0; i < len(kept); i += step {
		out = append(out, kept[i])
	}
	return out
}

// writtenText finds the ways of writing of a text with a format.
func writtenText(format string, kept [][]byte) ([]string, int) {
	check := source.Formats[format]
	if check == nil {
		return nil, 100
	}
	few := sampled(kept)
	w, n := value.Propose(glovebox.Column{Type: glovebox.String, Format: format, Class: glovebox.ClassIdentifier}, few, func(v value.Value) bool {
		return check(source.NormaliseID(format, string(v.T)))
	})
	return w, 100 * n / len(few)
}

func leadingZeros(kept [][]byte) bool {
	for _, t := range kept {
		if len(t) > 1 && t[0] == '0' && t[1] != '.' && strings.Trim(string(t), "0123456789") == "" {
			return true
		}
	}
	return false
}

func allDigits(kept [][]byte) bool {
	for _, t := range kept {
		if strings.Trim(string(t), "0123456789") != "" {
			return false
		}
	}
	return true
}

// scale is how many digits most numbers have behind the point, -1 if they have
// an exponent or more than four.
func scale(kept [][]byte) int {
	most := 0
	for _, t := range kept {
		s := strings.TrimRight(string(t), " %％元万亿)")
		if strings.ContainsAny(s, "eE") {
			return -1
		}
		if i := strings.LastIndexByte(s, '.'); i >= 0 {
			most = max(most, len(s)-i-1)
		}
	}
	if most == 0 || most > 4 {
		return -1
	}
	return most
}
