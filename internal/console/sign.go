package console

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/act"
)

// step is an act that waits for its person's signature. A form posts it to
// /sign/NAME with the fields
//
//	subject, state, role   of the act; state is the digest of what was shown
//	p.NAME, n.NAME, b.NAME, l.NAME a text, a number, a yes, a list with commas of
//	                       params; a dot goes deeper
//	file.NAME              the digest of a file that was handed in
//	back, done             where the form is, and where to go when it is signed
//
// The page that answers shows it in words and says how it is signed: with a
// passkey here, or by a command elsewhere.
type step struct {
	Row      *access.Act
	Subject  string
	State    string
	Role     string
	Params   json.RawMessage
	Fields   []field // of the form, to be sent again
	Shown    []field // params in words
	Back     string
	Done     string
	Document string // text of the file, where it was written here
	Command  string // that does the same with a key
	Encoded  string // the act as it is signed, canonical, base64url
	Plain    string // the same to read
}

// field is a name with its value.
type field struct{ Name, Value string }

// signPage shows an act that somebody wants to take, to be signed.
func signPage(v *view) error {
	s, err := v.step()
	if err != nil {
		return err
	}
	v.show(http.StatusOK, "sign", v.T("Sign"), s)
	return nil
}

// step reads the form of an act.
func (v *view) step() (*step, error) {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxForm)
	if err := v.r.ParseForm(); err != nil {
		return nil, badForm()
	}
	row, ok := access.Find(v.r.PathValue("name"))
	if !ok {
		return nil, glovebox.Errorf(glovebox.CodeNotFound, "there is no such page").WithFix("go back to the inbox")
	}
	return v.stepOf(row, v.r.PostForm)
}

// stepOf reads an act of the fields of a form.
func (v *view) stepOf(row *access.Act, f url.Values) (*step, error) {
	s := &step{Row: row, Subject: f.Get("subject"), State: f.Get("state"), Role: f.Get("role"), Back: local(f.Get("back")), Done: local(f.Get("done"))}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range f {
			if !yield(name) {
				return
			}
		}
	}) {
		s.Fields = append(s.Fields, field{name, f.Get(name)})
		if kind, rest, ok := strings.Cut(name, "."); ok && f.Get(name) != "" && (kind == "p" || kind == "n" || kind == "b" || kind == "l") {
			if l := label(row.Name, rest); l != "" {
				rest = l
			}
			s.Shown = append(s.Shown, field{rest, f.Get(name)})
		}
	}
	for name := range f { // of what does not exist yet: a form asks for its name
		if kind, ok := strings.CutPrefix(name, "id."); ok && s.Subject == "" {
			s.Subject = kind + "/" + strings.TrimSpace(f.Get(name))
		}
	}
	if row.Name == "user.bind" {
		s.Subject = "binding/" + access.BindingID(strings.TrimSpace(f.Get("p.issuer")), strings.TrimSpace(f.Get("p.subject")))
	}
	var err error
	if s.Params, err = paramsOf(f); err != nil {
		return nil, err
	}
	if s.Subject != "" || !row.Makes() {
		if err := row.About(s.Subject); err != nil {
			return nil, err
		}
	}
	s.Command = command(row, s.Subject, f)
	return s, s.encode(v)
}

func badForm() error {
	return glovebox.Errorf(glovebox.CodeInvalid, "the form cannot be read").WithFix("go back, load the page again and fill it in once more")
}

// encode makes the act, with the time and a nonce of now.
func (s *step) encode(v *view) error {
	a := &act.Act{V: act.Version, Domain: v.Domain, Name: s.Row.Name, Subject: s.Subject, State: s.State, Role: s.Role,
		Time: v.c.o.Now().UTC().Format(act.TimeLayout), Nonce: act.NewNonce(), Params: s.Params}
	b, err := a.Encode()
	if err != nil {
		return err
	}
	s.Encoded = base64.RawURLEncoding.EncodeToString(b)
	var plain map[string]any
	if err := json.Unmarshal(b, &plain); err != nil {
		return err
	}
	b, err = json.MarshalIndent(plain, "", "  ")
	s.Plain = string(b)
	return err
}

