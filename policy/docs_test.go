package policy

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestDocs holds the documents to the rules and to the fields of a request. The
// flag -update writes the tables of rules anew.
func TestDocs(t *testing.T) {
	points := map[string][]string{} // by group
	for _, p := range []string{"admit", "columns", "release", "export"} {
		for _, g := range groupsByPoint(t)[p] {
			points[g] = append(points[g], p)
		}
	}
	for lang, file := range map[string]string{"en": "../docs/policy.md", "zh": "../docs/policy.zh.md"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, ok := strings.Cut(string(raw), "<!-- rules -->\n")
		_, after, ok2 := strings.Cut(rest, "<!-- /rules -->")
		if !ok || !ok2 {
			t.Fatalf("%s has no place for the rules", file)
		}
		want := before + "<!-- rules -->\n" + ruleTable(t, lang, points) + "<!-- /rules -->" + after
		if *update && want != string(raw) {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if want != string(raw) {
			t.Errorf("%s does not list the rules as they are; run the tests with -update", file)
		}
		documented := map[string]bool{}
		for line := range strings.Lines(before) {
			if cell, ok := strings.CutPrefix(line, "| `"); ok {
				path, _, _ := strings.Cut(cell, "`")
				documented[path] = true
			}
		}
		fields := map[string]bool{"admit": true, "columns": true, "release": true, "export": true} // the table of points
		collect(reflect.TypeFor[request](), "", fields)
		for _, f := range slices.Sorted(maps.Keys(fields)) {
			if !documented[f] {
				t.Errorf("%s does not document %s", file, f)
			}
		}
		for _, f := range slices.Sorted(maps.Keys(documented)) {
			if !fields[f] && f != "string" && f != "date" && f != "int32" {
				t.Errorf("%s documents %s, which is no field", file, f)
			}
		}
	}
}

func ruleTable(t *testing.T, lang string, points map[string][]string) string {
	head := map[string]string{
		"en": "| rule | points | req | text |\n|---|---|---|---|\n",
		"zh": "| 规则 | 决策点 | 需求 | 说明 |\n|---|---|---|---|\n",
	}
	separator := map[string]string{"en": ", ", "zh": "、"}
	var rows []string
	for _, m := range libraryModules(t) {
		group := groupOf(m)
		if group == "" {
			continue
		}
		for id, x := range ruleTexts(t, m) {
			var at []string
			for _, p := range points[group] {
				if !onlyAt[p+"."+id] {
					at = append(at, p)
				}
			}
			rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |\n", id, strings.Join(at, separator[lang]), x["req"], x[lang]))
		}
	}
	slices.Sort(rows)
	return head[lang] + strings.Join(rows, "")
}

// collect lists the paths of this package's own types; records of the domain
// (scenario, grant, user) are documented with their types.
func collect(ty reflect.Type, path string, out map[string]bool) {
	switch ty.Kind() {
	case reflect.Pointer:
		collect(ty.Elem(), path, out)
	case reflect.Map, reflect.Slice:
		collect(ty.Elem(), path+"[]", out)
	case reflect.Struct:
		if ty.PkgPath() != reflect.TypeFor[Input]().PkgPath() {
			return
		}
		if strings.HasSuffix(path, ".info") {
			return // columns are documented once
		}
		for f := range ty.Fields() {
			if f.Anonymous {
				collect(f.Type, path, out)
				continue
			}
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			p := strings.TrimPrefix(path+"."+tag, ".")
			out[p] = true
			collect(f.Type, p, out)
		}
	}
}
