package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/spread/engine"
	"glovebox.example/glovebox/internal/spread/engine/spark"
	"glovebox.example/glovebox/internal/spread/storage"
	"glovebox.example/glovebox/internal/spread/storage/s3store"
)

func (a *app) nodeCmd() *cobra.Command {
	sub := []*cobra.Command{a.nodeTrust(), a.nodeRevoke(), a.nodeList(), a.nodeUse(), a.nodeInit(), a.nodeServe(), a.nodeTask(), a.nodeDoctor()}
	if len(a.Pulls) > 0 {
		sub = append(sub, a.nodePull())
	}
	return a.group("node", "machines that work on parts, behind an engine", "经引擎调度、处理分片的节点", sub...)
}

func (a *app) nodeTrust() *cobra.Command {
	return &cobra.Command{
		Use:   "trust FILE",
		Short: a.t("let a node work on parts of jobs", "信任节点，允许其处理作业分片"),
		Long: a.t(`Trust the node whose enrolment FILE is: what "glovebox node init" wrote on that
machine as node.json. An authority does it, and says by that that the file comes
from that machine and that the machine is in good hands: a node holds what a
worker of the domain holds.

The log keeps the node's walls and the digest of its program. The policy sees
the walls that all trusted nodes have. Trusting a node of the same name again
replaces its keys.`, `信任 FILE 所登记的节点：该文件由该机器上的 "glovebox node init" 写成 node.json。
由实施机构人员执行，即声明该文件确由该机器给出，且该机器管理可靠：
节点所持有的与域内工作进程相同。

日志记录节点的隔离墙与程序摘要。策略所见为全部受信节点共有的隔离墙。
再次信任同名节点即更换其密钥。`),
		Example: "  glovebox node trust node.json --as zhao --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var doc domain.NodeDoc
			err := a.do(c.Context(), nil, desk.Act{Name: "node.trust", Params: desk.Params(desk.Document{File: w[0]}), Files: disk{}}, &doc)
			if err != nil {
				return err
			}
			return a.emit(doc, func() { a.say("%s: %s", doc.Name, a.word(doc.State)) })
		},
	}
}

func (a *app) nodeRevoke() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME",
		Short: a.t("take a node's leave to work", "撤销节点"),
		Long: a.t(`Revoke a node: no run is sealed to it any more, and a run that it takes part in
fails. Its keys can not be trusted again; "glovebox node init" makes others.`, `撤销节点：此后的运行不再加密给它，它正参与的运行失败。
其密钥不能再次受信；"glovebox node init" 可生成新密钥。`),
		Example: "  glovebox node revoke n2 --as zhao --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var doc domain.NodeDoc
			if err := a.do(c.Context(), nil, desk.Act{Name: "node.revoke", Subject: "node/" + w[0]}, &doc); err != nil {
				return err
			}
			return a.emit(doc, func() { a.say("%s: %s", doc.Name, a.word(doc.State)) })
		},
	}
}

func (a *app) nodeList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   a.t("list the nodes of the domain and its engine", "列出域的节点与引擎"),
		Long:    a.t("List the nodes of the domain with their state and walls, and say who hands parts out.", "列出域的节点及其状态与隔离墙，并说明由谁调度分片。"),
		Example: "  glovebox node list --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var v desk.Nodes
			if err := a.look(c.Context(), desk.Look{Name: "nodes"}, &v); err != nil {
				return err
			}
			return a.emit(v, func() {
				a.say(a.t("engine: %s", "引擎：%s"), strings.TrimSpace(v.Engine.Kind+" "+v.Engine.At+" "+v.Engine.Storage))
				var rows [][]string
				for _, n := range v.Nodes {
					rows = append(rows, []string{n.Name, a.word(n.State), n.Machine, n.Binary[:12], strings.Join(n.Walls, " ")})
				}
				table(a.Out, []string{a.t("name", "名称"), a.t("state", "状态"), a.t("machine", "机器"), a.t("program", "程序"), a.t("walls", "隔离墙")}, rows)
			})
		},
	}
}

// place is shared storage, as flags say it.
type place struct{ storage, endpoint, region, ca string }

func (p *place) flags(a *app, c *cobra.Command) {
	c.Flags().StringVar(&p.storage, "storage", "", a.t("share `PLACE` with the nodes: a folder, or s3://BUCKET/PREFIX", "与节点共用的存储 `PLACE`：文件夹，或 s3://BUCKET/PREFIX"))
	c.Flags().StringVar(&p.endpoint, "endpoint", "", a.t("the bucket is on `HOST:PORT`, over TLS", "存储桶所在服务 `HOST:PORT`，经 TLS"))
	c.Flags().StringVar(&p.region, "region", "", a.t("the bucket is in `REGION`", "存储桶所在区域 `REGION`"))
	c.Flags().StringVar(&p.ca, "ca", "", a.t("trust the certificates in `FILE`", "信任 `FILE` 中的证书"))
}

