//go:build browser

package console_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"glovebox.example/glovebox/internal/desk"
)

// click presses what a selector finds and waits for the next page.
func (b *chromium) click(css, next string) {
	b.t.Helper()
	b.do(css, chromedp.Click(chromedp.CSS(css)), chromedp.WaitVisible(chromedp.CSS(next)))
}

// shows fails unless the page says all of it.
func (b *chromium) shows(css string, all ...string) {
	b.t.Helper()
	got := b.text(css)
	for _, s := range all {
		if !strings.Contains(got, s) {
			b.t.Errorf("the page does not say %q: %s", s, got)
		}
	}
}

// until waits for something to be so.
func (b *chromium) until(js string) {
	b.t.Helper()
	for range 600 {
		if b.eval("String(!!("+js+"))") == "true" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("never so: %s", js)
}

// TestBrowserStories is each role's main work, from the login to the last act.
func TestBrowserStories(t *testing.T) {
	s := newStory(t)
	b := newChromium(t, s.town)
	b.size(1280, 900, false)

	t.Run("a developer checks a job and is refused, checks another and runs it", func(t *testing.T) {
		b.t = t
		b.login("wang")
		b.open("/jobs/new")
		b.handIn(care+"/job-refused.yaml", care+"/care_hotspots.wasm", care+"/townships.csv")
		b.shows("main", "策略拒绝", "admit.column.not_granted", "admit.budget.scenario")
		if n := strings.Count(b.text("main .note.bad li"), "\n"); n < 4 {
			t.Errorf("only %d lines of reasons", n)
		}
		b.accessible("a refused check")
		b.shot("story-check-refused")
		b.open("/jobs/new")
		doc, err := os.ReadFile(care + "/job.yaml")
		if err != nil {
			t.Fatal(err)
		}
		half := filepath.Join(t.TempDir(), "job.yaml")
		if err := os.WriteFile(half, []byte(strings.Replace(string(doc), "epsilon: 1.0", "epsilon: 0.5", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		b.handIn(half, care+"/care_hotspots.wasm", care+"/townships.csv")
		b.shows("main", "策略允许", "预计误差", "还可运行 6 次同价作业", "ε 0.5")
		b.accessible("a check")
		b.shot("story-check")
		b.click("main form[action='/sign/job.run'] button", "#cmd")
		b.shows("#cmd", "glovebox job run job.yaml")
		b.accessible("a signature")
		b.shot("story-sign")
	})
	t.Run("the authority reviews a release and approves it", func(t *testing.T) {
		b.t = t
		b.login("zhao")
		b.shows("main", "以实施机构身份审核发布", "养老助残服务需求热点", "审批应用场景", "夜间经济", "确认角色")
		b.open("/releases/" + s.pending)
		b.click("main .note.wait a", "form[action='/sign/release.approve']")
		b.do("an unread checklist", chromedp.Click(chromedp.CSS("form[action='/sign/release.approve'] button")))
		if at := b.eval("location.pathname"); at != "/releases/"+s.pending+"/review" {
			t.Errorf("a checklist without ticks went on to %s", at)
		}
		b.eval(`for(const x of document.querySelectorAll("form[action='/sign/release.approve'] input[type=checkbox]"))x.checked=true;""`)
		b.click("form[action='/sign/release.approve'] button", "#cmd")
		b.shows("#cmd", "glovebox release approve "+s.pending+" --role authority")
		if plain := b.eval(`document.querySelector("details pre").textContent`); !strings.Contains(plain, `"state": "sha256:`) {
			t.Errorf("the act does not say what was seen: %s", plain)
		}
		for _, who := range []string{"zhao", "minzheng", "canlian", "weijian", "yibao"} {
			s.do(who, desk.Act{Name: "release.approve", Subject: "release/" + s.pending})
		}
		b.click("main .panel .acts a.button", ".timeline")
		b.shows("main", "已批准", "zhao")
	})
	t.Run("the authority grants a scenario by the matrix", func(t *testing.T) {
		b.t = t
		b.login("zhao")
		b.open("/scenarios/night-trade")
		b.eval(`document.querySelector("[name=from]").value="2026-01-01";document.querySelector("[name=until]").value="2028-12-31";document.querySelector("[name='cap.population']").value="1";document.querySelector("[name=developer]").checked=true;document.querySelector("[name='mask.population.birth_date']").value="generalise-year";""`)
		b.click("form[action='/scenarios/night-trade/grant'] button.first", "#cmd")
		b.shows("#doc", "population", "generalise")
		doc := b.text("#doc")
		path := filepath.Join(t.TempDir(), "grant.yaml")
		if err := os.WriteFile(path, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
		s.file("zhao", "scenario.grant", "scenario/night-trade", path, nil)
		b.open("/scenarios/night-trade")
		b.shows("main", "已授权", "泛化到年", "wang")
		b.shot("story-granted")
	})
	t.Run("an auditor checks an entry in the browser", func(t *testing.T) {
		b.t = t
		b.login("sun")
		b.open("/log/40")
		b.until(`!document.querySelector("#proof").innerText.includes("…")`)
		b.shows("#p-signed", "✓")
		b.shows("#p-included", "✓")
		b.shows("#p-act", "✓")
		b.accessible("an entry")
		b.shot("story-entry")
		// What the browser kept is proved to be the beginning of the log as it is now;
		// another root of that size, or a size that the log has not, is told and kept.
		const kept = `localStorage.getItem("glovebox-checkpoint")`
		grown := func(page, say string) {
			t.Helper()
			s.do("wang", desk.Act{Name: "ticket.open", Params: desk.Params(desk.TicketOpen{Dataset: "population", Title: "出生日期缺失"})})
			b.open(page)
			b.until(`!document.querySelector("#proof").innerText.includes("…")`)
			b.shows("#p-kept", say)
		}
		before := b.eval(kept)
		grown("/log", "✓")
		if b.eval(kept) == before {
			t.Error("the browser did not keep the log of now")
		}
		b.accessible("the log with its checkpoint")
		for _, change := range []string{`c.root = c.root.replace(/^./, (x) => x === "A" ? "B" : "A")`, `c.size = 1e6`, `c.size -= 1`, `c.origin = "other"`} {
			was := b.eval(kept)
			b.eval(`{ const c = JSON.parse(` + kept + `); ` + change + `; localStorage.setItem("glovebox-checkpoint", JSON.stringify(c)); } ""`)
			wrong := b.eval(kept)
			grown("/log/41", "✗")
			if b.eval(kept) != wrong {
				t.Errorf("%s: what was kept is gone", change)
			}
			b.eval(`localStorage.setItem("glovebox-checkpoint", ` + strconv.Quote(was) + `);""`)
		}
		grown("/log/41", "✓")
	})
	t.Run("a registrar registers somebody; the session ends in the middle", func(t *testing.T) {
		b.t = t
		b.login("reg1")
		b.open("/people/new")
		b.do("the form", chromedp.SendKeys(chromedp.CSS("[name='id.user']"), "chen"), chromedp.SendKeys(chromedp.CSS("[name='p.full_name']"), "陈<b>晨"))
		if _, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
		b.quiet = true // a 401 is an entry of the browser's log, and meant
		b.click("main form button.first", "main .note.wait")
		b.quiet = false
		b.shows("main", "会话已结束", "再次提交")
		b.accessible("a session that ended")
		b.shot("story-expired")
		l, err := s.as("reg1").Link(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tab, stop := chromedp.NewContext(b.ctx)
		defer stop()
		if err := chromedp.Do(tab, chromedp.Navigate(s.base+"/login/link?code="+l.Code), chromedp.Click(chromedp.CSS("main button.first")), chromedp.WaitVisible(chromedp.CSS(".who form"))); err != nil {
			t.Fatal(err)
		}
		b.click("form[action='/sign/user.add'] button", "#cmd")
		b.shows("#cmd", "glovebox user add chen", "'陈<b>晨'")
		b.do("twice", chromedp.Navigate(s.base+"/orgs/new"), chromedp.SendKeys(chromedp.CSS("[name='id.org']"), "新机构"), chromedp.DoubleClick(chromedp.CSS("main form button.first")), chromedp.WaitVisible(chromedp.CSS("#cmd")))
		b.shows("#cmd", "glovebox org add 新机构")
		b.eval(`history.back();""`)
		b.until(`document.querySelector("[name='id.org']")`)
	})
	b.t = t
	b.login("zhao")
	b.size(1120, 840, false)
	for _, lang := range []string{"zh", "en"} { // those of the README
		b.open("/releases/" + s.pending + "?lang=" + lang)
		b.view("readme-release-" + lang)
		b.open("/releases/" + s.pending + "/review?lang=" + lang)
		b.view("readme-review-" + lang)
	}
	b.silent("the stories")
}

// handIn chooses files on the form of a job and has them checked.
func (b *chromium) handIn(files ...string) {
	b.t.Helper()
	var all []string
	for _, f := range files {
		p, err := filepath.Abs(f)
		if err != nil {
			b.t.Fatal(err)
		}
		all = append(all, p)
	}
	b.do("files", chromedp.SetUploadFiles(chromedp.CSS("[name=files]"), all))
	b.click("main form button.first", "main .note, main .two")
}

// view keeps a picture of the window.
func (b *chromium) view(name string) {
	b.t.Helper()
	dir := os.Getenv("GLOVEBOX_SHOTS")
	if dir == "" {
		return
	}
	p, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), p, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
