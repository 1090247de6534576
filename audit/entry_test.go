package audit_test

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
)

func good() audit.Entry {
	return audit.Entry{
		Seq: 7, Time: "2026-11-21T10:00:00Z", Actor: "李雷", Action: "job.charge", Subject: "job/7f3a",
		State: "sha256:" + strings.Repeat("ab", 32),
		Body:  json.RawMessage(` {"charges":[{"dataset":"pums","kind":"pure","amount":{"loss":1000000000,"delta":0}}], "at" : 1.50, "b":"<&>"} `),
	}
}

func TestEntryForm(t *testing.T) {
	e := good()
	data, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"v":1,"seq":7,"time":"2026-11-21T10:00:00Z","actor":"李雷","action":"job.charge","subject":"job/7f3a","state":"sha256:` +
		strings.Repeat("ab", 32) + `","body":{"at":1.5,"b":"<&>","charges":[{"amount":{"delta":0,"loss":1000000000},"dataset":"pums","kind":"pure"}]}}`
	if string(data) != want {
		t.Errorf("got\n%s\nwant\n%s", data, want)
	}
	back, err := audit.DecodeEntry(data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Encode()
	if err != nil || string(again) != want {
		t.Errorf("decoded and encoded again:\n%s\n%v", again, err)
	}
	e.Body = nil
	if data, err = e.Encode(); err != nil || !strings.HasSuffix(string(data), `"body":{}}`) {
		t.Errorf("no body: %s, %v", data, err)
	}
}

func TestEntryRefusals(t *testing.T) {
	for field, change := range map[string]func(*audit.Entry){
		"seq":     func(e *audit.Entry) { e.Seq = 0 },
		"time":    func(e *audit.Entry) { e.Time = "2026-11-21T10:00:00+08:00" },
		"time ":   func(e *audit.Entry) { e.Time = "2026-02-30T10:00:00Z" },
		"actor":   func(e *audit.Entry) { e.Actor = "" },
		"actor ":  func(e *audit.Entry) { e.Actor = "a\x1b[2J" },
		"action":  func(e *audit.Entry) { e.Action = "job" },
		"subject": func(e *audit.Entry) { e.Subject = "job/" },
		"state":   func(e *audit.Entry) { e.State = "sha256:AB" },
		"body":    func(e *audit.Entry) { e.Body = json.RawMessage(`[1]`) },
		"body ":   func(e *audit.Entry) { e.Body = json.RawMessage(`{"a":1,"a":2}`) },
		"body  ":  func(e *audit.Entry) { e.Body = json.RawMessage(`{"a":1}{}`) },
		"body 3":  func(e *audit.Entry) { e.Body = json.RawMessage("{\"a\":\"\xff\"}") },
		"body 4":  func(e *audit.Entry) { e.Body = json.RawMessage(`{"a":"\ud800"}`) },
		"body 5":  func(e *audit.Entry) { e.Body = json.RawMessage(`{"a":1e999}`) },
		"body 6":  func(e *audit.Entry) { e.Body = json.RawMessage(`{"a":9223372036854775808}`) },
		"body 7": func(e *audit.Entry) {
			e.Body = json.RawMessage(`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`)
		},
		"body 8": func(e *audit.Entry) { e.Body = json.RawMessage(`{"a":"` + strings.Repeat("x", audit.MaxEntry) + `"}`) },
	} {
		e := good()
		change(&e)
		_, err := e.Encode()
		wantCode(t, err, glovebox.CodeInvalid)
		if err != nil && !strings.HasPrefix(err.Error(), "audit entry: "+strings.Fields(field)[0]+":") {
			t.Errorf("%q: the error does not name its field: %v", field, err)
		}
	}
}

func TestDecodeTakesOneFormOnly(t *testing.T) {
	e := good()
	data, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s := string(data)
	for what, bad := range map[string]string{
		"white space":   strings.Replace(s, `,"seq"`, `, "seq"`, 1),
		"newline":       s + "\n",
		"other case":    strings.Replace(s, `"seq"`, `"Seq"`, 1),
		"order":         strings.Replace(s, `{"v":1,"seq":7,`, `{"seq":7,"v":1,`, 1),
		"unknown":       strings.Replace(s, `"v":1,`, `"v":1,"w":1,`, 1),
		"twice":         strings.Replace(s, `"seq":7,`, `"seq":7,"seq":7,`, 1),
		"version":       strings.Replace(s, `"v":1,`, `"v":2,`, 1),
		"number":        strings.Replace(s, `1.5`, `1.50`, 1),
		"escape":        strings.Replace(s, `"b"`, `"\u0062"`, 1),
		"body order":    strings.Replace(s, `"at":1.5,"b":"<&>"`, `"b":"<&>","at":1.5`, 1),
		"missing":       strings.Replace(s, `"actor":"李雷",`, ``, 1),
		"truncated":     s[:len(s)-1],
		"negative zero": strings.Replace(s, `1.5`, `-0`, 1),
	} {
		if bad == s {
			t.Fatalf("%s: nothing was changed", what)
		}
		if _, err := audit.DecodeEntry([]byte(bad)); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%s: accepted (%v)", what, err)
		}
	}
}

// Numbers keep their value through the canonical form, or are refused.
func TestCanonicalNumbers(t *testing.T) {
	for _, in := range []string{"0", "-0", "0.0", "1.0", "1e3", "-9223372036854775808", "9223372036854775807", "1e20", "1e21", "1E-7", "5e-324", "1e-400", "123456789.125", "9007199254740993.0", "0.1"} {
		e := good()
		e.Body = json.RawMessage(`{"n":` + in + `}`)
		data, err := e.Encode()
		if err != nil {
			continue
		}
		back, err := audit.DecodeEntry(data)
		if err != nil {
			t.Errorf("%s: encoded as %s, then refused: %v", in, data, err)
			continue
		}
		out := strings.TrimSuffix(strings.TrimPrefix(string(back.Body), `{"n":`), `}`)
		a, errA := strconv.ParseFloat(in, 64)
		b, errB := strconv.ParseFloat(out, 64)
		if a != b || math.IsInf(a, 0) || errA != nil || errB != nil {
			t.Errorf("%s became %s", in, out)
		}
	}
}

// No text of an entry is in an error about it: an error is an output channel.
func TestErrorsQuoteNoEntry(t *testing.T) {
	const canary = "CANARY-4711"
	for _, bad := range []string{
		`{"v":1,"seq":1,"actor":"` + canary + `"`,
		`{"v":1,"seq":1,"` + canary + `":1}`,
		`{"v":"` + canary + `"}`,
		`{"v":1,"seq":1,"time":"` + canary + `","actor":"a","action":"a.b","subject":"a/b","state":"","body":{}}`,
	} {
		_, err := audit.DecodeEntry([]byte(bad))
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("error quotes the entry, or there is none: %v", err)
		}
	}
	for _, change := range []func(*audit.Entry){
		func(e *audit.Entry) { e.Actor = canary + "\n" },
		func(e *audit.Entry) { e.Action = canary },
		func(e *audit.Entry) { e.Subject = canary },
		func(e *audit.Entry) { e.State = canary },
		func(e *audit.Entry) { e.Body = json.RawMessage(`{"` + canary + `":tru}`) },
		func(e *audit.Entry) { e.Body = json.RawMessage(`{"` + canary + `":1,"` + canary + `":2}`) },
	} {
		e := good()
		change(&e)
		if _, err := e.Encode(); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("error quotes the entry, or there is none: %v", err)
		}
	}
}

func FuzzEntry(f *testing.F) {
	e := good()
	seed, err := e.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"v":1,"seq":1,"time":"2026-11-21T10:00:00Z","actor":"a","action":"a.b","subject":"a/b","state":"","body":{"a":[1,1e21,-0.5,null,true,{"b":"\u2028"}]}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := audit.DecodeEntry(data)
		if err != nil {
			if glovebox.CodeOf(err) != glovebox.CodeInvalid {
				t.Errorf("code %q: %v", glovebox.CodeOf(err), err)
			}
			return
		}
		again, err := e.Encode()
		if err != nil || string(again) != string(data) {
			t.Errorf("decoded and encoded again:\n%q\n%q\n%v", data, again, err)
		}
	})
}

// Whatever body Encode takes, DecodeEntry takes what it made of it.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"b":1,"a":[1.0,"x",{"z":1e30}]}`))
	f.Add([]byte(`{"\u0061":"\/\b\u001f😀"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e := good()
		e.Body = body
		data, err := e.Encode()
		if err != nil {
			return
		}
		if _, err := audit.DecodeEntry(data); err != nil {
			t.Errorf("%q became %q, then: %v", body, data, err)
		}
	})
}
