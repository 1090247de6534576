package policy

import (
	"context"
	"errors"
	"strings"
	"testing"

	"glovebox.example/glovebox"
)

func TestDomainModulesAreHeldToTheirPlace(t *testing.T) {
	for name, c := range map[string]struct {
		text      string
		line, col int
		msg       string
	}{
		"syntax":          {"package glovebox.domain\n\ndeny contains {\n", 4, 0, "does not compile"},
		"no package":      {"deny contains 1\n", 1, 1, "package"},
		"empty":           {"", 0, 0, "empty"},
		"comment":         {"# nothing\n", 0, 0, "empty"},
		"library":         {"package glovebox\n\nallowed := true\n", 1, 1, "not the domain's"},
		"allow":           {"package glovebox.allow\n\nadmit contains 1\n", 1, 1, "not the domain's"},
		"rules":           {"package glovebox.rules.grant\n", 1, 1, "not the domain's"},
		"near":            {"package glovebox.domains\n", 1, 1, "not the domain's"},
		"other":           {"package elsewhere\n", 1, 1, "not the domain's"},
		"field":           {"package glovebox.domain\n\ndeny contains 1 if {\n\tinput.grant.untill == \"2030\"\n}\n", 4, 2, "input.grant.untill"},
		"field in map":    {"package glovebox.domain\n\ndeny contains 1 if input.datasets[_].columns[_].klass == \"a\"\n", 3, 20, "klass"},
		"field of text":   {"package glovebox.domain\n\ndeny contains 1 if input.product.code == \"a\"\n", 3, 20, "input.product"},
		"imported":        {"package glovebox.domain\n\nimport input.granted as g\n\ndeny contains 1 if g.x\n", 3, 8, "input.granted"},
		"unsafe":          {"package glovebox.domain\n\ndeny contains x if input.product == \"a\"\n", 3, 15, "unsafe"},
		"complete deny":   {"package glovebox.domain\n\ndeny := true\n", 3, 1, "deny must be a set"},
		"default deny":    {"package glovebox.domain\n\ndefault deny := false\n", 3, 1, "deny must be a set"},
		"unknown call":    {"package glovebox.domain\n\ndeny contains 1 if frobnicate(1)\n", 3, 20, "frobnicate"},
		"recursion":       {"package glovebox.domain\n\ndeny contains 1 if data.glovebox.allowed\n", 0, 0, "recursive"},
		"type":            {"package glovebox.domain\n\ndeny contains 1 if count(1) == 1\n", 3, 20, "invalid argument"},
		"old style":       {"package glovebox.domain\n\ndeny[x] { x := 1 }\n", 3, 1, "does not compile"},
		"too large":       {"package glovebox.domain\n" + strings.Repeat("#", MaxModuleBytes), 0, 0, "bytes"},
		"nested too deep": {"package glovebox.domain\nx := " + strings.Repeat("[", 200000), 0, 0, "does not compile"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(context.Background(), &Options{Modules: map[string]string{"own.rego": c.text}})
			var e *glovebox.Error
			if !errors.As(err, &e) || e.Code != glovebox.CodeInvalid {
				t.Fatalf("%v", err)
			}
			if !strings.Contains(e.Error(), c.msg) || strings.Contains(e.Error(), "\n") {
				t.Errorf("message %q does not say %q on one line", e.Error(), c.msg)
			}
			if c.line > 0 && (e.File != "own.rego" || e.Line != c.line || (c.col > 0 && e.Col != c.col)) {
				t.Errorf("at %s:%d:%d, want own.rego:%d:%d (%s)", e.File, e.Line, e.Col, c.line, c.col, e.Msg)
			}
		})
	}
	many := map[string]string{}
	for i := range MaxModules + 1 {
		many[strings.Repeat("x", i+1)] = "package glovebox.domain"
	}
	for name, files := range map[string]map[string]string{
		"many":    many,
		"no name": {"": "package glovebox.domain"},
		"name":    {strings.Repeat("x", 300): "package glovebox.domain"},
	} {
		if _, err := New(context.Background(), &Options{Modules: files}); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzDomainModule reads arbitrary bytes as a domain's policy: a module or
// CodeInvalid that names the file, never a panic.
func FuzzDomainModule(f *testing.F) {
	f.Add("package glovebox.domain\ndeny contains 1 if input.product == \"a\"\n")
	f.Add("package glovebox.domain\nimport input.grant as g\ndeny contains {\"rule\": \"x\"} if not g.until > \"2030\"\n")
	f.Add("package glovebox.domain\ndeny contains 1 if every d, x in input.datasets { x.columns[_].grade < 3 }\n")
	f.Add("package glovebox\ndecision := true")
	f.Add("package glovebox.domain\nx := `a\x00b` \xff")
	f.Add("package glovebox.domain\nx := {[{(((1")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 {
			return
		}
		m, err := parseDomainModule("own.rego", text)
		if err == nil {
			if !m.Package.Path.HasPrefix(domainPackage()) {
				t.Fatalf("took %s", m.Package)
			}
			return
		}
		var e *glovebox.Error
		if !errors.As(err, &e) || e.Code != glovebox.CodeInvalid || e.File != "own.rego" {
			t.Fatalf("%v", err)
		}
	})
}
