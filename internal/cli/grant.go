package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/pipeline"
)

func (a *app) grantCmd() *cobra.Command {
	return a.group("grant", "the smallest grant that a job needs", "作业所需的最小授权", a.grantRequest())
}

func (a *app) grantRequest() *cobra.Command {
	return &cobra.Command{
		Use:   "request JOB.yaml",
		Short: a.t("write the smallest grant that a job needs", "写出作业所需的最小授权"),
		Long: a.t(`Write the smallest grant that a job needs, as the authority could give it with
"scenario grant": its developer, product and module, its columns with the uses that
it makes of them, its own price, for a year. Nothing is charged or recorded, no
data is read. Role: developer.`, `写出作业所需的最小授权，实施机构可据此用 "scenario grant" 授权：其开发主体、产品与模块，
所用字段及用途，作业自身的价格，为期一年。不扣预算、不留记录、不读取数据。角色：开发主体。`),
		Example: "  glovebox grant request job.yaml --domain ./city --as wang",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var r pipeline.CheckReport
			if err := a.look(c.Context(), desk.Look{Name: "check", ID: w[0], Files: disk{}}, &r); err != nil {
				return err
			}
			return a.emit(r.Grant, func() { fmt.Fprint(a.Out, grantYAML(r.Grant)) })
		},
	}
}

// grantYAML writes a grant as its document. All its texts are codes, dates and
// digests, which need no quotes but for dates.
func grantYAML(g *glovebox.Grant) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("scenario: %s", g.Scenario)
	line("from: %q", g.From)
	line("until: %q", g.Until)
	line("developers: [%s]", strings.Join(g.Developers, ", "))
	line("products: [%s]", strings.Join(g.Products, ", "))
	line("modules: [%q]", strings.Join(g.Modules, ", "))
	line("datasets:")
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	for _, code := range sortedKeys(g.Datasets) {
		d := g.Datasets[code]
		line("  %s:", code)
		for _, x := range []struct {
			name string
			v    float64
		}{{"epsilon", d.Epsilon}, {"rho", d.Rho}, {"delta", d.Delta}} {
			if x.v != 0 {
				line("    %s: %s", x.name, number(x.v))
			}
		}
		line("    columns:")
		for _, name := range sortedKeys(d.Columns) {
			line("      %s: {use: [%s]}", name, strings.Join(d.Columns[name].Use, ", "))
		}
	}
	return b.String()
}
