package cli

import (
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) scenarioCmd() *cobra.Command {
	return a.group("scenario", "approved purposes and the rights they have", "应用场景与授权",
		a.scenarioAdd(), a.scenarioGrant(), a.scenarioList(), a.scenarioShow())
}

func (a *app) scenarioAdd() *cobra.Command {
	return &cobra.Command{
		Use:   "add SCENARIO.yaml",
		Short: a.t("file a scenario: purpose, products, minimal-necessary list", "申报应用场景：用途、产品与最小必要数据清单"),
		Long: a.t(`File a scenario for approval. Fields: docs/formats/scenario.md.
Role: operator.`, `申报应用场景，等待授权。字段说明：docs/formats/scenario.md。
角色：运营机构。`),
		Example: "  glovebox scenario add elderly-care.yaml --domain ./city --as liu",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			data, err := readFile(w[0])
			if err != nil {
				return err
			}
			s, err := catalog.ParseScenario(w[0], data)
			if err != nil {
				return err
			}
			return a.act(c.Context(), true, func(d *domain.Domain, u glovebox.User) error {
				if err := d.AddScenario(c.Context(), u, s); err != nil {
					return err
				}
				return a.emit(s, func() {
					a.say(a.t("%s filed: %s; it has no rights until the authority grants them", "%s 已申报：%s；授权之前没有任何权利"), s.Code, s.Title.In(a.lang))
				})
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
用于哪些产品、预算多少、到何时为止。字段说明：docs/formats/grant.md。
角色：实施机构。`),
		Example: "  glovebox scenario grant elderly-care-grant.yaml --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			data, err := readFile(w[0])
			if err != nil {
				return err
			}
			g, err := catalog.ParseGrant(w[0], data)
			if err != nil {
				return err
			}
			return a.act(c.Context(), true, func(d *domain.Domain, u glovebox.User) error {
				if err := d.Grant(c.Context(), u, g); err != nil {
					return aboutFile(err, w[0])
				}
				return a.emit(g, func() {
					a.say(a.t("%s granted from %s until %s to %s", "%s 已授权：%s 至 %s，开发主体 %s"), g.Scenario, g.From, g.Until, strings.Join(g.Developers, ", "))
				})
			})
		},
	}
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
			return a.with(c.Context(), false, func(d *domain.Domain) error {
				all, err := d.Scenarios(c.Context())
				if err != nil {
					return err
				}
				return a.emit(list(all), func() {
					var rows [][]string
					for _, s := range all {
						until := ""
						if s.Grant != nil {
							until = s.Grant.Until
						}
						rows = append(rows, []string{s.Code, s.Title.In(a.lang), s.Operator, a.word(s.State), until})
					}
					table(a.Out, []string{a.t("code", "编码"), a.t("title", "名称"), a.t("operator", "运营机构"), a.t("state", "状态"), a.t("until", "期限")}, rows)
				})
			})
		},
	}
}

func (a *app) scenarioShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show CODE",
		Short: a.t("show a scenario, its products and its grant", "显示应用场景、产品与授权"),
		Long: a.t(`Show a scenario: its purpose and products, and what its grant gives to whom:
each column with its use and its mask.`, `显示应用场景：用途、产品，以及授权给谁、授权哪些字段及其用途与脱敏方式。`),
		Example: "  glovebox scenario show elderly-care --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.with(c.Context(), false, func(d *domain.Domain) error {
				s, err := d.Scenario(c.Context(), w[0])
				if err != nil {
					return err
				}
				return a.emit(s, func() { a.printScenario(&s) })
			})
		},
	}
}

func (a *app) printScenario(s *domain.ScenarioView) {
	a.say("%s  %s  [%s]", s.Code, s.Title.In(a.lang), s.State)
	a.say("%s: %s", a.t("purpose", "用途"), s.Purpose.In(a.lang))
	for _, p := range s.Products {
		a.say("%s: %s (%s) %s", a.t("product", "产品"), p.Code, p.Registration, p.Title.In(a.lang))
	}
	if s.Grant == nil {
		a.say(a.t("no grant: nothing may run", "尚未授权：任何作业都不得运行"))
		return
	}
	g := s.Grant
	a.say("%s: %s .. %s, %s: %s, %s: %s", a.t("grant", "授权"), g.From, g.Until, a.t("by", "授权人"), g.By, a.t("developers", "开发主体"), strings.Join(g.Developers, ", "))
	var rows [][]string
	for code, ds := range g.Datasets {
		for col, gc := range ds.Columns {
			mask := a.t("policy default", "策略默认")
			if gc.Mask != nil {
				mask = gc.Mask.Kind
			}
			rows = append(rows, []string{code, col, strings.Join(gc.Use, ", "), mask})
		}
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i][0]+"\x00"+rows[i][1] < rows[j][0]+"\x00"+rows[j][1] })
	table(a.Out, []string{a.t("dataset", "数据资源"), a.t("column", "字段"), a.t("use", "用途"), a.t("mask", "脱敏")}, rows)
}
