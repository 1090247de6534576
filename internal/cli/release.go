package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/pipeline"
)

func (a *app) releaseCmd() *cobra.Command {
	return a.group("release", "review, approve and export releases", "审核、批准与导出发布结果",
		a.releaseList(), a.releaseShow(), a.releaseAttach(), a.releaseApprove(), a.releaseReturn(), a.releaseRefuse(), a.releaseWithdraw(), a.releaseSupersede(), a.releasePlaces(), a.releaseExport(), a.releaseReport())
}

func (a *app) releaseList() *cobra.Command {
	var part page
	return part.flags(a, &cobra.Command{
		Use:   "list",
		Short: a.t("list releases and who has still to approve them", "列出发布及其尚缺的批准"),
		Long: a.t(`List releases: a developer's own, an operator's scenarios, those of a provider's
data, an authority's district; an auditor sees all. Those that wait for approvals
say whose.`, `列出发布：开发主体见自己的，运营机构见其场景的，数据提供单位见用到其数据的，实施机构见其区域的；
审计可见全部。待批准的发布注明尚缺谁的批准。`),
		Example: "  glovebox release list --domain ./city --as zhao",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []job.ReleaseDoc
			if err := a.look(c.Context(), desk.Look{Name: "releases", Args: part.args()}, &all); err != nil {
				return err
			}
			return a.emit(list(all), func() {
				var rows [][]string
				for _, r := range all {
					rows = append(rows, []string{r.ID, a.releaseStanding(&r), r.Scenario, r.Product, r.Made, strings.Join(a.missing(&r), ", ")})
				}
				table(a.Out, []string{a.t("release", "发布"), a.t("state", "状态"), a.t("scenario", "应用场景"), a.t("product", "产品"), a.t("made", "时间"), a.t("still to approve", "尚待批准")}, rows)
			})
		},
	})
}

func (a *app) releaseShow() *cobra.Command {
	var most uint
	c := &cobra.Command{
		Use:   "show RELEASE",
		Short: a.t("show a release with its error margins and its approvals", "显示发布结果、误差范围与批准情况"),
		Long: a.t(`Show a release: what was asked, by whom and for what, its figures with their
error margins, who has approved it and who has still to, and the test reports
that its author attached. Whoever may see the job sees the release; before it is
approved, its figures are for its author, its operator and those of whom an
approval is asked.`, `显示发布：由谁、为何、请求了什么，数值及误差范围，已批准与尚待批准者，作者所附测试报告。
可见作业者可见其发布；批准之前，数值仅供作者、该场景的运营机构与须批准者查看。`),
		Example: "  glovebox release show r-0123456789abcdef --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var v desk.Review
			if err := a.look(c.Context(), desk.Look{Name: "release", ID: w[0]}, &v); err != nil {
				return err
			}
			if v.Content == nil {
				return a.emit(v, func() {
					a.printReleaseState(&v.Release)
					a.say(a.t("the figures show when it is approved", "批准之后方可查看数值"))
				})
			}
			f, err := factsOf(v.Content)
			if err != nil {
				return err
			}
			return a.emit(v, func() {
				a.printSubject(&v, f)
				a.printContent(v.Content, f, most)
				a.printCutting(v.Cutting)
				a.printReleaseState(&v.Release)
				a.printReports(&v)
			})
		},
	}
	a.rowsFlag(c, &most)
	return c
}

func (a *app) releaseApprove() *cobra.Command {
	var role string
	c := &cobra.Command{
		Use:   "approve RELEASE",
		Short: a.t("approve a release in one of your roles", "以您的一个角色批准发布"),
		Long: a.t(`Approve a release for a role that its policy decision demands. Whoever
submitted the job may not approve it, one person approves once, and every
provider of an input has to approve where providers are asked.`, `以策略要求的角色批准发布。作业提交人不得批准；一人只批准一次；
要求数据提供单位批准时，每个输入数据的提供单位都须批准。`),
		Example: "  glovebox release approve r-0123456789abcdef --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var r job.ReleaseDoc
			if err := a.do(c.Context(), nil, desk.Act{Name: "release.approve", Subject: "release/" + w[0], Role: glovebox.Role(role)}, &r); err != nil {
				return err
			}
			return a.emit(r, func() { a.printReleaseState(&r) })
		},
	}
	c.Flags().StringVar(&role, "role", "", a.t("approve as `ROLE` (default: the one of yours that is missing)", "以角色 `ROLE` 批准（默认取您所具备且尚缺的角色）"))
	return c
}

