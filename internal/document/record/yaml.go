package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"glovebox.example/glovebox"
)

// fromYAML parses one YAML document. A syntax error is returned, other
// problems go to ps.
func fromYAML(file string, data []byte, ps *Problems) (root *node, err error) {
	defer func() {
		// The parser reports its own faults by panicking.
		if recover() != nil {
			root, err = nil, syntaxError(file, "", 0)
		}
	}()
	if data, err = withoutDirective(file, data); err != nil {
		return nil, err
	}
	if !bytes.HasSuffix(data, []byte("\n")) {
		data = append(data[:len(data):len(data)], '\n') // or a last line of spaces counts as text
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	err = dec.Decode(&doc)
	for range maxMended {
		if err == nil || errors.Is(err, io.EOF) {
			break
		}
		line, what := failure(err.Error())
		again, ok := mended(data, lineStarts(data), line, what)
		if !ok {
			break
		}
		data, doc = again, yaml.Node{}
		dec = yaml.NewDecoder(bytes.NewReader(data))
		err = dec.Decode(&doc)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, &glovebox.Error{Code: glovebox.CodeInvalid, File: file, Msg: "document is empty"}
	case err != nil:
		return nil, syntaxError(file, err.Error(), 1+bytes.Count(bytes.TrimRight(data, "\n"), []byte("\n")))
	}
	y := &yamlReader{ps: ps}
	y.text = newStrict(y, data)
	if len(doc.Content) != 1 {
		return nil, &glovebox.Error{Code: glovebox.CodeInvalid, File: file, Msg: "document is empty"}
	}
	root = y.node(doc.Content[0], nil, 0)
	y.text.document(doc.Content[0])
	switch err := dec.Decode(&second); {
	case err == nil:
		ps.at(second.Line, second.Column, nil, "keep one document in a file", "a second document follows")
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(file, err.Error(), 1+bytes.Count(bytes.TrimRight(data, "\n"), []byte("\n")))
	}
	return root, nil
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?`) })

// failure takes the line, 1 if there is none, and the problem from the parser's
// message.
func failure(text string) (line int, what string) {
	m := yamlLine().FindStringSubmatch(text)
	line, err := strconv.Atoi(m[1])
	if err != nil {
		line = 1
	}
	return line, text[len(m[0]):]
}

// syntaxError takes line and problem from the parser's message, whose texts
// are constants but for the names of anchors. Lines is how many there are.
func syntaxError(file, text string, lines int) error {
	e := &glovebox.Error{Code: glovebox.CodeInvalid, File: file, Line: 1, Msg: "not a YAML document"}
	m := yamlLine().FindStringSubmatch(text)
	what := text[len(m[0]):]
	if line, err := strconv.Atoi(m[1]); err == nil {
		e.Line = line
		if unfinished().MatchString(what) { // counted from 0, unlike the others
			e.Line = min(line+1, max(lines, 1))
		}
	}
	switch {
	case strings.HasPrefix(what, "unknown anchor"):
		e.Line, e.Msg, e.Fix = 0, "aliases are not taken", "write the value out"
	case printable().MatchString(what):
		e.Msg += ": " + what
		e.Fix = "check indentation, quotes and brackets around this line"
	default:
		e.Line, e.Fix = 0, "check indentation, quotes and brackets"
	}
	return e
}

var (
	unfinished = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^did not find expected (key|node content|'-' indicator|',' or|<document start>)`)
	})
	printable = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(did not find|could not find|found|mapping|block|control characters|exceeded) `)
	})
)

type yamlReader struct {
	ps      *Problems
	text    *strict
	tooDeep bool
}

// node converts one value. P is a stack shared by all values being read: it is
// printed at once where a problem is noted, never kept.
func (y *yamlReader) node(in *yaml.Node, p Path, depth int) *node {
	n := &node{line: in.Line, col: in.Column}
	bad := func(fix, msg string) { y.ps.at(in.Line, in.Column, p, fix, msg) }
	if in.Kind == yaml.AliasNode {
		bad("write the value out", "aliases are not taken")
		return n
	}
	if in.Anchor != "" {
		bad("remove the anchor", "anchors are not taken")
	}
	if y.text.tagged(in) {
		bad("remove the tag; put a text in quotes", "tags are not taken")
	}
	if in.Kind != yaml.ScalarNode && depth >= MaxDepth {
		if !y.tooDeep {
			bad(fmt.Sprintf("nest at most %d levels", MaxDepth), "nested too deeply")
			y.tooDeep = true
		}
		return n
	}
	switch in.Kind {
	case yaml.ScalarNode:
		const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
		if in.Style&(quoted|yaml.TaggedStyle) != 0 {
			n.kind, n.text = kindText, in.Value
			return n
		}
		s, ok := scalar(in.Value)
		if !ok {
			bad(numberFix, numberMsg)
		}
		s.line, s.col = n.line, n.col
		return &s
	case yaml.SequenceNode:
		n.kind = kindList
		for i, c := range in.Content {
			n.items = append(n.items, y.node(c, append(p, i), depth+1))
		}
	case yaml.MappingNode:
		n.kind = kindMap
		for i := 0; i+1 < len(in.Content); i += 2 {
			y.field(n, in.Content[i], in.Content[i+1], p, depth)
		}
	}
	return n
}

func (y *yamlReader) field(n *node, k, v *yaml.Node, p Path, depth int) {
	switch {
	case k.Kind != yaml.ScalarNode:
		y.ps.at(k.Line, k.Column, p, "write a plain name before the colon", "a field name is not a text")
		return
	case k.Anchor != "" || y.text.tagged(k):
		y.ps.at(k.Line, k.Column, p, "write a plain name before the colon", "tags and anchors are not taken")
		return
	case k.Style == 0 && k.Value == "":
		y.ps.at(k.Line, k.Column, p, "write a plain name before the colon", "a field name is empty")
		return
	case k.Tag == "!!merge":
		y.ps.at(k.Line, k.Column, p, "write the fields out", "merge keys are not taken")
		return
	}
	q := append(p, k.Value)
	if !n.put(key{k.Value, k.Line, k.Column}, y.node(v, q, depth+1)) {
		y.ps.at(k.Line, k.Column, q, "keep one of the two", "field "+Name(k.Value)+" is given twice")
	}
}
