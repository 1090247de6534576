package cli

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/internal/evidence/report"
)

// maxReport bounds a report that is read, in bytes.
const maxReport = 256 << 20

func (a *app) reportCmd() *cobra.Command {
	return a.group("report", "the reports that the rules ask for, from the log alone", "制度要求的各类报表，只由日志生成",
		a.reportList(), a.reportMake(), a.reportVerify())
}

func (a *app) reportList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   a.t("list the kinds of report", "列出报表种类"),
		Long:    a.t("List the kinds of report that report make knows, and what each of them says.", "列出 report make 可生成的报表种类及其内容。"),
		Example: "  glovebox report list",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			all := report.Kinds()
			return a.emit(all, func() {
				var rows [][]string
				for _, k := range all {
					public := ""
					if k.Public {
						public = a.t("public", "公开")
					}
					rows = append(rows, []string{k.Name, k.Title.In(a.lang), public, k.Says.In(a.lang)})
				}
				table(a.Out, []string{a.t("kind", "种类"), a.t("title", "名称"), "", a.t("says", "内容")}, rows)
			})
		},
	}
}

func (a *app) reportMake() *cobra.Command {
	var span period
	var whole, form, out string
	c := &cobra.Command{
		Use:   "make KIND",
		Short: a.t("make a report of a period", "生成某期间的报表"),
		Long: a.t(`Make a report from the log and the kept documents, as Markdown, HTML (prints to
A4), CSV or XLSX, in the language of --lang. The report says which entries it is
made of, so that report verify, here or on another machine, makes it again byte
for byte. Role: auditor or authority; an operator gets their scenarios, a
provider their organisation's data; the public extract is the same for all.`, `由日志与留存文档生成报表：Markdown、HTML（可打印为 A4）、CSV 或 XLSX，
语言由 --lang 指定。报表写明依据哪些条目生成，因此 report verify 可在本机
或另一台机器上逐字节重新生成。角色：审计或实施机构；运营机构得到其应用场景，
数据提供单位得到本单位数据；信息公开报表对各方相同。`),
		Example: "  glovebox report make summary --period 2026H1 --form xlsx -o h1.xlsx --domain ./city --as sun\n  glovebox report make disclosure --from 2026-01-01 --to 2026-06-30 -o open.md --domain ./city --as zhao",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			loc, err := span.location(a)
			if err != nil {
				return err
			}
			if whole != "" {
				if err := span.named(whole); err != nil {
					return err
				}
			}
			from, to, err := span.bounds(a)
			if err != nil {
				return err
			}
			if form == "" {
				if form = strings.TrimPrefix(filepath.Ext(out), "."); form == "" {
					form = "md"
				}
			}
			args := map[string]string{"from": from, "to": to, "tz": loc.String(), "lang": string(a.lang), "form": form}
			var made desk.Report
			if err := a.look(c.Context(), desk.Look{Name: "report", ID: w[0], Args: args}, &made); err != nil {
				return err
			}
			if out == "" {
				if form == "xlsx" && isTerminal(a.raw.Out) {
					return flagError("--form", "is not for a terminal", "name a file with -o")
				}
				_, err := a.raw.Out.Write(made.Data)
				return err
			}
			if err := writeTo(out, bytesOf(made.Data)); err != nil {
				return err
			}
			return a.emit(madeReport{made.Order, out, glovebox.Digest(made.Data)}, func() {
				a.say(a.t("%s: %s, of %d entries", "%s：%s，依据 %d 个条目"), out, glovebox.Digest(made.Data), made.Order.Entries)
			})
		},
	}
	span.flags(a, c)
	c.Flags().StringVar(&whole, "period", "", a.t("a whole `PERIOD`: 2026, 2026H1, 2026Q3 or 2026-07", "整个期间 `PERIOD`：2026、2026H1、2026Q3 或 2026-07"))
	c.Flags().StringVar(&form, "form", "", a.t("`FORM`: md, html, csv or xlsx; default: by the name of the file", "格式 `FORM`：md、html、csv 或 xlsx；默认按文件名"))
	c.Flags().StringVarP(&out, "output", "o", "", a.t("write to `FILE`; default: stdout", "写入 `FILE`；默认输出到标准输出"))
	return c
}

// madeReport is what `report make -o` and `report verify` print.
type madeReport struct {
	Order  report.Order `json:"order"`
	File   string       `json:"file"`
	Digest string       `json:"digest"`
}

