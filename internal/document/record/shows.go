package record

import (
	"bytes"

	"glovebox.example/glovebox/text"
)

// textFault finds the first line of a document, comments included, that holds
// what does not show.
func textFault(data []byte) (line int, wrong text.Fault) {
	for l := range bytes.Lines(data) {
		line++
		if wrong = text.Free(string(l), true); wrong != "" {
			return line, wrong
		}
	}
	return 0, ""
}

// shows notes the texts and field names below n that hold what does not show:
// an escape can spell what no document may hold. P is a stack, as in node.
func (n *node) shows(ps *Problems, p Path) {
	if n == nil {
		return
	}
	if n.kind == kindText {
		if wrong := text.Free(n.text, true); wrong != "" {
			ps.Add(p, text.Advice, "the text %s", wrong)
		}
	}
	for i, it := range n.items {
		if n.kind == kindList {
			it.shows(ps, append(p, i))
			continue
		}
		k := n.keys[i]
		if wrong := text.Free(k.name, false); wrong != "" {
			ps.AddKey(append(p, k.name), text.Advice, "the field name %s", wrong)
		}
		it.shows(ps, append(p, k.name))
	}
}
