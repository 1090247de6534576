package cli

import (
	"strconv"

	"github.com/spf13/cobra"
)

// page is the part of a list that is asked for.
type page struct {
	limit uint
	after string
}

// flags lets a command that lists be asked for a part.
func (p *page) flags(a *app, c *cobra.Command) *cobra.Command {
	c.Flags().UintVar(&p.limit, "limit", 0, a.t("list `N` at most, up to 1000; default: all", "至多列出 `N` 项，不超过 1000；默认全部"))
	c.Flags().StringVar(&p.after, "after", "", a.t("list those after `ID`", "列出 `ID` 之后的项"))
	return c
}

// args are those of a question.
func (p *page) args() map[string]string {
	args := map[string]string{"after": p.after}
	if p.limit > 0 {
		args["limit"] = strconv.FormatUint(uint64(p.limit), 10)
	}
	return args
}
