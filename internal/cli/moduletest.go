package cli

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/pipeline"
	"glovebox.example/glovebox/internal/request"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// moduleTestRun is `module test`.
type moduleTestRun struct {
	sampleRun
	function   string
	job        string
	golden     string
	update     bool
	neighbours bool
	out        string
}

func (a *app) moduleTest() *cobra.Command {
	var o moduleTestRun
	c := &cobra.Command{
		Use:   "test MODULE|PROJECT",
		Short: a.t("run a module on sample rows: logs, fuel, timing, golden files, neighbours", "在样例数据上测试模块：日志、燃料、耗时、基准文件、相邻数据"),
		Long: a.t(`Admit a module (a .wasm file, or a source or project that is built first), run
it on sample rows and show everything: rows, print-outs, records, fuel, time,
why units fail. With a job (--job, or job.yaml in the project) the job's
output, filter, parameters and references count, and its table shows before
and after noise. Rows are made from the records of --record, or of
data/INPUT.yaml in the project, or from the manifest where there is none, or
come from a CSV file of yours (--rows).

--update keeps what the module gives in a golden file beside it; from then on
a test fails where it gives something else. --neighbours runs it on pairs of
samples that differ in one unit and compares all that can be observed of the
others; -o writes that report for reviewers (release attach).
Needs no domain. Exit status: 0 passed, 2 bad input, 5 refused, or it gives
other results than the golden file, or neighbours differ.`, `检查模块能否准入（.wasm 文件；源文件或项目则先构建），在样例数据上运行，并展示
一切：行、输出日志、记录、燃料、耗时、失败原因。给出作业时（--job，或项目中的
job.yaml）按作业的输出、过滤、参数与参照表运行，并显示加噪前后的结果。
行依据 --record 的记录、项目中的 data/INPUT.yaml 生成，两者皆无时依据清单生成，
或取自您自己的 CSV 文件（--rows）。

--update 将结果保存为模块旁的基准文件，此后结果不同即测试失败。
--neighbours 在只差一个单元的成对样例上运行，比较其余单元的一切可观察结果；
-o 写出报告供审核人员使用（release attach）。
无需域。退出码：0 通过，2 输入有误，5 被拒、与基准文件不同或相邻数据有差异。`),
		Example: "  glovebox module test care_hotspots.wasm --job job.yaml --record population.yaml\n" +
			"  glovebox module test my-module --update\n" +
			"  glovebox module test income.wasm --neighbours -o neighbours.json",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			if err := fromOne(c, "units"); err != nil {
				return err
			}
			return a.runModuleTest(c.Context(), &o, w[0])
		},
	}
	o.bind(a, c)
	f := c.Flags()
	f.StringVar(&o.function, "function", "", a.t("test the function `NAME` (default: the only one)", "测试函数 `NAME`（默认为唯一的函数）"))
	f.StringVar(&o.job, "job", "", a.t("run it as the job in `FILE` would", "按作业文件 `FILE` 运行"))
	f.StringVar(&o.golden, "golden", "", a.t("compare with the golden `FILE` (default: beside the module, if it is there)", "与基准文件 `FILE` 比较（默认为模块旁的文件，若存在）"))
	f.BoolVar(&o.update, "update", false, a.t("write the golden file", "写入基准文件"))
	f.BoolVar(&o.neighbours, "neighbours", false, a.t("run it on pairs of samples that differ in one unit", "在只差一个单元的成对样例上运行"))
	f.StringVarP(&o.out, "output", "o", "", a.t("with --neighbours: write the report to `FILE`", "与 --neighbours 合用：将报告写入 `FILE`"))
	return c
}

// moduleTested is a test as JSON prints it.
type moduleTested struct {
	Passed     bool              `json:"passed"`
	Admission  sandbox.Report    `json:"admission"`
	Compiler   string            `json:"compiler,omitempty"` // of a source
	Trial      *trial.Report     `json:"trial,omitempty"`
	Golden     *goldenCheck      `json:"golden,omitempty"`
	Neighbours *trial.Neighbours `json:"neighbours,omitempty"`
}

