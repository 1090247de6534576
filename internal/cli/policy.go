package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/policy"
)

func (a *app) policyCmd() *cobra.Command {
	return a.group("policy", "a domain's own rules: tested, explained, compared", "域自己的策略规则：测试、说明、比较",
		a.policyTest(), a.policyExplain(), a.policyDiff(), a.policyLint())
}

func (a *app) policyLint() *cobra.Command {
	return &cobra.Command{
		Use:   "lint FOLDER",
		Short: a.t("say what is wrong with a domain's rules", "检查域策略规则的错误"),
		Long: a.t(`Read a folder of .rego files as a domain reads its own: package, syntax, rules
that are never asked, fields that a request does not have, constants that a
field cannot hold. Files named *_test.rego are read as tests.`, `以域读取自身策略的方式读取一个存放 .rego 文件的文件夹：
检查所属包、语法、从不会被询问的规则、请求没有的字段、字段不可能取的常量。
名为 *_test.rego 的文件按测试读取。`),
		Example: "  glovebox policy lint ./rules",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			tests, err := testedFiles(w[0])
			if err != nil {
				return err
			}
			if _, err := policy.Test(c.Context(), tests); err != nil {
				return named(err, w[0])
			}
			own, err := ruleFiles(w[0])
			if err != nil {
				return err
			}
			e, err := policy.New(c.Context(), &policy.Options{Modules: own})
			if err != nil {
				return err
			}
			out := lint{Files: slices.Sorted(keysOf(own)), Revision: e.Revision()}
			return a.emit(out, func() {
				a.say(a.t("nothing is wrong with %s; with this library the policy is %s", "%s 没有发现错误；与本程序的策略库一起，修订号为 %s"), w[0], out.Revision)
			})
		},
	}
}

// lint is what `policy lint` prints.
type lint struct {
	Files    []string `json:"files"`
	Revision string   `json:"revision"`
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// named puts the folder before the file that an error names.
func named(err error, folder string) error {
	if e, ok := err.(*glovebox.Error); ok && e.File != "" && !filepath.IsAbs(e.File) { //nolint:errorlint // as it is made there
		e.File = filepath.Join(folder, e.File)
	}
	return err
}

// testedFiles reads a folder of rules and tests.
func testedFiles(folder string) (map[string]string, error) {
	names, err := os.ReadDir(folder)
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: folder, Msg: "the folder cannot be read"}).WithFix("check the path and its owner")
	}
	out := map[string]string{}
	for _, n := range names {
		if filepath.Ext(n.Name()) != ".rego" {
			continue
		}
		b, err := files.Read(filepath.Join(folder, n.Name()), policy.MaxModuleBytes, "split the policy into several files")
		if err != nil {
			return nil, err
		}
		out[n.Name()] = string(b)
	}
	if len(out) == 0 || len(out) > 2*policy.MaxModules {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: folder, Msg: "the folder holds no .rego file, or too many"}).
			WithFix("put the rules, NAME.rego, and their tests, NAME_test.rego, right into it")
	}
	return out, nil
}

// ruleFiles reads the rules of a folder, without their tests.
func ruleFiles(folder string) (map[string]string, error) {
	all, err := testedFiles(folder)
	for name := range all {
		if strings.HasSuffix(name, policy.TestSuffix) {
			delete(all, name)
		}
	}
	return all, err
}

func (a *app) policyTest() *cobra.Command {
	return &cobra.Command{
		Use:   "test FOLDER",
		Short: a.t("run the tests of a domain's rules", "运行域策略规则的测试"),
		Long: a.t(`Run the rules test_... of the files *_test.rego in a folder, as opa test does,
against the other files there and the shipped library, and say how much of the
domain's own files they reach.

Exit status: 0 all pass, 2 some do not.`, `如 opa test 一样运行文件夹中 *_test.rego 文件的 test_... 规则，
对象为其余文件与随程序提供的策略库，并说明测试覆盖了多少自有文件。

退出码：0 全部通过，2 有未通过的。`),
		Example: "  glovebox policy test ./rules",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			all, err := testedFiles(w[0])
			if err != nil {
				return err
			}
			r, err := policy.Test(c.Context(), all)
			if err != nil {
				return named(err, w[0])
			}
			if err := a.emit(r, func() { a.printTests(r) }); err != nil {
				return err
			}
			failed := 0
			for _, t := range r.Results {
				if !t.Pass {
					failed++
				}
			}
			if failed > 0 {
				return glovebox.Errorf(glovebox.CodeInvalid, "%d of %d tests fail", failed, len(r.Results)).WithFix("mend the rule or the test at the place that is named")
			}
			return nil
		},
	}
}

func (a *app) printTests(r *policy.Tests) {
	var rows [][]string
	for _, t := range r.Results {
		rows = append(rows, []string{a.passed(t.Pass), t.Name, t.Place, t.Why})
	}
	if len(rows) > 0 {
		table(a.Out, []string{a.t("result", "结果"), a.t("test", "测试"), a.t("at", "位置"), a.t("because of", "原因")}, rows)
	}
	for _, f := range r.Files {
		missed := make([]string, len(f.Missed))
		for i, n := range f.Missed {
			missed[i] = strconv.Itoa(n)
		}
		a.say(a.t("%s: %.0f%% reached; not reached from line: %s", "%s：覆盖 %.0f%%；未覆盖处起始行：%s"), f.Name, f.Covered, strings.Join(missed, ", "))
	}
	a.say(a.t("%d tests; %.0f%% of the rules' lines reached", "共 %d 项测试；规则行覆盖 %.0f%%"), len(r.Results), r.Covered)
}

func (a *app) passed(ok bool) string {
	if ok {
		return a.t("pass", "通过")
	}
	return a.t("FAIL", "未通过")
}
