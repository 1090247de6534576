package console_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// paths are the pages that somebody of a role works with.
func (s *story) paths() map[string][]string {
	all := []string{"/", "/start", "/datasets", "/datasets?q=人口", "/datasets?q=zz", "/datasets?class=sensitive", "/datasets/population", "/datasets/pums", "/scenarios", "/scenarios/elderly-care", "/scenarios/night-trade", "/people", "/people/lin", "/incidents", "/orgs", "/orgs/Data%20Bureau", "/me", "/settings", "/gallery", "/products", "/products/income-table", "/tickets", "/tickets/t-1", "/new/ticket.open?p.dataset=population"}
	work := append(slices.Clone(all), "/jobs", "/releases", "/budget", "/log", "/releases/"+s.approved, "/releases/"+s.approved+"?order=figure", "/modules", "/modules/"+s.module)
	return map[string][]string{
		"reg1": append(slices.Clone(all), "/people/new", "/orgs/new", "/new/domain.backup", "/new/domain.rotate", "/new/user.bind?p.user=lin"),
		"zhao": append(slices.Clone(work), "/releases/"+s.pending, "/releases/"+s.pending+"/review", "/budget/dataset/population", "/budget/space/resident", "/new/scenario.grant?subject=scenario/night-trade", "/log/3", "/log?actor=wang&from=2020-01-01&to=2099-01-01", "/people/wang", "/new/product.register", "/new/node.use", "/new/node.trust", "/new/scenario.review?subject=scenario/night-trade"),
		"sun":  append(slices.Clone(work), "/questions", "/questions?ask=runs&dataset=pums&from=2020-01-01&to=2099-01-01", "/questions?ask=rule&job="+s.refused, "/questions?ask=rule&job="+s.refused+"&rule=column.not_needed", "/questions?ask=people&role=authority&day=2099-01-01", "/questions?ask=story&release="+s.approved, "/questions?ask=left&since=2020-01-01&until=2099-01-01", "/releases/"+s.pending, "/log/40", "/log?action=job.charge", "/log?subject=none", "/jobs/"+s.refused),
		"wang": append(slices.Clone(work), "/new/module.register", "/new/release.attach?subject=release/"+s.pending, "/jobs/new", "/jobs/"+s.refused, "/releases/"+s.pending, "/releases/"+s.pending+"/review"),
		"liu":  slices.DeleteFunc(append(slices.Clone(work), "/new/scenario.add", "/new/scenario.apply", "/new/scenario.amend?subject=scenario/elderly-care", "/new/release.supersede?subject=release/"+s.approved), func(p string) bool { return p == "/people/lin" }),
		"gongan": slices.DeleteFunc(append(slices.Clone(work), "/new/dataset.add", "/new/dataset.load?subject=dataset/population", "/releases/"+s.pending, "/new/dataset.rollback?subject=dataset/population", "/new/fit.charge?subject=dataset/population"), func(p string) bool {
			return strings.Contains(p, s.approved) || p == "/people/lin" // of another's data, of another institution
		}),
	}
}

// outside are texts on Chinese pages that stay as they are: names, codes, signs.
var outside = regexp.MustCompile(`(?s)<(script|style|code|pre|textarea)[ >].*?</(script|style|code|pre|textarea)>|<[^>]*>|&[a-z#0-9]+;`)

// TestEveryPage: each page of each role is there, in both languages, with nothing
// that a template could not say; and a Chinese page is Chinese.
func TestEveryPage(t *testing.T) {
	s := newStory(t)
	answered(t, s)
	for who, paths := range s.paths() {
		b := s.login(who)
		for _, p := range paths {
			for _, lang := range []string{"en", "zh"} {
				at := p + "?lang=" + lang
				if strings.Contains(p, "?") {
					at = p + "&lang=" + lang
				}
				status, body := b.get(at)
				if status != http.StatusOK {
					t.Errorf("%s %s: %d %s", who, at, status, strings.Join(strings.Fields(outside.ReplaceAllString(body, " ")), " "))
					continue
				}
				for _, bad := range []string{"ZgotmplZ", "<no value>", "%!", "map[", "&lt;nil&gt;", "undefined"} {
					if strings.Contains(body, bad) {
						t.Errorf("%s %s: holds %s", who, at, bad)
					}
				}
				if len(body) > 100<<10 {
					t.Errorf("%s %s: %d bytes", who, at, len(body))
				}
				text := outside.ReplaceAllString(body, " ")
				han := 0
				for _, r := range text {
					if unicode.Is(unicode.Han, r) {
						han++
					}
				}
				if lang == "zh" && han < 60 {
					t.Errorf("%s %s: only %d characters of Chinese", who, at, han)
				}
				if lang == "zh" {
					for _, w := range values.FindAllStringSubmatch(body, -1) {
						t.Errorf("%s %s: a value is not in Chinese: %s", who, p, w[1])
					}
					for _, w := range english.FindAllString(strings.NewReplacer("no diploma", "", "A very long name of an institution that somebody could well choose", "").Replace(text), -1) {
						t.Errorf("%s %s: English on a Chinese page: %q", who, p, w)
					}
				}
			}
		}
	}
}

// english are two English words in a row that no name of the story has.
var english = regexp.MustCompile(`\b(the|of|and|is|to|for|with|no|not|a|by|this|that|at|are|you|your)\b [a-z]+`)

// values are words of fields and states that stand alone where people read them.
var values = regexp.MustCompile(`>\s*(personal|sensitive|identifier|public|input|filter|key|year|month|week|realtime|bureau|firm|operator|provider|authority|developer|auditor|registrar|active|pending|approved|refused|done|granted|proposed|current|local|asked)\s*<`)
