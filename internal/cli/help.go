package cli

// firstHelp is what a person meets who types the bare word: at most 40 lines.
func (a *app) firstHelp() {
	a.say("%s", a.t(`glovebox: run untrusted analysis over data that must not leave

Start
  init DIR                          create a domain
  doctor                            what this machine and domain can do
Data providers, authority, operator
  user add NAME --role ROLE         register a person
  dataset add|load|list|show        the catalogue; load data into the vault
  scenario add|grant|list|show      purposes, and the rights they have
Developers
  module build|check|show           make a module, see what admission says
  job check|run|list|show           price a job, run it
  budget show                       what is left, and who spent what
Review and evidence
  release show|approve|export       review a release, export a signed bundle
  audit list|show|verify            the log of every decision
  verify BUNDLE                     check a bundle, offline, anywhere

Everywhere: --domain DIR (GLOVEBOX_DOMAIN), --as USER (GLOVEBOX_USER), --json,
--lang en|zh (GLOVEBOX_LANG)

Examples
  glovebox init ./city --name daye
  glovebox job run job.yaml --domain ./city --as wang

Exit status: 0 done, 1 failed, 2 bad use or input, 3 refused by policy,
4 over budget, 5 module refused. More: glovebox COMMAND --help, README.md`,
		`glovebox：让不可信的分析在不出域的数据上运行（原始数据不出域，数据可用不可见）

开始
  init DIR                          创建域
  doctor                            检查本机与本域
数据提供单位、实施机构、运营机构
  user add NAME --role ROLE         登记人员
  dataset add|load|list|show        数据资源目录；数据入库
  scenario add|grant|list|show      应用场景与授权
开发主体
  module build|check|show           构建模块，查看准入意见
  job check|run|list|show           预检与运行作业
  budget show                       预算余额与支出
审核与证据
  release show|approve|export       审核发布，导出签名发布包
  audit list|show|verify            每项决策的日志
  verify BUNDLE                     离线核验发布包

通用选项：--domain DIR（GLOVEBOX_DOMAIN）、--as USER（GLOVEBOX_USER）、--json、
--lang en|zh（GLOVEBOX_LANG）

示例
  glovebox init ./city --name daye
  glovebox job run job.yaml --domain ./city --as wang

退出码：0 成功，1 失败，2 用法或输入有误，3 策略拒绝，4 预算不足，
5 模块被拒。更多：glovebox COMMAND --help，README.zh.md`))
}
