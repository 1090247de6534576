package act_test

import (
	"encoding/json"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/internal/act"
)

func sample() *act.Act {
	return &act.Act{V: 1, Domain: "city/daye", Name: "release.approve", Subject: "release/7f3a", State: "sha256:" + strings.Repeat("ab", 32),
		Role: "authority", Time: "2026-12-01T08:00:00Z", Nonce: act.NewNonce(), Params: json.RawMessage(`{"note":"同意 <&>","n":1.0,"a":[1e2,true,null]}`)}
}

func TestActRoundTrip(t *testing.T) {
	a := sample()
	data, err := a.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"act":"release.approve","domain":"city/daye","nonce":"` + a.Nonce + `","params":{"a":[100,true,null],"n":1,"note":"同意 <&>"},"role":"authority","state":"` +
		a.State + `","subject":"release/7f3a","time":"2026-12-01T08:00:00Z","v":1}`; string(data) != want {
		t.Errorf("encoded as\n%s\nwant\n%s", data, want)
	}
	back, err := act.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := back.Encode(); err != nil || string(again) != string(data) {
		t.Errorf("decoded and encoded: %s, %v", again, err)
	}
	c, err := a.Challenge()
	if d, _ := back.Challenge(); err != nil || c != d {
		t.Error("the challenge is not that of the bytes")
	}
	empty := &act.Act{V: 1, Domain: "d", Name: "user.add", Time: a.Time, Nonce: a.Nonce}
	if data, err := empty.Encode(); err != nil || !strings.Contains(string(data), `"params":{}`) {
		t.Errorf("no params: %s, %v", data, err)
	}
}

// TestActIsInTheFormOfTheLog: an entry takes an act as it is.
func TestActIsInTheFormOfTheLog(t *testing.T) {
	for _, params := range []string{`{}`, `{"b":1,"a":{"z":[],"é":"\u00e9\u2028\n<"}}`, `{"x":[0.10,1E+3,-0,12345678901,1e-7,1e21]}`} {
		a := sample()
		a.Params = json.RawMessage(params)
		data, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		e := audit.Entry{Seq: 1, Time: a.Time, Actor: "ann", Action: a.Name, Subject: a.Subject, Body: data}
		entry, err := e.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(string(entry), `"body":`+string(data)+"}") {
			t.Errorf("the log writes %s as %s", data, entry)
		}
	}
}

func TestActRefused(t *testing.T) {
	for name, change := range map[string]func(*act.Act){
		"v":                         func(a *act.Act) { a.V = 2 },
		"domain: empty":             func(a *act.Act) { a.Domain = "" },
		"domain: capitals":          func(a *act.Act) { a.Domain = "Daye" },
		"act: empty":                func(a *act.Act) { a.Name = "" },
		"act: one word":             func(a *act.Act) { a.Name = "approve" },
		"act: line":                 func(a *act.Act) { a.Name += "\n" },
		"subject: no kind":          func(a *act.Act) { a.Subject = "7f3a" },
		"subject: no ID":            func(a *act.Act) { a.Subject = "release/" },
		"subject: does not show":    func(a *act.Act) { a.Subject = "release/a\u202eb" },
		"subject: control":          func(a *act.Act) { a.Subject = "release/a\nb" },
		"subject: not UTF-8":        func(a *act.Act) { a.Subject = "release/\xff" },
		"subject: long":             func(a *act.Act) { a.Subject = "release/" + strings.Repeat("a", 201) },
		"state: no digest":          func(a *act.Act) { a.State = "7f3a" },
		"state: capitals":           func(a *act.Act) { a.State = strings.ToUpper(a.State) },
		"role: two words":           func(a *act.Act) { a.Role = "an owner" },
		"time: with a zone":         func(a *act.Act) { a.Time = "2026-12-01T08:00:00+08:00" },
		"time: finer than a second": func(a *act.Act) { a.Time = "2026-12-01T08:00:00.5Z" },
		"time: no day":              func(a *act.Act) { a.Time = "2026-02-30T08:00:00Z" },
		"nonce: empty":              func(a *act.Act) { a.Nonce = "" },
		"nonce: 120 bits":           func(a *act.Act) { a.Nonce = a.Nonce[:20] },
		"nonce: bits left over":     func(a *act.Act) { a.Nonce = strings.Repeat("A", 21) + "B" },
		"nonce: padded":             func(a *act.Act) { a.Nonce = strings.Repeat("A", 22) + "==" },
		"nonce: a new line":         func(a *act.Act) { a.Nonce += "\n" },
		"nonce: long":               func(a *act.Act) { a.Nonce = strings.Repeat("A", 68) },
		"params: a list":            func(a *act.Act) { a.Params = json.RawMessage(`[]`) },
		"params: twice":             func(a *act.Act) { a.Params = json.RawMessage(`{"a":1,"a":2}`) },
		"params: half a character":  func(a *act.Act) { a.Params = json.RawMessage(`{"a":"\ud800"}`) },
		"params: out of range":      func(a *act.Act) { a.Params = json.RawMessage(`{"a":1e999}`) },
		"params: loses digits":      func(a *act.Act) { a.Params = json.RawMessage(`{"a":12345678901234567890}`) },
		"params: deep": func(a *act.Act) {
			a.Params = json.RawMessage(`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`)
		},
		"params: more after it": func(a *act.Act) { a.Params = json.RawMessage(`{} {}`) },
		"params: long":          func(a *act.Act) { a.Params = json.RawMessage(`{"a":"` + strings.Repeat("a", 32<<10) + `"}`) },
	} {
		a := sample()
		change(a)
		field, _, _ := strings.Cut(name, ":")
		refused(t, name, field, func() error { _, err := a.Encode(); return err })
	}
}

