package console

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/words"
)

// view is one page on its way: what every template may read.
type view struct {
	c *Console
	w http.ResponseWriter
	r *http.Request

	secret string
	called map[string]string // what codes stand for: NameOf

	Lang    glovebox.Lang
	Me      *glovebox.User // nil: nobody is logged in
	Domain  string
	Title   string // in Lang
	Section string // of the navigation
	D       any    // what the page is about
}

// beijing is the clock of every time that a page shows.
var beijing = time.FixedZone("UTC+8", 8*60*60)

const langCookie = "__Host-lang"

func (c *Console) view(w http.ResponseWriter, r *http.Request) *view {
	v := &view{c: c, w: w, r: r, Lang: language(r)}
	if x, err := r.Cookie(sessionCookie); err == nil {
		v.secret = x.Value
	}
	if l := r.URL.Query().Get("lang"); l == string(v.Lang) {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: l, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600})
	}
	return v
}

// language is that of ?lang, or of the cookie, or English for a browser that asks
// for English and for no Chinese; else Chinese.
func language(r *http.Request) glovebox.Lang {
	asked := []string{r.URL.Query().Get("lang")}
	if x, err := r.Cookie(langCookie); err == nil {
		asked = append(asked, x.Value)
	}
	for _, l := range asked {
		if l == string(glovebox.Chinese) || l == string(glovebox.English) {
			return glovebox.Lang(l)
		}
	}
	accept := strings.ToLower(r.Header.Get("Accept-Language"))
	if strings.Contains(accept, "en") && !strings.Contains(accept, "zh") {
		return glovebox.English
	}
	return glovebox.Chinese
}

// T is a text of the console in the view's language.
func (v *view) T(en string, parts ...any) string { return say(v.Lang, en, parts...) }

// Path is where the page is, without its query.
func (v *view) Path() string { return v.r.URL.Path }

// Other is the address of this page in the other language.
func (v *view) Other() string {
	q := v.r.URL.Query()
	q.Set("lang", "en")
	if v.Lang == glovebox.English {
		q.Set("lang", "zh")
	}
	if v.r.Method != http.MethodGet {
		return "/?" + url.Values{"lang": q["lang"]}.Encode()
	}
	return v.r.URL.EscapedPath() + "?" + q.Encode()
}

// Here is the address of this page, to come back to.
func (v *view) Here() string {
	if v.r.Method != http.MethodGet {
		return "/"
	}
	return v.r.URL.RequestURI()
}

// Holds says whether whoever looks has one of the roles.
func (v *view) Holds(roles ...glovebox.Role) bool {
	return v.Me != nil && slices.ContainsFunc(roles, func(r glovebox.Role) bool { return slices.Contains(v.Me.Roles, r) })
}

// show writes a page.
func (v *view) show(status int, name, title string, d any) {
	v.Title, v.D = title, d
	var b bytes.Buffer
	if err := v.c.pages[v.Lang].ExecuteTemplate(&b, name, v); err != nil {
		http.Error(v.w, "internal error", http.StatusInternalServerError) // a fault of a template: tests run each
		return
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", map[glovebox.Lang]string{glovebox.Chinese: "zh-CN", glovebox.English: "en"}[v.Lang])
	h.Add("Vary", "Cookie, Accept-Language")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes()) // whoever went away does not read it
}

// fail shows why something did not work; status 0: the one of the failure.
func (c *Console) fail(v *view, status int, err error) {
	f, ok := errors.AsType[*api.Failure](err)
	if !ok {
		f = &api.Failure{Problem: api.ProblemOf(err)}
	}
	if status == 0 {
		status = f.Problem.Status
	}
	v.show(status, "problem", v.T(titles[status]), f.Problem)
}

// titles of pages that say why something did not work.
var titles = map[int]string{
	http.StatusNotFound: "Not found", http.StatusForbidden: "Refused", http.StatusConflict: "Not now", http.StatusPreconditionFailed: "Changed meanwhile",
	http.StatusUnprocessableEntity: "Something is not right", http.StatusBadRequest: "Something is not right", http.StatusRequestEntityTooLarge: "Too large",
	http.StatusTooManyRequests: "Too many requests", http.StatusServiceUnavailable: "The core does not answer", http.StatusInternalServerError: "Something failed",
}

// say is a text of the console in a language, with its parts.
func say(l glovebox.Lang, en string, parts ...any) string {
	return format(words.Page(l, en), parts)
}
