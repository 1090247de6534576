//go:build browser

package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is a real browser, with what it complained of.
type chromium struct {
	t   *testing.T
	ctx context.Context
	c   *town
	axe string

	mu    sync.Mutex
	noise []string
	quiet bool // what is said now is meant
}

// newChromium starts a browser; where there is none the test says so, loudly.
func newChromium(t *testing.T, c *town) *chromium {
	t.Helper()
	path := os.Getenv("GLOVEBOX_CHROMIUM")
	if path == "" {
		path = "/usr/bin/chromium"
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("NO BROWSER: pages were not tried in one. Install Debian's chromium, or name one in GLOVEBOX_CHROMIUM")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("ignore-certificate-errors", true),
		chromedp.WindowSize(1280, 900), chromedp.Flag("lang", "zh-CN"), chromedp.Flag("accept-lang", "zh-CN,zh"), chromedp.Flag("no-proxy-server", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"))
	root, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(root)
	t.Cleanup(stop)
	b := &chromium{t: t, ctx: ctx, c: c}
	if f, err := os.ReadFile("../../build/axe/package/axe.min.js"); err == nil {
		b.axe = string(f)
	} else {
		t.Log("NO AXE: accessibility was not checked. scripts/test-web fetches it")
	}
	if err := chromedp.Listen(ctx, func(ev any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.quiet {
			return
		}
		switch e := ev.(type) {
		case *cdplog.EventEntryAdded:
			b.noise = append(b.noise, fmt.Sprint(e.Entry.Source, " ", e.Entry.Text, " ", e.Entry.URL))
		case *runtime.EventExceptionThrown:
			b.noise = append(b.noise, fmt.Sprint(e.ExceptionDetails.Text, " ", e.ExceptionDetails.Exception))
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, cdplog.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// do takes steps, within a time that ends a hang and nothing else.
func (b *chromium) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, 60*time.Second)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		if shot, serr := chromedp.Run(b.ctx, chromedp.CaptureScreenshot()); serr == nil {
			path := filepath.Join(os.TempDir(), "glovebox-console-failed.png")
			_ = os.WriteFile(path, shot, 0o600)
			b.t.Logf("what it showed: %s", path)
		}
		b.t.Fatalf("%s: %v", what, err)
	}
}

func (b *chromium) open(path string) {
	b.t.Helper()
	b.do(path, chromedp.Navigate(b.c.base+path), chromedp.WaitVisible(chromedp.CSS("main")))
}

// text is what the page says within a selector.
func (b *chromium) text(css string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf("Array.from(document.querySelectorAll(%q),x=>x.innerText).join('\\n')", css)))
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *chromium) eval(js string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return s
}

// login uses a one-time link of somebody.
func (b *chromium) login(who string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
	l, err := b.c.as(who).Link(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	b.open("/login/link?code=" + l.Code)
	b.do("log in", chromedp.Click(chromedp.CSS("main button.first")), chromedp.WaitVisible(chromedp.CSS(".who form")))
}

// size sets the window and its colours.
func (b *chromium) size(width, height int64, dark bool) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1}); err != nil {
		b.t.Fatal(err)
	}
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}); err != nil {
		b.t.Fatal(err)
	}
}

// accessible fails where axe-core finds something.
func (b *chromium) accessible(what string) {
	b.t.Helper()
	if b.axe == "" {
		return
	}
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](b.axe+";1")); err != nil {
		b.t.Fatal(err)
	}
	var all []struct {
		ID, Help string
		Nodes    []struct{ HTML string }
	}
	raw := b.eval(`axe.run(document,{runOnly:["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]}).then(r=>JSON.stringify(r.violations))`)
	if err := json.Unmarshal([]byte(raw), &all); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range all {
		b.t.Errorf("%s: axe %s: %s: %d times, first %s", what, v.ID, v.Help, len(v.Nodes), v.Nodes[0].HTML)
	}
}

// whole fails where a page is wider than its window.
func (b *chromium) whole(what string) {
	b.t.Helper()
	if s := b.eval(`String(document.documentElement.scrollWidth > document.documentElement.clientWidth)`); s != "false" {
		b.t.Errorf("%s: wider than the window", what)
	}
}

// silent fails where the browser had something to say.
func (b *chromium) silent(what string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.noise {
		b.t.Errorf("%s: the browser says: %s", what, s)
	}
	b.noise = nil
}

// shot keeps a picture where GLOVEBOX_SHOTS says.
func (b *chromium) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("GLOVEBOX_SHOTS")
	if dir == "" {
		return
	}
	p, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), p, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *chromium) print(name string) {
	b.t.Helper()
	dir := os.Getenv("GLOVEBOX_SHOTS")
	p, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPrintBackground()))
	if err == nil && dir != "" {
		err = os.WriteFile(filepath.Join(dir, name+".pdf"), p, 0o600)
	}
	if err != nil || len(p) < 1000 {
		b.t.Fatalf("printing: %d bytes, %v", len(p), err)
	}
}

func fileName(who, path, rest string) string {
	return who + strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-").Replace(path) + "-" + rest
}

// TestBrowserEveryPage looks at every page of every role: Chinese and English, wide
// and narrow, light and dark. Nothing is wider than its window, axe-core finds
// nothing, and the browser has nothing to say.
func TestBrowserEveryPage(t *testing.T) {
	s := newStory(t)
	b := newChromium(t, s.town)
	seen := map[string]bool{}
	for _, who := range []string{"zhao", "wang", "gongan", "liu", "sun", "reg1"} {
		b.login(who)
		for _, p := range s.paths()[who] {
			if seen[p] && p != "/" && p != "/start" {
				continue
			}
			seen[p] = true
			at := func(lang string) string {
				if strings.Contains(p, "?") {
					return p + "&lang=" + lang
				}
				return p + "?lang=" + lang
			}
			b.size(1280, 900, false)
			b.open(at("zh"))
			b.whole(p)
			b.accessible(who + " " + p)
			b.shot(fileName(who, p, "zh"))
			b.size(390, 844, true)
			b.open(at("en"))
			b.whole(p + " narrow")
			b.accessible(who + " " + p + " narrow, dark")
			b.shot(fileName(who, p, "en-narrow"))
			b.silent(who + " " + p)
			if strings.HasPrefix(p, "/releases/") {
				b.size(1280, 900, false)
				b.open(at("zh"))
				b.print(fileName(who, p, "print"))
			}
		}
	}
}
