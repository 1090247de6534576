package modbuild

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// find says what to build and in which language.
func find(s Source) (*Task, *Language, error) {
	langs := Languages()
	if s.Language != "" {
		l, ok := Named(s.Language)
		if !ok {
			return nil, nil, unknownLanguage(s.Language, names())
		}
		langs = []*Language{l}
	}
	st, err := os.Stat(s.Path)
	if err != nil {
		return nil, nil, invalid(s.Path, "no such source").WithFix("name a source file, or the folder it is in: %s", known(langs))
	}
	path, err := filepath.Abs(s.Path)
	if err != nil {
		return nil, nil, invalid(s.Path, "no such source").Because(err)
	}
	t := &Task{Path: s.Path, Source: path}
	var l *Language
	if st.IsDir() {
		t.Folder = true
		l, err = findInFolder(t, langs)
	} else {
		l, err = findFile(t, langs)
	}
	return t, l, err
}

func findFile(t *Task, langs []*Language) (*Language, error) {
	base := filepath.Base(t.Source)
	for _, l := range langs {
		if slices.Contains(l.Marks, base) {
			t.Project = true
			return l, nil
		}
	}
	for _, l := range langs {
		if slices.Contains(l.Ext, filepath.Ext(base)) {
			return l, nil
		}
	}
	return nil, invalid(t.Path, "not a source of a module").WithFix("name one of %s, or a folder", known(langs))
}

func findInFolder(t *Task, langs []*Language) (*Language, error) {
	entries, err := os.ReadDir(t.Source)
	if err != nil {
		return nil, invalid(t.Path, "the folder cannot be read").WithFix("check the path and its owner")
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() {
			files = append(files, e.Name())
		}
	}
	folder := t.Source
	for _, l := range langs {
		for _, m := range l.Marks {
			if slices.Contains(files, m) {
				t.Source, t.Project = filepath.Join(folder, m), true
				return l, nil
			}
		}
	}
	var found *Language
	n := 0
	for _, l := range langs {
		if l.Name == "wasm" && len(langs) > 1 {
			continue // what builds left behind is no source
		}
		for _, f := range files {
			if slices.Contains(l.Ext, filepath.Ext(f)) {
				t.Source, found, n = filepath.Join(folder, f), l, n+1
			}
		}
	}
	switch n {
	case 0:
		return nil, invalid(t.Path, "the folder has no source of a module").WithFix("name the file: one of %s", known(langs))
	case 1:
		return found, nil
	}
	return nil, invalid(t.Path, "the folder has several sources").WithFix("name the file")
}

// known lists the files that make a source.
func known(langs []*Language) string {
	var list []string
	for _, l := range langs {
		for _, x := range slices.Concat(l.Marks, l.Ext) {
			if !slices.Contains(list, x) {
				list = append(list, x)
			}
		}
	}
	return strings.Join(list, ", ")
}

func findManifest(named string, t *Task) ([]byte, error) {
	base, dir := filepath.Base(t.Source), t.Path // as the author named it, for messages
	if !t.Folder {
		dir = filepath.Dir(t.Path)
	}
	places := []string{filepath.Join(dir, "manifest.json")}
	if !t.Project {
		places = slices.Insert(places, 0, filepath.Join(dir, strings.TrimSuffix(base, filepath.Ext(base))+".manifest.json"))
	}
	if named != "" {
		places = []string{named}
	}
	for _, p := range places {
		b, err := os.ReadFile(p)
		if err == nil {
			return b, nil
		}
		if !os.IsNotExist(err) {
			return nil, invalid(p, "the manifest cannot be read").WithFix("check the path and its owner")
		}
	}
	return nil, invalid(places[0], "no manifest").WithFix("write one (docs/formats/module-manifest.md) or name it with --manifest")
}
