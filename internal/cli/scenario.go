package cli

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) scenarioCmd() *cobra.Command {
	return a.group("scenario", "approved purposes and the rights they have", "应用场景与授权",
		append(append([]*cobra.Command{a.scenarioAdd(), a.scenarioApply(), a.scenarioReview(), a.scenarioGrant(), a.scenarioAmend(), a.scenarioList(), a.scenarioShow(), a.scenarioHistory()},
			a.scenarioVerdicts()...), a.scenarioBrakes()...)...)
}

func (a *app) scenarioAdd() *cobra.Command {
	return &cobra.Command{
		Use:   "add SCENARIO.yaml",
		Short: a.t("file a scenario: purpose, products, minimal-necessary list", "申报应用场景：用途、产品与最小必要数据清单"),
		Long: a.t(`File a scenario for approval. Fields: docs/formats/scenario.md.
Role: operator.`, `申报应用场景，等待授权。字段说明：docs/formats/scenario.zh.md。
角色：运营机构。`),
		Example: "  glovebox scenario add elderly-care.yaml --domain ./city --as liu",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var s glovebox.Scenario
			err := a.do(c.Context(), nil, desk.Act{Name: "scenario.add", Params: desk.Params(desk.Document{File: w[0]}), Files: disk{}}, &s)
			if err != nil {
				return err
			}

			return a.emit(s, func() {
				a.say(a.t("%s filed: %s; it has no rights until the authority grants them", "%s 已申报：%s；授权之前没有任何权利"), s.Code, s.Title.In(a.lang))
			})
		},
	}
}

func (a *app) scenarioGrant() *cobra.Command {
	return &cobra.Command{
		Use:   "grant GRANT.yaml",
		Short: a.t("give a scenario its rights, or replace them", "为应用场景授权，或更换授权"),
		Long: a.t(`Grant a scenario: which columns of which datasets, for which use and under
which mask, by whom, for which products, within which budget, until when.
Fields: docs/formats/grant.md. Role: authority.`, `为应用场景授权：哪些数据资源的哪些字段、何种用途与脱敏方式、由谁、
用于哪些产品、预算多少、到何时为止。字段说明：docs/formats/grant.zh.md。
角色：实施机构。`),
		Example: "  glovebox scenario grant elderly-care-grant.yaml --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var g glovebox.Grant
			err := a.do(c.Context(), nil, desk.Act{Name: "scenario.grant", Subject: granted(w[0]), Params: desk.Params(desk.Document{File: w[0]}), Files: disk{}}, &g)
			if err != nil {
				return err
			}

			return a.emit(g, func() {
				a.say(a.t("%s granted from %s until %s to %s", "%s 已授权：%s 至 %s，开发主体 %s"), g.Scenario, g.From, g.Until, strings.Join(g.Developers, ", "))
			})
		},
	}
}

// granted is the scenario that the grant in a file is for, so that an act says on
// which state of it the grant is given; "" where the file says none.
func granted(file string) string {
	data, err := readFile(file)
	if err != nil {
		return "" // whoever takes the act says why
	}
	g, err := catalog.ParseGrant(file, data)
	if err != nil || g.Scenario == "" {
		return ""
	}
	return "scenario/" + g.Scenario
}

func (a *app) scenarioList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: a.t("list scenarios and their state", "列出应用场景及其状态"),
		Long: a.t(`List the scenarios of the domain: who runs each, whether it has a grant, and
until when.`, `列出域内应用场景：运营机构、是否已授权、授权期限。`),
		Example: "  glovebox scenario list --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []domain.ScenarioView
			if err := a.look(c.Context(), desk.Look{Name: "scenarios"}, &all); err != nil {
				return err
			}
			return a.emit(list(all), func() {
				var rows [][]string
				for _, s := range all {
					until := ""
					if s.Grant != nil {
						until = s.Grant.Until
					}
					rows = append(rows, []string{s.Code, s.Title.In(a.lang), s.Operator, a.word(string(s.State)), until})
				}
				table(a.Out, []string{a.t("code", "编码"), a.t("title", "名称"), a.t("operator", "运营机构"), a.t("state", "状态"), a.t("until", "期限")}, rows)
			})
		},
	}
}

func (a *app) scenarioShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show CODE",
		Short: a.t("show a scenario, its products and its grant", "显示应用场景、产品与授权"),
		Long: a.t(`Show a scenario: its purpose, its products with their limits, what it needs, with
a mark where the catalogue lacks it, and what its grant gives to whom: each column
with its use and its mask, and what may be spent.`, `显示应用场景：用途、产品及其使用限制、最小必要数据（本域没有的会注明），以及授权给谁、
授权哪些字段及其用途与脱敏方式、可支出多少。`),
		Example: "  glovebox scenario show elderly-care --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var s domain.ScenarioView
			if err := a.look(c.Context(), desk.Look{Name: "scenario", ID: w[0]}, &s); err != nil {
				return err
			}
			return a.emit(s, func() { a.printScenario(&s) })
		},
	}
}

