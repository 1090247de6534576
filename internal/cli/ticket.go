package cli

import (
	"github.com/spf13/cobra"

	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
)

func (a *app) ticketCmd() *cobra.Command {
	return a.group("ticket", "questions about the quality of data, with a clock", "数据质量问题及其办理时限", a.ticketOpen(), a.ticketAnswer(), a.ticketClose(), a.ticketList())
}

func (a *app) ticketAct(c *cobra.Command, x desk.Act) error {
	var doc domain.TicketDoc
	if err := a.do(c.Context(), nil, x, &doc); err != nil {
		return err
	}
	return a.emit(doc, func() { a.printTicket(&domain.TicketView{TicketDoc: doc}) })
}

func (a *app) printTicket(t *domain.TicketView) {
	about := t.Dataset
	if t.Column != "" {
		about += "." + t.Column
	}
	a.say("%s  %s: %s  [%s]", t.ID, about, t.Title, a.word(string(t.State)))
	due := t.Due
	switch {
	case t.Overdue:
		due += a.t(" (overdue)", "（已逾期）")
	case t.Provisional:
		due += a.t(" (provisional: the holidays of that year are not known yet)", "（暂定：该年度节假日安排尚未公布）")
	}
	a.say("  %s: %s  %s: %s  %s: %s %s", a.t("owner", "责任单位"), t.Owner, a.t("due", "办理期限"), due, a.t("opened", "提出"), t.At, t.By)
	for _, s := range t.Said {
		a.say("  %s %s [%s]: %s", s.At, s.By, a.word(string(s.State)), s.Text)
	}
}

func (a *app) ticketOpen() *cobra.Command {
	var p desk.TicketOpen
	c := &cobra.Command{
		Use:   "open DATASET TITLE",
		Short: a.t("ask about the quality of a dataset", "提出数据质量问题"),
		Long: a.t(`Ask the provider of a dataset about its quality. The provider has 15 Chinese
working days to answer; "ticket list" shows what is overdue. Write no data into it.

--track says where the question comes from: user (default); check, the provider's
own; sampling, the authority's look at reject reports. Everybody of the domain may
ask.`, `就数据质量向数据提供单位提出问题。提供单位须在 15 个工作日内答复；
"ticket list" 显示逾期的问题。请勿写入数据内容。

--track 说明来源：user 为使用方（默认）；check 为提供单位自查；
sampling 为实施机构抽查拒收报告。域内任何人员均可提出。`),
		Example: "  glovebox ticket open population 部分街道编码为空 --column township --domain ./city --as wang",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			p.Dataset, p.Title = w[0], w[1]
			return a.ticketAct(c, desk.Act{Name: "ticket.open", Params: desk.Params(p)})
		},
	}
	c.Flags().StringVar(&p.Column, "column", "", a.t("about the column `NAME`", "所涉字段 `NAME`"))
	c.Flags().StringVar(&p.Track, "track", "", a.t("it comes from `WHERE`: user, check or sampling", "来源 `WHERE`：user、check 或 sampling"))
	return c
}

func (a *app) ticketAnswer() *cobra.Command {
	var p desk.TicketAnswer
	c := &cobra.Command{
		Use:     "answer ID TEXT",
		Short:   a.t("answer a question about quality, or ask on", "答复数据质量问题，或继续追问"),
		Long:    a.t("Answer a ticket, as a provider of the institution that owns it; with --again, ask on,\nas whoever opened it: the clock begins anew.", "以责任单位人员的身份答复；加 --again 则由提出者继续追问，时限重新起算。"),
		Example: "  glovebox ticket answer t-1 已补录 --domain ./city --as chen",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			p.Text = w[1]
			return a.ticketAct(c, desk.Act{Name: "ticket.answer", Subject: "ticket/" + w[0], Params: desk.Params(p)})
		},
	}
	c.Flags().BoolVar(&p.Again, "again", false, a.t("ask on", "继续追问"))
	return c
}

func (a *app) ticketClose() *cobra.Command {
	return &cobra.Command{
		Use:     "close ID TEXT",
		Short:   a.t("close a question about quality", "办结数据质量问题"),
		Long:    a.t("Close a ticket with a last word: whoever opened it, or the authority.", "写明结论并办结：由提出者或实施机构执行。"),
		Example: "  glovebox ticket close t-1 已核实 --domain ./city --as wang",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, w []string) error {
			return a.ticketAct(c, desk.Act{Name: "ticket.close", Subject: "ticket/" + w[0], Params: desk.Params(desk.Said{Text: w[1]})})
		},
	}
}

func (a *app) ticketList() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   a.t("list questions about quality, and what is overdue", "列出数据质量问题及逾期情况"),
		Long:    a.t("List the tickets with their owner, the day until which an answer is due, and what was\nsaid; those that are open beyond it are marked.", "列出数据质量问题、责任单位、办理期限与往来答复；逾期未答复的予以标明。"),
		Example: "  glovebox ticket list --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var all []domain.TicketView
			if err := a.look(c.Context(), desk.Look{Name: "tickets"}, &all); err != nil {
				return err
			}
			return a.emit(list(all), func() {
				for i := range all {
					a.printTicket(&all[i])
				}
			})
		},
	}
}
