package words

import (
	"embed"
	"sync"

	"glovebox.example/glovebox"
)

//go:embed pages
var pageSources embed.FS

// Pages are the texts of the console, English beside Chinese, as formats: whoever
// shows one puts parts in place of its verbs.
var pages = sync.OnceValue(func() map[string]string {
	list, err := readAll(pageSources, "pages/*.txt")
	if err != nil {
		panic(err) // the files are part of the program, and its tests read them
	}
	out := make(map[string]string, len(list))
	for _, e := range list {
		out[e.en] = e.zh
	}
	return out
})

// Page is a text of the console in language l: the English format itself, or the
// Chinese one. A text that the catalogue does not know stays as it is; a test of
// the console holds its templates to the catalogue.
func Page(l glovebox.Lang, en string) string {
	if zh, ok := pages()[en]; ok && l == glovebox.Chinese {
		return zh
	}
	return en
}

// PageTexts lists the English texts that Page knows.
func PageTexts() []string {
	var out []string
	for en := range pages() {
		out = append(out, en)
	}
	return out
}
