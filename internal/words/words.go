// Package words says the product's English texts in Chinese.
//
// Errors are written in English where they arise, by packages that know
// nothing of languages, and cross process borders as text. The catalogue in
// zh/ holds each text beside its translation: the English format, as the code
// has it, is the key. In finds the format that a finished text was made from
// and puts the same parts, in the order that Chinese wants, into the other.
//
// It promises that every message and every fix that the sources can say has a
// translation, and that no entry is left over: TestEveryTextIsTranslated
// follows the strings through the sources. It does not promise that a text
// from outside the project (an operating system's, a library's) is known: such
// a text stays as it is.
package words

import (
	"embed"
	"fmt"
	"strings"

	"glovebox.example/glovebox"
)

//go:embed zh
var sources embed.FS

// maxDepth bounds how deep a text may stand in another.
const maxDepth = 4

// In returns the English text en in language l, or en itself where the
// catalogue does not know it.
func In(l glovebox.Lang, en string) string {
	if l != glovebox.Chinese {
		return en
	}
	return catalogue().say(en, maxDepth)
}

// Error prints err in language l, in the form of (*glovebox.Error).Error:
// "file:line:col: field: message: cause (fix)".
func Error(l glovebox.Lang, err error) string {
	if l != glovebox.Chinese {
		return err.Error()
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []string
		for _, one := range joined.Unwrap() {
			all = append(all, Error(l, one))
		}
		return strings.Join(all, "\n")
	}
	e, ok := err.(*glovebox.Error) // not one further down: its text is not the whole
	if !ok {
		return In(l, err.Error())
	}
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		for _, n := range []int{e.Line, e.Col} {
			if n <= 0 {
				break
			}
			fmt.Fprintf(&b, ":%d", n)
		}
		b.WriteString(": ")
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(Message(l, e))
	if e.Fix != "" {
		b.WriteString("（" + In(l, e.Fix) + "）")
	}
	return b.String()
}

// Message returns what is wrong and the cause of it in language l, without
// place and fix.
func Message(l glovebox.Lang, e *glovebox.Error) string {
	msg := In(l, e.Msg)
	if e.Err == nil {
		return msg
	}
	sep := ": "
	if l == glovebox.Chinese {
		sep = "："
	}
	return msg + sep + Error(l, e.Err)
}
