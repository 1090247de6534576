package cli

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/evidence"
	"glovebox.example/glovebox/internal/evidence/report"
)

// maxDisclosure bounds a published report that is read, in bytes.
const maxDisclosure = 256 << 20

func (a *app) auditLeft() *cobra.Command {
	var span period
	var whole, disclosed, proofs string
	c := &cobra.Command{
		Use:   "left",
		Short: a.t("say what left in a period, and where the public disclosure says so", "说明某期间流出了什么，以及信息公开在何处载明"),
		Long: a.t(`Say what left the domain in a period, product by product: each copy with its time,
release, operator, destination and grant, by the entry of the log. Beside it stands
the line of the public disclosure of that period that says so, and whether it counts
the same. With --disclosure, the file as it was published: its period is the one
that is asked about, and it must be, byte for byte, what log and documents make.

Exit status: 2 if a line of the disclosure does not count what left, or the file is
another. Role: auditor or authority; operators and providers for what is theirs.`, `逐个产品说明某期间流出域的内容：每一份的时间、发布、操作人、去向与所依据的授权，
以日志条目号表示；并列出该期间信息公开中载明此事的行，以及其数目是否一致。
加 --disclosure 给出已公开的文件：所问期间即其期间，且该文件须与日志和留存文档
所生成的逐字节相同。

退出码：信息公开所计与流出不符，或文件不同，为 2。
角色：审计或实施机构；运营机构与数据提供单位限于与己有关者。`),
		Example: "  glovebox audit left --period 2026H1 --tz Asia/Shanghai --domain ./city --as sun\n  glovebox audit left --disclosure open.md --proofs left.proofs --domain ./city --as sun",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			loc, err := span.location(a)
			if err != nil {
				return err
			}
			q := map[string]string{"tz": loc.String(), "lang": string(a.lang), "form": "md"}
			var data []byte
			if disclosed != "" {
				if whole != "" || span.from != "" || span.to != "" {
					return flagError("--disclosure", "the file says its period itself", "leave --period, --from and --to out")
				}
				if data, err = files.Read(disclosed, maxDisclosure, "give the file as `glovebox report make disclosure` wrote it"); err != nil {
					return err
				}
				o, err := report.PublishedOrder(data)
				if err != nil {
					return glovebox.InFile(err, disclosed)
				}
				q = map[string]string{"from": o.From, "to": o.To, "tz": o.Zone, "lang": o.Lang, "form": o.Form, "entries": strconv.FormatUint(o.Entries, 10)}
			} else {
				if whole != "" {
					if err := span.named(whole); err != nil {
						return err
					}
				}
				if q["from"], q["to"], err = span.bounds(a); err != nil {
					return err
				}
			}
			var d report.Departed
			if err := a.look(c.Context(), desk.Look{Name: "left", Args: q}, &d); err != nil {
				return err
			}
			var named []uint64
			agrees := data == nil || d.IsPublished(data)
			for _, p := range d.Products {
				for _, x := range p.Copies {
					named = append(named, x.Entry)
				}
				agrees = agrees && p.Said.Agrees
			}
			if err := a.prove(c.Context(), proofs, named); err != nil {
				return err
			}
			if err := a.emit(d, func() { a.printLeft(&d, loc.String()) }); err != nil {
				return err
			}
			if !agrees {
				return (&glovebox.Error{Code: glovebox.CodeInvalid, File: disclosed, Msg: "the disclosure is not the one that log and kept documents make, or does not count what left"}).
					WithFix("make it again with `glovebox report make disclosure` and compare the two")
			}
			return nil
		},
	}
	span.flags(a, c)
	c.Flags().StringVar(&whole, "period", "", a.t("a whole `PERIOD`: 2026, 2026H1, 2026Q3 or 2026-07", "整个期间 `PERIOD`：2026、2026H1、2026Q3 或 2026-07"))
	c.Flags().StringVar(&disclosed, "disclosure", "", a.t("the disclosure as it was published is in `FILE`", "已公开的信息公开文件 `FILE`"))
	a.proofsFlag(c, &proofs)
	return c
}

func (a *app) printLeft(d *report.Departed, zone string) {
	s := period{zone: zone}
	loc, err := s.location(a)
	if err != nil {
		return // it was read before
	}
	for _, p := range d.Products {
		a.say("%s / %s  %s %s", p.Scenario, p.Product, p.Title.In(a.lang), p.Registration)
		var rows [][]string
		for _, x := range p.Copies {
			grant, again := "", ""
			if x.Grant != nil {
				grant = strconv.FormatUint(*x.Grant, 10)
			}
			if x.Again {
				again = a.t("again", "再次")
			}
			rows = append(rows, []string{strconv.FormatUint(x.Entry, 10), at(x.Time, loc), x.Release, x.Actor, x.To, grant, again})
		}
		table(a.Out, []string{a.t("entry", "条目"), a.t("time", "时间"), a.t("about", "对象"), a.t("by", "操作人"), a.t("to", "去向"), a.t("grant", "授权"), ""}, rows)
		agrees := a.t("it counts what left", "与流出份数一致")
		if !p.Said.Agrees {
			agrees = a.t("it does NOT count what left", "与流出份数不一致")
		}
		a.say(a.t("disclosure: table %s, line %d: %d copies; %s", "信息公开：表“%s”第 %d 行，计 %d 份；%s"), p.Said.Table, p.Said.Line, p.Said.Copies, agrees)
	}
	a.say(a.t("disclosure of %s to %s, of %d entries: %s", "信息公开 %s 至 %s，依据 %d 个条目：%s"), at(d.Order.From, loc), at(d.Order.To, loc), d.Order.Entries, d.Digest)
}

func (a *app) proofsFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "proofs", "", a.t("write to `FILE` the entries and the proofs that they are in the log (glovebox-verify proofs)", "把条目及其在日志中的证明写入 `FILE`（glovebox-verify proofs 核验）"))
}

// maxProofs bounds how many entries are proved at once.
const maxProofs = 10_000

// prove writes the entries of an answer with the proofs that they are in the log.
// "": nowhere.
func (a *app) prove(ctx context.Context, file string, named []uint64) error {
	if file == "" {
		return nil
	}
	slices.Sort(named)
	named = slices.Compact(named)
	if len(named) > maxProofs {
		return flagError("--proofs", "the answer has more entries than are proved at once", "ask for a part of it, by --from and --to or --limit")
	}
	out := evidence.Proofs{V: 1, Entries: []evidence.Proved{}}
	for _, n := range named {
		var p struct {
			Entry []byte `json:"entry"`
			Key   string `json:"key"`
			evidence.Path
		}
		if err := a.look(ctx, desk.Look{Name: "proof", ID: strconv.FormatUint(n, 10)}, &p); err != nil {
			return err
		}
		out.Key = p.Key
		out.Entries = append(out.Entries, evidence.Proved{Entry: string(p.Entry), Path: p.Path})
	}
	data, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
	}
	return writeTo(file, bytesOf(append(data, '\n')))
}
