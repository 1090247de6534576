package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/document/files"
)

// goldenCheck is what became of a golden file.
type goldenCheck struct {
	File        string             `json:"file"`
	State       string             `json:"state"` // written, same or differs
	Differences []trial.Difference `json:"differences"`
}

// compare holds a report against the golden file, or writes it. nil: there is
// none and nobody asked for one.
func (o *moduleTestRun) compare(r *trial.Report, path string) (*goldenCheck, error) {
	file := o.golden
	if file == "" {
		file = project(path).golden()
	}
	c := &goldenCheck{File: file, Differences: []trial.Difference{}}
	if o.update {
		b, err := r.Golden().Encode()
		if err != nil {
			return nil, err
		}
		c.State = "written"
		return c, writeTo(file, func(w io.Writer) error {
			_, err := w.Write(b)
			return err
		})
	}
	if _, err := os.Stat(file); o.golden == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	b, err := files.Read(file, trial.MaxGolden, "golden files are of small samples")
	if err != nil {
		return nil, err
	}
	g, err := trial.DecodeGolden(b)
	if err != nil {
		return nil, glovebox.InFile(err, file)
	}
	list, err := g.Compare(r)
	if err != nil {
		return nil, err
	}
	c.State = "same"
	if len(list) > 0 {
		c.State, c.Differences = "differs", list
	}
	return c, nil
}

func (a *app) printTested(v *moduleTested, show int) {
	a.printModule(v.Admission)
	a.printTrial(v.Trial, show)
	if c := v.Golden; c != nil {
		switch c.State {
		case "written":
			a.say(a.t("golden file written: %s", "已写入基准文件：%s"), c.File)
		case "same":
			a.say(a.t("same as the golden file %s", "与基准文件 %s 一致"), c.File)
		default:
			a.say(a.t("other than the golden file %s:", "与基准文件 %s 不同："), c.File)
			a.printDifferences(c.Differences)
		}
	}
	a.say("%s", trial.Notice.In(a.lang))
}

// differenceNames are what can differ, in Chinese.
var differenceNames = map[string]string{"rows": "所用的行", "order": "次序", "outcome": "结果", "cause": "原因", "log": "日志", "records": "记录",

	"contribution": "贡献", "outputs": "取值", "units": "所含单元", "fuel": "燃料", "started": "启动输出", "result": "结果表", "function": "函数"}

func (a *app) printDifferences(list []trial.Difference) {
	for _, d := range list {
		what := a.t(d.What, differenceNames[d.What])
		switch {
		case d.Unit != "":
			a.say(a.t("  unit %s: %s", "  单元 %s：%s"), plain(d.Unit), what)
		case d.Block != nil:
			a.say(a.t("  block %d: %s", "  分块 %d：%s"), *d.Block, what)
		default:
			a.say("  %s", what)
		}
	}
	if len(list) == trial.MaxDifferences {
		a.say("  %s", a.t("and maybe more", "可能还有更多"))
	}
}
