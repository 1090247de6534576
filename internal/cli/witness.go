package cli

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/audit/witness"
	"glovebox.example/glovebox/internal/desk"
)

func (a *app) witnessCmd() *cobra.Command {
	return a.group("witness", "somebody outside who sees that the log only grows", "域外见证：确认日志只增不改", a.witnessInit(), a.witnessAdd(), a.witnessList(), a.witnessServe(), a.witnessAsk())
}

// witnessView is a witness's folder.
type witnessView struct {
	Dir  string        `json:"dir"`
	Key  string        `json:"key"`
	Logs []witness.Log `json:"logs"`
}

func (a *app) witnessInit() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "init DIR",
		Short: a.t("make a witness's folder with a key of its own", "建立见证方的文件夹与密钥"),
		Long: a.t(`Make DIR, the folder of a witness: somebody outside of the domain, on a machine of
their own, who signs each checkpoint of a log that extends all that they signed
before. Prints the public key, which goes to everybody who relies on the witness.`, `建立见证方的文件夹 DIR：见证方在域外、在自己的机器上，
对延续其此前所签内容的日志检查点逐一签名。
显示公钥，供所有信赖该见证方者使用。`),
		Example: "  glovebox witness init /srv/witness --name audit-office.example/witness",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, w []string) error {
			key, err := witness.Init(w[0], name)
			if err != nil {
				return err
			}
			return a.emit(&witnessView{w[0], key, []witness.Log{}}, func() { a.say("%s", key) })
		},
	}
	c.Flags().StringVar(&name, "name", "", a.t("the witness is called `NAME`, best as an address without https://", "见证方名称 `NAME`，宜为不含 https:// 的网址"))
	return c
}

// witnessing opens a witness's folder, runs fn, and prints what it is then.
func (a *app) witnessing(dir string, fn func(*witness.Witness) error) error {
	w, err := witness.Open(dir)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := fn(w); err != nil {
		return err
	}
	logs, err := w.Logs()
	if err != nil {
		return err
	}
	return a.emit(&witnessView{dir, w.Public(), logs}, func() {
		var rows [][]string
		for _, l := range logs {
			conflict := ""
			if l.Conflict {
				conflict = a.t("FORKED: see the file conflict", "分叉：见文件 conflict")
			}
			rows = append(rows, []string{l.Origin, sizeText(l.Size), l.Root, conflict})
		}
		table(a.Out, []string{a.t("log", "日志"), a.t("entries signed", "已签条目数"), a.t("root", "根"), ""}, rows)
	})
}

func (a *app) witnessAdd() *cobra.Command {
	return &cobra.Command{
		Use:   "add DIR KEY",
		Short: a.t("follow a domain's log", "跟踪一个域的日志"),
		Long: a.t(`Have the witness in DIR follow the log of the domain whose public key is KEY: the
key itself or a file of "glovebox domain key", from the domain's own people. After
the domain replaced its key, give what "glovebox domain key --history" prints.`, `由 DIR 中的见证方跟踪公钥为 KEY 的域的日志：KEY 为公钥本身，
或 "glovebox domain key" 所得的文件，应直接取自该域人员。
域更换密钥后，请给出 "glovebox domain key --history" 的输出。`),
		Example: "  glovebox witness add /srv/witness daye.pub",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(_ *cobra.Command, w []string) error {
			key, err := keyText(w[1])
			if err != nil {
				return err
			}
			return a.witnessing(w[0], func(x *witness.Witness) error {
				_, err := x.Add(key)
				return err
			})
		},
	}
}

func (a *app) witnessList() *cobra.Command {
	return &cobra.Command{
		Use:     "list DIR",
		Short:   a.t("list the logs that a witness follows, and what it signed", "列出见证方跟踪的日志及已签内容"),
		Long:    a.t("List the logs that the witness in DIR follows: how far it signed each, and whether\nit was shown another history.", "列出 DIR 中见证方跟踪的日志：各签至何处，是否收到过另一份历史。"),
		Example: "  glovebox witness list /srv/witness",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, w []string) error {
			return a.witnessing(w[0], func(*witness.Witness) error { return nil })
		},
	}
}

