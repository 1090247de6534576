package cli

import (
	"regexp"
	"strings"
	"sync"

	"github.com/clipperhouse/displaywidth"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"glovebox.example/glovebox"
)

// help prints a command's help in the user's language: what it does, usage,
// commands or options, examples, exit status.
func (a *app) help(c *cobra.Command) {
	if !c.HasParent() {
		a.firstHelp()
		return
	}
	text := c.Long
	if text == "" {
		text = c.Short
	}
	a.say("%s\n\n%s", text, a.t("Usage:", "用法："))
	if c.HasAvailableSubCommands() {
		a.say("  %s %s", c.CommandPath(), a.t("COMMAND", "命令"))
		a.section(a.t("Commands:", "命令："), a.commands(c))
	} else {
		use := c.CommandPath()
		if _, rest, ok := strings.Cut(c.Use, " "); ok {
			use += " " + rest
		}
		if c.HasAvailableLocalFlags() && !strings.Contains(use, " --") {
			use += " [" + a.t("OPTIONS", "选项") + "]"
		}
		a.say("  %s", use)
		a.section(a.t("Options:", "选项："), a.flags(c.LocalNonPersistentFlags()))
	}
	a.section(a.t("Everywhere:", "通用选项："), a.flags(c.InheritedFlags()))
	if c.Example != "" {
		a.section(a.t("Example:", "示例："), c.Example)
	}
	if c.HasAvailableSubCommands() {
		a.say("\n"+a.t("More: `%s COMMAND --help`", "更多：`%s 命令 --help`"), c.CommandPath())
	} else if !strings.Contains(text, a.t("Exit status", "退出码")) {
		a.say("\n%s", a.t("Exit status: 0 done, 1 failed, 2 bad use or input, 3 refused.", "退出码：0 成功，1 失败，2 用法或输入有误，3 拒绝。"))
	}
}

// defaultValue is how pflag ends the line of a flag that has one.
var defaultValue = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m) \(default (.+)\)$`) })

// flags is a line for each flag.
func (a *app) flags(f *pflag.FlagSet) string {
	if a.lang != glovebox.Chinese {
		return f.FlagUsages()
	}
	return defaultValue().ReplaceAllString(f.FlagUsages(), "（默认 $1）")
}

func (a *app) section(head, body string) {
	if body != "" {
		a.say("\n%s\n%s", head, strings.TrimRight(body, "\n"))
	}
}

func (a *app) commands(c *cobra.Command) string {
	var b strings.Builder
	width := 0
	for _, s := range c.Commands() {
		width = max(width, displaywidth.String(s.Name()))
	}
	for _, s := range c.Commands() {
		if s.IsAvailableCommand() {
			b.WriteString("  " + s.Name() + strings.Repeat(" ", width-displaywidth.String(s.Name())+2) + s.Short + "\n")
		}
	}
	return b.String()
}

// helpCmd is `glovebox help COMMAND`, the same as `glovebox COMMAND --help`.
func (a *app) helpCmd() *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  a.t("help about a command", "显示命令的帮助"),
		Hidden: true,
		RunE: func(c *cobra.Command, w []string) error {
			found, rest, err := c.Root().Find(w)
			if err != nil {
				found, rest = c.Root(), w
			}
			if err := noSubcommand(found, rest); err != nil {
				return err
			}
			a.help(found)
			return nil
		},
	}
}

// firstHelp is what a person meets who types the bare word: at most 40 lines.
func (a *app) firstHelp() {
	a.say("%s", a.t(`glovebox: run untrusted analysis over data that must not leave
Start
  init DIR, doctor                  create a domain; what this machine and domain can do
  domain key|rotate-keys|backup|restore|serve-from-now  its keys and safety copies; signed acts alone
  serve, web                        hold the domain, answer on its socket; face the network
  login, logout, whoami, config     work at a server, with your key
  session list|end                  who is logged in at a server
  token add|list|end                tokens of programs
  provider keys                     identity providers that people log in by
