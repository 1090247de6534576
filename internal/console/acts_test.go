package console

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/access"
)

// Why no page has a form of an act.
const (
	byLogin  = "the pages for logging in, or a program, take it"
	byScript = "a passkey's own script takes it, on the page of one's keys"
	byShell  = "no page has it yet: its command takes it"
	unlinked = "it has a form at /new/NAME, and no page leads there yet"
	outside  = "data goes through no browser: the page of it says the command"
)

// formless are the acts without a form in a page.
var formless = map[string]string{
	"session.open": byLogin, "session.end": byLogin, "token.add": byLogin, "token.end": byLogin, "user.key_add": byScript,
	"dataset.load": outside, "node.trust": unlinked, "release.attach": unlinked,
	"domain.backup": byShell, "domain.rotate": byShell, "node.revoke": byShell, "node.use": byShell,
	"user.bind": byShell, "user.bind_confirm": byShell, "user.unbind": byShell, "fit.charge": byShell,
	"scenario.apply": byShell, "scenario.review": byShell, "scenario.return": byShell, "scenario.amend": byShell, "scenario.refuse": byShell,
	"product.register": byShell, "product.publish": byShell, "product.sample": byShell, "product.retire": byShell,
	"ticket.open": byShell, "ticket.answer": byShell, "ticket.close": byShell,
	"module.register": byShell, "module.certify": byShell, "module.promote": byShell, "module.revoke": byShell,
	"release.supersede": byShell, "dataset.rollback": byShell, "dataset.destroy": byShell, "dataset.cancel": byShell,
}

// TestEveryActHasAForm: each act of the table of rights has a form in a page, or
// is listed above with the reason, and not both.
func TestEveryActHasAForm(t *testing.T) {
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil || len(names) == 0 {
		t.Fatal("no templates", err)
	}
	var pages strings.Builder
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages.Write(b)
	}
	known := map[string]bool{}
	for _, a := range access.Acts {
		known[a.Name] = true
		form := slices.Contains(reasoned, a.Name)
		for _, end := range []string{`"`, "?"} {
			form = form || strings.Contains(pages.String(), "/sign/"+a.Name+end) || strings.Contains(pages.String(), "/new/"+a.Name+end)
		}
		switch why := formless[a.Name]; {
		case !form && why == "":
			t.Errorf("%s: no page has a form of it, and no reason is given", a.Name)
		case form && why != "":
			t.Errorf("%s has a form: take it off the list", a.Name)
		}
	}
	for name := range formless {
		if !known[name] {
			t.Errorf("%s is listed and is no act", name)
		}
	}
}
