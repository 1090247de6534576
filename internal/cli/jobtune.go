package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/tune"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/pipeline"
	"glovebox.example/glovebox/internal/request"
)

// tuned is the result of job tune.
type tuned struct {
	Outcome pipeline.Outcome `json:"outcome"`
	Advice  *tune.Advice     `json:"advice"`
}

// tuneShare is what a job is measured for where nobody says a price, as a share of
// its own.
const tuneShare = 100

func (a *app) jobTune() *cobra.Command {
	var price glovebox.ReleaseDef
	c := &cobra.Command{
		Use:   "tune JOB.yaml",
		Short: a.t("measure, for a small price, what a job's limits cut", "以较低价格测量作业的各项上限截去多少"),
		Long: a.t(`Run the module of a job of mode map over the data and count, with noise, the units
that its limits cut: those with more keys than max_keys_per_unit, with more records
of a key than max_records_per_key, with values outside of a metric's min and max, with
max_rows rows or more, and those on which the module fails. Nothing else of the data
comes out. From how many keys units have it computes what a count would be off by
with another max_keys_per_unit, cutting and noise together, and names the best.

It is a job of its own (mode tune): admitted, charged, recorded and stored as every
other, at --rho or --epsilon, or else at a hundredth of the job's own price. Role:
developer. Exit status: as job run.`, `在数据上运行 map 作业的模块，并加噪统计被其上限截断的单元数：分组数超过 max_keys_per_unit、
同一分组的记录数超过 max_records_per_key、取值超出指标的 min 与 max、行数达到 max_rows，
以及模块运行失败的单元。除此之外不透露任何数据。据各单元的分组数，计算采用其他
max_keys_per_unit 时计数的误差（截断与噪声合计），并给出最佳值。

这是一个独立的作业（tune 模式）：与其他作业一样准入、记账、留痕并保存；价格由 --rho
或 --epsilon 给出，省略则为该作业自身价格的百分之一。角色：开发主体。退出码同 job run。`),
		Example: "  glovebox job tune job.yaml --domain ./city --as wang\n  glovebox job tune job.yaml --rho 0.002 --domain ./city --as wang",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			from, j, err := tunedFiles(w[0], price)
			if err != nil {
				return err
			}
			var t tuned
			err = a.do(c.Context(), &desk.Options{Waiting: a.waitForPlace, Courier: a.courier}, desk.Act{Name: "job.run", Params: desk.Params(desk.Document{File: w[0]}), Files: from}, &t.Outcome)
			if err != nil {
				return err
			}
			if t.Advice, err = tune.Read(j, t.Outcome.Content, publicKeys(j, from.from)); err != nil {
				return err
			}
			return a.emit(t, func() { a.printTuned(j, &t) })
		},
	}
	c.Flags().Float64Var(&price.Rho, "rho", 0, a.t("pay `R` in rho", "以 rho 支付 `R`"))
	c.Flags().Float64Var(&price.Epsilon, "epsilon", 0, a.t("pay `E` in epsilon", "以 epsilon 支付 `E`"))
	return c
}

// tunedJob is the disk, with the job in a file as it is tuned.
type tunedJob struct {
	disk
	name string
	from request.Submission
}

// Job implements desk.Files.
func (d tunedJob) Job(name string) (request.Submission, error) {
	if name != d.name {
		return d.disk.Job(name)
	}
	return d.from, nil
}

// tunedFiles reads a job and makes of it the one that measures it.
func tunedFiles(name string, price glovebox.ReleaseDef) (tunedJob, *glovebox.Job, error) {
	d := tunedJob{name: name}
	var err error
	if d.from, err = d.disk.Job(name); err != nil {
		return d, nil, err
	}
	j, err := catalog.ParseJob(name, d.from.Job)
	if err != nil {
		return d, nil, err
	}
	if price.Rho == 0 && price.Epsilon == 0 {
		price = glovebox.ReleaseDef{Rho: j.Release.Rho / tuneShare, Epsilon: j.Release.Epsilon / tuneShare}
	}
	d.from.Job, j, err = catalog.Tuned(name, d.from.Job, price)
	return d, j, err
}

