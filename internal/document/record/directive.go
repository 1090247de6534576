package record

import (
	"bytes"
	"regexp"
	"sync"

	"glovebox.example/glovebox"
)

// yamlDirective is the one directive that a document may begin with. It may
// name version 1.1, as YAML 1.2 says: it is read by the rules of 1.2.
var yamlDirective = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^%YAML[ \t]+1\.[12][ \t]*(?:[ \t]#.*)?$`) })

// withoutDirective blanks a %YAML directive before the document, so that lines
// keep their numbers: the parser knows YAML 1.1 alone. Other directives are
// refused, since they are of use with tags only.
func withoutDirective(file string, data []byte) ([]byte, error) {
	bad := func(line int, fix, msg string) error {
		return &glovebox.Error{Code: glovebox.CodeInvalid, File: file, Line: line, Msg: msg, Fix: fix}
	}
	seen, from, to := 0, 0, 0
	for line, at := 1, 0; at < len(data); line++ {
		end := lineEnd(data, at)
		text := data[at:end]
		switch {
		case len(text) > 0 && text[0] == '%' && !yamlDirective().Match(text):
			return nil, bad(line, "write %YAML 1.2, or leave the line out", "a directive is not taken")
		case len(text) > 0 && text[0] == '%' && seen > 0:
			return nil, bad(line, "keep one of the two", "the directive %YAML is given twice")
		case len(text) > 0 && text[0] == '%':
			seen, from, to = line, at, end
		case len(bytes.TrimLeft(text, " \t")) == 0 || bytes.TrimLeft(text, " \t")[0] == '#':
		case seen > 0 && !(bytes.HasPrefix(text, []byte("---")) && (len(text) == 3 || text[3] == ' ' || text[3] == '\t')):
			return nil, bad(line, "write --- between the directive and the document", "no document follows the directive %YAML")
		default:
			if seen == 0 {
				return data, nil
			}
			out := bytes.Clone(data)
			for i := from; i < to; i++ {
				out[i] = ' '
			}
			return out, nil
		}
		at = end
		if bytes.HasPrefix(data[at:], []byte("\r\n")) {
			at++
		}
		at++
	}
	if seen > 0 {
		return nil, bad(seen, "write --- and the document after it", "no document follows the directive %YAML")
	}
	return data, nil
}
