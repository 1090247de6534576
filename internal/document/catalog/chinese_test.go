package catalog

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
	"glovebox.example/glovebox/internal/words"
)

// TestSchemaProblemsAreSaidInChinese breaks the example documents in every
// place, as the comparison with the other implementation does, and finds no
// English left in what is wrong and how to mend it but names, which stand in
// quotes, and the few forms that are written in letters.
func TestSchemaProblemsAreSaidInChinese(t *testing.T) {
	quoted := regexp.MustCompile("`[^`]*`" + `|"[^"]*"|'[^']*'|\{en: \.\.\., zh: \.\.\.\}|\b(YYYY-MM-DD|hh:mm:ss|ASCII|CSV|NUL|auto|true|false)\b`)
	english := regexp.MustCompile(`[A-Za-z]{2,}`)
	left := map[string]string{}
	for _, k := range Kinds() {
		s, err := schemaOf(k)
		if err != nil {
			t.Fatal(err)
		}
		var schema struct{ Examples []any }
		dec := json.NewDecoder(bytes.NewReader(Schema(k)))
		dec.UseNumber()
		if err := dec.Decode(&schema); err != nil {
			t.Fatal(err)
		}
		for _, example := range schema.Examples {
			broken(example, append(values(), bounds(t, k)...), func(doc any) {
				data, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				d, err := record.Parse("x", data)
				if err != nil {
					return
				}
				for _, e := range each(d.Validate(s)) {
					for _, en := range []string{e.Msg, e.Fix} {
						zh := quoted.ReplaceAllString(words.In(glovebox.Chinese, en), "")
						if english.MatchString(zh) {
							left[en] = zh
						}
					}
				}
			})
		}
	}
	for en, zh := range left {
		t.Errorf("%s\n\tin Chinese: %s", en, zh)
	}
}

// each takes a joined error apart.
func each(err error) []*glovebox.Error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*glovebox.Error
		for _, e := range many.Unwrap() {
			out = slices.Concat(out, each(e))
		}
		return out
	}
	if e, ok := err.(*glovebox.Error); ok {
		return []*glovebox.Error{e}
	}
	return nil
}