func (a *app) witnessServe() *cobra.Command {
	var listen, cert, key string
	c := &cobra.Command{
		Use:   "serve DIR",
		Short: a.t("answer as a witness", "作为见证方应答"),
		Long: a.t(`Answer as the witness in DIR, by the protocol of C2SP (tlog-witness): POST
/add-checkpoint with a checkpoint and the proof that it extends what was signed
last gives a cosignature; GET /checkpoint/HEX, with the SHA-256 of a log's name, is
what was signed last. A log that was rolled back or forked is refused. Without
--cert it listens on an address of this machine alone. Ctrl-C or SIGTERM stops it.`, `按 C2SP 协议（tlog-witness）作为 DIR 中的见证方应答：POST /add-checkpoint
提交检查点及其延续上次所签内容的证明，得到联署签名；GET /checkpoint/HEX
（日志名称的 SHA-256）返回最近所签内容。被回退或分叉的日志会被拒绝。
未给 --cert 时只在本机地址上监听。Ctrl-C 或 SIGTERM 使其停止。`),
		Example: "  glovebox witness serve /srv/witness --listen :8444 --cert w.pem --key w.key",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var pair *tls.Certificate
			host, _, err := net.SplitHostPort(listen)
			switch {
			case err != nil:
				return flagError("--listen", "this address cannot be listened on", "name a free HOST:PORT of this machine")
			case cert != "" || key != "":
				p, err := tls.LoadX509KeyPair(cert, key)
				if err != nil {
					return flagError("--cert", "certificate and key cannot be read, or do not belong together", "name PEM files: the certificate with its chain, and its key")
				}
				pair = &p
			case !own(host):
				return flagError("--listen", "without a certificate only this machine may ask", "give --cert and --key, or listen on 127.0.0.1")
			}
			x, err := witness.Open(w[0])
			if err != nil {
				return err
			}
			defer x.Close()
			l, err := (&net.ListenConfig{}).Listen(c.Context(), "tcp", listen)
			if err != nil {
				return flagError("--listen", "this address cannot be listened on", "name a free HOST:PORT of this machine")
			}
			a.note(a.t("serving ", "正在服务 ") + scheme(pair) + l.Addr().String())
			return x.Serve(c.Context(), l, pair)
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8444", a.t("listen on `ADDR`, HOST:PORT", "监听地址 `ADDR`，即 HOST:PORT"))
	c.Flags().StringVar(&cert, "cert", "", a.t("the certificate is in `FILE`, as PEM, with its chain", "证书所在文件 `FILE`，PEM 格式，含证书链"))
	c.Flags().StringVar(&key, "key", "", a.t("the certificate's key is in `FILE`, as PEM", "证书密钥所在文件 `FILE`，PEM 格式"))
	return c
}

func scheme(pair *tls.Certificate) string {
	if pair == nil {
		return "http://"
	}
	return "https://"
}

// own says whether a host is this machine alone.
func own(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// door is the log of the domain that the flags name, as whoever asks there sees it.
type door struct {
	a    *app
	key  string // to check against; "": what the domain says, and then the same again
	keys string // in use
}

// Head implements watch.Source and is a witness.Prove.
func (d *door) Head(ctx context.Context, old uint64) (*verify.Head, []string, error) {
	var x desk.Consistency
	err := d.a.look(ctx, desk.Look{Name: "consistency", ID: sizeText(old)}, &x)
	if err != nil {
		return nil, nil, err
	}
	d.keys = x.Keys
	if d.key != "" {
		d.keys = d.key
		if trusted, err := verify.ReadKeys(d.key); err == nil && d.key == trusted.Named() {
			// One line: the domain's history counts where it leads to or from that key.
			if all, err := verify.ReadKeys(x.Keys); err == nil && all.Known(d.key) {
				d.keys = x.Keys
			}
		}
	}
	h, err := verify.ReadHead([]byte(x.Checkpoint.Checkpoint), d.keys)
	return h, x.Proof, err
}