// openStorage opens shared storage, a bucket with the credentials of the
// environment.
func openStorage(at, endpoint, region string, ca []byte) (storage.Storage, error) {
	if !strings.HasPrefix(at, s3Scheme) {
		if at == "" {
			return nil, flagError("--storage", "no storage given", "name the folder or bucket that `glovebox node use` named")
		}
		return storage.OpenDir(at)
	}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(at, s3Scheme), "/")
	return s3store.Open(s3store.Place{Endpoint: endpoint, Bucket: bucket, Prefix: prefix, Region: region, CA: ca,
		AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), Session: os.Getenv("AWS_SESSION_TOKEN")})
}

// engineToken names the secret of an engine in the environment.
const engineToken = "GLOVEBOX_ENGINE_TOKEN"

// courier opens the domain's engine.
func (a *app) courier(doc domain.EngineDoc) (engine.Engine, storage.Storage, error) {
	open := a.Engines[doc.Kind]
	if open == nil && doc.Kind == spark.Kind {
		open = spark.Open
	}
	if open == nil {
		return nil, nil, glovebox.Errorf(glovebox.CodeInvalid, "this program has no engine of kind %s", doc.Kind).
			WithFix("run the job with glovebox-cluster (docs/cluster.md)")
	}
	at, err := openStorage(doc.Storage, doc.Endpoint, doc.Region, doc.CA)
	if err != nil {
		return nil, nil, err
	}
	e, err := open(engine.Setting{Kind: doc.Kind, At: doc.At, Command: doc.Command, Token: os.Getenv(engineToken)})
	return e, at, err
}

func (a *app) nodeUse() *cobra.Command {
	var use desk.NodeUse
	var p place
	c := &cobra.Command{
		Use:   "use ENGINE",
		Short: a.t("say who hands the parts of jobs out", "指定由谁调度作业分片"),
		Long: a.t(`Say who hands the parts of jobs out from now on:

  local         nobody: this machine does the work
  sparksql      Apache Spark, by its spark-submit program (spark://, yarn, k8s://)
  sparkconnect  a Spark Connect server, HOST:PORT; needs glovebox-cluster
  nats          a NATS server with JetStream, HOST:PORT; needs glovebox-cluster

An authority does it. The engine sees names and numbers; the storage that core
and nodes share holds ciphertext. Parts are laid there at the first job. Tokens
come from GLOVEBOX_ENGINE_TOKEN, credentials of a bucket from
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; none is stored. docs/cluster.md
leads through it.`, `指定此后由谁调度作业分片：

  local         无引擎：由本机处理
  sparksql      Apache Spark，经其 spark-submit 程序（spark://、yarn、k8s://）
  sparkconnect  Spark Connect 服务 HOST:PORT；须用 glovebox-cluster
  nats          启用 JetStream 的 NATS 服务 HOST:PORT；须用 glovebox-cluster

由实施机构人员执行。引擎只见名称与编号；核心与节点共用的存储只存密文。
分片在首个作业运行时放入存储。令牌取自 GLOVEBOX_ENGINE_TOKEN，
存储桶凭据取自 AWS_ACCESS_KEY_ID 与 AWS_SECRET_ACCESS_KEY，均不保存。
步骤见 docs/cluster.zh.md。`),
		Example: "  glovebox node use sparksql --at spark://10.0.0.1:7077 --storage /srv/glovebox --as zhao --domain ./city\n  glovebox node use local --as zhao --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			use.Kind, use.Storage, use.Endpoint, use.Region, use.CA = w[0], p.storage, p.endpoint, p.region, p.ca
			if use.Storage != "" && !strings.HasPrefix(use.Storage, s3Scheme) {
				abs, err := filepath.Abs(use.Storage)
				if err != nil {
					return flagError("--storage", "the storage cannot be named", "name a folder")
				}
				use.Storage = abs
			}
			var doc domain.EngineDoc
			if err := a.do(c.Context(), nil, desk.Act{Name: "node.use", Params: desk.Params(use), Files: disk{}}, &doc); err != nil {
				return err
			}
			return a.emit(doc, func() { a.say(a.t("engine: %s", "引擎：%s"), doc.Kind) })
		},
	}
	c.Flags().StringVar(&use.At, "at", "", a.t("reach the engine at `ADDRESS`", "引擎地址 `ADDRESS`"))
	c.Flags().StringVar(&use.Command, "command", "glovebox node task", a.t("have the engine start `COMMAND` on a node's machine", "引擎在节点机器上启动的命令 `COMMAND`"))
	p.flags(a, c)
	return c
}
