package cli

import (
	"context"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/sample"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
)

// sampleView is a sample as JSON prints it.
type sampleView struct {
	Dataset string   `json:"dataset"`
	Sample  bool     `json:"sample"` // always true: none of it is data
	Seed    uint64   `json:"seed"`
	Units   int      `json:"units"`
	Rows    int      `json:"rows"`
	Dropped int      `json:"dropped"` // rows that no attempt fitted to key and rules
	File    string   `json:"file,omitempty"`
	Columns []string `json:"columns"`
	// Cells are the rows, if no file was named; nil is a missing value.
	Cells [][]*string `json:"cells,omitempty"`
	Fit   *job.FitDoc `json:"fit,omitempty"` // that the rows were drawn from
}

func (a *app) datasetSample() *cobra.Command {
	var o sample.Options
	var from string
	var to sampleOut
	var f fitFlags
	c := &cobra.Command{
		Use:   "sample [CODE]",
		Short: a.t("make sample rows from a record, without touching data", "依据记录生成样例数据，不接触真实数据"),
		Long: a.t(`Make rows that have the form of dataset CODE: types, bounds, value lists,
formats with their check digits, keys and quality rules, from the record alone.
No data is read, nothing is charged. The same sample units occur in all
datasets of a unit space, so that samples join. One seed always gives the same
rows. They are written in the form that dataset load reads.

A record is public to the users of its domain: whoever may see it with
dataset show may sample it. Without a domain, name the record with --record.

--fit makes rows that resemble the data: how often values are taken, alone and
in pairs along a tree of columns, is measured once for each snapshot with noise,
on one row of each unit, behind the same walls as jobs. A provider of the
dataset pays for that out of its ledger: --epsilon for a ledger of kind pure,
--rho for zcdp. From then on --fit is free for everybody. Only columns with a
list of values, two bounds or type bool are fitted.

Exit status: 0 made, 1 failed, 2 bad use or input, 3 refused, 4 over budget.`, `依据 CODE 的记录生成同样形式的行：类型、范围、取值清单、带校验码的格式、
主键与质量规则。不读取数据，不花费预算。同一隐私单元空间的各数据资源含有相同的
样例单元，可相互关联。同一种子总是生成相同的行，其形式可供 dataset load 载入。

记录对本域用户公开：能用 dataset show 查看者即可生成样例。没有域时，
用 --record 指定记录文件。

--fit 生成与真实数据相似的行：每个快照一次，以加噪方式测量各字段取值的频次及
沿字段树的成对频次，每单元取一行，在与作业相同的隔离墙内进行。由该数据资源的提供
单位从其账本支付：pure 类用 --epsilon，zcdp 类用 --rho。此后任何人使用 --fit 均免费。
仅拟合有取值清单、有上下界或 bool 类型的字段。

退出码：0 已生成，1 失败，2 用法或输入有误，3 拒绝，4 预算不足。`),
		Example: "  glovebox dataset sample population --units 500 -o sample.csv --domain ./city\n  glovebox dataset sample --record population.yaml --seed 7\n" +
			"  glovebox dataset sample population --fit --epsilon 0.5 --domain ./city --as chen",
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, w []string) error { return a.makeSample(c, &o, &f, &to, from, w) },
	}
	f.bind(a, c)
	s := c.Flags()
	s.StringVar(&from, "record", "", a.t("take the record from `FILE`; needs no domain", "从 `FILE` 读取记录，无需域"))
	s.Uint64Var(&o.Seed, "seed", 0, a.t("choose another sample by `NUMBER`", "用 `NUMBER` 选择另一份样例"))
	s.IntVar(&o.Units, "units", sample.DefaultUnits, a.t("make `N` units", "生成 `N` 个单元"))
	s.IntVar(&o.Rows, "rows", 0, a.t("end after `N` rows (default: when the units end)", "至多 `N` 行（默认至单元用尽）"))
	s.BoolVar(&to.csv, "csv", false, a.t("write CSV whatever form the record's files have", "无论记录的文件格式如何均写成 CSV"))
	s.StringVarP(&to.file, "output", "o", "", a.t("write to `FILE` (default: stdout)", "写入 `FILE`（默认写到标准输出）"))
	return c
}

// sampleOut is where a sample goes, and in which form.
type sampleOut struct {
	file string // "": stdout
	csv  bool
}

// makeSample makes the rows and writes them.
func (a *app) makeSample(c *cobra.Command, o *sample.Options, f *fitFlags, to *sampleOut, from string, w []string) error {
	if err := fromOne(c, "units", "rows"); err != nil {
		return err
	}
	rec, err := a.sampledRecord(c.Context(), from, w)
	if err != nil {
		return err
	}
	doc, err := a.fitFor(c, f, o, from, w)
	if err != nil {
		return err
	}
	t, err := sample.Generate(c.Context(), rec, o)
	if err != nil {
		return err
	}
	write := t.Write
	if to.csv {
		write = t.WriteCSV
	}
	v := &sampleView{Dataset: rec.Code, Sample: true, Seed: o.Seed, Units: len(t.Units()), Rows: len(t.Rows), Dropped: t.Dropped, File: to.file, Fit: doc}
	for _, c := range rec.Columns {
		v.Columns = append(v.Columns, c.Name)
	}
	if t.Formulas() && !(a.json && to.file == "") {
		a.note(a.t("some values begin as a spreadsheet's formulas do: do not open the sample with one", "部分取值的开头与电子表格公式相同：请勿用电子表格软件打开该样例"))
	}
	switch {
	case to.file != "":
		if err := writeTo(to.file, write); err != nil {
			return err
		}
	case a.json:
		v.Cells = cells(t)
	default:
		if err := write(a.raw.Out); err != nil {
			return err
		}
		a.note(a.sampleOrigin(doc))
		return nil
	}
	return a.emit(v, func() {
		a.say(a.t("SAMPLE of %s: %d rows of %d units in %s", "%s 的样例数据：%d 行，%d 个单元，写入 %s"), v.Dataset, v.Rows, v.Units, to.file)
		a.say("%s", a.sampleOrigin(doc))
		if v.Dropped > 0 {
			a.say(a.t("%d rows were left out: no attempt met the key and the quality rules", "略去 %d 行：多次尝试均不满足主键与质量规则"), v.Dropped)
		}
	})
}

// sampledRecord is the record of --record, or the catalogue's.
func (a *app) sampledRecord(ctx context.Context, from string, w []string) (*glovebox.Dataset, error) {
	switch {
	case from != "" && len(w) == 1, from == "" && len(w) == 0:
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "a sample needs one record: a code of the catalogue, or a file").
			WithFix("`glovebox dataset sample CODE`, or `glovebox dataset sample --record FILE`")
	case from != "":
		data, err := readFile(from)
		if err != nil {
			return nil, err
		}
		return catalog.ParseDataset(from, data)
	}
	var doc domain.DatasetDoc
	err := a.look(ctx, desk.Look{Name: "dataset", ID: w[0]}, &doc)
	return &doc.Record, err
}

func cells(t *sample.Table) [][]*string {
	out := make([][]*string, len(t.Rows))
	for i, r := range t.Rows {
		for c := range r {
			var v *string
			if !r[c].Null {
				v = &r[c].Text
			}
			out[i] = append(out[i], v)
		}
	}
	return out
}
