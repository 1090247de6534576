package cli

import (
	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) productCmd() *cobra.Command {
	return a.group("product", "the list of products: registration codes, states, sampling", "产品清单：登记编码、状态与抽查",
		a.productRegister(), a.productPublish(), a.productRetire(), a.productSample(), a.productList(), a.productShow(), a.productVersions(), a.productData(), a.productCalls())
}

func (a *app) productAct(c *cobra.Command, x desk.Act) error {
	var doc domain.ProductDoc
	if err := a.do(c.Context(), nil, x, &doc); err != nil {
		return err
	}
	return a.emit(doc, func() { a.printProduct(&doc) })
}

func (a *app) printProduct(p *domain.ProductDoc) {
	a.say("%s  %s  [%s]", p.Code, p.Registration, a.word(string(p.State)))
	a.say("  %s: %s", a.t("scenario", "应用场景"), p.Scenario)
	a.say("  %s: %s", a.t("technical standard", "技术标准"), p.Technique)
	a.say("  %s: %s", a.t("security review", "安全审核要求"), p.Security)
	a.say("  %s: %s", a.t("business review", "业务规范性审核要求"), p.Business)
	a.say("  %s: %s", a.t("limits", "使用限制"), p.Limits.In(a.lang))
	for _, s := range p.Steps {
		a.say("  %s  %s %s %s", s.At, a.word(string(s.State)), s.By, s.Reason)
	}
	for _, s := range p.Samples {
		verdict := a.t("passed", "合格")
		if !s.Passed {
			verdict = a.t("NOT passed", "不合格")
		}
		a.say("  %s: %s %s  %s %s: %s", a.t("sampled", "抽查"), s.Release, verdict, s.At, s.By, s.Text)
	}
}

func (a *app) productRegister() *cobra.Command {
	var p desk.ProductRegister
	c := &cobra.Command{
		Use:   "register CODE",
		Short: a.t("put a product on the list and issue its registration code", "登记产品并发放登记编码"),
		Long: a.t(`Put the product CODE of a scenario on the list of products and issue its
registration code: unique in the domain and for good. One product code serves one
scenario. The list says what technique, the security review and the business
review require; the scenario has to say usage limits. The operator enters the code
in the scenario. Role: authority.`, `将应用场景的产品 CODE 列入产品清单并发放登记编码：域内唯一，不再更改。
一个产品编码只服务一个应用场景。清单写明技术标准、安全审核要求与业务规范性审核要求；
应用场景须写明使用限制。运营机构将编码填入应用场景。角色：实施机构。`),
		Example: "  glovebox product register hotspots --scenario care --technique GB --security 三级 --business 年报",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.productAct(c, desk.Act{Name: "product.register", Subject: "product/" + w[0], Params: desk.Params(p)})
		},
	}
	f := c.Flags()
	f.StringVar(&p.Scenario, "scenario", "", a.t("of the scenario `CODE`", "所属应用场景 `CODE`"))
	f.StringVar(&p.Technique, "technique", "", a.t("held to the technical standard `TEXT`", "技术标准 `TEXT`"))
	f.StringVar(&p.Security, "security", "", a.t("the security review asks for `TEXT`", "安全审核要求 `TEXT`"))
	f.StringVar(&p.Business, "business", "", a.t("the business review asks for `TEXT`", "业务规范性审核要求 `TEXT`"))
	return c
}

func (a *app) productPublish() *cobra.Command {
	var p desk.ProductPublish
	c := &cobra.Command{
		Use:     "publish CODE",
		Short:   a.t("publish a product, or say that it runs", "发布产品，或标明已运行"),
		Long:    a.t("Publish a product of the list; with --running, say that it is delivered. Role: authority.", "发布清单上的产品；加 --running 标明已交付运行。角色：实施机构。"),
		Example: "  glovebox product publish care-hotspots --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.productAct(c, desk.Act{Name: "product.publish", Subject: "product/" + w[0], Params: desk.Params(p)})
		},
	}
	c.Flags().BoolVar(&p.Running, "running", false, a.t("it is delivered", "已交付运行"))
	return c
}

func (a *app) productRetire() *cobra.Command {
	var p desk.Reason
	c := &cobra.Command{
		Use:     "retire CODE",
		Short:   a.t("retire a product for good", "停用产品，不可恢复"),
		Long:    a.t("Retire a product: none of its jobs runs and none of its releases leaves any more.\nRole: authority, or the operator of its scenario.", "停用产品：其作业不再运行，其发布不再出域。角色：实施机构，或其应用场景的运营机构。"),
		Example: "  glovebox product retire care-hotspots --reason 合同到期 --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.productAct(c, desk.Act{Name: "product.retire", Subject: "product/" + w[0], Params: desk.Params(p)})
		},
	}
	c.Flags().StringVar(&p.Reason, "reason", "", a.t("because of `TEXT`", "原因 `TEXT`"))
	return c
}

func (a *app) productSample() *cobra.Command {
	var p desk.ProductSample
	c := &cobra.Command{
		Use:     "sample-review CODE RELEASE TEXT",
		Short:   a.t("record a look at a delivered product", "记录对已交付产品的抽查"),
		Long:    a.t("Record a look at a release of the product that left the domain: what was found, and\nwith --passed that it is as it has to be. Role: auditor or authority, neither its\ndeveloper nor its operator.", "记录对已出域发布的抽查：发现了什么；合格时加 --passed。\n角色：审计或实施机构，且不是其开发主体或运营机构人员。"),
		Example: "  glovebox product sample-review care-hotspots r-0123456789abcdef 口径与登记一致 --passed --as sun",
		Args:    args(cobra.ExactArgs(3)),
		RunE: func(c *cobra.Command, w []string) error {
			p.Release, p.Text = w[1], w[2]
			return a.productAct(c, desk.Act{Name: "product.sample", Subject: "product/" + w[0], Params: desk.Params(p)})
		},
	}
	c.Flags().BoolVar(&p.Passed, "passed", false, a.t("it is as it has to be", "合格"))
	return c
}

func (a *app) productList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   a.t("list products with their registration codes and states", "列出产品、登记编码与状态"),
		Long:    a.t("List the products that the authority registered: code, registration code, scenario, state.", "列出实施机构登记的产品：编码、登记编码、应用场景、状态。"),
		Example: "  glovebox product list --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []domain.ProductDoc
			if err := a.look(c.Context(), desk.Look{Name: "products"}, &all); err != nil {
				return err
			}
			return a.emit(list(all), func() {
				var rows [][]string
				for _, p := range all {
					rows = append(rows, []string{p.Code, p.Registration, p.Scenario, a.word(string(p.State))})
				}
				table(a.Out, []string{a.t("product", "产品"), a.t("registration code", "登记编码"), a.t("scenario", "应用场景"), a.t("state", "状态")}, rows)
			})
		},
	}
}

func (a *app) productShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show CODE",
		Short:   a.t("show a product, what is required of it, and how it was sampled", "显示产品及其要求与抽查记录"),
		Long:    a.t("Show a product of the list: what is required of it, the changes of its state, and\neach look at its deliveries.", "显示清单上的产品：各项要求、状态变更与历次抽查。"),
		Example: "  glovebox product show care-hotspots --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var p domain.ProductDoc
			if err := a.look(c.Context(), desk.Look{Name: "product", ID: w[0]}, &p); err != nil {
				return err
			}
			return a.emit(p, func() { a.printProduct(&p) })
		},
	}
}
