package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/evidence"
)

func (a *app) verifyCmd() *cobra.Command {
	var key string
	var from destination
	c := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: a.t("check a release bundle, offline, on any machine", "离线核验发布包，可在任意机器上进行"),
		Long: a.t(`Check a release bundle: its signature, the digest of every file, the proof
that the decision is in the domain's log, and that the three forms of the
result say the same. Needs no domain and no network.

A key file of "glovebox domain key --history" checks bundles of every key that the
domain ever signed with.

A bundle in a bucket is named s3://BUCKET/PREFIX/r-... with the server's --endpoint;
credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).
The files that a bundle has are fetched and checked here; others that may lie
beside them in the bucket are not looked at.

Without --key the bundle's own key is used, and this proves only that whoever
holds that key made it: compare its fingerprint with the one that the domain
publishes. "glovebox domain key" prints it there.

The first line says the verdict: verified, verified against its own key only, or
NOT verified. Of a bundle that is
not verified nothing else is told but what is wrong with it. Its folder has to
have the release's name, and nothing in it may be added, left out or written in
another way. Exit status: 0 verified, 2 not.`, `核验发布包：签名、各文件摘要、决策已入日志的证明，以及三种格式的结果是否一致。
无需域，也无需网络。

"glovebox domain key --history" 所得的密钥文件可核验该域历次密钥所签的发布包。

存储桶中的发布包写作 s3://BUCKET/PREFIX/r-...，并以 --endpoint 指明服务器；
凭证取自环境变量（AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY）。
取回发布包应有的文件并在本机核验；桶中其旁的其他文件不予查看。

不给 --key 时使用发布包自带的公钥，这只能证明由该密钥持有者制作：
请将其指纹与该域公布的指纹核对。`+"在该域由 `glovebox domain key` 显示。"+`

首行为结论：核验通过、仅凭自带公钥核验通过，或核验失败。未通过时只说明何处有误。目录名须为发布编号，
其中不得增减文件，也不得改变写法。退出码：0 通过，2 未通过。`),
		Example: "  glovebox verify out/r-0123456789abcdef --key daye.pub\n  glovebox verify s3://results/city/r-0123456789abcdef --endpoint s3.example:443 --key daye.pub",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			dir := w[0]
			from.to = dir
			switch {
			case strings.HasPrefix(dir, s3Scheme):
				fetched, done, err := from.fetch(c.Context())
				if err != nil {
					if !a.json {
						a.say("%s", a.notVerified())
					}
					return err
				}
				defer done()
				dir = fetched
			case from.endpoint != "" || from.region != "" || from.ca != "":
				return flagError("--endpoint", "--endpoint, --region and --ca are for a bucket, and this is a directory", "name s3://BUCKET/PREFIX/r-...")
			}
			r, err := checkBundle(c.Context(), dir, key)
			if dir != w[0] {
				err = glovebox.InFile(err, w[0])
			}
			if err != nil {
				if !a.json {
					a.say("%s", a.notVerified())
				}
				return err
			}
			if err := a.emit(viewBundle(r), func() { a.printVerified(r) }); err != nil {
				return err
			}
			if !r.OK() {
				return bundleFailures(w[0], r)
			}
			return nil
		},
	}
	c.Flags().StringVar(&from.endpoint, "endpoint", "", a.t("reach the S3 server at `HOST:PORT`, over TLS", "S3 服务器地址 `HOST:PORT`，经 TLS 访问"))
	c.Flags().StringVar(&from.region, "region", "", a.t("the bucket is in `REGION`", "存储桶所在区域 `REGION`"))
	c.Flags().StringVar(&from.ca, "ca", "", a.t("believe the server's certificate by the authorities in `FILE` (PEM)", "以 `FILE`（PEM）中的颁发机构核验服务器证书"))
	c.Flags().StringVar(&key, "key", "", a.t("check against the domain's public key, `FILE` or the key itself, from elsewhere than the bundle", "以域公钥核验，`FILE` 为文件或公钥本身，须从发布包以外取得"))
	return c
}

