package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) moduleAct(c *cobra.Command, x desk.Act) error {
	var doc domain.ModuleDoc
	if err := a.do(c.Context(), nil, x, &doc); err != nil {
		return err
	}
	return a.emit(doc, func() { a.printRegistered(&doc) })
}

func (a *app) printRegistered(m *domain.ModuleDoc) {
	a.say("%s %s  %s  [%s]", m.Name, m.Version, m.Digest, a.word(string(m.State)))
	a.say("  %s: %s %s  %s", a.t("registered", "登记"), m.At, m.By, strings.Join(m.Functions, ", "))
	if m.Source != "" {
		a.say("  %s: %s  %s: %s", a.t("source", "源代码"), m.Source, a.t("built by", "构建方法"), m.Recipe)
	}
	for _, w := range m.Words {
		a.say("  %s %s (%s): %s", w.At, w.By, a.word(string(w.Role)), w.Text)
	}
	for _, p := range m.Promoted {
		a.say("  %s: %s  %s %s: %s", a.t("promoted", "转产"), p.Job, p.At, p.By, p.Text)
	}
}

func (a *app) moduleRegister() *cobra.Command {
	var p desk.ModuleRegister
	c := &cobra.Command{
		Use:   "register MODULE.wasm",
		Short: a.t("register a module in the domain", "在域内登记模块"),
		Long: a.t(`Register a module that admission lets in: its bytes are kept for good, and its
digest is what reviewers vouch for. A changed module has another digest, and is
reviewed anew. --source attaches an archive of its source, --recipe says how it is
built from that. Role: developer.`, `登记通过准入的模块：其字节长期留存，审核人员认证的是其摘要。
模块变更后摘要不同，须重新审核。--source 附上源代码归档，--recipe 说明构建方法。角色：开发主体。`),
		Example: "  glovebox module register income.wasm --source income.tar --recipe make --as wang",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			p.File = w[0]
			return a.moduleAct(c, desk.Act{Name: "module.register", Params: desk.Params(p), Files: disk{}})
		},
	}
	c.Flags().StringVar(&p.Source, "source", "", a.t("attach its source, an archive in `FILE`", "附上源代码归档 `FILE`"))
	c.Flags().StringVar(&p.Recipe, "recipe", "", a.t("it is built from that by `TEXT`", "构建方法 `TEXT`"))
	return c
}

func (a *app) moduleCertify() *cobra.Command {
	return &cobra.Command{
		Use:   "certify DIGEST TEXT",
		Short: a.t("vouch for a module", "认证模块"),
		Long: a.t(`Vouch for a registered module, saying what was looked at. It is certified when two
people of two institutions did, one of them the authority, neither of its
developer's institution. A domain whose domain.json requires "certified" runs no
other. Role: authority, auditor or provider.`, `为已登记的模块作出认证并写明审核内容。两个机构的两人认证且其中一人为实施机构人员、
均不属于开发主体机构的，模块即为已认证。domain.json 要求 certified 的域只运行已认证的模块。
角色：实施机构、审计或数据提供单位。`),
		Example: "  glovebox module certify sha256:… 已核对源代码与构建结果 --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.moduleAct(c, desk.Act{Name: "module.certify", Subject: "module/" + w[0], Params: desk.Params(desk.Said{Text: w[1]})})
		},
	}
}

func (a *app) modulePromote() *cobra.Command {
	return &cobra.Command{
		Use:   "promote DIGEST JOB.yaml TEXT",
		Short: a.t("run a job on samples and let it become real (promotion)", "在样例数据上运行作业并准予转产"),
		Long: a.t(`Run JOB.yaml with its registered module on sample rows that the domain makes of its
records, compare runs over neighbours of them, keep that report, and record who
looked and when: the job may then run on data where domain.json requires
"promoted". Another module, or a job that declares something else, is promoted
anew. Role: operator or authority of another institution than the developer's.`, `在域依据记录生成的样例数据上，以已登记的模块运行 JOB.yaml，并在相邻数据上比较，
留存报告，记录由何人于何时查看：domain.json 要求 promoted 的域此后方可在真实数据上运行该作业。
模块不同或声明内容不同的作业须另行转产。角色：与开发主体不同机构的运营机构或实施机构人员。`),
		Example: "  glovebox module promote sha256:… job.yaml 样例结果合理 --domain ./city --as liu",
		Args:    args(cobra.ExactArgs(3)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.moduleAct(c, desk.Act{Name: "module.promote", Subject: "module/" + w[0], Params: desk.Params(desk.ModulePromote{File: w[1], Text: w[2]}), Files: disk{}})
		},
	}
}

func (a *app) moduleRevoke() *cobra.Command {
	var p desk.Reason
	c := &cobra.Command{
		Use:     "revoke DIGEST",
		Short:   a.t("revoke a module for good", "撤销模块，不可恢复"),
		Long:    a.t("Revoke a module: nothing runs it any more, and nothing that it made leaves. Role:\nauthority, or whoever registered it.", "撤销模块：不再运行，其结果也不再出域。角色：实施机构，或登记者本人。"),
		Example: "  glovebox module revoke sha256:… --reason 发现缺陷 --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.moduleAct(c, desk.Act{Name: "module.revoke", Subject: "module/" + w[0], Params: desk.Params(p)})
		},
	}
	c.Flags().StringVar(&p.Reason, "reason", "", a.t("because of `TEXT`", "原因 `TEXT`"))
	return c
}

func (a *app) moduleList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   a.t("list the modules that were registered, and who vouched for them", "列出已登记的模块及其认证"),
		Long:    a.t("List the modules of the domain: state, who registered and who vouched for each, and\nwhich jobs were promoted.", "列出域内模块：状态、登记者、认证者，以及已转产的作业。"),
		Example: "  glovebox module list --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []domain.ModuleDoc
			if err := a.look(c.Context(), desk.Look{Name: "modules"}, &all); err != nil {
				return err
			}
			return a.emit(list(all), func() {
				for i := range all {
					a.printRegistered(&all[i])
				}
			})
		},
	}
}
