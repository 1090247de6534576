package cli

import (
	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain/job"
)

func (a *app) releaseAttach() *cobra.Command {
	return &cobra.Command{
		Use:   "attach RELEASE REPORT.json",
		Short: a.t("hand a neighbour report to a release's reviewers", "向审核人员提交相邻数据报告"),
		Long: a.t(`Put the report of module test --neighbours beside a pending release. It has to
be about the module of the release's job. Reviewers see it with release show,
as its author's word: the domain checks its form and its module, not whether it
is true; whoever doubts it runs the test again. Role: whoever submitted the job.`, `将 module test --neighbours 的报告附于待批准的发布。报告须针对该发布所属作业的
模块。审核人员可用 release show 查看；报告为作者自述：本域只核对其形式与模块，
不核实其真伪，存疑者可自行重测。角色：该作业的提交人。`),
		Example: "  glovebox release attach r-0123456789abcdef neighbours.json --domain ./city --as wang",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			var r job.ReleaseDoc
			err := a.do(c.Context(), nil, desk.Act{Name: "release.attach", Subject: "release/" + w[0], Params: desk.Params(desk.Document{File: w[1]}), Files: disk{}}, &r)
			if err != nil {
				return err
			}

			return a.emit(r, func() { a.printReleaseState(&r) })
		},
	}
}

// printReports prints the reports of a release.
func (a *app) printReports(v *desk.Review) {
	for i, n := range v.Reports {
		x := v.Release.Reports[i]
		a.say("")
		a.say(a.t("neighbour report, attached by %s at %s (the author's word, see docs/formats/neighbour-report.md)",
			"相邻数据报告，由 %s 于 %s 提交（作者自述，见 docs/formats/neighbour-report.zh.md）"), x.By, x.At)
		a.printNeighbours(n)
	}
}
