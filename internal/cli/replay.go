package cli

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/evidence/replay"
	"glovebox.example/glovebox/policy"
)

func (a *app) auditReplay() *cobra.Command {
	var o replay.Options
	var entry, under string
	var span period
	c := &cobra.Command{
		Use:   "replay",
		Short: a.t("decide old questions again, from what was kept", "以留存内容重新作出历史决策"),
		Long: a.t(`Decide again what the policy decided: with the request that was kept, under the
policy that decided then, made of its kept sources. The answer has to be the
kept one, byte for byte. With --policy, under another: an earlier revision,
"now" for the domain's policy of today, or a folder of .rego files. The table
then shows what would change. Nothing is recorded. Role: auditor or authority.

Exit status: 0 no answer differs, 2 some do.`, `重新作出策略曾作出的决策：使用留存的请求，依据当时的策略（由留存的源文件还原）。
回答必须与留存的回答逐字节相同。加 --policy 则依据另一策略：较早的修订号、
表示本域当前策略的 now，或一个存放 .rego 文件的文件夹；表中列出会有的不同。
不作任何记录。角色：审计或实施机构。

退出码：0 回答无不同，2 有不同。`),
		Example: "  glovebox audit replay --domain ./city --as sun\n  glovebox audit replay --entry 13 --policy now --domain ./city --as sun",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if entry != "" {
				n, err := entryNumber(entry)
				if err != nil {
					return err
				}
				o.Entry = &n
			}
			var err error
			if o.From, o.To, err = span.bounds(a); err != nil {
				return err
			}
			return a.act(c.Context(), false, func(d *domain.Domain, by *domain.By) error {
				if err := desk.LogReader(c.Context(), d, by.User); err != nil {
					return err
				}
				if under != "" {
					if o.Under, err = policyNamed(c.Context(), d, under); err != nil {
						return err
					}
				}
				r, err := replay.Run(c.Context(), d, &o)
				if err != nil {
					return err
				}
				if err := a.emit(r, func() { a.printReplay(r) }); err != nil {
					return err
				}
				if len(r.Changed) > 0 {
					return (glovebox.Errorf(glovebox.CodeInvalid, "%d of %d decisions come out otherwise, or cannot be made again", len(r.Changed), r.Decisions+unmade(r))).
						WithFix("`glovebox policy explain ENTRY` shows the rules of one of them")
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&entry, "entry", "", a.t("only the decisions of entry `N`", "只重放条目 `N` 的决策"))
	c.Flags().StringVar(&under, "policy", "", a.t("under this `POLICY`: a revision, now, or a folder", "依据该策略 `POLICY`：修订号、now 或文件夹"))
	span.flags(a, c)
	return c
}

// unmade counts the decisions that could not be made again.
func unmade(r *replay.Result) int {
	return len(r.Changed) - (r.Decisions - r.Same)
}

func (a *app) printReplay(r *replay.Result) {
	a.say(a.t("%d decisions made again, %d with the same answer", "重新作出 %d 项决策，其中 %d 项回答相同"), r.Decisions, r.Same)
	if len(r.Changed) == 0 {
		return
	}
	var rows [][]string
	for _, c := range r.Changed {
		after := a.verdict(c.After)
		if c.Problem != "" && len(c.After.Rules) == 0 && !c.After.Allow {
			after = "-"
		}
		rows = append(rows, []string{strconv.FormatUint(c.Entry, 10), c.Time, c.Subject, string(c.Point), a.verdict(c.Before), after, c.Problem})
	}
	table(a.Out, []string{a.t("entry", "条目"), a.t("time", "时间"), a.t("about", "对象"), a.t("point", "决策点"), a.t("then", "当时"), a.t("now", "此次"), a.t("problem", "问题")}, rows)
}

// verdict prints a decision in short.
func (a *app) verdict(v replay.Verdict) string {
	if v.Allow {
		return a.t("allowed", "允许")
	}
	return a.t("refused: ", "拒绝：") + strings.Join(v.Rules, ", ")
}

// entryNumber reads the number of an entry.
func entryNumber(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 53)
	if err != nil {
		return 0, glovebox.Errorf(glovebox.CodeInvalid, "an entry is a number").WithFix("`glovebox audit list` shows them")
	}
	return n, nil
}

// policyNamed is the policy of a word: now, a folder, or a revision of the log.
func policyNamed(ctx context.Context, d *domain.Domain, word string) (*policy.Engine, error) {
	if word == "now" {
		return d.Policy, nil
	}
	if st, err := os.Stat(word); err == nil && st.IsDir() {
		files, err := ruleFiles(word)
		if err != nil {
			return nil, err
		}
		return policy.New(ctx, &policy.Options{Modules: files})
	}
	all, err := replay.Read(ctx, d)
	if err != nil {
		return nil, err
	}
	rev, err := all.Find(word)
	if err != nil {
		return nil, err
	}
	return all.Engine(ctx, rev)
}

// sourcesNamed are the sources of such a policy by name.
func sourcesNamed(ctx context.Context, d *domain.Domain, word string) (map[string]string, error) {
	e, err := policyNamed(ctx, d, word)
	if err != nil {
		return nil, err
	}
	return e.Sources(), nil
}

// folded sorts the names of two sets of sources.
func folded(a, b map[string]string) []string {
	var names []string
	for _, m := range []map[string]string{a, b} {
		for n := range m {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
