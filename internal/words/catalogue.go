package words

import (
	"cmp"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
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

// read reads every file of zh/: blocks of two lines, the English format and
// the Chinese one, with an empty line between two blocks. A line that starts
// with # is a remark; \n in a text is a new line.
func read(from fs.FS) ([]*entry, error) {
	names, err := fs.Glob(from, "zh/*.txt")
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

// say translates a finished text.
func (b *book) say(en string, depth int) string {
	if e := b.exact[en]; e != nil {
		return fill(e.zh, nil)
	}
	if depth == 0 {
		return en
	}
	for _, e := range b.patterns {
		if !strings.HasPrefix(en, e.parts[0]) || !strings.HasSuffix(en, e.parts[len(e.parts)-1]) {
			continue
		}
		m := b.regexp(e).FindStringSubmatch(en)
		if m == nil {
			continue
		}
		for i := range m[1:] {
			if strings.Contains(m[i+1], " ") { // a phrase; a single word is a name
				m[i+1] = b.say(m[i+1], depth-1)
			}
		}
		return fill(e.zh, m[1:])
	}
	return en
}

func (b *book) regexp(e *entry) *regexp.Regexp {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.match == nil {
		quoted := make([]string, len(e.parts))
		for i, p := range e.parts {
			quoted[i] = regexp.QuoteMeta(p)
		}
		e.match = regexp.MustCompile(`(?s)^` + strings.Join(quoted, "(.*?)") + `$`)
	}
	return e.match
}

// fill puts parts in place of the verbs of a Chinese format, in order or as
// their index says.
func fill(zh string, parts []string) string {
	next := 0
	return verb().ReplaceAllStringFunc(zh, func(v string) string {
		if v == "%%" {
			return "%"
		}
		if m := verb().FindStringSubmatch(v); m[1] != "" {
			next, _ = strconv.Atoi(strings.Trim(m[1], "[]"))
			next--
		}
		next++
		if next-1 < 0 || next-1 >= len(parts) {
			return v
		}
		return parts[next-1]
	})
}