func (a *app) releaseExport() *cobra.Command {
	var o destination
	var cosigned string
	c := &cobra.Command{
		Use:   "export RELEASE --to DIR|s3://BUCKET/PREFIX|PLACE",
		Short: a.t("export an approved release as a signed bundle", "将已批准的发布导出为签名发布包"),
		Long: a.t(`Ask the policy once more and write the signed bundle of an approved release to
a directory or to an S3 bucket. Nothing is ever overwritten. An export that
fails leaves the release as it was: the same command goes on where it stopped.
On a server --to is the name of one of its places (release places). A domain that
asks for it (require: witnessed) wants --cosigned, as "glovebox witness ask --save"
writes it after the approval. Role: operator.

S3 credentials come from the environment, never from the command line:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, if needed, AWS_SESSION_TOKEN.`, `再次询问策略，然后把已批准的发布写成签名发布包，存入目录或 S3 存储桶。
从不覆盖已有对象。导出失败时发布状态不变，再次运行同一命令即可续完。
在服务器上，--to 为其导出位置之一的名称（release places）。要求见证的域
（require: witnessed）须给出 --cosigned，即批准之后 "glovebox witness ask --save" 所写文件。
角色：运营机构。

S3 凭证取自环境变量，绝不写在命令行：AWS_ACCESS_KEY_ID、
AWS_SECRET_ACCESS_KEY，必要时还有 AWS_SESSION_TOKEN。`),
		Example: "  glovebox release export r-0123456789abcdef --to ./out --domain ./city --as liu\n" +
			"  glovebox release export r-0123456789abcdef --to s3://results/care --endpoint s3.example:9000 --domain ./city --as liu\n" +
			"  glovebox release export r-0123456789abcdef --to archive --profile liu",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			signed, err := cosignedNote(cosigned)
			if err != nil {
				return err
			}
			to := o.params()
			there, err := a.remote()
			if err == nil && there {
				to, err = o.place(c)
			}
			if err != nil {
				return err
			}
			to.Cosigned = signed
			var v desk.Exported
			err = a.do(c.Context(), &desk.Options{Retrying: a.retrying, Export: openDestination}, desk.Act{Name: "release.export", Subject: "release/" + w[0], Params: desk.Params(to)}, &v)
			if err != nil {
				return err
			}
			return a.emit(v, func() {
				a.say(a.t("%s exported to %s: %d files", "%s 已导出到 %s：%d 个文件"), v.Release, v.To, len(v.Files))
				for _, f := range v.Files {
					a.say("  %s  %s", f.SHA256, f.Name)
				}
			})
		},
	}
	c.Flags().StringVar(&o.to, "to", "", a.t("where to: a directory `DIR`, or s3://BUCKET/PREFIX; on a server the name of one of its places", "导出到目录 `DIR`，或 s3://BUCKET/PREFIX；在服务器上为其导出位置的名称"))
	c.Flags().StringVar(&cosigned, "cosigned", "", a.t("the checkpoint in `FILE` shows that a witness saw the approval", "`FILE` 中的检查点表明见证方已见其获批"))
	c.Flags().StringVar(&o.endpoint, "endpoint", "", a.t("reach the S3 server at `HOST:PORT`, over TLS", "S3 服务器地址 `HOST:PORT`，经 TLS 访问"))
	c.Flags().StringVar(&o.region, "region", "us-east-1", a.t("`REGION` of the bucket", "存储桶所在区域 `REGION`"))
	c.Flags().DurationVar(&o.retain, "retain", 0, a.t("lock S3 objects against deletion for `TIME`, such as 26280h (3 years)", "锁定 S3 对象，在 `TIME` 内不可删除，如 26280h（3 年）"))
	c.Flags().StringVar(&o.ca, "ca", "", a.t("trust the certificate authority in the PEM file `FILE` (default: the system's)", "信任 PEM 文件 `FILE` 中的 CA（默认用系统的）"))
	return c
}

// retrying tells of an export that is slow to go on.
func (a *app) retrying(file string, next, of int, err error) {
	a.note(fmt.Sprintf(a.t("%s: %s; trying again, %d of %d", "%s：%s；重试，第 %d 次，共 %d 次"), file, a.shortly(err), next, of))
}

