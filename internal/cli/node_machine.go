package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/vault"
	"glovebox.example/glovebox/internal/spread"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/node"
	"glovebox.example/glovebox/internal/spread/storage"
	"glovebox.example/glovebox/internal/worker/crew"
)

// Files of a node's folder.
const (
	nodeKeyFile   = "node.key"
	enrolmentFile = "node.json"
)

// socketEnv names the socket of a machine's node for the tasks that an engine
// starts there.
const socketEnv = "GLOVEBOX_NODE"

func (a *app) nodeInit() *cobra.Command {
	var name, key string
	c := &cobra.Command{
		Use:   "init DIR --name NAME --key KEY",
		Short: a.t("make this machine a node: its keys and its enrolment", "将本机设为节点：生成密钥与登记文件"),
		Long: a.t(`Make a node of this machine, in the folder DIR of an account of its own, which
the engine's account cannot read: keys for reading runs (ML-KEM-768 with X25519)
and for signing answers (Ed25519), and DIR/node.json, which an authority of the
domain trusts with "glovebox node trust".

KEY is the domain's public key as "glovebox domain key" prints it, or a file with
it, from elsewhere than the engine: a node works for that domain alone.`, `将本机设为节点。DIR 属于专用账户，引擎账户不可读：
生成读取运行所用的密钥（ML-KEM-768 与 X25519）与签署回答的密钥（Ed25519），
并写出 DIR/node.json，由域的实施机构人员用 "glovebox node trust" 信任。

KEY 为 "glovebox domain key" 所显示的域公钥或含有它的文件，
须从引擎以外的途径取得：节点只为该域工作。`),
		Example: "  glovebox node init /var/lib/glovebox-node --name n1 --key domain.key",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, w []string) error {
			return a.initNode(w[0], name, key)
		},
	}
	c.Flags().StringVar(&name, "name", "", a.t("call the node `NAME`", "节点名称 `NAME`"))
	c.Flags().StringVar(&key, "key", "", a.t("work for the domain with public key `KEY`, or the one in that file", "为公钥是 `KEY`（或该文件中的公钥）的域工作"))
	return c
}

func (a *app) initNode(dir, name, key string) error {
	text := key
	if st, err := os.Stat(key); err == nil && st.Mode().IsRegular() {
		b, err := readFile(key)
		if err != nil {
			return err
		}
		text = string(b)
	}
	if key == "" {
		return flagError("--key", "no key given", "pass what `glovebox domain key` prints")
	}
	_, pub, err := bundle.ParseKey(strings.TrimSpace(text))
	if err != nil {
		return err
	}
	k, err := spread.NewNodeKey(name, pub)
	if err != nil {
		return err
	}
	walls, _, err := crew.Probe()
	if err != nil {
		return err
	}
	binary, err := digestOfProgram()
	if err != nil {
		return err
	}
	secret, err := k.Encode()
	if err != nil {
		return err
	}
	public, err := k.Enrol(walls.Names(), binary, domain.Machine())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "the directory cannot be made"}).WithFix("check the path and its owner")
	}
	if _, err := os.Lstat(filepath.Join(dir, nodeKeyFile)); err == nil {
		return (&glovebox.Error{Code: glovebox.CodeConflict, File: dir, Msg: "there is a node already"}).
			WithFix("for new keys, make the node in another folder and have it trusted under the same name")
	}
	if err := errors.Join(vault.WriteFile(filepath.Join(dir, enrolmentFile), public), vault.WriteFile(filepath.Join(dir, nodeKeyFile), secret)); err != nil {
		return err
	}
	file := filepath.Join(dir, enrolmentFile)
	return a.emit(map[string]any{"name": name, "enrolment": file, "walls": walls.Names(), "binary": binary}, func() {
		a.say(a.t("node %s: have an authority of the domain trust %s", "节点 %s：请域的实施机构人员信任 %s"), name, file)
	})
}

// readNode reads a node's keys, which nobody else may be able to.
func readNode(dir string) (*spread.NodeKey, error) {
	path := filepath.Join(dir, nodeKeyFile)
	st, err := os.Lstat(path)
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: dir, Msg: "this is not a node"}).WithFix("`glovebox node init DIR` makes one")
	}
	if st.Mode().Perm()&0o077 != 0 {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "is open to others than its owner"}).
			WithFix("if others had access, make new keys with `glovebox node init`; else run: chmod 600 '%s'", path)
	}
	data, err := files.Read(path, 64<<10, "make the node again with `glovebox node init`")
	if err != nil {
		return nil, err
	}
	k, err := spread.DecodeNodeKey(data)
	return k, glovebox.InFile(err, path)
}