func TestActBytesRefused(t *testing.T) {
	data, err := sample().Encode()
	if err != nil {
		t.Fatal(err)
	}
	s := string(data)
	for name, bytes := range map[string]string{
		"empty":                  "",
		"nothing":                "null",
		"a blank":                s + " ",
		"white space":            strings.Replace(s, ",", ", ", 1),
		"another order":          `{"v":1,` + strings.Replace(s[1:], `,"v":1`, "", 1),
		"a member more":          strings.Replace(s, `"v":1`, `"v":1,"w":1`, 1),
		"a member twice":         strings.Replace(s, `"v":1`, `"v":1,"v":1`, 1),
		"a member twice, folded": strings.Replace(s, `"v":1`, `"V":2,"v":1`, 1),
		"a member less":          strings.Replace(s, `"role":"authority",`, "", 1),
		"a longer escape":        strings.Replace(s, "authority", `\u0061uthority`, 1),
		"another number":         strings.Replace(s, `"n":1`, `"n":1.0`, 1),
		"unsorted params":        strings.Replace(s, `{"a":[100,true,null],"n":1,`, `{"n":1,"a":[100,true,null],`, 1),
		"two acts":               s + s,
		"long":                   s + strings.Repeat(" ", act.MaxAct),
	} {
		if bytes == s {
			t.Fatalf("%s changes nothing", name)
		}
		refused(t, name, "", func() error { _, err := act.Decode([]byte(bytes)); return err })
	}
}

// refused wants an invalid input to be refused at a field, with a fix.
func refused(t *testing.T, name, field string, f func() error) {
	t.Helper()
	err := f()
	if err == nil {
		t.Errorf("%s is accepted", name)
		return
	}
	e, ok := err.(*glovebox.Error)
	if !ok || e.Code != glovebox.CodeInvalid || e.Fix == "" || field != "" && e.Field != field {
		t.Errorf("%s: %v", name, err)
	}
}

func FuzzAct(f *testing.F) {
	data, err := sample().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"act":"a.b","domain":"d","nonce":"AAAAAAAAAAAAAAAAAAAAAA","params":{},"role":"","state":"","subject":"","time":"2026-12-01T08:00:00Z","v":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := act.Decode(data)
		if err != nil {
			return
		}
		if again, err := a.Encode(); err != nil || string(again) != string(data) {
			t.Errorf("accepted in another form than its own: %v", err)
		}
	})
}
