package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"glovebox.example/glovebox"
)

// Bounds of the tables of the page of questions: what is beyond them the log, the
// report or the command has.
const maxAnswerRows = 60

type (
	// questionsPage asks the five questions of an auditor; each answer is nil until
	// it is asked.
	questionsPage struct {
		Values          map[string]string // what was asked, by field
		Runs            []entry
		Explained       []explanation
		People          []holder
		Story           []storyEvent
		Left            *departed
		More            int    // rows that are not shown
		Asked           string // which question: runs, rule, people, story, left
		Datasets, Roles []string
	}
	explanation struct {
		Decision glovebox.Decision `json:"decision"`
		Rules    []struct {
			ID    string        `json:"id"`
			Text  glovebox.Text `json:"text"`
			Asked bool          `json:"asked"`
			Fired bool          `json:"fired"`
			Until string        `json:"until"`
		} `json:"rules"`
	}
	holder struct {
		User  string        `json:"user"`
		Full  string        `json:"full_name"`
		Org   string        `json:"org"`
		Role  glovebox.Role `json:"role"`
		Holds bool          `json:"holds"`
		Steps []struct {
			Entry uint64 `json:"entry"`
			Time  string `json:"time"`
			By    string `json:"by"`
			Key   string `json:"key"`
			Did   string `json:"did"`
		} `json:"steps"`
	}
	storyEvent struct {
		entry
		Detail []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"detail"`
	}
	departed struct {
		Digest   string `json:"digest"`
		Products []struct {
			Scenario     string        `json:"scenario"`
			Product      string        `json:"product"`
			Title        glovebox.Text `json:"title"`
			Registration string        `json:"registration"`
			Copies       []struct {
				Entry   uint64 `json:"entry"`
				Time    string `json:"time"`
				Release string `json:"release"`
				Actor   string `json:"actor"`
				To      string `json:"to"`
				Again   bool   `json:"again"`
			} `json:"copies"`
			Said struct {
				Table  string `json:"table"`
				Line   int    `json:"line"`
				Copies int    `json:"copies"`
				Agrees bool   `json:"agrees"`
			} `json:"said"`
		} `json:"products"`
	}
)

// questionFields are the fields of each question; the first has to be filled in.
var questionFields = map[string][]string{
	"runs": {"dataset", "from", "to"}, "rule": {"job", "rule"}, "people": {"role", "day"}, "story": {"release"}, "left": {"since", "until"},
}

// questions answers the five questions of an auditor, one at a time.
func questions(v *view) error {
	if !v.Holds(glovebox.RoleAuditor, glovebox.RoleAuthority) {
		return glovebox.Errorf(glovebox.CodeDenied, "%s may not read the log", v.Me.Name).WithFix("act as an auditor or the authority")
	}
	in := v.r.URL.Query()
	p := &questionsPage{Asked: in.Get("ask"), Values: map[string]string{}}
	for _, r := range glovebox.Roles {
		p.Roles = append(p.Roles, string(r))
	}
	var data []dataset
	if err := v.get("/datasets", nil, &data); err != nil {
		return err
	}
	for i := range data {
		p.Datasets = append(p.Datasets, data[i].Record.Code)
	}
	fields := questionFields[p.Asked]
	for _, f := range fields {
		p.Values[f] = strings.TrimSpace(in.Get(f))
	}
	if len(fields) > 0 && p.Values[fields[0]] != "" {
		if err := p.answer(v); err != nil {
			return err
		}
	}
	v.Section = "questions"
	v.show(http.StatusOK, "questions", v.T("An auditor's five questions"), p)
	return nil
}

// answer asks the core.
func (p *questionsPage) answer(v *view) error {
	x, args := p.Values, url.Values{}
	// span are the days, of Beijing, from one to the end of another.
	span := func(from, to string) {
		for name, at := range map[string]struct {
			day  string
			more int
		}{"from": {x[from], 0}, "to": {x[to], 1}} {
			if t, err := time.ParseInLocation(time.DateOnly, at.day, beijing); err == nil {
				args.Set(name, t.AddDate(0, 0, at.more).UTC().Format(time.RFC3339))
			}
		}
	}
	switch p.Asked {
	case "runs":
		span("from", "to")
		args.Set("dataset", x["dataset"])
		args.Set("action", "job.")
		return cut(p, v.get("/log/entries", args, &p.Runs), &p.Runs)
	case "rule":
		args.Set("policy", "now")
		if x["rule"] != "" {
			args.Set("rule", x["rule"])
		}
		return v.get("/log/decisions/"+id(x["job"]), args, &p.Explained)
	case "people":
		args.Set("role", x["role"])
		if t, err := time.ParseInLocation(time.DateOnly, x["day"], beijing); err == nil {
			args.Set("at", t.AddDate(0, 0, 1).UTC().Format(time.RFC3339))
		}
		return cut(p, v.get("/log/holders", args, &p.People), &p.People)
	case "story":
		return cut(p, v.get("/log/timeline/release/"+id(x["release"]), args, &p.Story), &p.Story)
	}
	span("since", "until")
	if args.Get("from") == "" || args.Get("to") == "" {
		return nil
	}
	for name, value := range map[string]string{"tz": "Asia/Shanghai", "lang": string(v.Lang), "form": "md"} {
		args.Set(name, value)
	}
	return v.get("/log/left", args, &p.Left)
}

// cut leaves so many rows as the page shows.
func cut[T any](p *questionsPage, err error, rows *[]T) error {
	if n := len(*rows); n > maxAnswerRows {
		p.More = n - maxAnswerRows
		*rows = (*rows)[:maxAnswerRows]
	}
	return err
}
