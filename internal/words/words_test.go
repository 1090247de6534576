package words

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"glovebox.example/glovebox"
)

// apart holds texts that no error of ours says: an operating system's and
// libraries', and words of tables.
var apart = []string{"zh/foreign.txt", "zh/terms.txt"}

// TestEveryTextIsTranslated: each message and fix that the sources can say has
// an entry, and each entry is still said.
func TestEveryTextIsTranslated(t *testing.T) {
	said := collect(t, "../..")
	if len(said) < 1000 {
		t.Fatalf("only %d texts found in the sources", len(said))
	}
	list, err := read(sources)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, e := range list {
		if known[e.en] {
			t.Errorf("%s:%d: %q is there twice", e.file, e.line, e.en)
		}
		known[e.en] = true
		if _, ok := said[e.en]; !ok && !slices.Contains(apart, e.file) {
			t.Errorf("%s:%d: nothing says %q", e.file, e.line, e.en)
		}
	}
	for en, where := range said {
		if !known[en] && !where.name {
			t.Errorf("%s: no translation of %q", strings.TrimPrefix(where.at, "../../"), en)
		}
	}
}

// TestTranslationsFit: the same parts on both sides, and Chinese on the
// Chinese one.
func TestTranslationsFit(t *testing.T) {
	list, err := read(sources)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if en, zh := verbs(e.en), verbs(e.zh); !slices.Equal(en, zh) {
			t.Errorf("%s:%d: parts %d in English, %d in Chinese", e.file, e.line, en, zh)
		}
		if !strings.ContainsFunc(e.zh, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s:%d: %q is not Chinese", e.file, e.line, e.zh)
		}
	}
}

// verbs lists which parts a format names, in order of the parts.
func verbs(format string) []int {
	var out []int
	next := 0
	for _, m := range verb().FindAllStringSubmatch(format, -1) {
		if m[0] == "%%" {
			continue
		}
		if m[1] != "" {
			next = int(m[1][1] - '1')
		}
		out = append(out, next)
		next++
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TestEveryEntryIsFound: a text made from an entry's format is said in
// Chinese, whatever stands in its parts.
func TestEveryEntryIsFound(t *testing.T) {
	list, err := read(sources)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		en := strings.Join(e.parts, "x7")
		got := In(glovebox.Chinese, en)
		if got == en || regexp.MustCompile(`%[a-z]`).MatchString(strings.ReplaceAll(got, "%%", "")) {
			t.Errorf("%s:%d: %q becomes %q", e.file, e.line, en, got)
		}
	}
}

func TestErrorInBothLanguages(t *testing.T) {
	e := glovebox.Errorf(glovebox.CodeInvalid, "the file is empty").WithFix("correct it").Because(errors.New("permission denied"))
	e.File, e.Line, e.Field = "a.csv", 3, "columns[0]"
	if got := Error(glovebox.English, e); got != e.Error() {
		t.Errorf("English: %s", got)
	}
	got := Error(glovebox.Chinese, e)
	if !strings.HasPrefix(got, "a.csv:3: columns[0]: ") || strings.ContainsFunc(strings.TrimPrefix(got, "a.csv:3: columns[0]: "), func(r rune) bool { return r >= 'a' && r <= 'z' }) {
		t.Errorf("Chinese: %s", got)
	}
	if unknown := "no text of ours"; In(glovebox.Chinese, unknown) != unknown {
		t.Error("an unknown text was changed")
	}
}
