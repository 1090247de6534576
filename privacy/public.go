package privacy

import (
	"fmt"
	"slices"
	"sort"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/text"
)

// PublicKeys gives, for every key field whose public list is a file, the texts
// that the file holds, in its order. An int64 field's texts are decimal
// numbers. Fields whose declaration lists the values itself need no entry; an
// entry takes precedence over the declaration.
type PublicKeys map[string][]string

// addList gives f its public values.
func (f *keyField) addList(k glovebox.KeyField, public PublicKeys, path string, h hasher) error {
	path += ".public"
	values, err := listed(k, public, path)
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return glovebox.Invalid(path, "the list is empty").WithFix("list at least one value")
	}
	if len(values) > MaxPublicKeys {
		return glovebox.Invalid(path, "%d values, at most %d are possible", len(values), MaxPublicKeys)
	}
	f.list = &keyList{words: f.words, data: make([]uint64, len(values)*f.words), hash: h}
	for i, v := range values {
		v, wrong := f.parse(v)
		if wrong != "" {
			return glovebox.Invalid(fmt.Sprintf("%s[%d]", path, i), "the value %s", wrong).WithFix("%s", fixOf(wrong))
		}
		f.encode(f.list.at(i), v)
	}
	f.sortList()
	if f.list.index() {
		return glovebox.Invalid(path, "a value is listed twice").WithFix("list every value once")
	}
	return nil
}

// fixOf is what to do about a value that is no key.
func fixOf(wrong string) string {
	if slices.Contains(text.Faults(), text.Fault(wrong)) {
		return text.Advice
	}
	return "correct the value, or take it out"
}

// listed returns the values as the job declares them.
func listed(k glovebox.KeyField, public PublicKeys, path string) ([]any, error) {
	if texts, ok := public[k.Name]; ok {
		values := make([]any, len(texts))
		for i, s := range texts {
			values[i] = s
		}
		return values, nil
	}
	switch v := k.Public.(type) {
	case []any:
		return v, nil
	case []string:
		return listed(k, PublicKeys{k.Name: v}, path)
	case string:
		return nil, glovebox.Invalid(path, "the file's values were not handed over")
	}
	return nil, glovebox.Invalid(path, "is neither a file nor a list of values")
}

func (f *keyField) sortList() {
	l := f.list
	order := make([]int, l.len())
	for i := range order {
		order[i] = i
	}
	one := *f
	one.at = 0
	sort.Slice(order, func(a, b int) bool { return one.compare(l.at(order[a]), l.at(order[b])) < 0 })
	data := make([]uint64, 0, len(l.data))
	for _, i := range order {
		data = append(data, l.at(i)...)
	}
	l.data = data
}
