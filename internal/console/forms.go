package console

import (
	"net/url"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
)

// Kinds of input of a form.
const (
	inText   = "text"
	inLong   = "long"   // several lines
	inNumber = "number" // in decimals
	inYes    = "yes"    // a tick
	inAnswer = "answer" // yes or no, and why
	inChoice = "choice"
	inList   = "list" // separated by commas
	inFile   = "file"
	inName   = "name" // of what the act makes
)

// input is one field of the form of an act.
type input struct {
	Name    string // of the param, or the kind of document
	Kind    string
	Label   string
	Options []string // of a choice; an empty one stands for none
	Need    bool
	For     glovebox.Role // who is asked; empty: everybody
}

// form is how an act's params are asked for, and what the same act is on a shell.
type form struct {
	Inputs []input
	Text   string // name of a file whose text can be written in the page; empty: none can
	Note   string
	// Line are the words after the command: @ is the subject's name, {x} a param,
	// "--x {x}" an option with one, "--x!x" an option for a tick, "--x?x" for an
	// answer; others stand as they are.
	Line []string
}

func file(label string) input { return input{Name: "file", Kind: inFile, Label: label, Need: true} }

var reason = input{Name: "reason", Kind: inText, Label: "Reason", Need: true}

// forms are the acts that have a page of their own at /new/NAME.
var forms = map[string]form{
	"dataset.add":    {Text: "dataset.yaml", Inputs: []input{file("File")}, Line: []string{"{file}"}},
	"scenario.add":   {Text: "scenario.yaml", Inputs: []input{file("File")}, Line: []string{"{file}"}},
	"scenario.grant": {Text: "grant.yaml", Inputs: []input{file("File")}, Line: []string{"{file}"}},
	"node.trust":     {Text: "node.json", Inputs: []input{file("What the node printed at node init")}, Line: []string{"{file}"}},
	"release.attach": {Text: "report.json", Inputs: []input{file("The report, as module test or job sample wrote it")}, Line: []string{"@", "{file}"}},
	"dataset.load":   {Note: "Data goes in by the command line, from the machine where it lies; it passes through no browser."},

	"scenario.apply": {Text: "scenario.yaml", Inputs: []input{file("File"), {Name: "reuse", Kind: inText, Label: "Code of a scenario whose agreements stand for this one"}},
		Line: []string{"{file}", "--reuse {reuse}"}},
	"scenario.amend": {Text: "scenario.yaml", Inputs: []input{file("File"), reason}, Line: []string{"{file}", "--reason {reason}"}},
	"scenario.review": {Inputs: []input{
		{Name: "dataset", Kind: inText, Label: "Of your dataset with this code alone", For: glovebox.RoleProvider},
		{Name: "columns", Kind: inList, Label: "Columns that you agree to, separated by commas; empty: all that are needed", For: glovebox.RoleProvider},
		{Name: "refuse", Kind: inYes, Label: "I agree to none", For: glovebox.RoleProvider},
		{Name: "reason", Kind: inText, Label: "Reason"},
		{Name: "reasonable", Kind: inAnswer, Label: "Is it reasonable?", For: glovebox.RoleAuthority}, {Name: "necessary", Kind: inAnswer, Label: "Is each column necessary?", For: glovebox.RoleAuthority}, {Name: "satisfiable", Kind: inAnswer, Label: "Can it be satisfied?", For: glovebox.RoleAuthority}},
		Line: []string{"@", "--dataset {dataset}", "--columns {columns}", "--refuse!refuse", "--reason {reason}", "--reasonable?reasonable", "--necessary?necessary", "--satisfiable?satisfiable"}},

	"product.register": {Inputs: []input{{Name: "product", Kind: inName, Label: "Code of the product, as its scenario has it", Need: true}, {Name: "scenario", Kind: inText, Label: "Code of the scenario", Need: true},
		{Name: "technique", Kind: inLong, Label: "Technical standard", Need: true}, {Name: "security", Kind: inLong, Label: "What the security review asks", Need: true}, {Name: "business", Kind: inLong, Label: "What the business review asks", Need: true}},
		Line: []string{"@", "--scenario {scenario}", "--technique {technique}", "--security {security}", "--business {business}"}},
	"product.publish": {Inputs: []input{{Name: "running", Kind: inYes, Label: "It is delivered already: it runs"}}, Line: []string{"@", "--running!running"}},
	"product.sample": {Inputs: []input{{Name: "release", Kind: inText, Label: "Release that left", Need: true}, {Name: "text", Kind: inLong, Label: "What you looked at and found", Need: true}, {Name: "passed", Kind: inYes, Label: "It is as it has to be"}},
		Line: []string{"@", "{release}", "{text}", "--passed!passed"}},

	"ticket.open": {Inputs: []input{{Name: "dataset", Kind: inText, Label: "Code of the dataset", Need: true}, {Name: "column", Kind: inText, Label: "Column"}, {Name: "title", Kind: inText, Label: "What is wrong", Need: true},
		{Name: "track", Kind: inChoice, Label: "It was seen by", Options: []string{"", "user", "check", "sampling"}}}, Line: []string{"{dataset}", "{title}", "--column {column}", "--track {track}"}},
	"ticket.answer": {Inputs: []input{{Name: "text", Kind: inLong, Label: "Answer", Need: true}, {Name: "again", Kind: inYes, Label: "This asks on"}}, Line: []string{"@", "{text}", "--again!again"}},
	"ticket.close":  {Inputs: []input{{Name: "text", Kind: inLong, Label: "Last word", Need: true}}, Line: []string{"@", "{text}"}},

	"module.register": {Inputs: []input{file("Module (.wasm)"), {Name: "source", Kind: inFile, Label: "Its source, in an archive"}, {Name: "recipe", Kind: inLong, Label: "How it is built from that"}},
		Line: []string{"{file}", "--source {source}", "--recipe {recipe}"}},
	"module.certify": {Inputs: []input{{Name: "text", Kind: inLong, Label: "What you looked at and found", Need: true}}, Line: []string{"@", "{text}"}},
	"module.promote": {Note: "The job runs on made-up rows alone. Hand in the lists that it names, too.", Inputs: []input{file("Job (job.yaml)"), {Name: "more", Kind: inFile, Label: "A list that the job names"}, {Name: "text", Kind: inLong, Label: "What you looked at and found", Need: true}},
		Line: []string{"@", "{file}", "{text}"}},

	"release.supersede": {Inputs: []input{{Name: "successor", Kind: inText, Label: "Release that stands for it", Need: true}, reason}, Line: []string{"@", "--by {successor}", "--reason {reason}"}},
	"dataset.rollback":  {Inputs: []input{{Name: "version", Kind: inNumber, Label: "Version to go back to", Need: true}, reason}, Line: []string{"@", "{version}", "--reason {reason}"}},
	"dataset.destroy":   {Inputs: []input{{Name: "version", Kind: inNumber, Label: "Version to destroy, for good", Need: true}, reason}, Line: []string{"@", "{version}", "--reason {reason}"}},
	"fit.charge": {Note: "A fit is paid from the dataset's ledger. Made-up rows drawn from it resemble the data.", Inputs: []input{{Name: "kind", Kind: inChoice, Label: "Ledger", Options: []string{"pure", "zcdp"}, Need: true}, {Name: "price", Kind: inNumber, Label: "Price: ε of a pure ledger, ρ of a zcdp one", Need: true}},
		Line: []string{"@", "--fit"}},

	"user.bind": {Inputs: []input{{Name: "user", Kind: inText, Label: "Person", Need: true}, {Name: "issuer", Kind: inText, Label: "Address of the identity provider, as its tokens say it (iss)", Need: true}, {Name: "subject", Kind: inText, Label: "Account, as its tokens say it (sub)", Need: true}},
		Line: []string{"{user}", "--issuer {issuer}", "--subject {subject}"}},
	"user.bind_confirm": {Inputs: []input{{Name: "user", Kind: inText, Label: "Person", Need: true}}, Line: []string{"{user}", "@"}},
	"user.unbind":       {Line: []string{"@"}},
	"node.revoke":       {Line: []string{"@"}},
	"node.use": {Inputs: []input{{Name: "kind", Kind: inChoice, Label: "Engine", Options: []string{"local", "sparksql", "sparkconnect", "nats"}, Need: true}, {Name: "at", Kind: inText, Label: "Address of the engine"}, {Name: "storage", Kind: inText, Label: "Place shared with the nodes: a folder, or s3://BUCKET/PREFIX"},
		{Name: "endpoint", Kind: inText, Label: "The bucket is on HOST:PORT"}, {Name: "region", Kind: inText, Label: "Region of the bucket"}, {Name: "ca", Kind: inText, Label: "File of certificates on the host"}, {Name: "command", Kind: inText, Label: "What the engine starts on a node's machine"}},
		Line: []string{"{kind}", "--at {at}", "--storage {storage}", "--endpoint {endpoint}", "--region {region}", "--ca {ca}", "--command {command}"}},
	"domain.rotate": {Inputs: []input{{Name: "key", Kind: inChoice, Label: "Key", Options: []string{"signing", "domain", "unit"}, Need: true}, {Name: "space", Kind: inText, Label: "Unit space, of a key unit"}}, Line: []string{"{key}", "--space {space}"}},
	"domain.backup": {Note: "Both files are written in the folder for copies on the host, each encrypted to its own people. Whoever holds both holds the domain.", Inputs: []input{{Name: "data", Kind: inText, Label: "Name of the file with data", Need: true}, {Name: "data_for", Kind: inLong, Label: "Public keys (age) of those who may open the data, one a line", Need: true},
		{Name: "keys", Kind: inText, Label: "Name of the file with keys", Need: true}, {Name: "keys_for", Kind: inLong, Label: "Public keys (age) of those who may open the keys, one a line", Need: true}},
		Line: []string{"{data}", "--to", "DATA.pub", "--keys {keys}", "--keys-to", "KEYS.pub"}},
}

