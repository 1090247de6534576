package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/privacy"
)

func (a *app) datasetCmd() *cobra.Command {
	return a.group("dataset", "the catalogue, and loading data into the vault", "数据资源目录与数据载入",
		append([]*cobra.Command{a.datasetNew(), a.datasetScan(), a.datasetAdd(), a.datasetLoad(), a.datasetList(), a.datasetShow(), a.datasetSample(), a.datasetSnapshots(), a.datasetRollback(), a.datasetDestroy(), a.datasetCancel(), a.datasetHistory()}, a.datasetBrakes()...)...)
}

func (a *app) datasetAdd() *cobra.Command {
	return &cobra.Command{
		Use:   "add RECORD.yaml",
		Short: a.t("register a dataset record and open its ledger", "登记数据资源并开立其隐私预算账本"),
		Long: a.t(`Register a dataset record: its columns with class and grade, bounds, quality
rules, privacy unit and ledger. The ledger's kind and total are fixed here for
good. Fields: docs/formats/dataset.md. Role: provider of the record's
organisation.`, `登记数据资源记录：字段及其分类分级、取值范围、质量规则、隐私单元与账本。
账本的类型与总额在此一经确定不再更改。字段说明：docs/formats/dataset.zh.md。
角色：记录所写单位的数据提供单位人员。`),
		Example: "  glovebox dataset add population.yaml --domain ./city --as chen",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var rec glovebox.Dataset
			err := a.do(c.Context(), nil, desk.Act{Name: "dataset.add", Params: desk.Params(desk.Document{File: w[0]}), Files: disk{}}, &rec)
			if err != nil {
				return err
			}
			var spaces []domain.SpaceView
			if err := a.look(c.Context(), desk.Look{Name: "spaces"}, &spaces); err != nil {
				return err
			}
			return a.emit(rec, func() {
				a.say(a.t("%s registered: %d columns, unit space %s, ledger %s", "%s 已登记：%d 个字段，隐私单元空间 %s，账本 %s"),
					rec.Code, len(rec.Columns), rec.Unit.Space, ledgerText(rec.Ledger))
				for _, v := range spaces {
					if v.Balance.Assumed && v.From == rec.Code {
						a.say(a.t("nobody has said what a unit of space %s may lose over all datasets: this total stands for that until the authority says another (`glovebox space add`)", "尚未规定空间 %s 的单元在全部数据资源上的损失总额：在实施机构规定之前（`glovebox space add`），以本数据资源的总额代替"), v.Name)
					}
				}
			})
		},
	}
}

func ledgerText(l glovebox.LedgerDef) string {
	s := fmt.Sprintf("ε=%g", l.Epsilon)
	if l.Kind == glovebox.LedgerZCDP {
		s = fmt.Sprintf("ρ=%g", l.Rho)
	}
	if l.Delta > 0 {
		s += fmt.Sprintf(" δ=%g", l.Delta)
	}
	return s
}

