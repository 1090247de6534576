package console

import (
	"io/fs"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/desk"
)

// Why no page has a form of an act.
const (
	byLogin  = "the pages for logging in, or a program, take it"
	byScript = "a passkey's own script takes it, on the page of one's keys"
	outside  = "data goes through no browser: the page of it says the command"
)

// formless are the acts without a form in a page.
var formless = map[string]string{
	"session.open": byLogin, "session.end": byLogin, "token.add": byLogin, "token.end": byLogin, "user.key_add": byScript,
	"dataset.load": outside,
}

// TestEveryActHasAForm: each act of the table of rights has a form in a page that
// another page leads to, or is listed above with the reason, and not both.
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
		_, own := forms[a.Name]
		form := slices.Contains(reasoned, a.Name) || own && a.From() != nil && a.Name != "dataset.load" && strings.Contains(pages.String(), `"kind" "`+a.Kind()+`"`)
		if strings.Contains(pages.String(), `$v.New "`+a.Name+`"`) {
			form = true
		}
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

// TestFormsAskForAllParams: the form of an act asks for each of its params, by its
// name and in its kind, and for nothing else.
func TestFormsAskForAllParams(t *testing.T) {
	for name, f := range forms {
		if name == "dataset.load" {
			continue // a page, and no form
		}
		asked := map[string]string{}
		for _, x := range f.Inputs {
			if x.Kind != inName && x.Name != "more" {
				asked[x.Name] = x.Kind
			}
		}
		p := desk.ParamsOf(name)
		for i := range p.NumField() {
			param, _, _ := strings.Cut(p.Field(i).Tag.Get("json"), ",")
			kinds := []string{inText, inLong, inChoice, inFile}
			switch typ := p.Field(i).Type; typ.Kind() {
			case reflect.Bool:
				kinds = []string{inYes}
			case reflect.Int, reflect.Float64:
				kinds = []string{inNumber}
			case reflect.Slice:
				kinds = []string{inList}
			case reflect.Pointer:
				kinds = []string{inAnswer}
			}
			if !slices.Contains(kinds, asked[param]) {
				t.Errorf("%s: %s is asked for as %q", name, param, asked[param])
			}
			delete(asked, param)
		}
		for param := range asked {
			t.Errorf("%s: %s is no param", name, param)
		}
	}
}

// TestFormsAsCommands: what a page says that a shell calls the same act.
func TestFormsAsCommands(t *testing.T) {
	for _, c := range []struct{ name, subject, fields, want string }{
		{"dataset.rollback", "population", "n.version=1&p.reason=载入有误", "population 1 --reason 载入有误"},
		{"scenario.review", "care", "b.refuse=yes&p.reason=no&l.columns=a,b", "care --columns a,b --refuse --reason no"},
		{"scenario.review", "care", "b.reasonable.yes=yes&p.reasonable.text=it is&b.necessary.yes=no&p.necessary.text=why", "care --reasonable 'yes:it is' --necessary no:why"},
		{"product.publish", "hot", "", "hot"},
		{"product.publish", "hot", "b.running=yes", "hot --running"},
		{"ticket.open", "", "p.dataset=d&p.title=two words&p.column=c", "d 'two words' --column c"},
		{"module.register", "", "p.file=m.wasm&p.source=s.tar", "m.wasm --source s.tar"},
		{"domain.backup", "", "p.data=a&p.keys=b&p.data_for=x&p.keys_for=y", "a --to DATA.pub --keys b --keys-to KEYS.pub"},
		{"user.bind_confirm", "b-1", "p.user=wang", "wang b-1"},
	} {
		filled, err := url.ParseQuery(c.fields)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(forms[c.name].words(c.subject, filled), " "); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}