func (a *app) runModuleTest(ctx context.Context, o *moduleTestRun, path string) error {
	if o.out != "" && !o.neighbours || o.neighbours && (o.update || o.golden != "") {
		return glovebox.Errorf(glovebox.CodeInvalid, "-o is the report of --neighbours, and golden files are without it").WithFix("run two tests")
	}
	wasm, v, err := a.underTest(ctx, path)
	if err != nil {
		return err
	}
	task, closeTask, err := a.moduleTask(ctx, o, wasm, v.Admission.Manifest, path)
	if err != nil {
		return err
	}
	defer closeTask()
	if o.neighbours {
		return a.testNeighbours(ctx, o, v, task)
	}
	if v.Trial, err = trial.Run(ctx, task); err != nil {
		return glovebox.InFile(err, path)
	}
	if v.Golden, err = o.compare(v.Trial, path); err != nil {
		return err
	}
	v.Passed = v.Golden == nil || v.Golden.State != "differs"
	if err := a.emit(v, func() { a.printTested(v, o.show) }); err != nil || v.Passed {
		return err
	}
	return (&glovebox.Error{Code: glovebox.CodeModule, File: v.Golden.File, Msg: "the module gives other results than the golden file"}).
		WithFix("correct the module, or accept the results with --update")
}

// underTest admits a module, which it builds first where path is no binary.
func (a *app) underTest(ctx context.Context, path string) ([]byte, *moduleTested, error) {
	v := &moduleTested{}
	var wasm []byte
	var err error
	if filepath.Ext(path) == ".wasm" {
		wasm, err = readModule(path)
	} else {
		var r *modbuild.Result
		if r, err = modbuild.Build(ctx, modbuild.Source{Path: path}); err == nil {
			wasm, v.Compiler = r.Wasm, r.Compiler
		}
	}
	if err != nil {
		return nil, nil, err
	}
	m, err := sandbox.Admit(wasm, nil)
	if err != nil {
		return nil, nil, glovebox.InFile(err, path)
	}
	v.Admission = m.Report()
	return wasm, v, nil
}

// moduleTask makes the task of a test: of a job, or of the manifest alone.
func (a *app) moduleTask(ctx context.Context, o *moduleTestRun, wasm []byte, m *abi.Manifest, path string) (*trial.Task, func(), error) {
	job := o.job
	if job == "" {
		job = project(path).job()
	}
	f, err := o.functionOf(m, job)
	if err != nil {
		return nil, nil, err
	}
	records, err := readRecords(o.records)
	if err != nil {
		return nil, nil, err
	}
	own, err := readRecords(project(path).records(f, records))
	if err != nil {
		return nil, nil, err
	}
	maps.Copy(records, own)
	for code, rec := range trial.Records(f) {
		if records[code] == nil {
			records[code] = rec
		}
	}
	if o.grant != "" && job == "" {
		return nil, nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--grant", Msg: "masks are of a job's columns, and there is no job"}).WithFix("name one with --job")
	}
	task := &trial.Task{Seed: o.Seed, Declared: job != ""}
	closeTask := func() {}
	if job != "" {
		g, err := o.readGrant()
		if err != nil {
			return nil, nil, err
		}
		sub, err := request.File(job)
		if err != nil {
			return nil, nil, err
		}
		s, err := pipeline.SampleAlone(ctx, sub, wasm, records, g)
		if err != nil {
			return nil, nil, err
		}
		task.Spec, task.Bind, task.Lists, records, closeTask = s.Spec, s.Bind, s.Lists, s.Records, s.Close
	} else if task.Spec, err = trial.SpecOf(wasm, f, records); err != nil {
		return nil, nil, err
	}
	for code := range records { // the inputs alone
		if !slices.ContainsFunc(f.Inputs, func(t abi.Table) bool { return t.Name == code }) {
			delete(records, code)
		}
	}
	if task.Tables, task.Sources, err = a.tables(ctx, &o.sampleRun, records, task.Lists); err != nil {
		closeTask()
		return nil, nil, err
	}
	return task, closeTask, nil
}

// functionOf is the function to test: of --function, of the job, or the only one.
func (o *moduleTestRun) functionOf(m *abi.Manifest, job string) (*abi.Function, error) {
	name := o.function
	if job != "" {
		data, err := readFile(job)
		if err != nil {
			return nil, err
		}
		j, err := catalog.ParseJob(job, data)
		if err != nil {
			return nil, err
		}
		if name != "" && j.Function != name {
			return nil, &glovebox.Error{Code: glovebox.CodeInvalid, File: job, Field: "function", Msg: "the job runs another function than the one of --function", Fix: "leave --function out"}
		}
		name = j.Function
	}
	if f, ok := m.Function(name); ok {
		return f, nil
	}
	var names []string
	for _, f := range m.Functions {
		names = append(names, f.Name)
	}
	return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--function", Msg: "names no function of the module, or none is named and there are several"}).WithFix("name one of %v", names)
}
