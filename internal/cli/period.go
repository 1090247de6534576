package cli

import (
	"time"
	_ "time/tzdata" // Beijing time has to be known on every machine

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
)

// period is the time that a question is about: civil days or moments, in a time
// zone.
type period struct{ from, to, zone string }

func (p *period) flags(a *app, c *cobra.Command) {
	c.Flags().StringVar(&p.from, "from", "", a.t("from this `TIME` on: 2026-10-01, or RFC 3339", "自 `TIME` 起：2026-10-01 或 RFC 3339"))
	c.Flags().StringVar(&p.to, "to", "", a.t("up to this `TIME`; a day is included whole", "至 `TIME` 止；日期含当日全天"))
	c.Flags().StringVar(&p.zone, "tz", "", a.t("time zone `TZ` of days and of what is shown; default: UTC, in Chinese Asia/Shanghai", "日期与显示所用的时区 `TZ`；默认为北京时间（英文界面为 UTC）"))
}

// location is the time zone: the user's, or the language's own.
func (p *period) location(a *app) (*time.Location, error) {
	zone := p.zone
	if zone == "" {
		if zone = "UTC"; a.lang == glovebox.Chinese {
			zone = "Asia/Shanghai"
		}
	}
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return nil, (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--tz", Msg: "not a time zone"}).WithFix("use a name such as Asia/Shanghai or UTC")
	}
	return loc, nil
}

// bounds are the times of entries that the period holds, as entries have them:
// the first included, the last not; "": unbounded.
func (p *period) bounds(a *app) (from, to string, err error) {
	loc, err := p.location(a)
	if err != nil {
		return "", "", err
	}
	if from, err = moment("--from", p.from, loc, 0); err != nil {
		return "", "", err
	}
	to, err = moment("--to", p.to, loc, 1)
	return from, to, err
}

// entryTime is the form of times in the log.
const entryTime = "2006-01-02T15:04:05Z"

// moment reads a day, whose end is days later, or a moment.
func moment(field, s string, loc *time.Location, days int) (string, error) {
	if s == "" {
		return "", nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, loc); err == nil {
		return t.AddDate(0, 0, days).UTC().Format(entryTime), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return "", (&glovebox.Error{Code: glovebox.CodeInvalid, Field: field, Msg: "not a time"}).WithFix("use a day such as 2026-10-01, or a moment such as 2026-10-01T08:00:00+08:00")
	}
	return t.UTC().Format(entryTime), nil
}

// at prints a time of the log in a time zone.
func at(s string, loc *time.Location) string {
	t, err := time.Parse(entryTime, s)
	if err != nil {
		return s
	}
	return t.In(loc).Format("2006-01-02 15:04:05")
}