// shortly is an error without its file and its fix.
func (a *app) shortly(err error) string {
	if e, ok := errors.AsType[*glovebox.Error](err); ok {
		return a.word(e.Msg)
	}
	return a.word(err.Error())
}

// shownLines is how many lines of a table are printed where nobody asks for more.
const shownLines = 1000

// rowsFlag adds the flag that bounds a table that is printed.
func (a *app) rowsFlag(c *cobra.Command, most *uint) {
	c.Flags().UintVar(most, "lines", shownLines, a.t("print at most `N` lines of the table; 0: all", "结果表至多显示 `N` 行；0 表示全部"))
}

// printSubject prints what a release is: what a person who approves it decides on.
func (a *app) printSubject(v *desk.Review, f *pipeline.Facts) {
	a.say("%s %s, %s %s, %s %s", a.t("release", "发布"), v.Release.ID, a.t("of job", "作业"), v.Release.Job, a.t("submitted by", "提交人"), v.Submitter)
	a.say("%s: %s", a.t("product", "产品"), a.productText(&f.Product))
	if l := f.Product.Limits.In(a.lang); l != "" {
		a.say("  %s: %s", a.t("limits", "使用限制"), l)
	}
	a.say("%s: %s", a.t("scenario", "应用场景"), f.Scenario)
	a.say("%s: %s", a.t("purpose", "用途"), f.Purpose.In(a.lang))
	a.say("%s: %s .. %s, %s: %s", a.t("grant", "授权"), f.Grant.From, f.Grant.Until, a.t("by", "授权人"), f.Grant.By)
	a.printAsked(askedFor(f))
	for _, c := range f.Charges {
		a.say("%s: %s %s", a.t("price", "价格"), a.account(c.Dataset, c.Space), amount(c.Kind, c.Amount))
	}
	if f.Group > 1 {
		a.say(a.t("the price is for whoever stands in %d units of the job", "价格按一人至多涉及作业的 %d 个单元计"), f.Group)
	}
	a.say("")
}

// productText is a product on one line.
func (a *app) productText(p *glovebox.Product) string {
	return fmt.Sprintf("%s (%s) %s", p.Code, p.Registration, p.Title.In(a.lang))
}

// releaseStanding is a release's state, with what is left to be done about its
// exports.
func (a *app) releaseStanding(r *job.ReleaseDoc) string {
	s := a.word(string(r.State))
	if len(r.Unfinished()) > 0 {
		s += a.t(", export unfinished", "，导出未完成")
	}
	return s
}

// missing names the roles that have still to approve a pending release.
func (a *app) missing(r *job.ReleaseDoc) []string {
	if r.State != job.Pending && r.State != job.Returned {
		return nil
	}
	var out []string
	for _, role := range r.Needed {
		if !slices.ContainsFunc(r.Approvals, func(x job.Approval) bool { return x.Role == role }) {
			out = append(out, a.word(string(role)))
		}
	}
	if len(out) == 0 { // all roles spoke, but not the provider of every input
		out = append(out, a.word(string(glovebox.RoleProvider))+a.t(" of another input", "（其他输入数据）"))
	}
	return out
}

func (a *app) printReleaseState(r *job.ReleaseDoc) {
	a.say("%s %s: %s", a.t("release", "发布"), r.ID, a.word(string(r.State)))
	for _, x := range r.Approvals {
		a.say("  %s %s (%s)", a.t("approved by", "批准人"), x.User, a.word(string(x.Role)))
	}
	for _, x := range r.Remarks {
		a.say("  %s %s (%s) %s: %s", a.word(string(x.State)), x.User, a.word(string(x.Role)), x.At, x.Text)
	}
	if r.Successor != "" {
		a.say("  %s: %s", a.t("superseded by", "取代者"), r.Successor)
	}
	for _, x := range r.Exports {
		if x.Done {
			a.say(a.t("  exported to %s by %s at %s", "  已由%[2]s于 %[3]s 导出到 %[1]s"), x.To, x.User, x.At)
			continue
		}
		a.say(a.t("  export to %s by %s, begun at %s, is unfinished: run the same export again", "  %[2]s于 %[3]s 开始导出到 %[1]s，未完成：请再次运行同一导出命令"), x.To, x.User, x.At)
	}
	if m := a.missing(r); len(m) > 0 {
		a.say("  %s: %s", a.t("still to approve", "尚待批准"), strings.Join(m, ", "))
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
