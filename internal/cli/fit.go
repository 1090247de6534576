package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/fit"
	"glovebox.example/glovebox/internal/author/sample"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/pipeline"
)

// fitFlags ask for samples that resemble the data.
type fitFlags struct {
	fit          bool
	epsilon, rho float64
}

func (f *fitFlags) bind(a *app, c *cobra.Command) {
	c.Flags().BoolVar(&f.fit, "fit", false, a.t("draw from the fit of the current snapshot", "依据当前快照的拟合结果生成"))
	c.Flags().Float64Var(&f.epsilon, "epsilon", 0, a.t("with --fit: pay `E` from a ledger of kind pure", "与 --fit 合用：从 pure 类账本支付 `E`"))
	c.Flags().Float64Var(&f.rho, "rho", 0, a.t("with --fit: pay `R` from a ledger of kind zcdp", "与 --fit 合用：从 zcdp 类账本支付 `R`"))
}

// fitFor puts the model of --fit into the options, and buys it where a price is
// named. nil: nobody asked for one.
func (a *app) fitFor(c *cobra.Command, f *fitFlags, o *sample.Options, from string, w []string) (*job.FitDoc, error) {
	priced := c.Flags().Changed("epsilon") || c.Flags().Changed("rho")
	if !f.fit {
		return nil, onlyWith(c, "fit", "epsilon", "rho")
	}
	switch {
	case from != "":
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "--fit is of a domain's data, not of a record's file").WithFix("name the dataset and use --domain")
	case c.Flags().Changed("epsilon") && c.Flags().Changed("rho"):
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "--epsilon and --rho exclude each other").WithFix("name the one of the ledger's kind")
	case priced:
		kind, price := glovebox.LedgerPure, f.epsilon
		if c.Flags().Changed("rho") {
			kind, price = glovebox.LedgerZCDP, f.rho
		}
		err := a.do(c.Context(), nil, desk.Act{Name: "fit.charge", Subject: "dataset/" + w[0], Params: desk.Params(desk.FitCharge{Kind: kind, Price: price})}, nil)
		if err != nil {
			return nil, err
		}
	}
	var x desk.Fit
	if err := a.look(c.Context(), desk.Look{Name: "fit", ID: w[0]}, &x); err != nil {
		return nil, err
	}
	o.Model = x.Model
	return x.Doc, nil
}

// sampleOrigin says what sample rows were made of.
func (a *app) sampleOrigin(doc *job.FitDoc) string {
	if doc == nil {
		return a.t("SAMPLE rows, made from the record alone", "样例数据：仅依据记录生成")
	}
	cost := amount(doc.Charge.Kind, doc.Charge.Amount)
	if doc.Group > 1 {
		cost += a.t(" for a group of ", "（群组大小 ") + strconv.FormatInt(doc.Group, 10) + a.t("", "）")
	}
	return a.t("SAMPLE rows, drawn from a fit of the data that cost "+cost+": "+strings.Join(doc.Columns, ", "),
		"样例数据：依据加噪拟合生成，该拟合花费预算 "+cost+"："+strings.Join(doc.Columns, "、"))
}

// models reads the fits of a job's inputs.
func models(ctx context.Context, p *pipeline.Pipeline, records map[string]*glovebox.Dataset) (map[string]*fit.Model, error) {
	out := map[string]*fit.Model{}
	for _, code := range sortedKeys(records) {
		m, _, err := p.Fitted(ctx, code)
		if err != nil {
			return nil, err
		}
		out[code] = m
	}
	return out, nil
}