Data providers, authority, operator
  user add|show|list|role|suspend|resume|end|key|bind|bind-confirm|bindings|unbind  people, roles and keys
  org add|list|show|suspend|resume|end  institutions
  dataset new|scan                  propose a record for a file; find personal data in it
  dataset add|load|list|show|sample|snapshots|rollback|destroy|cancel|pause|resume|withdraw|history  the catalogue
  schema show                       JSON Schemas of the documents
  space add|list|show               what one person may lose over all datasets
  scenario add|apply|review|grant|amend|return|refuse|suspend|resume|end|list|show|history  purposes
  product register|publish|retire|list|show|sample-review|versions|data|calls  products
  ticket open|answer|close|list     questions about the quality of data
  incident open|note|close|list     incidents and drills; freeze, unfreeze: stop the whole domain
  node trust|revoke|list|use|init|serve|task|doctor  machines that share the work
Developers
  module new|build|check|show|test  make a module, see what admission says, test it
  module register|certify|promote|revoke|list  have it reviewed
  job check|tune|run|list|show|cancel  price a job, run it
  grant request                     the smallest grant that a job needs
  budget show|history               what is left, and who spent what
Review and evidence
  release list|show|attach|approve|return|refuse|withdraw|supersede|places|export|report  review; export
  audit list|show|verify|watch|alerts|replay|timeline|people|left|index|copy  the log of every decision
  witness init|add|list|serve|ask   somebody outside who sees that the log only grows
  policy test|explain|diff|lint     the rules: test them, say why
  report list|make|verify           what the law asks for, from the log
  verify BUNDLE                     check a bundle, offline, anywhere
Everywhere: --domain DIR (GLOVEBOX_DOMAIN), --as USER (GLOVEBOX_USER), --json, --lang en|zh
Examples
  glovebox init ./city --name daye
  glovebox job run job.yaml --domain ./city --as wang
Exit status: 0 done, 1 failed, 2 bad use or input, 3 refused by policy, 4 over budget,
5 module refused or broken. More: glovebox COMMAND --help, README.md`,
		`glovebox：让不可信的分析在不出域的数据上运行（原始数据不出域，数据可用不可见）
开始
  init DIR, doctor                  创建域；检查本机与本域
  domain key|rotate-keys|backup|restore|serve-from-now  域密钥与安全副本；改为仅接受签名操作
  serve, web                        持有域，在其套接字上应答；面向网络
  login, logout, whoami, config     用您的密钥在服务器上工作
  session list|end                  服务器上的会话
  token add|list|end                程序令牌
  provider keys                     人员登录所用的身份提供方
数据提供单位、实施机构、运营机构
  user add|show|list|role|suspend|resume|end|key|bind|bind-confirm|bindings|unbind  人员、角色与密钥
  org add|list|show|suspend|resume|end  机构
  dataset new|scan                  为文件草拟记录；查找其中的个人信息
  dataset add|load|list|show|sample|snapshots|rollback|destroy|cancel|pause|resume|withdraw|history  数据资源目录
  schema show                       各类文档的 JSON Schema
  space add|list|show               单元空间：一个人在全部数据资源上的损失上限
  scenario add|apply|review|grant|amend|return|refuse|suspend|resume|end|list|show|history  场景与授权
  product register|publish|retire|list|show|sample-review|versions|data|calls  产品清单与数据
  ticket open|answer|close|list     数据质量问题
  incident open|note|close|list     安全事件与演练；freeze、unfreeze：冻结整个域、解除
  node trust|revoke|list|use|init|serve|task|doctor  分担处理的节点
开发主体
  module new|build|check|show|test  构建模块，查看准入意见，测试
  module register|certify|promote|revoke|list  登记、认证与转产
  job check|tune|run|list|show|cancel  预检与运行作业
  grant request                     作业所需的最小授权
  budget show|history               预算余额与支出
审核与证据
  release list|show|attach|approve|return|refuse|withdraw|supersede|places|export|report  审核与导出
  audit list|show|verify|watch|alerts|replay|timeline|people|left|index|copy  每项决策的日志
  witness init|add|list|serve|ask   域外见证：确认日志只增不改
  policy test|explain|diff|lint     规则：测试与说明理由
  report list|make|verify           依据日志生成法定报告
  verify BUNDLE                     离线核验发布包
通用选项：--domain DIR（GLOVEBOX_DOMAIN）、--as USER（GLOVEBOX_USER）、--json、--lang en|zh
示例
  glovebox init ./city --name daye
  glovebox job run job.yaml --domain ./city --as wang
退出码：0 成功，1 失败，2 用法或输入有误，3 策略拒绝，4 预算不足，5 模块被拒或损坏。
更多：glovebox 命令 --help，README.zh.md`))
}
