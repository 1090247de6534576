// Command notice writes NOTICE: the licences of all that is linked into the
// program.
//
// It promises each module that the build of cmd/glovebox links, with its
// version, the kind of its licence and the texts that its licence asks to hand
// on (LICENSE and NOTICE files of the module's root). It reads them from the
// module cache, so it says what is linked and not what somebody remembered. It
// does not judge whether licences go together, and knows the kinds that are
// linked today: a new one stops it until somebody has read it.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	text, err := compose(".")
	if err == nil {
		err = os.WriteFile("NOTICE", text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

// module is one linked module: its root in the module cache and what it asks
// to hand on.
type module struct {
	Path, Version, Dir string

	kind  string
	files map[string]string // name to text
}

// compose lists the modules that the program in root links and returns NOTICE.
func compose(root string) ([]byte, error) {
	list, err := linked(root)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(head)
	width := 0
	for _, m := range list {
		width = max(width, len(m.Path)+1+len(m.Version))
	}
	for _, m := range list {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, m.Path+" "+m.Version, m.kind)
	}
	texts := map[string][]string{} // a text to the modules that carry it
	for _, m := range list {
		for _, t := range m.files {
			texts[t] = append(texts[t], m.Path)
		}
	}
	order := slices.SortedFunc(maps.Keys(texts), func(x, y string) int {
		slices.Sort(texts[x])
		slices.Sort(texts[y])
		return cmp.Or(cmp.Compare(texts[x][0], texts[y][0]), cmp.Compare(x, y))
	})
	for _, t := range order {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s\n", strings.Repeat("-", 72), strings.Join(slices.Compact(texts[t]), "\n"), t)
	}
	return b.Bytes(), nil
}

const head = `Glovebox
Licensed under the Apache License, Version 2.0 (LICENSE).

The program links the modules below; their licences follow, each text once,
under the modules that it is of. Go's standard library is linked too, under the
same terms as golang.org/x/sys below. "make notice" writes this file from what
a build links.

程序链接了以下模块；其许可证全文列于后，每份文本只列一次，其上为所属模块。
Go 标准库同样链接在内，许可条款与下列 golang.org/x/sys 相同。
本文件由 make notice 依据实际链接的模块生成。

`

// linked lists the modules whose packages cmd/glovebox links, by path.
func linked(root string) ([]module, error) {
	cmd := exec.Command("go", "list", "-tags", "duckdb_arrow", "-deps", "-json=Module", "./cmd/glovebox")
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	found := map[string]module{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Module *struct {
				module
				Main    bool
				Replace *module
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module == nil || p.Module.Main {
			continue
		}
		m := p.Module.module
		if p.Module.Replace != nil {
			m.Version, m.Dir = p.Module.Replace.Version, p.Module.Replace.Dir
		}
		found[m.Path] = m
	}
	list := slices.SortedFunc(maps.Values(found), func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	for i := range list {
		if err := list[i].read(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

var wanted = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|copyright|patents)([.-].*)?$`)

// read reads what the module asks to hand on, and tells its licence.
func (m *module) read() error {
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return err
	}
	m.files = map[string]string{}
	var kinds []string
	for _, e := range entries {
		if !e.Type().IsRegular() || !wanted.MatchString(e.Name()) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(m.Dir, e.Name()))
		if err != nil {
			return err
		}
		text := strings.TrimSpace(strings.ReplaceAll(string(b), "\r\n", "\n"))
		m.files[e.Name()] = text
		kinds = append(kinds, kindsOf(text)...)
	}
	if len(kinds) == 0 {
		return fmt.Errorf("%s %s: no licence that is known here: read it, then add its kind", m.Path, m.Version)
	}
	slices.Sort(kinds)
	m.kind = strings.Join(slices.Compact(kinds), " and ")
	return nil
}

// kindsOf tells the licences of a text by words that only they have; none for
// a text that is not known here, as the GNU licences are not.
func kindsOf(text string) []string {
	t := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(t, w) })
	}
	mpl := has("mozilla public license version 2.0", "mozilla public license, version 2.0")
	if has("gnu general public license", "gnu lesser general public license", "gnu affero") && !mpl {
		return nil // the MPL names them as secondary licences
	}
	bsd := has("redistribution and use in source and binary forms")
	clause := has("neither the name", "names of its contributors may be used")
	var out []string
	for _, k := range []struct {
		name string
		is   bool
	}{
		{"Apache-2.0", has("apache license") && has("version 2.0")},
		{"BSD-2-Clause", bsd && !clause},
		{"BSD-3-Clause", bsd && clause},
		{"CC0-1.0", has("cc0 1.0 universal")},
		{"ISC", has("permission to use, copy, modify, and/or distribute this software for any purpose", "permission to use, copy, modify, and distribute this software for any purpose")},
		{"MIT", has("permission is hereby granted, free of charge, to any person obtaining a copy")},
		{"MPL-2.0", mpl},
		{"Unlicense", has("this is free and unencumbered software released into the public domain")},
	} {
		if k.is {
			out = append(out, k.name)
		}
	}
	return out
}
