package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/internal/client"
	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/words"
	"glovebox.example/glovebox/text"
)

// app is what every command shares: streams, global flags, language.
type app struct {
	Streams
	raw             Streams // as they are: for a progress bar, and for rows that are a file
	dir             string
	user            string
	server, profile string
	asFlag          bool // --as was written
	json            bool
	lang            glovebox.Lang
	// noHelp is why --help has nothing to print: the command is not there.
	noHelp error
}

func newApp(args []string, s Streams) *app {
	a := &app{Streams: s, raw: s, dir: os.Getenv("GLOVEBOX_DOMAIN"), user: os.Getenv("GLOVEBOX_USER"), server: os.Getenv("GLOVEBOX_SERVER"), profile: os.Getenv("GLOVEBOX_PROFILE"), lang: language(args)}
	for _, w := range args { // so that a usage error is printed as asked, too
		if w == "--json" || w == "--json=true" {
			a.json = true
		}
		if w == "--as" || strings.HasPrefix(w, "--as=") && w != "--as=" {
			a.asFlag = true
		}
	}
	a.Out, a.Err = text.NewWriter(s.Out, a.json), text.NewWriter(s.Err, a.json)
	return a
}

// flush prints what the streams keep back: the beginning of a character.
func (a *app) flush() {
	for _, w := range []any{a.Out, a.Err} {
		if w, ok := w.(*text.Writer); ok {
			_ = w.Flush() // it can hold no more than half a character
		}
	}
}

// language picks --lang, GLOVEBOX_LANG or the locale, before flags are parsed,
// since help texts need it.
func language(args []string) glovebox.Lang {
	for i, w := range args {
		v, ok := strings.CutPrefix(w, "--lang=")
		if w == "--lang" && i+1 < len(args) {
			v, ok = args[i+1], true
		}
		if _, known := modbuild.Named(v); ok && !known { // module new and build take both kinds
			return spoken(v)
		}
	}
	for _, k := range []string{"GLOVEBOX_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(k); v != "" {
			return spoken(v)
		}
	}
	return glovebox.English
}

// spoken is the language of a tag or a locale, such as zh-CN or en_US.UTF-8:
// English where it is neither.
func spoken(tag string) glovebox.Lang {
	if strings.HasPrefix(tag, "zh") {
		return glovebox.Chinese
	}
	return glovebox.English
}

// langFlag is --lang.
type langFlag glovebox.Lang

func (l *langFlag) String() string { return string(*l) }

func (l *langFlag) Type() string { return "language" }

func (l *langFlag) Set(tag string) error {
	if !strings.HasPrefix(tag, "zh") && !strings.HasPrefix(tag, "en") {
		return errors.New("no such language")
	}
	*l = langFlag(spoken(tag))
	return nil
}

// t is a text in the user's language.
func (a *app) t(en, zh string) string { return glovebox.Text{EN: en, ZH: zh}.In(a.lang) }

// word is a role, a state or another term of a table in the user's language.
func (a *app) word(en string) string { return words.In(a.lang, en) }

// open opens the domain of --domain. It fails where a server is named instead, and
// where a core holds the directory and the command would wait for it for ever.
func (a *app) open(ctx context.Context, o *domain.Options) (*domain.Domain, error) {
	there, err := a.remote()
	switch {
	case err != nil:
		return nil, err
	case there && (a.dir == "" || a.server != ""):
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "this command reads the domain's directory itself, which a server holds").WithFix("run it on the host of the domain, with --domain DIR")
	case there && (!o.ReadOnly || o.Still):
		return nil, glovebox.Errorf(glovebox.CodeConflict, "a core holds this domain, and this command needs it for itself").WithFix("stop `glovebox serve` first, and start it again afterwards")
	}
	if a.dir == "" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "no domain given").WithFix("pass --domain DIR or set GLOVEBOX_DOMAIN; `glovebox init DIR` makes one")
	}
	o.Waiting = func() {
		a.note(a.t("waiting for another glovebox command on this domain", "正在等待本域的另一条 glovebox 命令结束"))
	}
	return domain.Open(ctx, a.dir, o)
}

