package cli

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"sync"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine/source/find"
	"glovebox.example/glovebox/internal/document/catalog"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/worker/crew"
)

// lookView is what `dataset new` and `dataset scan` print as JSON.
type lookView struct {
	Source  glovebox.Source `json:"source"`
	Rows    int             `json:"rows"`
	Columns []lookColumn    `json:"columns"`
	Record  string          `json:"record,omitempty"` // of dataset new: YAML
	File    string          `json:"file,omitempty"`
}

type lookColumn struct {
	find.Column
	Class glovebox.Class `json:"class,omitempty"`
	Grade int            `json:"grade,omitempty"`
	Mask  string         `json:"mask,omitempty"`
}

// lookFlags say what cannot be seen in a file.
type lookFlags struct{ hint glovebox.Source }

func (f *lookFlags) bind(a *app, c *cobra.Command) {
	s := c.Flags()
	s.StringVar(&f.hint.Sheet, "sheet", "", a.t("look at the sheet `NAME` of a workbook", "查看工作簿中名为 `NAME` 的工作表"))
	s.StringVar(&f.hint.Table, "table", "", a.t("look at the table `NAME` of a database", "查看数据库中名为 `NAME` 的表"))
	s.StringVar(&f.hint.Entry, "entry", "", a.t("look at the file `PATH` in a zip archive", "查看 zip 压缩包中路径为 `PATH` 的文件"))
}

func (f *lookFlags) look(ctx context.Context, path string) (*find.Seen, *lookView, error) {
	file, err := files.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	seen, err := crew.Look(ctx, file, f.hint)
	if err != nil {
		return nil, nil, err
	}
	v := &lookView{Source: seen.Source, Rows: seen.Rows, Columns: []lookColumn{}}
	for _, c := range seen.Columns {
		l := lookColumn{Column: c}
		if c.Found != nil {
			l.Class, l.Grade, l.Mask = c.Found.Proposed()
		}
		v.Columns = append(v.Columns, l)
	}
	return seen, v, nil
}

var codeForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`) })

func (a *app) datasetNew() *cobra.Command {
	var f lookFlags
	code, out := "new", ""
	c := &cobra.Command{
		Use:   "new FILE",
		Short: a.t("propose a record for a file", "为文件草拟数据资源记录"),
		Long: a.t(`Look at FILE behind the walls and propose its record: format, encoding, header,
and of each column type, ways of writing, class, grade and format, with the
evidence in shares. No value is shown. Bounds, values and totals are public, so
they are not read off the data: TODO stands where the provider has to declare
them, and dataset add refuses a record that still says so. Needs no domain.`, `在隔离墙内查看 FILE 并草拟其记录：格式、编码、表头，以及各字段的类型、写法、
分类、分级与格式，依据以比例列出，不显示任何取值。范围、取值清单和总额均属公开信息，
不得由数据得出：须由提供单位声明之处写作 TODO，仍含 TODO 的记录 dataset add 不予接受。
无需域。`),
		Example: "  glovebox dataset new rent.xlsx --code rent -o rent.yaml",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			if !codeForm().MatchString(code) {
				return glovebox.Errorf(glovebox.CodeInvalid, "the code is not a lower-case letter and then at most 62 of a-z, 0-9, _ and -").WithFix("write it so")
			}
			seen, v, err := f.look(c.Context(), w[0])
			if err != nil {
				return err
			}
			text := seen.Record(code, a.lang)
			if out == "" && !a.json {
				_, err := io.WriteString(a.raw.Out, text)
				return err
			}
			if v.Record = text; out != "" {
				v.Record, v.File = "", out
				if err := writeTo(out, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
					return err
				}
			}
			return a.emit(v, func() {
				a.say(a.t("%s: a record of %d columns, from %d rows; fill in what says TODO", "%s：含 %d 个字段的记录，依据 %d 行；请填写标有 TODO 的各项"), out, len(v.Columns), v.Rows)
			})
		},
	}
	f.bind(a, c)
	c.Flags().StringVar(&code, "code", code, a.t("call the dataset `CODE`", "数据资源编码 `CODE`"))
	c.Flags().StringVarP(&out, "output", "o", "", a.t("write to `FILE` (default: stdout)", "写入 `FILE`（默认写到标准输出）"))
	return c
}

func (a *app) datasetScan() *cobra.Command {
	var f lookFlags
	c := &cobra.Command{
		Use:   "scan FILE",
		Short: a.t("find what in a file names or describes people", "查找文件中指明或描述个人的内容"),
		Long: a.t(`Look at FILE behind the walls and say which of its columns hold resident
