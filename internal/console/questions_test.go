package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// answered: the page of questions gives each of the five answers, to those who may
// read the whole log, in both languages. TestEveryPage calls it with its story.
func answered(t *testing.T, s *story) {
	t.Helper()
	sun := s.login("sun")
	for _, lang := range []string{"en", "zh"} {
		for at, want := range map[string][]string{
			"ask=runs&dataset=population&from=2020-01-01&to=2099-01-01":      {"wang", "job/", `href="/log/`, "ε"},
			"ask=rule&job=" + s.refused + "&rule=column.not_needed":          {"column.not_needed"},
			"ask=people&role=authority&day=2099-01-01":                       {"zhao", "tag good"},
			"ask=people&role=authority&day=2020-03-15":                       {"zhao"},
			"ask=story&release=" + s.approved:                                {"release/" + s.approved, "scenario/", "<td>zhao</td>"},
			"ask=left&since=2020-01-01&until=2099-01-01":                     {"empty"}, // nothing left in the story
			"ask=runs&dataset=&from=x":                                       {"<form"},
			"ask=runs&dataset=%3Cscript%3E":                                  {"&lt;script&gt;"},
			"ask=people&role=" + strings.Repeat("x", 2000) + "&day=nonsense": {"<form"},
		} {
			status, body := sun.get("/questions?" + at + "&lang=" + lang)
			if status != http.StatusOK {
				t.Errorf("%s: %d", at, status)
			}
			for _, w := range want {
				if !strings.Contains(body, w) {
					t.Errorf("%s %s does not hold %s", lang, at, w)
				}
			}
		}
	}
	if _, body := sun.get("/questions?ask=people&role=authority&day=2020-03-15&lang=en"); strings.Contains(body, "tag good") {
		t.Error("somebody is said to have been the authority before the domain was there")
	}
	if status, _ := sun.get("/questions?ask=rule&job=j-0000000000000000"); status != http.StatusNotFound {
		t.Errorf("a job that is not there: %d", status)
	}
	if status, _ := s.login("wang").get("/questions"); status != http.StatusForbidden {
		t.Errorf("a developer: %d", status)
	}
}
