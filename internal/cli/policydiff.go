package cli

import (
	"context"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/evidence/replay"
)

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