// publicKeys is how many keys a job lists; 0: they are private, or in a file that
// is read elsewhere.
func publicKeys(j *glovebox.Job, from request.Submission) int {
	n := 1
	for _, k := range j.Output.Key {
		switch list := k.Public.(type) {
		case []any:
			n *= len(list)
		case string:
			data, err := files.ReadIn(from.Files, from.Name, list, request.MaxJob, "a list of keys is a small file")
			if err != nil {
				return 0
			}
			n *= max(1, strings.Count(strings.TrimSpace(string(data)), "\n"))
		default:
			return 0
		}
	}
	return n
}

func (a *app) printTuned(j *glovebox.Job, t *tuned) {
	v := t.Advice
	a.say(a.t("%.0f units (±%.0f); of them, with 95 %% confidence:", "约 %.0f 个单元（±%.0f）；其中（95%% 置信度）："), v.Units.Share, v.Units.Half)
	row := func(what string, s tune.Share) []string {
		return []string{what, percent(s.Share), "±" + percent(s.Half)}
	}
	rows := [][]string{
		row(fmt.Sprintf(a.t("have more than %d keys (max_keys_per_unit)", "分组数超过 %d（max_keys_per_unit）"), j.Output.MaxKeysPerUnit), v.OverKeys),
		row(fmt.Sprintf(a.t("have more than %d records of a key (max_records_per_key)", "同一分组的记录数超过 %d（max_records_per_key）"), max(1, j.Output.MaxRecordsPerKey)), v.OverRecords),
		row(a.t("have as many rows as the module sees, or more (max_rows)", "行数达到模块可见上限（max_rows）"), v.AtMaxRows),
		row(a.t("make the module fail", "模块在其上运行失败"), v.Failed),
	}
	for _, c := range v.Clips {
		if c.Below != nil {
			rows = append(rows, row(fmt.Sprintf(a.t("have a value of %s below its min", "%s 的取值低于其下界"), c.Metric), *c.Below))
		}
		if c.Above != nil {
			rows = append(rows, row(fmt.Sprintf(a.t("have a value of %s above its max", "%s 的取值高于其上界"), c.Metric), *c.Above))
		}
	}
	table(a.Out, []string{a.t("units that", "单元"), a.t("share", "占比"), ""}, rows)
	a.printChoices(j, v)
	a.printPrices(t.Outcome.Prices)
}

func (a *app) printChoices(j *glovebox.Job, v *tune.Advice) {
	if len(v.Choices) < 2 {
		return
	}
	var rows [][]string
	for _, x := range v.Choices {
		var noise []string
		for _, name := range sortedKeys(x.Noise) {
			noise = append(noise, name+" ±"+strconv.FormatFloat(x.Noise[name], 'g', 4, 64))
		}
		off := "-"
		if x.Off > 0 {
			off = strconv.FormatFloat(x.Off, 'g', 3, 64)
		}
		rows = append(rows, []string{strconv.Itoa(x.MaxKeys), percent(x.Cut), strings.Join(noise, ", "), off})
	}
	a.say("")
	table(a.Out, []string{"max_keys_per_unit", a.t("keys cut", "截去的分组"), a.t("noise, 95 %", "噪声，95 %"), a.t("a count is off by", "计数的误差")}, rows)
	if v.Best == j.Output.MaxKeysPerUnit {
		a.say(a.t("max_keys_per_unit: %d is the best of them", "max_keys_per_unit: %d 即为其中最佳"), v.Best)
		return
	}
	a.say(a.t("max_keys_per_unit: %d would be better than %d", "max_keys_per_unit: %d 优于 %d"), v.Best, j.Output.MaxKeysPerUnit)
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }
