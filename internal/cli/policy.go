package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/evidence/replay"
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

func (a *app) policyExplain() *cobra.Command {
	var under, rule, point string
	c := &cobra.Command{
		Use:   "explain ENTRY|JOB",
		Short: a.t("show which rules a recorded decision asked, and what each said", "说明一项已记录决策询问了哪些规则及各规则的结论"),
		Long: a.t(`Decide the kept request of an entry again and show rule by rule: whether it was
asked, whether it refused, and where it ended if it did not; and for a request
that is allowed, the rule that allows it with the conditions that held. Of a job,
what admitted it. With --policy, the same under another policy too: "now" is the
domain's of today. Role: auditor or authority.`, `以条目留存的请求重新作出决策，逐条说明：规则是否被询问、是否拒绝、
未拒绝时止于何处；对获准的请求，说明准予的规则及其成立的条件。
加 --policy 则依据另一策略。角色：审计或实施机构。`),
		Example: "  glovebox policy explain 13 --domain ./city --as sun\n  glovebox policy explain 13 --rule column.not_needed --policy now --domain ./city --as sun",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.act(c.Context(), false, func(d *domain.Domain, by *domain.By) error {
				if err := desk.LogReader(c.Context(), d, by.User); err != nil {
					return err
				}
				n, err := entryOrJob(c.Context(), d, w[0])
				if err != nil {
					return err
				}
				var other *policy.Engine
				if under != "" {
					if other, err = policyNamed(c.Context(), d, under); err != nil {
						return err
					}
				}
				all, err := replay.Explain(c.Context(), d, n, other)
				if err != nil {
					return err
				}
				all = slices.DeleteFunc(all, func(x policy.Explanation) bool { return point != "" && string(x.Decision.Point) != point })
				if rule != "" {
					if err := oneRule(all, rule); err != nil {
						return err
					}
				}
				return a.emit(list(all), func() {
					for i := range all {
						a.printExplanation(&all[i])
					}
				})
			})
		},
	}
	c.Flags().StringVar(&under, "policy", "", a.t("under this `POLICY` too: a revision, now, or a folder", "另依据该策略 `POLICY`：修订号、now 或文件夹"))
	c.Flags().StringVar(&rule, "rule", "", a.t("only this `RULE`, such as column.not_needed", "只显示规则 `RULE`，如 column.not_needed"))
	c.Flags().StringVar(&point, "point", "", a.t("only the decision at `POINT`, such as admit", "只显示决策点 `POINT` 的决策，如 admit"))
	return c
}

// entryOrJob is an entry by its number, or the one that admitted a job.
func entryOrJob(ctx context.Context, d *domain.Domain, word string) (uint64, error) {
	if strings.HasPrefix(word, "j-") {
		return replay.Admission(ctx, d, word)
	}
	return entryNumber(word)
}

// oneRule leaves one rule in each explanation.
func oneRule(all []policy.Explanation, rule string) error {
	found := false
	for i := range all {
		all[i].Rules = slices.DeleteFunc(all[i].Rules, func(r policy.Rule) bool { return r.ID != rule })
		found = found || len(all[i].Rules) > 0
	}
	if !found {
		return glovebox.Errorf(glovebox.CodeNotFound, "the policy has no rule %q", rule).WithFix("docs/policy.md lists the rules; leave the decision point out of the name")
	}
	return nil
}

func (a *app) printExplanation(x *policy.Explanation) {
	d := x.Decision
	a.say(a.t("%s: %s, policy %s", "%s：%s，策略 %s"), d.Point, a.t(map[bool]string{true: "allowed", false: "refused"}[d.Allow], map[bool]string{true: "允许", false: "拒绝"}[d.Allow]), d.Revision)
	a.say(a.t("request %s", "请求 %s"), d.InputDigest)
	for _, g := range x.Grounds {
		a.say(a.t("allowed by %s (%s), because all of these hold:", "准予依据 %s（%s），因以下条件均成立："), g.Name, g.Place)
		for _, h := range g.Held {
			a.say("  %s", h)
		}
	}
	for _, r := range d.Reasons {
		a.say("  %s [%s] @ %s\n    %s\n    %s", r.Rule, r.Req, r.At, r.Text.EN, r.Text.ZH)
	}
	var rows [][]string
	for _, r := range x.Rules {
		did := a.t("not asked", "未询问")
		switch {
		case r.Fired:
			did = a.t("refused", "拒绝")
		case r.Asked:
			did = a.t("no objection", "无异议")
		}
		rows = append(rows, []string{r.ID, did, r.Until, r.Text.In(a.lang)})
	}
	table(a.Out, []string{a.t("rule", "规则"), a.t("outcome", "结论"), a.t("ended at", "止于"), a.t("it refuses with", "拒绝时的说明")}, rows)
}

func (a *app) policyDiff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff BEFORE AFTER",
		Short: a.t("show how two policies differ", "比较两版策略"),
		Long: a.t(`Compare two policies, each a revision of the log, "now", or a folder of .rego
files, file by file and line by line. What a difference would have changed is
what audit replay --policy says. Role: auditor or authority.`, `逐文件、逐行比较两版策略：各为日志中的修订号、now 或存放 .rego 文件的文件夹。
差异会改变哪些决策，见 audit replay --policy。角色：审计或实施机构。`),
		Example: "  glovebox policy diff 3f9a21 now --domain ./city --as sun",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.act(c.Context(), false, func(d *domain.Domain, by *domain.By) error {
				if err := desk.LogReader(c.Context(), d, by.User); err != nil {
					return err
				}
				out, err := policyChanges(c.Context(), d, w[0], w[1])
				if err != nil {
					return err
				}
				return a.emit(out, func() {
					for _, f := range out {
						a.say("%s: %s", f.Name, a.word(f.Change))
						for _, l := range f.Lines {
							a.say("  %s", l)
						}
					}
					if len(out) == 0 {
						a.say(a.t("the two are the same", "两者相同"))
					}
				})
			})
		},
	}
}

// policyChange is a file that two policies do not have alike.
type policyChange struct {
	Name   string   `json:"name"`
	Change string   `json:"change"` // added, removed, changed
	Lines  []string `json:"lines"`  // with "+" or "-" before each
}

func policyChanges(ctx context.Context, d *domain.Domain, before, after string) ([]policyChange, error) {
	x, err := sourcesNamed(ctx, d, before)
	if err != nil {
		return nil, err
	}
	y, err := sourcesNamed(ctx, d, after)
	if err != nil {
		return nil, err
	}
	out := []policyChange{}
	for _, name := range folded(x, y) {
		a, had := x[name]
		b, has := y[name]
		if had && has && a == b {
			continue
		}
		one := policyChange{Name: name, Change: "changed", Lines: replay.Lines(a, b)}
		if !had {
			one.Change = "added"
		} else if !has {
			one.Change = "removed"
		}
		out = append(out, one)
	}
	return out, nil
}