numbers, credit codes, telephone numbers, bank cards, passports, officers' and
driving licences, plates, addresses, names, e-mail, IP and MAC addresses, dates
of birth, positions or diagnoses, by check digits, forms and the columns' names.
Shares are of the values; no value is shown. A proposal for a person to decide
on. Needs no domain.`, `在隔离墙内查看 FILE，指出哪些字段含有公民身份号码、统一社会信用代码、手机与固定电话、
银行卡号、护照、军官证、驾驶证、车牌、地址、姓名、电子邮箱、IP 与 MAC 地址、出生日期、
定位坐标或诊断编码，依据校验位、形式与列名判断。比例为占取值的比例，不显示任何取值。
结果供人判断。无需域。`),
		Example: "  glovebox dataset scan rent.csv",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			_, v, err := f.look(c.Context(), w[0])
			if err != nil {
				return err
			}
			return a.emit(v, func() {
				var rows [][]string
				for _, c := range v.Columns {
					if c.Found == nil {
						continue
					}
					by := ""
					if c.Found.Checked {
						by = a.t("check digit", "校验位")
					}
					if c.Found.Word {
						if by != "" {
							by += a.t(", ", "、")
						}
						by += a.t("name", "列名")
					}
					rows = append(rows, []string{strconv.Itoa(c.Place), c.Name, c.Found.Kind.In(a.lang), fmt.Sprintf("%d %%", c.Found.Share), by, a.word(string(c.Class)), strconv.Itoa(c.Grade), a.word(c.Mask)})
				}
				if len(rows) > 0 {
					table(a.Out, []string{a.t("column", "列号"), a.t("name", "列名"), a.t("kind", "种类"), a.t("share", "比例"), a.t("by", "依据"), a.t("class", "分类"), a.t("grade", "分级"), a.t("mask", "脱敏")}, rows)
				}
				a.say(a.t("%d of %d columns, from %d rows", "%d 个字段（共 %d 个），依据 %d 行"), len(rows), len(v.Columns), v.Rows)
			})
		},
	}
	f.bind(a, c)
	return c
}

func (a *app) schemaCmd() *cobra.Command {
	return a.group("schema", "JSON Schemas of the documents that people write", "各类文档的 JSON Schema", a.schemaShow())
}

func (a *app) schemaShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show KIND",
		Short: a.t("print the JSON Schema of a kind of document", "输出某类文档的 JSON Schema"),
		Long: a.t(`Print the published JSON Schema (draft 2020-12) of records (dataset), scenarios
(scenario), grants (grant) or jobs (job). An editor that knows it completes and
checks what is typed: name the file in a first line such as
# yaml-language-server: $schema=dataset.schema.json`, `输出已发布的 JSON Schema（2020-12 版）：数据资源记录（dataset）、场景（scenario）、
授权（grant）或作业（job）。编辑器据此补全并检查输入：在文档首行写明文件，例如
# yaml-language-server: $schema=dataset.schema.json`),
		Example:   "  glovebox schema show dataset",
		Args:      args(cobra.ExactArgs(1)),
		ValidArgs: []string{"dataset", "scenario", "grant", "job"},
		RunE: func(_ *cobra.Command, w []string) error {
			b := catalog.Schema(catalog.Kind(w[0]))
			if b == nil {
				return glovebox.Errorf(glovebox.CodeInvalid, "no kind of document of this name").WithFix("name dataset, scenario, grant or job")
			}
			_, err := a.raw.Out.Write(b)
			return err
		},
	}
}
