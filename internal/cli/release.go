package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glovebox"
	"glovebox/internal/domain"
	"glovebox/internal/job"
	"glovebox/internal/pipeline"
	"glovebox/internal/release"
)

func (a *app) releaseCmd() *cobra.Command {
	return a.group("release", "review, approve and export releases", "审核、批准与导出发布结果",
		a.releaseShow(), a.releaseApprove(), a.releaseExport())
}

func (a *app) releaseShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show RELEASE",
		Short: a.t("show a release with its error margins and its approvals", "显示发布结果、误差范围与批准情况"),
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.with(c.Context(), false, func(d *domain.Domain) error {
				u, err := a.actor(c.Context(), d)
				if err != nil {
					return err
				}
				v, err := pipeline.New(d, nil).Release(c.Context(), u, w[0])
				if err != nil {
					return err
				}
				return a.emit(v, func() {
					a.printContent(v.Content)
					a.printReleaseState(&v.Release)
				})
			})
		},
	}
}

func (a *app) releaseApprove() *cobra.Command {
	var role string
	c := &cobra.Command{
		Use:   "approve RELEASE",
		Short: a.t("approve a release in one of your roles", "以你的一个角色批准发布"),
		Long: a.t(`Approve a release for a role that its policy decision demands. Whoever
submitted the job may not approve it, one person approves once, and every
provider of an input has to approve where providers are asked.`, `以策略要求的角色批准发布。作业提交人不得批准；一人只批准一次；
要求数据提供单位批准时，每个输入数据的提供单位都须批准。`),
		Example: "  glovebox release approve r-0123456789abcdef --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.with(c.Context(), true, func(d *domain.Domain) error {
				u, err := a.actor(c.Context(), d)
				if err != nil {
					return err
				}
				r, err := pipeline.New(d, nil).Approve(c.Context(), u, w[0], glovebox.Role(role))
				if err != nil {
					return err
				}
				return a.emit(r, func() { a.printReleaseState(r) })
			})
		},
	}
	c.Flags().StringVar(&role, "role", "", a.t("role to approve in (default: the one of yours that is missing)", "以何角色批准（默认取你所具备且尚缺的角色）"))
	return c
}

func (a *app) releaseExport() *cobra.Command {
	var o destination
	c := &cobra.Command{
		Use:   "export RELEASE --to DIR|s3://BUCKET/PREFIX",
		Short: a.t("export an approved release as a signed bundle", "将已批准的发布导出为签名发布包"),
		Long: a.t(`Ask the policy once more and write the signed bundle of an approved release to
a directory or to an S3 bucket. Nothing is ever overwritten. Role: operator.

S3 credentials come from the environment, never from the command line:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if needed, AWS_SESSION_TOKEN.`, `再次询问策略，然后把已批准的发布写成签名发布包，存入目录或 S3 存储桶。
从不覆盖已有对象。角色：运营机构。

S3 凭证取自环境变量，绝不写在命令行：AWS_ACCESS_KEY_ID、
AWS_SECRET_ACCESS_KEY，必要时还有 AWS_SESSION_TOKEN。`),
		Example: "  glovebox release export r-0123456789abcdef --to ./out --domain ./city --as liu\n" +
			"  glovebox release export r-0123456789abcdef --to s3://results/care --endpoint s3.example:9000 --domain ./city --as liu",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.with(c.Context(), true, func(d *domain.Domain) error {
				u, err := a.actor(c.Context(), d)
				if err != nil {
					return err
				}
				dest, closeDest, err := o.open()
				if err != nil {
					return err
				}
				defer closeDest()
				x, err := pipeline.New(d, nil).Export(c.Context(), u, w[0], o.name(), dest)
				if err != nil {
					return err
				}
				return a.emit(x, func() {
					a.say(a.t("%s exported to %s: %d files", "%s 已导出到 %s：%d 个文件"), w[0], o.name(), len(x.Files))
					for _, f := range x.Files {
						a.say("  %s  %s", f.SHA256, f.Name)
					}
				})
			})
		},
	}
	c.Flags().StringVar(&o.to, "to", "", a.t("directory, or s3://bucket/prefix", "目录，或 s3://存储桶/前缀"))
	c.Flags().StringVar(&o.endpoint, "endpoint", "", a.t("S3 host:port, reached over TLS", "S3 主机:端口，经 TLS 访问"))
	c.Flags().StringVar(&o.region, "region", "us-east-1", a.t("S3 region", "S3 区域"))
	c.Flags().StringVar(&o.ca, "ca", "", a.t("PEM file of the certificate authority to trust (default: the system's)", "受信任 CA 的 PEM 文件（默认用系统的）"))
	return c
}

// printContent prints a released table: each figure with its 95 % margin.
func (a *app) printContent(c *release.Content) {
	head, pick := a.tableShape(c)
	var rows [][]string
	for _, r := range c.Rows {
		rows = append(rows, pick(r))
	}
	table(a.Out, head, rows)
	a.say(a.t("%d rows; margins hold with 95 %% confidence and count the added noise alone", "共 %d 行；误差范围的置信度为 95%%，仅计入所加噪声"), len(rows))
}

// tableShape folds NAME, NAME_lo and NAME_hi into one figure with its margin.
func (a *app) tableShape(c *release.Content) (head []string, pick func([]any) []string) {
	type col struct{ at, lo, hi int }
	var cols []col
	index := map[string]int{}
	for i, x := range c.Columns {
		index[x.Name] = i
	}
	for i, x := range c.Columns {
		if strings.HasSuffix(x.Name, "_lo") || strings.HasSuffix(x.Name, "_hi") {
			continue
		}
		lo, ok := index[x.Name+"_lo"]
		hi, ok2 := index[x.Name+"_hi"]
		if !ok || !ok2 {
			lo, hi = -1, -1
		}
		cols = append(cols, col{i, lo, hi})
		head = append(head, x.Name)
		if lo >= 0 {
			head = append(head, "95 %")
		}
	}
	return head, func(r []any) []string {
		var out []string
		for _, k := range cols {
			out = append(out, figure(r[k.at]))
			if k.lo >= 0 {
				out = append(out, figure(r[k.lo])+" .. "+figure(r[k.hi]))
			}
		}
		return out
	}
}

func figure(v any) string {
	switch x := v.(type) {
	case float64:
		return strconv.FormatFloat(x, 'f', decimals(x), 64)
	case int64:
		return strconv.FormatInt(x, 10)
	}
	return fmt.Sprint(v)
}

// decimals shows small figures with two decimals and large ones with none.
func decimals(x float64) int {
	if x > -1000 && x < 1000 {
		return 2
	}
	return 0
}

func (a *app) printReleaseState(r *job.ReleaseDoc) {
	zh := map[job.ReleaseState]string{job.Pending: "待批准", job.Approved: "已批准", job.Exported: "已导出"}
	a.say("%s %s: %s", a.t("release", "发布"), r.ID, a.t(string(r.State), zh[r.State]))
	for _, x := range r.Approvals {
		a.say("  %s %s (%s)", a.t("approved by", "批准人"), x.User, a.roleName(x.Role))
	}
	if r.State == job.Pending {
		var missing []string
		for _, role := range r.Needed {
			if !slices.ContainsFunc(r.Approvals, func(x job.Approval) bool { return x.Role == role }) {
				missing = append(missing, a.roleName(role))
			}
		}
		if len(missing) > 0 {
			a.say("  %s: %s", a.t("still to approve", "尚待批准"), strings.Join(missing, ", "))
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