// with opens the domain, runs fn and closes it. Commands that change it pass
// write.
func (a *app) with(ctx context.Context, write bool, fn func(*domain.Domain) error) error {
	return a.opened(ctx, &domain.Options{ReadOnly: !write}, fn)
}

func (a *app) opened(ctx context.Context, o *domain.Options, fn func(*domain.Domain) error) (err error) {
	d, err := a.open(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := d.Close(); err == nil {
			err = cerr
		}
	}()
	return fn(d)
}

// actor is the user of --as, who must be known and active.
func (a *app) actor(ctx context.Context, d *domain.Domain) (*domain.By, error) {
	if a.user == "" {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "no user given").WithFix("pass --as USER or set GLOVEBOX_USER; `glovebox user add` makes one")
	}
	return d.Acting(ctx, a.user)
}

// do takes an act and puts its document into out.
func (a *app) do(ctx context.Context, o *desk.Options, x desk.Act, out any) error {
	return a.through(ctx, true, o, func(d desk.Door) error { return d.Do(ctx, x, out) })
}

// look asks a question and puts the answer into out.
func (a *app) look(ctx context.Context, q desk.Look, out any) error {
	return a.through(ctx, false, nil, func(d desk.Door) error { return d.Look(ctx, q, out) })
}

// through opens the door that the flags name: a server, the core that holds the
// directory, or the directory itself.
func (a *app) through(ctx context.Context, write bool, o *desk.Options, fn func(desk.Door) error) error {
	if a.dir != "" && a.server == "" && core.Holds(a.dir) {
		return a.throughSocket(fn)
	}
	name, p, err := a.working()
	if err != nil {
		return err
	}
	if p == nil {
		return a.with(ctx, write, func(d *domain.Domain) error {
			return fn(&desk.Local{Desk: desk.New(d, o), User: a.user})
		})
	}
	if a.asFlag {
		return flagError("--as", "on a server nobody acts by name alone", "leave it out: acts are signed with the key of the profile")
	}
	c, err := a.client(name, p)
	if err != nil {
		return err
	}
	return fn(c)
}

// remote says whether the door that the flags name is one of a server or a core.
func (a *app) remote() (bool, error) {
	if a.dir != "" && a.server == "" && core.Holds(a.dir) {
		return true, nil
	}
	_, p, err := a.working()
	return p != nil, err
}

// throughSocket goes to the core that holds the directory, with the key of the
// profile.
func (a *app) throughSocket(fn func(desk.Door) error) error {
	if a.asFlag {
		return flagError("--as", "a core holds this domain, and takes nobody by name alone", "leave it out: acts are signed with the key of the profile")
	}
	all, err := readProfiles()
	if err != nil {
		return err
	}
	p := all.Profiles[cmp.Or(a.profile, all.Current)]
	c := &client.Client{Base: "http://core", HTTP: client.Socket(filepath.Join(a.dir, core.Socket)), User: p.User, Detached: a.detached}
	if err := a.identify(c, "", &p); err != nil {
		return err
	}
	return fn(c)
}

// act is with, on behalf of the user of --as.
func (a *app) act(ctx context.Context, write bool, fn func(*domain.Domain, *domain.By) error) error {
	return a.with(ctx, write, func(d *domain.Domain) error {
		by, err := a.actor(ctx, d)
		if err != nil {
			return err
		}
		return fn(d, by)
	})
}

// emit prints v as JSON, or calls text.
func (a *app) emit(v any, text func()) error {
	if !a.json {
		text()
		return nil
	}
	return a.document(v)
}

// document prints v as JSON.
func (a *app) document(v any) error {
	e := json.NewEncoder(a.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// list makes the JSON of no elements an empty list, not null.
func list[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
