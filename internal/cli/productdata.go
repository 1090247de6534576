package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/pipeline"
)

func (a *app) productData() *cobra.Command {
	var form, release, out string
	c := &cobra.Command{
		Use:   "data CODE -o FILE",
		Short: a.t("take the data of a product that was exported", "取用已导出产品的数据"),
		Long: a.t(`Take the data of a product: its newest release that was exported, or --release.
CSV, Parquet and JSON are, byte for byte, the files of the signed bundle. Each time
stands in the call log under your name. Role: whoever may see its releases, and the
people of the institutions that its scenario names as readers. How to read it:

  DuckDB  SELECT * FROM 'FILE.parquet';
  pandas  pandas.read_parquet("FILE.parquet"), pandas.read_feather("FILE.arrow")
  Excel   open FILE.xlsx; FILE.csv is in UTF-8 and opens, too`, `取用产品的数据：默认为最近一次已导出的发布，或 --release 指定的发布。
CSV、Parquet 与 JSON 同签名发布包中的文件逐字节一致。每次取用均以您的名义记入调用日志。
角色：可查看其发布者，以及应用场景为该产品列明的使用方（readers）人员。读取方法：

  DuckDB  SELECT * FROM 'FILE.parquet';
  pandas  pandas.read_parquet("FILE.parquet")、pandas.read_feather("FILE.arrow")
  Excel   打开 FILE.xlsx；FILE.csv 为 UTF-8 编码，也可直接打开`),
		Example: "  glovebox product data care-hotspots --form xlsx -o hotspots.xlsx --profile customer",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			if out == "" {
				return flagError("--output", "no file is named for the data", "name one: -o FILE")
			}
			var x desk.Data
			q := desk.Look{Name: "data", ID: w[0], Args: map[string]string{"form": form, "release": release}}
			if err := a.lookWriting(c.Context(), q, &x); err != nil {
				return err
			}
			if err := writeTo(out, bytesOf(x.Data)); err != nil {
				return err
			}
			return a.emit(x, func() {
				a.say(a.t("%s, release %s: %d bytes in %s", "%s，发布 %s：%d 字节，写入 %s"), x.Product, x.Release, len(x.Data), out)
				a.say("  sha256:%s", x.SHA256)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&form, "form", "csv", a.t("`FORM`: csv, parquet, arrow, json or xlsx", "格式 `FORM`：csv、parquet、arrow、json 或 xlsx"))
	f.StringVar(&release, "release", "", a.t("of the release `ID` (default: the newest)", "指定发布 `ID`（默认最近一次）"))
	f.StringVarP(&out, "output", "o", "", a.t("write to `FILE`", "写入 `FILE`"))
	return c
}

// lookWriting asks a question whose answer is written down.
func (a *app) lookWriting(ctx context.Context, q desk.Look, out any) error {
	return a.through(ctx, true, nil, func(d desk.Door) error { return d.Look(ctx, q, out) })
}

func (a *app) productVersions() *cobra.Command {
	var release string
	c := &cobra.Command{
		Use:   "versions CODE",
		Short: a.t("list a product's releases by month, with checksums", "按月列出产品的各期发布与校验值"),
		Long: a.t("List the releases of a product that you may take, newest first, with its limits of use and,\nof one of them, the checksum of each form.",
			"列出您可取用的各期发布（新者在前）、使用限制，以及其中一期各格式的校验值。"),
		Example: "  glovebox product versions care-hotspots --profile customer",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var v pipeline.Versions
			if err := a.look(c.Context(), desk.Look{Name: "versions", ID: w[0], Args: map[string]string{"release": release}}, &v); err != nil {
				return err
			}
			return a.emit(v, func() {
				a.say("%s  %s  %s  [%s]", v.Product, v.Registration, v.Title.In(a.lang), a.word(string(v.State)))
				a.say("  %s: %s", a.t("limits", "使用限制"), v.Limits.In(a.lang))
				if len(v.Versions) == 0 {
					a.say(a.t("no release that you may take", "没有您可取用的发布"))
				}
				for _, x := range v.Versions {
					a.say("%s  %s  %s", x.Month, x.Release, x.Made)
					for _, f := range x.Files {
						a.say("  %s  %s  %d", f.SHA256, f.Name, f.Bytes)
					}
				}
			})
		},
	}
	c.Flags().StringVar(&release, "release", "newest", a.t("checksums of the release `ID`", "显示发布 `ID` 的校验值"))
	return c
}

func (a *app) productCalls() *cobra.Command {
	var day, product string
	c := &cobra.Command{
		Use:   "calls",
		Short: a.t("show the call log of a day: who took which product's data", "显示某日的调用日志：何人取用了何产品的数据"),
		Long: a.t(`Show the call log of a day (Beijing time), by default today: who took the data of
which product, in which form, with which checksum. When the day is over its digest
becomes an entry of the audit log (product.calls). Role: auditor, authority of the
city; the operator of a product sees its own.`, `显示某日（北京时间，默认当日）的调用日志：何人、以何格式取用了何产品的数据及其校验值。
当日结束后，其摘要成为审计日志的一条（product.calls）。
角色：审计、市级实施机构；产品的运营机构可见本产品的。`),
		Example: "  glovebox product calls --day 2026-11-30 --domain ./city --as sun",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var v domain.CallDay
			if err := a.look(c.Context(), desk.Look{Name: "calls", Args: map[string]string{"day": day, "product": product}}, &v); err != nil {
				return err
			}
			return a.emit(v, func() {
				rows := [][]string{}
				for _, x := range v.Entries {
					rows = append(rows, []string{x.At, x.User, x.Org, x.Product, x.Release, x.Form, strconv.Itoa(x.Bytes)})
				}
				if v.Digest == "" {
					a.say(a.t("%s: not closed yet", "%s：尚未封存"), v.Day)
				} else {
					a.say("%s: %s", v.Day, v.Digest)
				}
				table(a.Out, []string{a.t("time", "时间"), a.t("user", "用户"), a.t("institution", "单位"), a.t("product", "产品"), a.t("release", "发布"), a.t("form", "格式"), a.t("bytes", "字节")}, rows)
			})
		},
	}
	c.Flags().StringVar(&day, "day", "", a.t("of `DAY`, YYYY-MM-DD (default: today)", "日期 `DAY`，YYYY-MM-DD（默认当日）"))
	c.Flags().StringVar(&product, "product", "", a.t("of the product `CODE` alone", "仅产品 `CODE`"))
	return c
}
