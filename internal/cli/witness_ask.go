package cli

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/audit/witness"
	"glovebox.example/glovebox/internal/document/files"
)

// asking are the flags of commands that ask a witness.
type asking struct{ key, ca string }

func (f *asking) flags(a *app, c *cobra.Command) {
	c.Flags().StringVar(&f.key, "witness-key", "", a.t("the witness's public `KEY`, or a file that holds it, from whoever runs it", "见证方公钥 `KEY` 或存有公钥的文件，取自其运营者"))
	c.Flags().StringVar(&f.ca, "witness-ca", "", a.t("believe certificates of the authorities in `FILE` (PEM)", "采信 `FILE`（PEM）中证书颁发机构的证书"))
}

// at is the witness at an address.
func (f *asking) at(address string) (*witness.Asked, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !own(u.Hostname())) {
		return nil, flagError("--witness", "not the address of a witness", "write https://HOST[:PORT]; http:// reaches this machine alone")
	}
	if f.key == "" {
		return nil, flagError("--witness-key", "no key is given", "give the public key that `glovebox witness init` printed there")
	}
	text, err := keyText(f.key)
	if err != nil {
		return nil, err
	}
	k, err := verify.ReadWitness(text)
	if err != nil {
		return nil, err
	}
	pool, err := roots(f.ca)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool}, ResponseHeaderTimeout: 20 * time.Second}
	return &witness.Asked{URL: address, HTTP: &http.Client{Transport: t}, Key: k}, nil
}

// keyText is a key: itself, or what the file of that name holds.
func keyText(key string) (string, error) {
	if strings.Count(key, "+") >= 2 {
		return key, nil
	}
	b, err := files.Read(key, 1<<20, "a file of public keys is small")
	return strings.TrimSpace(string(b)), err
}

// cosigned is a checkpoint that a witness signed.
type cosigned struct {
	Origin  string `json:"origin"`
	Entries uint64 `json:"entries"`
	Root    string `json:"root"`
	Witness string `json:"witness"`
	Seen    string `json:"seen"`
	Note    string `json:"note"`
}

func (a *app) witnessAsk() *cobra.Command {
	var save string
	var f asking
	c := &cobra.Command{
		Use:   "ask URL",
		Short: a.t("have a witness cosign the log's checkpoint", "请见证方联署日志检查点"),
		Long: a.t(`Send the checkpoint of the domain's log, with the proof that it extends what the
witness at URL signed last, and have it cosigned. --save keeps the checkpoint with
both signatures, outside of any domain: "glovebox audit verify --remembered FILE
--witness KEY" holds a log to it, and it can be shown to anybody.

Exit status 2 also means that the log does not extend what the witness signed: it
was rolled back or forked.`, `提交域日志的检查点及其延续 URL 处见证方上次所签内容的证明，由见证方联署。
--save 把带有两个签名的检查点保存在任何域之外：
"glovebox audit verify --remembered FILE --witness KEY" 可据此核验日志，也可出示给任何人。

退出码 2 也表示日志不延续见证方所签内容：日志被回退或分叉。`),
		Example: "  glovebox witness ask https://witness.example --witness-key w.pub --save ../kept/city.checkpoint --domain ./city --as sun",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			asked, err := f.at(w[0])
			if err != nil {
				return err
			}
			s := &door{a: a}
			old, err := keptHead(c.Context(), s, save)
			if err != nil {
				return err
			}
			msg, at, err := asked.Cosign(c.Context(), s.Head)
			if err != nil {
				return err
			}
			h, err := verify.ReadHead(msg, s.keys)
			if err != nil {
				return err
			}
			if old != nil {
				if err := looked(c.Context(), s, old); err != nil {
					return err
				}
			}
			if err := saveCheckpoint(save, msg); err != nil {
				return err
			}
			v := &cosigned{h.Origin, h.Size, h.Root, asked.Key.Name(), at.Format(time.RFC3339), string(msg)}
			return a.emit(v, func() {
				a.say(a.t("cosigned by %s at %s: log %s, %d entries, root %s", "%s 已于 %s 联署：日志 %s，%d 个条目，根 %s"), v.Witness, v.Seen, v.Origin, v.Entries, v.Root)
			})
		},
	}
	c.Flags().StringVar(&save, "save", "", a.t("write the cosigned checkpoint to `FILE`, to be kept elsewhere", "将已联署检查点写入 `FILE`，另行保存"))
	f.flags(a, c)
	return c
}
