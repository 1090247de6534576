package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/pipeline"
)

func (a *app) jobCmd() *cobra.Command {
	return a.group("job", "check and run jobs", "检查与运行作业", a.jobCheck(), a.jobTune(), a.jobRun(), a.jobList(), a.jobShow(), a.jobCancel())
}

func (a *app) jobCheck() *cobra.Command {
	var wants []string
	c := &cobra.Command{
		Use:   "check JOB.yaml",
		Short: a.t("say whether a job would be admitted and what it would cost", "预检作业：是否会被准入、花费多少"),
		Long: a.t(`Check a job and its module, ask the policy and print all its reasons; the price
on each ledger, whether it fits, and who else spent; and the error that the
noise will make in each metric. Nothing is charged or recorded, no data is read.
Role: developer. Exit status: as job run would give at admission.

With --want it answers, too, with the least price at which a figure lies off by at
most so much in 95 of 100 cases, or with what the most buys that the budget holds.
The noise is meant, and not what limits on a unit's contribution cut.`, `检查作业及其模块，询问策略并列出全部理由；显示在各账本上的价格、是否够用、其他支出者，
以及噪声给各指标带来的误差。不扣预算、不留记录、不读取数据。角色：开发主体。
退出码：与 job run 准入时相同。

加上 --want 还会给出：使某指标在 95% 的情形下误差不超过给定值的最低价格；
预算不足时，给出余额所能买到的精度。此处只计噪声，不计对单元贡献的截断。`),
		Example: "  glovebox job check job.yaml --domain ./city --as wang\n" +
			"  glovebox job check job.yaml --want people=±20@95% --domain ./city --as wang\n" +
			"  glovebox job check job.yaml --want income=±100@95%/500 --domain ./city --as wang",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var r pipeline.CheckReport
			if err := a.look(c.Context(), desk.Look{Name: "check", ID: w[0], Files: disk{}, Args: map[string]string{"want": strings.Join(wants, "\n")}}, &r); err != nil {
				return err
			}
			if err := a.emit(r, func() { a.printCheck(&r) }); err != nil {
				return err
			}
			if !r.Decision.Allow {
				return r.Decision.Denied()
			}
			return nil
		},
	}
	c.Flags().StringArrayVar(&wants, "want", nil, a.t("how good a figure should be, `METRIC=±HALF`[@95%][/UNITS of the key]", "某指标应有的精度 `METRIC=±HALF`[@95%][/分组的单元数]"))
	return c
}

func (a *app) jobRun() *cobra.Command {
	var o sampleRun
	var onSample bool
	var most uint
	c := &cobra.Command{
		Use:   "run JOB.yaml",
		Short: a.t("run a job and print its release", "运行作业并显示发布结果"),
		Long: a.t(`Ask the policy, charge the ledgers, run the module over the data one privacy
unit (or, in mode blocks, one block of units) at a time, once or, in mode train,
in rounds, add noise and store the release. A job that was run before is
answered from the store, free. A run that was killed goes on when it is run
again, without a second charge. Role: developer.

With --sample it runs on made-up rows and shows its author everything: rows,
print-outs, records, contributions, fuel, why units or blocks fail, the table
before and after noise. No data is read, nothing is charged, recorded or released. The
rows are generated from the records (--seed, --units) or come from CSV files
of yours (--rows); with --record no domain is needed.

Exit status: 0 released, 2 bad job, 3 refused by policy, 4 over budget,
5 module refused or broken.`, `询问策略、记账、按隐私单元（blocks 模式按分块，train 模式分多轮）逐一运行模块、加噪并保存发布结果。
运行过的相同作业直接返回已存结果，不再花费预算。被中断的作业再次运行即可继续，
不会重复记账。角色：开发主体。

--sample 在虚构的样例数据上运行，并向作者展示一切：行、输出日志、记录、贡献、
燃料、失败原因、加噪前后的结果。不读取真实数据，不记账、不留记录、不产生发布。
样例依据记录生成（--seed、--units），或取自您自己的 CSV 文件（--rows）；
用 --record 时无需域。

退出码：0 已发布，2 作业有误，3 策略拒绝，4 预算不足，5 模块被拒或损坏。`),
		Example: "  glovebox job run job.yaml --domain ./city --as wang\n" +
			"  glovebox job run job.yaml --sample --units 500 --domain ./city --as wang\n" +
			"  glovebox job run job.yaml --sample --record population.yaml --rows population=mine.csv",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			if err := fromOne(c, "units"); err != nil {
				return err
			}
			if onSample {
				return a.runSample(c.Context(), &o, w[0])
			}
			if err := onlyWith(c, "sample", "record", "grant", "rows", "seed", "units", "show", "fit"); err != nil {
				return err
			}
			var o pipeline.Outcome
			err := a.do(c.Context(), &desk.Options{Waiting: a.waitForPlace, Courier: a.courier}, desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: w[0]}), Files: disk{}}, &o)
			if err != nil {
				return err
			}
			f, err := factsOf(o.Content)
			if err != nil {
				return err
			}
			return a.emit(o, func() { a.printOutcome(&o, f, most) })
		},
	}
	a.rowsFlag(c, &most)
	c.Flags().BoolVar(&onSample, "sample", false, a.t("run on made-up rows, show everything, charge nothing", "在样例数据上运行，展示全部过程，不花预算"))
	c.Flags().BoolVar(&o.fit, "fit", false, a.t("with --sample: draw rows from the inputs' fits (dataset sample --fit)", "与 --sample 合用：依据各输入的拟合结果生成（dataset sample --fit）"))
	o.bind(a, c)
	return c
}

