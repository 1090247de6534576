package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/words"
)

// digestOfProgram is the SHA-256 of this program.
func digestOfProgram() (string, error) {
	f, err := os.Open("/proc/self/exe")
	if err != nil {
		return "", glovebox.Errorf(glovebox.CodeInternal, "this program cannot be read").Because(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", glovebox.Errorf(glovebox.CodeInternal, "this program cannot be read").Because(err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// errSilent is a failure of which nothing is printed.
var errSilent = errors.New("failed")

func (a *app) nodeDoctor() *cobra.Command {
	var p place
	var socket string
	c := &cobra.Command{
		Use:   "doctor DIR --storage PLACE --socket PATH",
		Short: a.t("say whether this node can work", "检查本节点能否工作"),
		Long: a.t(`Look at the node in DIR: its keys, the storage, the socket, the walls around its
workers. Every finding says what it means. Exit status: 0 nothing fails, 1
something does.`, `检查 DIR 中的节点：密钥、存储、套接字、工作进程外围的隔离墙。
每项都说明其含义。退出码：0 无失败项，1 有失败项。`),
		Example: "  glovebox node doctor /var/lib/glovebox-node --storage /srv/glovebox --socket /run/glovebox/node",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			list := append(a.nodeFindings(c.Context(), w[0], &p, socketOf(socket)), a.machine(c.Context())...)
			return a.findings(append(list, a.walls()...))
		},
	}
	p.flags(a, c)
	c.Flags().StringVar(&socket, "socket", "", a.t("reach the node at `PATH` (GLOVEBOX_NODE)", "节点套接字 `PATH`（GLOVEBOX_NODE）"))
	return c
}

func (a *app) nodeFindings(ctx context.Context, dir string, p *place, socket string) []finding {
	look := func(name string, meaning glovebox.Text, try func() (string, error)) finding {
		f := finding{Name: name, State: "ok", Meaning: meaning}
		var err error
		if f.Detail, err = try(); err != nil {
			f.State, f.Detail = "fail", words.Error(a.lang, err)
		}
		return f
	}
	return []finding{
		look("node keys", glovebox.Text{EN: "the node can open no run: make it with `glovebox node init`", ZH: "节点无法打开任何运行：请用 glovebox node init 生成"}, func() (string, error) {
			k, err := readNode(dir)
			if err != nil {
				return "", err
			}
			return k.Name, nil
		}),
		look("shared storage", glovebox.Text{EN: "the node finds no part and leaves no answer: mount it, give its group to the node's account", ZH: "节点取不到分片也放不下回答：请挂载存储，并将其组设为节点账户的组"}, func() (string, error) {
			at, err := p.open()
			if err != nil {
				return "", err
			}
			name := "doctor/" + strconv.Itoa(os.Getpid())
			if err := at.Put(ctx, name, bytes.NewReader([]byte("x")), 1); err != nil {
				return "", err
			}
			return a.t("can be written", "可写"), at.Remove(ctx, name)
		}),
		look("node socket", glovebox.Text{EN: "tasks of the engine wait 20 s for it, then go elsewhere: start `glovebox node serve`", ZH: "引擎的任务会等待 20 秒后转往别处：请启动 glovebox node serve"}, func() (string, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
			if err != nil {
				return "", fmt.Errorf("%s", a.t("nobody listens", "无人监听"))
			}
			return socket, c.Close()
		}),
	}
}
