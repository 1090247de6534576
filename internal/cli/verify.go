package cli

import (
	"os"

	"github.com/spf13/cobra"

	"glovebox"
	"glovebox/audit/verify"
	"glovebox/exporter/bundle"
)

func (a *app) verifyCmd() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: a.t("check a release bundle, offline, on any machine", "离线核验发布包，可在任意机器上进行"),
		Long: a.t(`Check a release bundle: its signature, the digest of every file, the proof
that the decision is in the domain's log, and that the three forms of the
result say the same. Needs no domain and no network.

Without --key the bundle's own key is used, and this proves only that whoever
holds that key made it: compare its fingerprint with the one that the domain
publishes. Exit status: 0 verified, 2 not.`, `核验发布包：签名、各文件摘要、决策已入日志的证明，以及三种格式的结果是否一致。
无需域，也无需网络。

不给 --key 时使用发布包自带的公钥，这只能证明由该密钥持有者制作：
请将其指纹与该域公布的指纹核对。退出码：0 通过，2 未通过。`),
		Example: "  glovebox verify out/r-0123456789abcdef --key daye.pub",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			o := &bundle.Options{}
			if key != "" {
				b, err := readFile(key)
				if err != nil {
					return err
				}
				o.TrustedKey = string(b)
			}
			if st, err := os.Stat(w[0]); err != nil || !st.IsDir() {
				return (&glovebox.Error{Code: glovebox.CodeInvalid, File: w[0], Msg: "not a bundle's folder"}).WithFix("name the folder that `glovebox release export` made")
			}
			r, err := bundle.Verify(c.Context(), os.DirFS(w[0]), verify.Proof, o)
			if err != nil {
				return inFile(err, w[0])
			}
			if err := a.emit(r, func() { a.printVerified(r) }); err != nil {
				return err
			}
			if len(r.Failures) > 0 {
				list := make([]string, len(r.Failures))
				for i, f := range r.Failures {
					list[i] = f.String()
				}
				return findings(list)
			}
			if !a.json {
				a.say(a.t("verified", "核验通过"))
			}
			return nil
		},
	}
	c.Flags().StringVar(&key, "key", "", a.t("file with the domain's public key, from elsewhere than the bundle", "域公钥文件，须从发布包以外取得"))
	return c
}

func (a *app) printVerified(r *bundle.Report) {
	a.say("%s %s, %s %s (%s)", a.t("release", "发布"), r.Release, a.t("product", "产品"), r.Product.Code, r.Product.Registration)
	a.say(a.t("%d rows; decision in entry %d of the log of %s", "%d 行；决策见 %[3]s 日志第 %[2]d 条"), r.Rows, r.Index, r.Domain)
	whose := a.t("the bundle's own key: compare its fingerprint", "发布包自带公钥：请核对指纹")
	if r.Trusted {
		whose = a.t("the key you trust", "您信任的公钥")
	}
	a.say("%s: %s (%s)", a.t("signed by", "签名公钥"), r.Fingerprint, whose)
}