// waitForPlace says that a run waits.
func (a *app) waitForPlace(places int) {
	a.note(fmt.Sprintf(a.t("waiting for a place: this domain runs at most %d at once (max_runs in its domain.json)", "正在排队：本域最多同时运行 %d 个作业（见其 domain.json 的 max_runs）"), places))
}

// onlyWith refuses flags that mean nothing without another one.
func onlyWith(c *cobra.Command, flag string, names ...string) error {
	for _, n := range names {
		if c.Flags().Changed(n) {
			return glovebox.Errorf(glovebox.CodeInvalid, "--%s is for runs with --%s", n, flag).WithFix("add --%s, or leave it out", flag)
		}
	}
	return nil
}

func (a *app) printOutcome(o *pipeline.Outcome, f *pipeline.Facts, most uint) {
	if o.Repeated {
		a.say(a.t("%s was run before: the stored answer, nothing spent", "%s 曾运行过：返回已存结果，未花费预算"), o.Job)
	}
	a.printContent(o.Content, f, most)
	a.printPrices(o.Prices)
	a.printReleaseState(&o.Release)
}

func (a *app) jobList() *cobra.Command {
	var part page
	return part.flags(a, &cobra.Command{
		Use:   "list",
		Short: a.t("list the jobs that you may see", "列出您可查看的作业"),
		Long: a.t(`List jobs with their state and, where they are done, their release: a developer's
own, an operator's scenarios, those that read a provider's data, an authority's
district; an auditor sees all.`, `列出作业及其状态；已完成的附其发布。开发主体见自己的，运营机构见其场景的，数据提供单位见读取其数据的，
实施机构见其区域的；审计可见全部。`),
		Example: "  glovebox job list --domain ./city --as wang",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []job.Doc
			if err := a.look(c.Context(), desk.Look{Name: "jobs", Args: part.args()}, &all); err != nil {
				return err
			}
			return a.emit(list(all), func() {
				var rows [][]string
				for _, j := range all {
					rows = append(rows, []string{j.ID, a.word(string(j.State)), j.Scenario, j.Product, j.Submitter, j.Submitted, j.Release})
				}
				table(a.Out, []string{a.t("job", "作业"), a.t("state", "状态"), a.t("scenario", "应用场景"), a.t("product", "产品"), a.t("by", "提交人"), a.t("at", "时间"), a.t("release", "发布")}, rows)
			})
		},
	})
}

func (a *app) jobShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show JOB",
		Short: a.t("show a job: what it reads, its price, why it was refused", "显示作业：读取的数据、价格、被拒理由"),
		Long: a.t(`Show a job: its state, module, the snapshots and columns that it reads with
their masks, its row filter, parameters and output, its price, its release, and
all reasons if it was refused.`, `显示作业：状态、模块、所读快照与字段及其脱敏方式、行过滤、参数、输出、价格、发布；
被拒时附全部理由。`),
		Example: "  glovebox job show j-0123456789abcdef --domain ./city --as wang",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var j job.Doc
			if err := a.look(c.Context(), desk.Look{Name: "job", ID: w[0]}, &j); err != nil {
				return err
			}
			return a.emit(j, func() { a.printJob(&j) })
		},
	}
}

func (a *app) printJob(j *job.Doc) {
	a.say("%s  %s  %s/%s  %s %s", j.ID, a.word(string(j.State)), j.Scenario, j.Product, j.Submitter, j.Submitted)
	a.printAsked(askedBy(j))
	for _, code := range sortedKeys(j.Prices) {
		p := j.Prices[code]
		a.say("%s: %s %s", a.t("price", "价格"), code, amount(p.Kind, p.Amount))
	}
	for _, p := range j.Spaces {
		a.say("%s: %s %s", a.t("price", "价格"), a.account("", p.Space), amount(p.Kind, p.Amount))
	}
	if j.Release != "" {
		a.say("%s: %s", a.t("release", "发布"), j.Release)
	}
	if len(j.Reasons) > 0 {
		a.printReasons(a.Out, glovebox.Decision{Point: glovebox.PointAdmit, Reasons: j.Reasons})
	}
}
