package desk

import (
	"strconv"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/evidence/report"
)

// Report is a report as it was made, with what it was made by.
type Report struct {
	Order report.Order `json:"order"`
	Data  []byte       `json:"data"`
}

// lookReport makes the report of kind ID over the part of the log that whoever
// asks may see; a public one over all of it. Args: from, to (as entries have
// time), tz, lang, form.
func lookReport(q *question) (any, error) {
	s, err := q.scope()
	if err != nil {
		return nil, err
	}
	if s.Developer != "" && !s.All && s.Operator == "" && s.Provider == "" {
		return nil, glovebox.Errorf(glovebox.CodeDenied, "%s may not read the log", q.u.Name).WithFix("act as an auditor or the authority")
	}
	for _, k := range report.Kinds() {
		if k.Name == q.look.ID && k.Public {
			s.All, s.Operator, s.Provider = true, "", ""
		}
	}
	s.Developer = "" // a report is of scenarios or of data, not of one person's work
	a := q.look.Args
	data, o, err := report.Make(q, q.d, report.Order{Kind: q.look.ID, Domain: q.d.Name, From: a["from"], To: a["to"], Zone: a["tz"], Lang: a["lang"], Form: a["form"], Scope: s})
	if err != nil {
		return nil, err
	}
	return &Report{*o, data}, nil
}

// lookLeft says what left in a period, and where the public disclosure says so, over
// the part of the log that whoever asks may see. Args: those of the report, and
// entries, how many the disclosure is made of; "": all before the end.
func lookLeft(q *question) (any, error) {
	s, err := q.scope()
	if err != nil {
		return nil, err
	}
	if s.Developer != "" && !s.All && s.Operator == "" && s.Provider == "" {
		return nil, glovebox.Errorf(glovebox.CodeDenied, "%s may not read the log", q.u.Name).WithFix("act as an auditor or the authority")
	}
	s.Developer = ""
	a := q.look.Args
	o := report.Order{Domain: q.d.Name, From: a["from"], To: a["to"], Zone: a["tz"], Lang: a["lang"], Form: a["form"]}
	if a["entries"] != "" {
		if o.Entries, err = strconv.ParseUint(a["entries"], 10, 53); err != nil {
			return nil, glovebox.Invalid("entries", "is not a number of entries").WithFix("write a whole number; 0: all")
		}
	}
	return report.Left(q, q.d, o, s)
}