// paramsOf makes the params of an act of a form's fields. Empty ones are left out.
func paramsOf(f url.Values) (json.RawMessage, error) {
	out := map[string]any{}
	put := func(path []string, x any) {
		m := out
		for _, p := range path[:len(path)-1] {
			next, ok := m[p].(map[string]any)
			if !ok {
				next = map[string]any{}
				m[p] = next
			}
			m = next
		}
		m[path[len(path)-1]] = x
	}
	for name := range f {
		x := strings.TrimSpace(f.Get(name))
		kind, rest, _ := strings.Cut(name, ".")
		if x == "" || rest == "" {
			continue
		}
		switch kind {
		case "p":
			put(strings.Split(rest, "."), x)
		case "n":
			n, err := strconv.ParseFloat(x, 64)
			if err != nil {
				return nil, glovebox.Invalid(rest, "is not a number").WithFix("write digits, with a point before parts of a whole")
			}
			put(strings.Split(rest, "."), n)
		case "b":
			put(strings.Split(rest, "."), x == "yes")
		case "l":
			put(strings.Split(rest, "."), strings.FieldsFunc(x, func(r rune) bool { return r == ',' || r == '，' || r == ' ' || r == '\n' || r == '\r' }))
		case "file":
			put([]string{"files", rest}, x)
		}
	}
	return json.Marshal(out)
}

// command is what a shell calls an act, with its params as options.
func command(row *access.Act, subject string, f url.Values) string {
	_, of, _ := strings.Cut(subject, "/")
	line := []string{"glovebox", row.Command}
	opt := func(flag, name string) {
		if x := strings.TrimSpace(f.Get(name)); x != "" {
			line = append(line, flag, quoted(x))
		}
	}
	if known, ok := forms[row.Name]; ok {
		line = append(line, known.words(of, f)...)
		if row.Name == "fit.charge" {
			opt(map[string]string{"pure": "--epsilon", "zcdp": "--rho"}[f.Get("p.kind")], "n.price")
		}
		opt("--role", "role")
		return strings.Join(line, " ")
	}
	switch row.Name {
	case "user.key_confirm":
		line = append(line, quoted(f.Get("p.user")), of)
	case "job.run":
		line = append(line, quoted(f.Get("p.file")))
	case "user.key_add":
		line = append(line, quoted(f.Get("p.user")), "KEY.pub.json")
	case "domain.freeze", "domain.unfreeze":
	case "incident.open":
		line = append(line, quoted(f.Get("p.title")))
	case "incident.note", "incident.close":
		line = append(line, of, quoted(f.Get("p.text")))
	default:
		line = append(line, quoted(of))
	}
	for _, o := range [][2]string{{"--role", "p.role"}, {"--role", "role"}, {"--kind", "p.kind"}, {"--district", "p.district"}, {"--filing", "p.filing"}, {"--full-name", "p.full_name"},
		{"--org", "p.org"}, {"--qualification", "p.qualification"}, {"--reason", "p.reason"}, {"--rho", "n.budget.rho"}, {"--epsilon", "n.budget.epsilon"}, {"--delta", "n.budget.delta"}, {"--to", "p.name"}, {"--incident", "p.incident"}, {"--about", "p.about"}, {"--reported-to", "p.reported_to"}, {"--state", "p.state"}} {
		opt(o[0], o[1])
	}
	return strings.Join(line, " ")
}

// quoted is an argument as a shell takes it.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r > 127 || strings.ContainsRune("-_./:@=+,", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// paramNames are the names of params that forms send and the page of a signature
// shows.
func paramNames() []string {
	return []string{"role", "kind", "district", "filing", "full_name", "org", "qualification", "reason", "user", "file", "scope", "name", "title", "text", "about", "reported_to", "state", "incident", "drill", "budget.kind", "budget.rho", "budget.epsilon", "budget.delta"}
}
