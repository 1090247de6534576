package cli

import (
	"crypto/tls"
	"net"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/web"
	"glovebox.example/glovebox/internal/worker/jail"
)

func (a *app) webCmd() *cobra.Command {
	var socket, listen, cert, key, origin, providers string
	c := &cobra.Command{
		Use:   "web --core SOCK --listen ADDR --cert FILE --key FILE",
		Short: a.t("serve the API over TLS, from an account without rights", "以无权限账户经 TLS 提供 API"),
		Long: a.t(`Face the network: TLS 1.3 and the API under /api/v1, in front of a core
("glovebox serve") whose socket is SOCK. Run it as an account of its own that
has no right to the domain's directory, and name that account to the core with
--web. It holds no key of the domain: whoever takes it over can sign nothing. Once
it listens it opens no file, starts no program and connects to the core alone;
with --providers it may read files and make connections of its own.

The core may start later and stop meanwhile. Ctrl-C or SIGTERM stops it.`, `面向网络：以 TLS 1.3 提供 /api/v1 下的 API，其后为套接字 SOCK 上的核心
（"glovebox serve"）。请以对域目录没有任何权限的专用账户运行，
并用 --web 将该账户告知核心。它不持有域的任何密钥：控制它的人无法签署任何操作。
开始监听后，它不再打开任何文件、不启动任何程序，只连接核心；
带 --providers 时可读取文件并自行建立连接。

核心可以稍后启动，也可以中途停止。Ctrl-C 或 SIGTERM 使其停止。`),
		Example: "  glovebox web --core /srv/city/core.sock --listen :8443 --cert web.pem --key web.key",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			for _, f := range [][2]string{{"--core", socket}, {"--cert", cert}, {"--key", key}} {
				if f[1] == "" {
					return flagError(f[0], "no file given", "name the core's socket, the certificate and its key")
				}
			}
			pair, err := tls.LoadX509KeyPair(cert, key)
			if err != nil {
				return flagError("--cert", "certificate and key cannot be read, or do not belong together", "name PEM files: the certificate with its chain, and its key")
			}
			o := web.Options{Core: socket, Origin: origin}
			if providers != "" {
				if !act.IsOrigin(origin) {
					return flagError("--origin", "not the address that people open", "write https://HOST[:PORT], in small letters and without a path: providers send browsers back there")
				}
				if o.Providers, err = doors(providers); err != nil {
					return err
				}
			}
			if err := jail.NoCore(); err != nil {
				return err
			}
			l, err := (&net.ListenConfig{}).Listen(c.Context(), "tcp", listen)
			if err != nil {
				return flagError("--listen", "this address cannot be listened on", "name a free HOST:PORT of this machine")
			}
			a.note(a.t("serving ", "正在服务 ") + "https://" + l.Addr().String())
			s := web.New(o)
			if err := jail.SealFront(len(o.Providers) > 0); err != nil {
				return err
			}
			return s.Serve(c.Context(), l, pair)
		},
	}
	c.Flags().StringVar(&socket, "core", "", a.t("the core listens on the socket `SOCK`", "核心监听的套接字 `SOCK`"))
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8443", a.t("listen on `ADDR`, HOST:PORT", "监听地址 `ADDR`，即 HOST:PORT"))
	c.Flags().StringVar(&cert, "cert", "", a.t("the certificate is in `FILE`, as PEM, with its chain", "证书所在文件 `FILE`，PEM 格式，含证书链"))
	c.Flags().StringVar(&key, "key", "", a.t("the certificate's key is in `FILE`, as PEM", "证书密钥所在文件 `FILE`，PEM 格式"))
	c.Flags().StringVar(&origin, "origin", "", a.t("people open the address `URL`, https://HOST[:PORT]", "人员打开的地址 `URL`，即 https://HOST[:PORT]"))
	c.Flags().StringVar(&providers, "providers", "", a.t("people may log in by the identity providers in `FILE` (docs/serving.md)", "人员可用 `FILE` 中的身份提供方登录（见 docs/serving.md）"))
	return c
}