func (a *app) datasetLoad() *cobra.Command {
	accept, acceptCopy := false, false
	c := &cobra.Command{
		Use:   "load CODE FILE",
		Short: a.t("load a file into a new encrypted snapshot", "将文件载入新的加密快照"),
		Long: a.t(`Check FILE against the record of CODE and load it: types, bounds, keys and
quality rules are checked, identifiers become keyed tokens, and the rows are
kept sorted by privacy unit and encrypted. Rejected rows are reported by
line and reason, never by value. A file of which no row is accepted, or less
than half as many as the current snapshot has, is refused without
--accept-change. A file with the rows that are loaded already becomes a new
version too, since nobody may see that nothing changed; only whoever loads it
is told. Rows of mostly the units of another dataset with the same space, key and columns
look like a copy of it: you and the authority are told, and a served domain takes
them with --accept-copy alone. Where the record's source is a database or S3 server, FILE is a connection
file of mode 0600 (docs/formats/dataset.md). Role: provider of the dataset.`, `按 CODE 的记录检查并载入 FILE：检查类型、范围、主键与质量规则，
标识替换为带密钥的令牌，按隐私单元排序后加密保存。
被拒绝的行只报告行号与原因，绝不报告取值。接受的行为零、或不及当前快照的一半时，
须加 --accept-change 才会载入。与已载入内容相同的文件也成为新版本，
因为数据有无变化不得为他人所见；仅告知载入者本人。若大部分单元与另一数据资源
（空间、主键与多数字段相同）相同，即看似其副本：告知您与实施机构；仅接受签名操作的域
须加 --accept-copy 才会载入。记录的来源为数据库或 S3 服务器时，
FILE 为权限 0600 的连接文件（docs/formats/dataset.zh.md）。角色：该数据资源的提供单位人员。`),
		Example: "  glovebox dataset load population population.csv --domain ./city --as chen",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			var l domain.Load
			err := a.do(c.Context(), &desk.Options{Progress: a.progress(a.t("loading", "载入"))}, desk.Act{Name: "dataset.load", Subject: "dataset/" + w[0],
				Params: desk.Params(desk.DatasetLoad{File: w[1], AcceptChange: accept, AcceptCopy: acceptCopy}), Files: disk{}}, &l)
			if err != nil {
				return err
			}
			return a.emit(l, func() {
				r := l.Report
				a.say(a.t("%s@%d: %d rows, %d accepted, %d rejected", "%s@%d：共 %d 行，接受 %d 行，拒绝 %d 行"),
					l.Snapshot.Dataset, l.Snapshot.Version, r.Rows, r.Accepted, r.Rejected)
				if l.Equal {
					a.say(a.t("the same rows as @%d, which nobody else is told: it is a version of its own, and jobs on it are paid for again", "与 @%d 的行完全相同（仅告知您）：仍为独立的新版本，其上的作业需重新付费"), l.Snapshot.Version-1)
				}
				if len(l.Alike) > 0 {
					a.say(a.t("looks like a copy of %s: the same people, under a second ledger; the authority is told too", "看似 %s 的副本：同一批人，却有第二个账本；实施机构亦被告知"), strings.Join(l.Alike, ", "))
				}
				if r.Dropped > 0 {
					a.say(a.t("%d rows are no data by the record's `drop` and are in no other count", "%d 行按记录的 `drop` 不是数据，不计入其他数目"), r.Dropped)
				}
				a.printRejects(a.Out, r)
				if l.Count == domain.CountUnpaid {
					a.say(a.t("the ledger does not hold the price of the number of units: it stays unknown", "账本余额不足以支付单元数：单元数保持未知"))
				}
			})
		},
	}
	c.Flags().BoolVar(&acceptCopy, "accept-copy", false, a.t("in a served domain: load rows that look like a copy of another dataset", "在仅接受签名操作的域中：载入看似另一数据资源副本的数据"))
	c.Flags().BoolVar(&accept, "accept-change", false, a.t("load a file without rows, or with less than half as many as the current snapshot", "即使没有行、或行数不及当前快照的一半，也载入"))
	return c
}

func (a *app) printRejects(w io.Writer, r *engine.LoadReport) {
	var rows [][]string
	more := r.Rejected
	for _, f := range r.First {
		line, column := f.Where()
		where, lines := strconv.FormatInt(line, 10), max(f.Lines, 1)
		if lines > 1 {
			where = fmt.Sprintf(a.t("%d, with %d lines", "%d（共 %d 行）"), line, lines)
		}
		more -= lines
		rows = append(rows, []string{where, column, string(f.Reason)})
	}
	if len(rows) > 0 {
		line := a.t("line", "行号")
		if r.First[0].Line == 0 {
			line = a.t("row", "数据行号")
		}
		table(w, []string{line, a.t("column", "字段"), a.t("reason", "原因")}, rows)
	}
	if more > 0 {
		fmt.Fprintf(w, a.t("and %d more\n", "另有 %d 行\n"), more)
	}
	if r.Inside > 0 {
		fmt.Fprintf(w, a.t("%d lines of the file lie inside cells of accepted rows\n", "文件中有 %d 行位于已接受行的单元格之内\n"), r.Inside)
	}
}

func (a *app) datasetShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show CODE",
		Short: a.t("show a record: columns, classes, grades, bounds", "显示数据资源记录：字段、分类、分级与范围"),
		Long: a.t(`Show a dataset record: its privacy unit, ledger and current snapshot, and each
column with its class, grade and the rule that its values meet.`, `显示数据资源记录：隐私单元、账本、当前快照，以及各字段的分类、分级与取值规则。`),
		Example: "  glovebox dataset show population --domain ./city",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			var x domain.DatasetDoc
			if err := a.look(c.Context(), desk.Look{Name: "dataset", ID: w[0]}, &x); err != nil {
				return err
			}
			return a.emit(x, func() { a.printDataset(&x) })
		},
	}
}