// checkBundle checks the bundle in dir, against a trusted key if one is given:
// a file, or the key as `glovebox domain key` prints it.
func checkBundle(ctx context.Context, dir, key string) (*bundle.Report, error) {
	trusted := key
	if _, _, err := bundle.ParseKey(key); err != nil && key != "" {
		b, err := readFile(key)
		if err != nil {
			return nil, err
		}
		trusted = string(b)
		first, more, _ := strings.Cut(strings.TrimSpace(trusted), "\n")
		if more == "" {
			_, _, err = bundle.ParseKey(first)
		} else {
			_, err = verify.ReadKeys(trusted)
		}
		if err != nil {
			return nil, glovebox.InFile(err, key)
		}
	}
	if !isBundle(dir) {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "not a bundle's folder"}).WithFix("name the folder r-... that `glovebox release export` made")
	}
	// The folder itself, by whatever link or relative path it was named.
	real, err := filepath.EvalSymlinks(dir)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the bundle cannot be read"}).WithFix("check the path and its owner")
	}
	r, err := evidence.CheckBundle(ctx, os.DirFS(real), trusted, filepath.Base(real))
	if err != nil {
		return nil, glovebox.InFile(err, dir)
	}
	return r, nil
}

// isBundle tells a folder in which something of a bundle is, however damaged,
// from any other.
func isBundle(dir string) bool {
	for _, name := range []string{bundle.EnvelopeFile, bundle.StatementFile, bundle.KeyFile} {
		if st, err := os.Stat(filepath.Join(dir, name)); err == nil && !st.IsDir() {
			return true
		}
	}
	return false
}

// bundleFailures makes one error of everything that is wrong with a bundle.
func bundleFailures(dir string, r *bundle.Report) error {
	errs := make([]error, len(r.Failures))
	for i, f := range r.Failures {
		errs[i] = (&glovebox.Error{Code: glovebox.CodeInvalid, File: beneath(dir, f.File), Msg: f.What}).
			WithFix("get the bundle again from where it was exported; nothing in it may be edited")
	}
	return errors.Join(errs...)
}

// bundleView is a checked bundle as JSON prints it.
type bundleView struct {
	OK          bool              `json:"ok"`
	Domain      string            `json:"domain"`
	Key         string            `json:"key"`
	Fingerprint string            `json:"fingerprint"`
	Trusted     bool              `json:"trusted"`
	Release     string            `json:"release"`
	Content     string            `json:"content"`
	Index       uint64            `json:"index"`
	Rows        int               `json:"rows"`
	Columns     int               `json:"columns"`
	Product     glovebox.Product  `json:"product"`
	Decision    glovebox.Decision `json:"decision"`
	Receipt     glovebox.Receipt  `json:"receipt"`
	Facts       json.RawMessage   `json:"facts,omitempty"`
	Failures    []bundleFailure   `json:"failures"`
}

type bundleFailure struct {
	File    string `json:"file"`
	Message string `json:"message"`
}

// viewBundle holds of a bundle that does not verify nothing but what is wrong.
func viewBundle(r *bundle.Report) *bundleView {
	if !r.OK() {
		r = &bundle.Report{Failures: r.Failures}
	}
	v := &bundleView{OK: r.OK(), Domain: r.Domain, Key: r.Key, Fingerprint: r.Fingerprint, Trusted: r.Trusted, Release: r.Release, Content: r.Content,
		Index: r.Index, Rows: r.Rows, Columns: r.Columns, Product: r.Product, Decision: r.Decision, Receipt: r.Receipt, Facts: r.Facts, Failures: []bundleFailure{}}
	v.Decision.Reasons, v.Receipt.Charges = list(v.Decision.Reasons), list(v.Receipt.Charges)
	for _, f := range r.Failures {
		v.Failures = append(v.Failures, bundleFailure{f.File, f.What})
	}
	return v
}

func (a *app) notVerified() string { return a.t("NOT verified", "核验失败") }

// printVerified prints the verdict and, of a bundle that verifies, what it is.
func (a *app) printVerified(r *bundle.Report) {
	if !r.OK() {
		a.say("%s", a.notVerified())
		return
	}
	if r.Trusted {
		a.say("%s", a.t("verified", "核验通过"))
	} else {
		a.say("%s", a.t(`verified against its own key only: get the domain's key ("glovebox domain key" prints it there), then --key`,
			"仅凭自带公钥核验通过：请向该域索取公钥（在该域由 glovebox domain key 显示），再以 --key 核验"))
	}
	a.say("%s %s, %s %s (%s)", a.t("release", "发布"), r.Release, a.t("product", "产品"), r.Product.Code, r.Product.Registration)
	a.say(a.t("%[4]s; decision in entry %[2]d of the log of %[3]s", "%[1]d 行；决策见 %[3]s 日志第 %[2]d 条"), r.Rows, r.Index, r.Domain, many(r.Rows, "row"))
	whose := a.t("the bundle's own key: compare its fingerprint", "发布包自带公钥：请核对指纹")
	if r.Trusted {
		whose = a.t("the key you trust", "您信任的公钥")
	}
	a.say("%s: %s (%s)", a.t("signed by", "签名公钥"), r.Fingerprint, whose)
}