func (a *app) nodeServe() *cobra.Command {
	var p place
	var socket string
	var workers int
	c := &cobra.Command{
		Use:   "serve DIR --storage PLACE --socket PATH",
		Short: a.t("work on the parts that the engine's tasks name", "处理引擎任务所指的分片"),
		Long: a.t(`Serve the node in DIR until interrupted. Tasks that the engine starts on this
machine ("glovebox node task") reach it by the socket at PATH, which it makes with
mode 660: give the folder's group to the engine's account. Who reaches the socket
can ask for work and gets one word, never data.

What the node does is printed on stderr, a line each: names and numbers.`, `运行 DIR 中的节点，直至中断。引擎在本机启动的任务（"glovebox node task"）
经 PATH 处的套接字与之联系；套接字权限为 660，请将其所在文件夹的组设为引擎账户的组。
能访问套接字者可要求处理任务，只得到一个词，得不到数据。

节点在标准错误输出上逐行说明所做之事：只有名称与编号。`),
		Example: "  glovebox node serve /var/lib/glovebox-node --storage /srv/glovebox --socket /run/glovebox/node",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			k, err := readNode(w[0])
			if err != nil {
				return err
			}
			at, err := p.open()
			if err != nil {
				return err
			}
			l, err := listenNode(socketOf(socket))
			if err != nil {
				return err
			}
			log := slog.New(slog.NewTextHandler(a.Err, nil))
			log.Info("node serves", "node", k.Name, "socket", l.Addr().String())
			return node.New(k, at, w[0], &node.Options{Workers: workers, Log: log}).Serve(c.Context(), l)
		},
	}
	p.flags(a, c)
	c.Flags().StringVar(&socket, "socket", "", a.t("listen at `PATH` (GLOVEBOX_NODE)", "在 `PATH` 监听（GLOVEBOX_NODE）"))
	c.Flags().IntVar(&workers, "workers", 0, a.t("work on `N` parts at once (default: one a core)", "同时处理 `N` 个分片（默认每核一个）"))
	return c
}

func (p *place) open() (_ storage.Storage, err error) {
	var ca []byte
	if p.ca != "" {
		if ca, err = readFile(p.ca); err != nil {
			return nil, err
		}
	}
	return openStorage(p.storage, p.endpoint, p.region, ca)
}

func socketOf(flag string) string {
	if flag == "" {
		return os.Getenv(socketEnv)
	}
	return flag
}

// listenNode makes the node's socket. One that nobody listens at any more is
// replaced.
func listenNode(path string) (net.Listener, error) {
	if path == "" {
		return nil, flagError("--socket", "no socket given", "pass --socket PATH or set GLOVEBOX_NODE")
	}
	if st, err := os.Lstat(path); err == nil {
		if c, err := net.Dial("unix", path); err == nil {
			_ = c.Close()
			return nil, (&glovebox.Error{Code: glovebox.CodeConflict, File: path, Msg: "another node serves there"}).WithFix("stop it, or pass another --socket")
		}
		if st.Mode().Type() != os.ModeSocket {
			return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "something else than a socket is there"}).WithFix("pass another --socket")
		}
		_ = os.Remove(path)
	}
	l, err := net.Listen("unix", path)
	if err == nil {
		err = os.Chmod(path, 0o660) //nolint:gosec // the engine's account reaches it by its group
	}
	if err != nil {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "no socket can be made there"}).Because(err).WithFix("make its folder, owned by the node's account")
	}
	return l, nil
}

func (a *app) nodeTask() *cobra.Command {
	var socket string
	c := &cobra.Command{
		Use:   "task",
		Short: a.t("what an engine starts: have this machine's node do a task", "由引擎启动：让本机节点完成一个任务"),
		Long: a.t(`Read lines of a run's name and a task's number from stdin, have this machine's
node do each, and print one word for each that is done. It knows no key, prints
nothing else and fails without a word; why is in the node's own log. An engine
starts it; people do not.`, `从标准输入逐行读取运行名称与任务编号，交由本机节点完成，每完成一个输出一个词。
它不持有密钥，不输出其他内容，失败时也不作说明；原因在节点自己的日志中。
由引擎启动，不供人直接使用。`),
		Example: "  glovebox node task",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if node.Tasks(c.Context(), socketOf(socket), a.In, a.raw.Out) != nil {
				return errSilent
			}
			return nil
		},
	}
	c.Flags().StringVar(&socket, "socket", "", a.t("reach the node at `PATH` (GLOVEBOX_NODE)", "节点套接字 `PATH`（GLOVEBOX_NODE）"))
	return c
}

// nodePull is for engines that start no programs. Only a program that has one
// has it.
func (a *app) nodePull() *cobra.Command {
	var socket, at string
	c := &cobra.Command{
		Use:   "pull ENGINE --at ADDRESS",
		Short: a.t("take tasks from an engine that starts no programs", "从不启动程序的引擎领取任务"),
		Long: a.t(`Take tasks from the engine at ADDRESS (nats: HOST:PORT) and have this machine's
node do them, until interrupted. It stands for what other engines start: it knows
no key and runs in the engine's account. A token comes from
GLOVEBOX_ENGINE_TOKEN.`, `从 ADDRESS 处的引擎（nats：HOST:PORT）领取任务，交由本机节点完成，直至中断。
它代替其他引擎所启动的程序：不持有密钥，以引擎账户运行。
令牌取自 GLOVEBOX_ENGINE_TOKEN。`),
		Example: "  GLOVEBOX_NODE=/run/glovebox/node glovebox-cluster node pull nats --at 10.0.0.1:4222",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			pull := a.Pulls[w[0]]
			if pull == nil {
				return glovebox.Errorf(glovebox.CodeInvalid, "tasks are not taken from an engine of kind %s", w[0]).WithFix("use nats")
			}
			return pull(c.Context(), engine.Setting{Kind: w[0], At: at, Token: os.Getenv(engineToken)}, func(ctx context.Context, run string, task int) error {
				return node.Task(ctx, socketOf(socket), run, task, io.Discard)
			})
		},
	}
	c.Flags().StringVar(&at, "at", "", a.t("reach the engine at `ADDRESS`", "引擎地址 `ADDRESS`"))
	c.Flags().StringVar(&socket, "socket", "", a.t("reach the node at `PATH` (GLOVEBOX_NODE)", "节点套接字 `PATH`（GLOVEBOX_NODE）"))
	return c
}
