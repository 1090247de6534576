package policy

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/tester"

	"glovebox.example/glovebox"
)

// TestSuffix ends the names of files of tests, as `opa test` has it.
const TestSuffix = "_test.rego"

// Tests are the results of a policy's tests.
type Tests struct {
	Results []TestResult `json:"results"`
	// Covered is the share of the lines of the domain's own files that the tests
	// reach, in percent; 100 where there is none.
	Covered float64         `json:"covered"`
	Files   []CoveredSource `json:"files"`
}

// TestResult is what became of one test.
type TestResult struct {
	Name  string `json:"name"` // PACKAGE.RULE
	Place string `json:"place"`
	Pass  bool   `json:"pass"`
	// Why it could not be run to its end: the error of a rule.
	Why string `json:"why,omitempty"`
}

// CoveredSource is how much of a file the tests reach.
type CoveredSource struct {
	Name    string  `json:"name"`
	Covered float64 `json:"covered"` // percent
	Missed  []int   `json:"missed"`  // first lines of what no test reaches
}

// Test runs the rules test_... of files, as `opa test` does, against the shipped
// library and the files that are no tests. What is no test is held to what a
// domain's policy is held to. The functions that rules may call are those of
// decisions.
func Test(ctx context.Context, files map[string]string) (*Tests, error) {
	own := map[string]string{}
	for name, text := range files {
		if !strings.HasSuffix(name, TestSuffix) {
			own[name] = text
		}
	}
	e, err := New(ctx, &Options{Modules: own})
	if err != nil {
		return nil, err
	}
	parsed, err := e.modules()
	if err != nil {
		return nil, err
	}
	modules, mine := map[string]*ast.Module{}, map[string]*ast.Module{}
	for _, m := range parsed {
		name := m.Package.Location.File
		modules[name] = m
		if _, ok := own[name]; ok {
			mine[name] = m
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if _, ok := own[name]; ok {
			continue
		}
		if len(files[name]) > MaxModuleBytes {
			return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: name, Msg: "the policy file is too long"}).WithFix("split the policy into several files")
		}
		m, err := ast.ParseModuleWithOpts(name, files[name], parserOptions())
		if err != nil || m == nil {
			bad := compileError(err)
			bad.File = name
			return nil, bad
		}
		modules[name] = m
	}
	c := cover.New()
	compiler := ast.NewCompiler().WithCapabilities(capabilities()).WithEnablePrintStatements(true)
	results, err := tester.NewRunner().SetCompiler(compiler).SetCoverageQueryTracer(c).SetModules(modules).RaiseBuiltinErrors(true).RunTests(ctx, nil)
	if err != nil {
		return nil, compileError(err)
	}
	out := &Tests{Results: []TestResult{}, Files: []CoveredSource{}}
	for r := range results {
		one := TestResult{Name: strings.TrimPrefix(r.Package, "data.") + "." + r.Name, Place: position(r.Location), Pass: r.Pass()}
		if r.Error != nil {
			one.Why = oneLine(r.Error.Error())
		}
		out.Results = append(out.Results, one)
	}
	slices.SortFunc(out.Results, func(a, b TestResult) int {
		return firstOf(strings.Compare(a.Name, b.Name), strings.Compare(a.Place, b.Place))
	})
	out.coverage(c.Report(mine), mine)
	return out, nil
}

// coverage takes in what the tests reach of the files.
func (t *Tests) coverage(r cover.Report, mine map[string]*ast.Module) {
	reached, all := 0, 0
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		one := CoveredSource{Name: name, Covered: 100, Missed: []int{}}
		if f := r.Files[name]; f != nil {
			reached, all = reached+f.CoveredLines, all+f.CoveredLines+f.NotCoveredLines
			one.Covered = f.Coverage
			for _, missed := range f.NotCovered {
				one.Missed = append(one.Missed, missed.Start.Row)
			}
		}
		t.Files = append(t.Files, one)
	}
	if t.Covered = 100; all > 0 {
		t.Covered = 100 * float64(reached) / float64(all)
	}
}
