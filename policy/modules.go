package policy

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"glovebox.example/glovebox"
)

// Bounds of a domain's own policy.
const (
	MaxModules     = 64
	MaxModuleBytes = 1 << 20
	maxNameBytes   = 255
)

// domainPackage is where a domain's modules live.
var domainPackage = sync.OnceValue(func() ast.Ref { return ast.MustParseRef("data.glovebox.domain") })

func parserOptions() ast.ParserOptions {
	return ast.ParserOptions{RegoVersion: ast.RegoV1, Capabilities: capabilities()}
}

func parseLibrary(sources map[string]string) ([]*ast.Module, error) {
	var out []*ast.Module
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		m, err := ast.ParseModuleWithOpts(name, sources[name], parserOptions())
		if err != nil {
			return nil, glovebox.Errorf(glovebox.CodeInternal, "the policy library is broken").Because(compileError(err))
		}
		out = append(out, m)
	}
	return out, nil
}

// parseDomain reads a domain's modules and holds them to their place.
func parseDomain(files map[string]string) ([]*ast.Module, error) {
	if len(files) > MaxModules {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "the domain's policy has %d files, more than %d", len(files), MaxModules).
			WithFix("join some of them")
	}
	var out []*ast.Module
	for _, name := range slices.Sorted(maps.Keys(files)) {
		m, err := parseDomainModule(name, files[name])
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func parseDomainModule(name, text string) (*ast.Module, error) {
	if name == "" || len(name) > maxNameBytes {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "a policy file has no name, or one of more than %d bytes", maxNameBytes)
	}
	bad := func(loc *ast.Location, format string, a ...any) *glovebox.Error {
		e := glovebox.Errorf(glovebox.CodeInvalid, format, a...)
		e.File = name
		if loc != nil {
			e.Line, e.Col = loc.Row, loc.Col
		}
		return e
	}
	if len(text) > MaxModuleBytes {
		return nil, bad(nil, "the policy file has %d bytes, more than %d", len(text), MaxModuleBytes)
	}
	m, err := ast.ParseModuleWithOpts(name, text, parserOptions())
	if err != nil {
		e := compileError(err)
		e.File = name
		return nil, e
	}
	if m == nil {
		return nil, bad(nil, "the policy file is empty").WithFix("start it with `package glovebox.domain`")
	}
	if !m.Package.Path.HasPrefix(domainPackage()) {
		return nil, bad(m.Package.Location, "package %s is not the domain's", strings.TrimPrefix(m.Package.Path.String(), "data.")).
			WithFix("a domain's rules go into `package glovebox.domain`, where they can refuse and demand but not allow")
	}
	for _, r := range m.Rules {
		name := r.Head.Ref()[0].String()
		if m.Package.Path.Equal(domainPackage()) && (name == "deny" || name == "obligation") &&
			(r.Default || r.Head.RuleKind() != ast.MultiValue || len(r.Head.Ref()) != 1) {
			return nil, bad(r.Location, "%s must be a set", name).WithFix("write `%s contains {...} if ...`", name)
		}
	}
	for _, f := range unknownFields(m) {
		return nil, bad(f.loc, "a request has no field %s", f.path).WithFix("the fields are listed in docs/policy.md")
	}
	return m, nil
}

// compileError turns OPA's parse and compile errors into one of ours. They quote
// policy source, which holds no cell value.
func compileError(err error) *glovebox.Error {
	e := glovebox.Errorf(glovebox.CodeInvalid, "the policy does not compile")
	var list ast.Errors
	if !errors.As(err, &list) || len(list) == 0 {
		return e.Because(err)
	}
	slices.SortStableFunc(list, func(a, b *ast.Error) int {
		return strings.Compare(position(a.Location), position(b.Location))
	})
	first := list[0]
	if first.Location != nil {
		e.File, e.Line, e.Col = first.Location.File, first.Location.Row, first.Location.Col
	}
	e.Msg = fmt.Sprintf("the policy does not compile: %s", oneLine(first.Message))
	if len(list) > 1 {
		e.Msg += fmt.Sprintf(" (and %d more)", len(list)-1)
	}
	return e
}

func oneLine(s string) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i]
	}
	return s
}

func position(l *ast.Location) string {
	if l == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", l.File, l.Row, l.Col)
}

// revision digests sources: for each, in the order of its name, the lengths and
// bytes of name and text.
func revision(sources map[string]string) string {
	h := sha256.New()
	h.Write([]byte("glovebox policy 1\n"))
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		for _, s := range []string{name, sources[name]} {
			h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s))))
			h.Write([]byte(s))
		}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
