package cli

import (
	"bytes"
	"path/filepath"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/console"
)

func (a *app) releaseReport() *cobra.Command {
	var key, out, check string
	c := &cobra.Command{
		Use:   "report BUNDLE -o FILE",
		Short: a.t("make a report of a bundle that a person reads: one file of HTML", "将发布包制成供人阅读的报告：一个 HTML 文件"),
		Long: a.t(`Verify a release bundle and make a report of it: charts, facts in plain words, the
table, how it was made, limits of use and what was verified, in one file of HTML in
the language of --lang. It asks nothing from elsewhere, runs no script and prints on
A4. The same bundle, key and language give the same bytes: with --check FILE nothing
is written, and the file is compared with what the bundle gives. Needs no domain and
no network.`, `核验发布包并制成报告：图表、通俗说明、结果表、形成过程、使用限制与核验情况，
为一个 HTML 文件，语言取 --lang。不访问任何外部地址，不含脚本，可按 A4 打印。
同一发布包、公钥与语言所得字节相同：加 --check FILE 时不写文件，而将该文件与发布包所得比对。
无需域，也无需网络。`),
		Example: "  glovebox release report out/r-0123456789abcdef --key daye.pub -o report.html --lang zh",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			if (out == "") == (check == "") {
				return flagError("--output", "one of --output and --check is needed", "name the file to write, or the one to compare")
			}
			r, err := checkBundle(c.Context(), w[0], key)
			if err != nil {
				return err
			}
			if !r.OK() {
				return bundleFailures(w[0], r)
			}
			content, err := readFile(filepath.Join(w[0], bundle.ResultJSON))
			if err != nil {
				return err
			}
			page, err := console.Paper(a.lang, console.Seal{Domain: r.Domain, Release: r.Release, Content: r.Content, Fingerprint: r.Fingerprint, Index: r.Index, Trusted: r.Trusted}, content)
			if err != nil {
				return err
			}
			if check != "" {
				given, err := readFile(check)
				if err != nil {
					return err
				}
				if !bytes.Equal(given, page) {
					return (&glovebox.Error{Code: glovebox.CodeInvalid, File: check, Msg: "the report is not what the bundle gives"}).WithFix("name the language and the key that it was made with; else somebody changed it")
				}
			} else if err := writeTo(out, bytesOf(page)); err != nil {
				return err
			}
			v := &paperReport{Release: r.Release, File: out + check, SHA256: bundle.File{Data: page}.SHA256(), Trusted: r.Trusted}
			return a.emit(v, func() {
				a.say(a.t("%s: the report of release %s, %d bytes", "%s：发布 %s 的报告，%d 字节"), v.File, v.Release, len(page))
				a.say("  sha256:%s", v.SHA256)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&key, "key", "", a.t("check against the domain's public key `KEY`, or that in the file KEY", "以域公钥 `KEY`（或文件 KEY 中的公钥）核验"))
	f.StringVarP(&out, "output", "o", "", a.t("write to `FILE`", "写入 `FILE`"))
	f.StringVar(&check, "check", "", a.t("compare with `FILE`", "与 `FILE` 比对"))
	return c
}

// paperReport is a report that was made, or found to be what its bundle gives.
type paperReport struct {
	Release string `json:"release"`
	File    string `json:"file"`
	SHA256  string `json:"sha256"`
	Trusted bool   `json:"trusted"` // the key was given, not the bundle's own
}