// field is the name of an input in its HTML form: see step.
func (x input) Field() string {
	switch x.Kind {
	case inNumber:
		return "n." + x.Name
	case inYes:
		return "b." + x.Name
	case inList:
		return "l." + x.Name
	case inName:
		return "id." + x.Name
	}
	return "p." + x.Name
}

// hasFiles says whether files go with the form.
func (f form) hasFiles() bool {
	return slices.ContainsFunc(f.Inputs, func(x input) bool { return x.Kind == inFile })
}

// words are the line after the command, of the fields of a form that was filled in.
func (f form) words(subject string, filled url.Values) (out []string) {
	value := func(name string) string {
		for _, kind := range []string{"p.", "n.", "l."} {
			if x := strings.TrimSpace(filled.Get(kind + name)); x != "" {
				return x
			}
		}
		return ""
	}
	for _, w := range f.Line {
		flag, param, _ := strings.Cut(w, " ")
		if param == "" {
			flag, param = "", w
		}
		switch name := strings.Trim(param, "{}"); {
		case w == "@":
			out = append(out, quoted(subject))
		case name != param:
			if x := value(name); x != "" {
				if flag != "" {
					out = append(out, flag)
				}
				out = append(out, quoted(x))
			}
		case strings.Contains(w, "!"):
			if flag, name, _ = strings.Cut(w, "!"); filled.Get("b."+name) == "yes" {
				out = append(out, flag)
			}
		case strings.Contains(w, "?"):
			if flag, name, _ = strings.Cut(w, "?"); filled.Get("b."+name+".yes") != "" {
				out = append(out, flag, quoted(filled.Get("b."+name+".yes")+":"+strings.TrimSpace(filled.Get("p."+name+".text"))))
			}
		default:
			out = append(out, w)
		}
	}
	return out
}

// label is what the form of an act calls a param; empty: it has none of it.
func label(act, param string) string {
	param, _, _ = strings.Cut(param, ".")
	for _, x := range forms[act].Inputs {
		if x.Name == param && x.Kind != inName {
			return x.Label
		}
	}
	return ""
}

// Further are the acts with a page of their own that whoever looks may take on a
// document of a kind in a state. Core decides again.
func (v *view) Further(kind string, state any) []*access.Act {
	var out []*access.Act
	for i := range access.Acts {
		row := &access.Acts[i]
		if _, ok := forms[row.Name]; !ok || row.Kind() != kind || row.Name == "dataset.load" || row.Name == "scenario.grant" {
			continue
		}
		if from := row.From(); from == nil || !slices.Contains(from, text(state)) {
			continue
		}
		if _, err := row.Role(*v.Me, ""); err == nil {
			out = append(out, row)
		}
	}
	return out
}

// RolesFor are the roles of whoever looks in which the act may be taken, where
// there is a choice.
func (v *view) RolesFor(row *access.Act) (out []glovebox.Role) {
	for _, r := range row.Roles {
		if v.Holds(r) {
			out = append(out, r)
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}