var wholePeriod = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d{4})(?:([HQ])([1-4])|-(\d\d))?$`) })

// named sets a period by its name.
func (p *period) named(s string) error {
	m := wholePeriod().FindStringSubmatch(s)
	bad := flagError("--period", "is not a period", "use 2026, 2026H1, 2026Q3 or 2026-07")
	if m == nil || p.from != "" || p.to != "" {
		return bad
	}
	first, months := 1, 12
	n, _ := strconv.Atoi(m[3] + m[4])
	switch {
	case m[2] == "H" && n <= 2:
		first, months = 6*n-5, 6
	case m[2] == "Q":
		first, months = 3*n-2, 3
	case m[4] != "" && n >= 1 && n <= 12:
		first, months = n, 1
	case m[2] != "" || m[4] != "":
		return bad
	}
	year, _ := strconv.Atoi(m[1])
	last := time.Date(year, time.Month(first+months), 0, 0, 0, 0, 0, time.UTC)
	p.from, p.to = fmt.Sprintf("%s-%02d-01", m[1], first), last.Format(time.DateOnly)
	return nil
}

func (a *app) reportVerify() *cobra.Command {
	var copied string
	c := &cobra.Command{
		Use:   "verify FILE",
		Short: a.t("make a report again and compare it byte for byte", "重新生成报表并逐字节比较"),
		Long: a.t(`Make the report in a file again, from what it says of itself, and compare it byte
for byte: from the domain, or with --evidence from a copy of its log and kept
documents (audit copy), on any machine.

Exit status: 0 it is the same, 2 it is not.`, `按报表自身所写的内容重新生成，并逐字节比较：依据本域，
或加 --evidence 依据其日志与留存文档的副本（audit copy），可在任何机器上进行。

退出码：0 相同，2 不同。`),
		Example: "  glovebox report verify h1.xlsx --domain ./city --as sun\n  glovebox report verify h1.xlsx --evidence ./city-evidence",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			data, err := files.Read(w[0], maxReport, "give the file as `glovebox report make` wrote it")
			if err != nil {
				return err
			}
			done := func(o *report.Order, err error) error {
				if err != nil {
					return err
				}
				return a.emit(madeReport{*o, w[0], glovebox.Digest(data)}, func() {
					a.say(a.t("verified: log and kept documents make this report, of %d entries", "核验通过：日志与留存文档可生成此报表，依据 %d 个条目"), o.Entries)
				})
			}
			if copied != "" {
				key, err := files.Read(filepath.Join(copied, "key.pub"), 4096, "give a folder that `glovebox audit copy` wrote")
				if err != nil {
					return err
				}
				return done(report.Verify(c.Context(), evidence.Folder{Dir: copied, Key: strings.TrimSpace(string(key))}, data))
			}
			return a.act(c.Context(), false, func(d *domain.Domain, by *domain.By) error {
				if err := desk.LogReader(c.Context(), d, by.User); err != nil {
					return err
				}
				return done(report.Verify(c.Context(), d, data))
			})
		},
	}
	c.Flags().StringVar(&copied, "evidence", "", a.t("make it from the copy in `DIR`", "依据 `DIR` 中的副本"))
	return c
}

func (a *app) auditCopy() *cobra.Command {
	return &cobra.Command{
		Use:   "copy DIR",
		Short: a.t("copy the log and all kept documents, to be checked elsewhere", "复制日志与全部留存文档，供他处核验"),
		Long: a.t(`Write the log and every kept document, in clear, into a new folder. Whoever holds
it can verify log and reports without the domain, with glovebox-verify or this
program. It holds names of people, and no data. Role: auditor or authority.`, `把日志与全部留存文档（明文）写入一个新文件夹。持有者无需本域，
即可用 glovebox-verify 或本程序核验日志与报表。其中有人员姓名，没有数据。
角色：审计或实施机构。`),
		Example: "  glovebox audit copy ./city-evidence --domain ./city --as sun",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.still(c.Context(), func(d *domain.Domain) error {
				by, err := a.actor(c.Context(), d)
				if err != nil {
					return err
				}
				if err := desk.LogReader(c.Context(), d, by.User); err != nil {
					return err
				}
				n, err := d.CopyEvidence(c.Context(), w[0])
				if err != nil {
					return err
				}
				return a.emit(copied{w[0], n}, func() { a.say(a.t("%s: the log and %d documents", "%s：日志与 %d 个文档"), w[0], n) })
			})
		},
	}
}

// copied is what `audit copy` prints.
type copied struct {
	Folder    string `json:"folder"`
	Documents int    `json:"documents"`
}