func (a *app) printDataset(x *domain.DatasetDoc) {
	r := &x.Record
	a.say("%s  %s", r.Code, r.Title.In(a.lang))
	a.say("%s: %s  %s: %s  %s: %s", a.t("provider", "提供单位"), r.Provider, a.t("update", "更新频率"), r.Update, a.t("state", "状态"), a.word(string(x.State)))
	a.printHolds(x.Holds)
	a.say("%s: %s (%s), %s %d", a.t("privacy unit", "隐私单元"), r.Unit.Space, r.Unit.Column, a.t("rows per unit at most", "每单元最多行数"), r.Unit.MaxRows)
	if len(x.Alike) > 0 {
		a.say("%s: %s", a.t("looks like a copy of", "看似副本，原数据资源"), strings.Join(x.Alike, ", "))
	}
	if x.Due != "" {
		a.say("%s: %s", a.t("next load due", "下次载入到期"), x.Due)
	}
	for _, u := range r.OtherUnits {
		a.say("%s: %s (%s), %s %d", a.t("also a privacy unit", "亦为隐私单元"), u.Space, u.Column, a.t("rows per unit at most", "每单元最多行数"), u.MaxRows)
	}
	a.say("%s: %s %s", a.t("ledger", "账本"), r.Ledger.Kind, ledgerText(r.Ledger))
	if s := x.Snapshot; s != nil {
		a.say("%s: @%d %s %s", a.t("snapshot", "快照"), s.Version, s.Loaded, s.Digest)
		for i, u := range r.Units() {
			about := ""
			if i > 0 {
				about = " (" + u.Column + ")"
			}
			a.say("%s%s: %s", a.t("number of units", "单元数"), about, a.units(r.Ledger.Kind, u.Count, s.UnitsAt(i)))
		}
	}
	var rows [][]string
	for _, c := range r.Columns {
		rule := ""
		switch {
		case len(c.Values) > 0:
			rule = fmt.Sprintf(a.t("%d values", "%d 个取值"), len(c.Values))
		case c.Format != "":
			rule = c.Format
		case c.Min != "" || c.Max != "":
			rule = string(c.Min) + ".." + string(c.Max)
		}
		if c.Nullable {
			rule = strings.TrimSpace(rule + " " + a.t("nullable", "可空"))
		}
		rows = append(rows, []string{c.Name, c.Title.In(a.lang), string(c.Type), string(c.Class), strconv.Itoa(c.Grade), rule})
	}
	table(a.Out, []string{a.t("column", "字段"), a.t("title", "名称"), a.t("type", "类型"), a.t("class", "分类"), a.t("grade", "分级"), a.t("rule", "规则")}, rows)
}

// units prints what users may know of the number of units.
func (a *app) units(kind glovebox.LedgerKind, c *glovebox.UnitCount, n int64) string {
	if c == nil || n == 0 {
		return a.t("not told", "不公开")
	}
	if c.Public {
		return strconv.FormatInt(n, 10)
	}
	half := 0.0
	if price, err := c.Price(kind); err == nil {
		if noise, err := privacy.NewUnitCount(kind, price.Loss); err == nil {
			half = noise.Half()
		}
	}
	return fmt.Sprintf(a.t("about %d (±%g, 95 %%)", "约 %d（±%g，95%%）"), n, half)
}

// maxRecord bounds the YAML files that a user names.
const maxRecord = 1 << 20

func readFile(path string) ([]byte, error) {
	return disk{}.Read(path, maxRecord, "a record is a small YAML file, of at most 1 MiB")
}

// disk is the user's own file system, which suggests the one file that may be
// meant.
type disk struct{ desk.Disk }

// Read implements desk.Files.
func (d disk) Read(path string, limit int64, fix string) ([]byte, error) {
	b, err := d.Disk.Read(path, limit, fix)
	if err == nil {
		return b, nil
	}
	if near := nearFile(path); near != "" {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, File: path, Msg: "the file cannot be read"}).WithFix("did you mean %s?", near)
	}
	return nil, err
}

// nearFile names the one YAML file beside a missing one, if there is just one.
func nearFile(path string) string {
	found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.yaml"))
	if err != nil || len(found) != 1 || slices.Contains(found, path) {
		return ""
	}
	return found[0]
}
