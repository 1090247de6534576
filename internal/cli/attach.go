package cli

import (
	"context"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/pipeline"
)

// neighboursKind is the kind of attached neighbour reports.
const neighboursKind = "neighbours"

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
			b, err := files.Read(w[1], trial.MaxReport, "a neighbour report is a small JSON file")
			if err != nil {
				return err
			}
			n, err := trial.DecodeNeighbours(b)
			if err != nil {
				return inFile(err, w[1])
			}
			return a.act(c.Context(), true, func(d *domain.Domain, by *domain.By) error {
				r, err := pipeline.New(d, nil).Attach(c.Context(), by, w[0], pipeline.Attachment{
					Kind: neighboursKind, Module: n.Module.Digest, Function: n.Module.Function, Data: b})
				if err != nil {
					return inFile(err, w[1])
				}
				return a.emit(r, func() { a.printReleaseState(r) })
			})
		},
	}
}

// review is a release as reviewers see it.
type review struct {
	*pipeline.ReleaseView
	Submitter string              `json:"submitter"` // of the job
	Reports   []*trial.Neighbours `json:"reports,omitempty"`
}

func reviewed(ctx context.Context, p *pipeline.Pipeline, u glovebox.User, id string) (*review, error) {
	v, err := p.Release(ctx, u, id)
	if err != nil {
		return nil, err
	}
	j, err := p.Job(ctx, u, v.Release.Job)
	if err != nil {
		return nil, err
	}
	out := &review{ReleaseView: v, Submitter: j.Submitter}
	all, err := p.Attached(ctx, &v.Release)
	if err != nil {
		return nil, err
	}
	for _, b := range all {
		n, err := trial.DecodeNeighbours(b)
		if err != nil {
			return nil, err
		}
		out.Reports = append(out.Reports, n)
	}
	return out, nil
}

// printReports prints the reports of a release.
func (a *app) printReports(v *review) {
	for i, n := range v.Reports {
		x := v.Release.Reports[i]
		a.say("")
		a.say(a.t("neighbour report, attached by %s at %s (the author's word, see docs/formats/neighbour-report.md)",
			"相邻数据报告，由 %s 于 %s 提交（作者自述，见 docs/formats/neighbour-report.zh.md）"), x.By, x.At)
		a.printNeighbours(n)
	}
}
