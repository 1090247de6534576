package words

import (
	"cmp"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// verb is what a format puts a part in place of: %s, %d, %.0f, %[2]s; %% is
// the sign itself.
var verb = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`%(\[\d+\])?[-+# 0]*[\d.]*[a-zA-Z]|%%`) })

// entry is one text of the catalogue.
type entry struct {
	en, zh string
	file   string
	line   int

	parts  []string       // the literals of en, one more than its verbs
	match  *regexp.Regexp // made when first needed
	length int            // of all literals: the longest that fits is the one
}

type book struct {
	exact    map[string]*entry
	patterns []*entry // with verbs, longest literals first
	mu       sync.Mutex
}

// catalogue reads zh/ once, when a text is first wanted.
var catalogue = sync.OnceValue(func() *book {
	list, err := read(sources)
	if err != nil {
		panic(err) // the files are part of the program, and its tests read them
	}
	b := &book{exact: map[string]*entry{}}
	for _, e := range list {
		if len(e.parts) == 1 {
			b.exact[e.parts[0]] = e
		} else {
			b.patterns = append(b.patterns, e)
		}
	}
	slices.SortStableFunc(b.patterns, func(a, b *entry) int { return cmp.Compare(b.length, a.length) })
	return b
})

// read reads every file of zh/.
func read(from fs.FS) ([]*entry, error) { return readAll(from, "zh/*.txt") }

// readAll reads the files that a pattern names: blocks of two lines, the English format and
// the Chinese one, with an empty line between two blocks. A line that starts
// with # is a remark; \n in a text is a new line.
func readAll(from fs.FS, pattern string) ([]*entry, error) {
	names, err := fs.Glob(from, pattern)
	if err != nil {
		return nil, err
	}
	var all []*entry
	for _, name := range names {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, err
		}
		var pair []string
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			line = strings.TrimRight(line, "\n")
			switch {
			case strings.HasPrefix(line, "#"):
			case line == "" && len(pair) == 0:
			case line == "":
				return nil, fmt.Errorf("%s:%d: %q has no translation", name, n, pair[0])
			default:
				pair = append(pair, strings.ReplaceAll(line, `\n`, "\n"))
			}
			if len(pair) == 2 {
				all, pair = append(all, newEntry(pair[0], pair[1], name, n)), nil
			}
		}
	}
	return all, nil
}

func newEntry(en, zh, file string, line int) *entry {
	e := &entry{en: en, zh: zh, file: file, line: line, parts: []string{""}}
	at := 0
	for _, m := range verb().FindAllStringIndex(en, -1) {
		last := len(e.parts) - 1
		e.parts[last] += en[at:m[0]]
		if at = m[1]; en[m[0]:m[1]] == "%%" {
			e.parts[last] += "%"
		} else {
			e.parts = append(e.parts, "")
		}
	}
	e.parts[len(e.parts)-1] += en[at:]
	for _, p := range e.parts {
		e.length += len(p)
	}
	return e
}

// say translates a finished text, or as much of it as is known.
func (b *book) say(en string, depth int) string {
	zh, _ := b.try(en, depth)
	return zh
}

// try translates a finished text and reports whether all of it is known. Of
// the ways to read it, one that knows every part goes before one that does not.
func (b *book) try(en string, depth int) (string, bool) {
	if e := b.exact[en]; e != nil {
		return fill(e.zh, nil, nil), true
	}
	if depth == 0 {
		return en, false
	}
	if m := atCharacter().FindStringSubmatch(en); m != nil {
		zh, ok := b.try(m[1], depth)
		return zh + "（第 " + m[2] + " 个字符处）", ok
	}
	if rest, ok := strings.CutPrefix(en, "filter: "); ok {
		zh, known := b.try(rest, depth)
		return "过滤条件：" + zh, known
	}
	if zh, ok := b.pattern(en, depth, true); ok {
		return zh, true
	}
	for _, j := range joints {
		if zh, ok := b.split(en, j, depth); ok {
			return zh, true
		}
	}
	if zh, ok := b.pattern(en, depth, false); ok {
		return zh, false
	}
	for _, j := range joints {
		if zh, _ := b.split(en, j, depth); zh != en {
			return zh, false
		}
	}
	return en, false
}

// pattern translates by the format with the most literal text that fits; with
// whole, by one whose parts are all names or known.
func (b *book) pattern(en string, depth int, whole bool) (string, bool) {
	for _, e := range b.patterns {
		if !strings.HasPrefix(en, e.parts[0]) || !strings.HasSuffix(en, e.parts[len(e.parts)-1]) {
			continue
		}
		m := b.regexp(e).FindStringSubmatch(en)
		if m == nil {
			continue
		}
		said, all := make([]bool, len(m)-1), true
		for i, part := range m[1:] {
			if unit := units[part]; unit != "" && i == len(m)-2 && strings.HasSuffix(e.en, "%d %s") {
				m[i+1] = unit
				continue
			}
			if e := b.exact[part]; !strings.Contains(part, " ") || e == nil && named(part) {
				continue // a single word is a name; a phrase is not
			}
			zh, known := b.try(part, depth-1)
			m[i+1], said[i], all = zh, zh != part, all && known
		}
		if all || !whole {
			return fill(e.zh, m[1:], said), true
		}
	}
	return en, false
}

// units are the words after a count that are no names there.
var units = map[string]string{"characters": "个字符", "entries": "项", "fields": "个字段", "bytes": "字节"}

// named says whether a part with spaces stays as it is: what stands in quotes,
// and a path.
func named(part string) bool {
	return strings.HasPrefix(part, `"`) && strings.HasSuffix(part, `"`) || strings.HasPrefix(part, "/") || strings.HasPrefix(part, "`") && strings.HasSuffix(part, "`")
}

// atCharacter is what a filter's errors end with.
var atCharacter = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)^(.*) \(at character (\d+)\)$`) })

// joint is a sign between texts that are put together where they arise.
type joint struct{ en, zh string }

var joints = []joint{{"; ", "；"}, {": ", "："}, {". ", "。"}}

// split translates what stands before and after a joint apart, and reports
// whether both are known. It looks at each place where the joint stands.
func (b *book) split(en string, j joint, depth int) (string, bool) {
	best := en
	for at := 0; ; at += len(j.en) {
		i := strings.Index(en[at:], j.en)
		if i < 0 {
			return best, false
		}
		at += i
		head, known := b.try(en[:at], depth-1)
		rest := en[at+len(j.en):]
		tail, all := b.try(rest, depth-1)
		if !strings.Contains(rest, " ") {
			all = true
		}
		if !strings.Contains(en[:at], " ") { // a name, such as that of a row
			known = true
		}
		if known && all {
			return head + j.zh + tail, true
		}
		if best == en && (known || all) && (head != en[:at] || tail != rest) {
			best = head + j.zh + tail
		}
	}
}
