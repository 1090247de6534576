package cli

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/fit"
	"glovebox.example/glovebox/internal/author/sample"
	"glovebox.example/glovebox/internal/author/trial"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/pipeline"
	"glovebox.example/glovebox/internal/request"
)

// sampleRun are the flags of runs on sample rows.
type sampleRun struct {
	sample.Options
	records []string // files
	grant   string
	rows    []string // CODE=FILE
	show    int
	fit     bool
	models  map[string]*fit.Model // with fit, by dataset
}

func (o *sampleRun) bind(a *app, c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&o.records, "record", nil, a.t("sample the record in `FILE`, without a domain; again for each input", "不用域，样例依据记录文件 `FILE`；每个输入一次"))
	f.StringVar(&o.grant, "grant", "", a.t("with --record: take masks from the grant in `FILE`", "与 --record 合用：脱敏方式取自授权文件 `FILE`"))
	f.StringArrayVar(&o.rows, "rows", nil, a.t("take the rows of an input from `CODE=FILE`, a CSV file of yours", "输入数据的行取自您自己的 CSV 文件 `CODE=FILE`"))
	f.Uint64Var(&o.Seed, "seed", 0, a.t("choose another sample by `NUMBER`", "用 `NUMBER` 选择另一份样例"))
	f.IntVar(&o.Units, "units", sample.DefaultUnits, a.t("make `N` sample units", "生成 `N` 个样例单元"))
	f.IntVar(&o.show, "show", 5, a.t("show `N` units one by one; --json has all", "逐一显示 `N` 个单元；--json 含全部"))
}

// readRecords reads the files of --record.
func readRecords(paths []string) (map[string]*glovebox.Dataset, error) {
	out := map[string]*glovebox.Dataset{}
	for _, path := range paths {
		data, err := readFile(path)
		if err != nil {
			return nil, err
		}
		rec, err := catalog.ParseDataset(path, data)
		if err != nil {
			return nil, err
		}
		if out[rec.Code] != nil {
			return nil, &glovebox.Error{Code: glovebox.CodeInvalid, File: path, Field: "code", Msg: "two records are of this dataset", Fix: "name one of them"}
		}
		out[rec.Code] = rec
	}
	return out, nil
}

// readJob reads a job with the masks of its domain, or of --grant and the
// shipped policy. The domain is closed before anything is run.
func (a *app) readJob(ctx context.Context, o *sampleRun, file string) (s *pipeline.Sample, err error) {
	if len(o.records) == 0 {
		if o.grant != "" {
			return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--grant", Msg: "a domain has grants of its own"}).WithFix("leave it out, or name records with --record")
		}
		err = a.act(ctx, false, func(d *domain.Domain, by *domain.By) error {
			sub, err := request.File(file)
			if err != nil {
				return err
			}
			p := pipeline.New(d, nil)
			if s, err = p.Sample(ctx, sub, by.User); err != nil || !o.fit {
				return err
			}
			if o.models, err = models(ctx, p, s.Records); err != nil {
				s.Close()
			}
			return err
		})
		return s, err
	}
	if o.fit {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "--fit is of a domain's data, not of a record's file").WithFix("leave --record out and use --domain")
	}
	records, err := readRecords(o.records)
	if err != nil {
		return nil, err
	}
	g, err := o.readGrant()
	if err != nil {
		return nil, err
	}
	sub, err := request.File(file)
	if err != nil {
		return nil, err
	}
	return pipeline.SampleAlone(ctx, sub, nil, records, g)
}

// readGrant reads the file of --grant; nil where there is none.
func (o *sampleRun) readGrant() (*glovebox.Grant, error) {
	if o.grant == "" {
		return nil, nil
	}
	data, err := readFile(o.grant)
	if err != nil {
		return nil, err
	}
	return catalog.ParseGrant(o.grant, data)
}

// tables makes or reads the rows of each input.
func (a *app) tables(ctx context.Context, o *sampleRun, records map[string]*glovebox.Dataset, lists map[string][]string) (t map[string]*sample.Table, sources map[string]string, err error) {
	t, sources = map[string]*sample.Table{}, map[string]string{}
	for _, arg := range o.rows {
		code, path, ok := strings.Cut(arg, "=")
		if !ok && len(records) == 1 {
			code, path = sortedKeys(records)[0], arg
		}
		if records[code] == nil {
			return nil, nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--rows", Msg: "names no input"}).WithFix("write CODE=FILE, with CODE one of %v", sortedKeys(records))
		}
		if t[code], err = a.ownRows(records[code], path); err != nil {
			return nil, nil, err
		}
		sources[code] = filepath.Base(path)
	}
	for _, code := range sortedKeys(records) {
		if t[code] != nil {
			continue
		}
		g := o.Options
		g.Lists, g.Model = lists, o.models[code]
		if t[code], err = sample.Generate(ctx, records[code], &g); err != nil {
			return nil, nil, err
		}
	}
	return t, sources, nil
}

// ownRows reads an author's own CSV file.
func (a *app) ownRows(rec *glovebox.Dataset, path string) (*sample.Table, error) {
	dir := a.dir
	if dir != "" {
		var err error
		if dir, err = filepath.Abs(dir); err == nil {
			dir, err = filepath.EvalSymlinks(dir)
		}
		if err != nil {
			dir = "" // there is no such folder, so nothing lies in it
		}
	}
	f, err := trial.OwnFile(path, dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := sample.ReadCSV(rec, f)
	return t, glovebox.InFile(err, path)
}

// runSample is `job run --sample`.
func (a *app) runSample(ctx context.Context, o *sampleRun, file string) error {
	s, err := a.readJob(ctx, o, file)
	if err != nil {
		return err
	}
	defer s.Close()
	tables, sources, err := a.tables(ctx, o, s.Records, s.Lists)
	if err != nil {
		return err
	}
	r, err := trial.Run(ctx, &trial.Task{Spec: s.Spec, Bind: s.Bind, Tables: tables, Sources: sources, Seed: o.Seed, Declared: true})
	if err != nil {
		return glovebox.InFile(err, file)
	}
	v := &sampleOutcome{Report: r, Decision: s.Decision}
	return a.emit(v, func() {
		a.printTrial(r, o.show)
		if s.Decision != nil && !s.Decision.Allow {
			a.say(a.t("on real data this job would be refused now, for %d reasons: `glovebox job check` names them", "该作业目前在真实数据上会被拒绝，理由 %d 条：`glovebox job check` 可列出"), len(s.Decision.Reasons))
		}
		a.say("%s", trial.Notice.In(a.lang))
	})
}

// sampleOutcome is a run on samples as JSON prints it.
type sampleOutcome struct {
	*trial.Report
	Decision *glovebox.Decision `json:"decision,omitempty"` // of admission, in a domain
}