func (a *app) printScenario(s *domain.ScenarioView) {
	a.say("%s  %s  [%s]", s.Code, s.Title.In(a.lang), a.word(string(s.State)))
	a.printHolds(s.Holds)
	if s.Applicant != "" || len(s.Agreements) > 0 || s.Answers != nil || len(s.Remarks) > 0 {
		a.printReviews(&s.ScenarioDoc)
	}
	a.say("%s: %s", a.t("purpose", "用途"), s.Purpose.In(a.lang))
	a.say("%s: %s", a.t("operator", "运营机构"), s.Operator)
	for i := range s.Products {
		p := &s.Products[i]
		a.say("%s: %s", a.t("product", "产品"), a.productText(p))
		if l := p.Limits.In(a.lang); l != "" {
			a.say("  %s: %s", a.t("limits", "使用限制"), l)
		}
	}
	unknown := func(name string) string {
		if slices.Contains(s.Unknown, name) {
			return a.t(" (unknown here)", "（本域没有）")
		}
		return ""
	}
	for _, code := range sortedKeys(s.Needs) {
		var columns []string
		for _, c := range s.Needs[code] {
			columns = append(columns, c+unknown(code+"."+c))
		}
		a.say("%s: %s%s: %s", a.t("needs", "最小必要数据"), code, unknown(code), strings.Join(columns, ", "))
	}
	if len(s.Unknown) > 0 {
		a.say(a.t("what is unknown cannot be granted: its provider registers it first, or the scenario is filed anew without it",
			"本域没有的数据无法授权：请数据提供单位先行登记，或另行申报不含该数据的场景"))
	}
	if s.Grant == nil {
		a.say(a.t("no grant: nothing may run", "尚未授权：任何作业都不得运行"))
		return
	}
	a.printGrant(s.Grant)
}

// printGrant prints what a grant gives, to whom, and within which limits.
func (a *app) printGrant(g *glovebox.Grant) {
	a.say("%s: %s .. %s [%s], %s: %s", a.t("grant", "授权"), g.From, g.Until, a.word(string(g.State)), a.t("by", "授权人"), g.By)
	a.say("%s: %s", a.t("developers", "开发主体"), strings.Join(g.Developers, ", "))
	a.say("%s: %s", a.t("products", "产品"), strings.Join(g.Products, ", "))
	modules := a.t("any that is admitted", "任何通过准入的模块")
	if len(g.Modules) > 0 {
		modules = strings.Join(g.Modules, ", ")
	}
	a.say("%s: %s", a.t("modules", "模块"), modules)
	approvals := a.t("as the policy says", "按策略")
	if len(g.Approvals) > 0 {
		var roles []string
		for _, r := range g.Approvals {
			roles = append(roles, a.word(string(r)))
		}
		approvals = strings.Join(roles, ", ")
	}
	a.say("%s: %s", a.t("approvals of a release", "发布的批准"), approvals)
	var rows [][]string
	for _, code := range sortedKeys(g.Datasets) {
		d := g.Datasets[code]
		each := a.t("no cap of its own", "不另设上限")
		if d.PerDeveloper != nil {
			each = a.shareText(*d.PerDeveloper)
		}
		a.say("%s: %s %s, %s: %s", a.t("may spend", "可支出"), code, a.shareText(d.Share()), a.t("each developer", "每个开发主体"), each)
		for _, col := range sortedKeys(d.Columns) {
			mask := a.t("policy default", "策略默认")
			m := d.Columns[col].Mask
			if m != nil {
				shown := *m
				shown.Shared = slices.Contains(d.Columns[col].Use, "key")
				mask = a.maskText(shown, "")
			}
			rows = append(rows, []string{code, col, strings.Join(d.Columns[col].Use, ", "), mask})
		}
	}
	table(a.Out, []string{a.t("dataset", "数据资源"), a.t("column", "字段"), a.t("use", "用途"), a.t("mask", "脱敏")}, rows)
}

// shareText is a share as the grant declares it.
func (a *app) shareText(s glovebox.Share) string {
	var out []string
	for _, x := range []struct {
		name  string
		value float64
	}{{"ε", s.Epsilon}, {"ρ", s.Rho}, {"δ", s.Delta}} {
		if x.value != 0 {
			out = append(out, x.name+"="+strconv.FormatFloat(x.value, 'g', -1, 64))
		}
	}
	if len(out) == 0 {
		return a.t("what the ledger holds", "以账本余额为限")
	}
	return strings.Join(out, " ")
}
