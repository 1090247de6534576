// Package console is the pages of a domain: what each role works with in a
// browser, in Chinese and in English.
//
// A page is made on the server from what the core answers to the person's own
// session, whose secret is the browser's cookie; the package holds no session, no
// key and no right of its own, and keeps nothing between two requests. So whoever
// takes the process over can see what its live sessions may see, and sign nothing:
// each act carries the signature of its person, made on that person's machine.
//
// Pages work without script, but for what a browser can do with script alone: a
// passkey, and checking a proof. No page asks another site for anything. A page
// shows no cell value that was not released.
package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"glovebox.example/glovebox"
)

//go:embed static templates
var files embed.FS

// policy is the Content-Security-Policy of every page: nothing from elsewhere,
// nothing inline, and no way to make script from text.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// Options of New.
type Options struct {
	// Core sends requests to the core's socket.
	Core http.RoundTripper
	// Ways are the identity providers that people may log in by.
	Ways []Way
	// More answers what is no page of this package; nil: nothing does. What it does
	// not know is not found.
	More *http.ServeMux
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Way is an identity provider on the page of a login.
type Way struct {
	Path  string
	Title glovebox.Text
}

// Console serves pages. It is safe for concurrent use.
type Console struct {
	o       Options
	mux     *http.ServeMux
	pages   map[glovebox.Lang]*template.Template
	version string // of the static files
	uploads chan struct{}
}

// New makes a console. The core need not be there yet.
func New(o Options) *Console {
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Console{o: o, mux: http.NewServeMux(), pages: map[glovebox.Lang]*template.Template{}, version: versionOf(files), uploads: make(chan struct{}, maxAtOnce)}
	for _, l := range []glovebox.Lang{glovebox.Chinese, glovebox.English} {
		c.pages[l] = template.Must(template.New("").Funcs(c.funcs(l)).ParseFS(files, "templates/*.html"))
	}
	c.routes()
	return c
}

// versionOf is a digest of the static files, which their addresses carry.
func versionOf(f fs.FS) string {
	h := sha256.New()
	err := fs.WalkDir(f, "static", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(f, p)
		_, _ = h.Write(append([]byte(p), b...)) // never fails
		return err
	})
	if err != nil {
		panic("console: " + err.Error()) // the files are part of the program
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// ServeHTTP implements http.Handler.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Cache-Control", "no-store")
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.fail(c.view(w, r), http.StatusForbidden, glovebox.Errorf(glovebox.CodeDenied, "the request comes from a page of another site").WithFix("use the address of this server"))
	}))
	if c.o.More != nil {
		if h, known := c.o.More.Handler(r); known != "" {
			cross.Handler(h).ServeHTTP(w, r)
			return
		}
	}
	cross.Handler(c.mux).ServeHTTP(w, r)
}

// Fail answers a browser with the page of a failure; status 0: the one of its code.
func (c *Console) Fail(w http.ResponseWriter, r *http.Request, status int, err error) {
	v := c.view(w, r)
	_ = v.about() // the page says less without
	c.fail(v, status, err)
}

// Begin gives a browser the session of a secret and sends it on within this site.
func (c *Console) Begin(w http.ResponseWriter, r *http.Request, secret, next string) {
	c.view(w, r).begin(secret, next)
}

// static serves a file under an address that changes with it.
func (c *Console) static(w http.ResponseWriter, r *http.Request) {
	name := path.Join("static", path.Clean("/"+r.PathValue("file")))
	if r.PathValue("version") != c.version || strings.HasSuffix(name, "/") {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeFileFS(w, r, files, name)
}
