package console

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/act"
)

// filterNames are the filters of the log, in the order of the form.
var filterNames = []string{"actor", "org", "dataset", "scenario", "product", "subject", "action", "decision"}

// maxLogPages is how far back pages of the newest entries go; filters reach all.
const maxLogPages = 20

// logPage is a part of the log, newest first.
type logPage struct {
	Rows           []entry
	Newer, Older   string
	Names          []string
	Values         map[string]string
	From, To       string
	Filtered, Last bool
	Actions        []string
	Checkpoint     string
}

func logShow(v *view) error {
	q := v.r.URL.Query()
	p := &logPage{Names: filterNames, Values: map[string]string{}, From: q.Get("from"), To: q.Get("to")}
	args := url.Values{}
	for _, name := range filterNames {
		if x := strings.TrimSpace(q.Get(name)); x != "" {
			args.Set(name, x)
			p.Values[name], p.Filtered = x, true
		}
	}
	// Days are Beijing's; the log's times are UTC.
	for name, days := range map[string]int{"from": 0, "to": 1} {
		if t, err := time.ParseInLocation(time.DateOnly, q.Get(name), beijing); err == nil {
			args.Set(name, t.AddDate(0, 0, days).UTC().Format(time.RFC3339))
			p.Filtered = true
		}
	}
	n, err := strconv.Atoi(q.Get("p"))
	if err != nil || n < 1 {
		n = 1
	}
	n = min(n, maxLogPages)
	args.Set("last", strconv.Itoa(n*pageSize+1))
	var all []entry
	if err := v.get("/log/entries", args, &all); err != nil {
		return err
	}
	slices.Reverse(all)
	p.Rows = all[min(len(all), (n-1)*pageSize):min(len(all), n*pageSize)]
	at := func(n int) string {
		a := v.r.URL.Query()
		a.Set("p", strconv.Itoa(n))
		a.Del("lang")
		return "/log?" + a.Encode()
	}
	if n > 1 {
		p.Newer = at(n - 1)
	}
	if len(all) > n*pageSize {
		if p.Last = n == maxLogPages; !p.Last {
			p.Older = at(n + 1)
		}
	}
	for _, a := range access.Acts {
		p.Actions = append(p.Actions, a.Name)
	}
	v.Section = "log"
	v.show(http.StatusOK, "log", v.T("Log"), p)
	return nil
}

// entryPage is one entry, with the act that made it.
type entryPage struct {
	entry
	Pretty, Doc string
	Act         *signedAct
}

// signedAct is the act in an entry, with what a browser needs to check it.
type signedAct struct {
	Text      string // the payload, to read
	Payload   string // base64
	Type      string
	Scheme    string
	KeyID     string
	Signature string
	Key       *act.Key // nil: not to be seen
}

func entryShow(v *view) error {
	p := &entryPage{}
	if err := v.get("/log/entries/"+id(v.r.PathValue("index")), nil, &p.entry); err != nil {
		return err
	}
	p.Pretty, p.Doc = pretty(p.Body), pretty(p.Document)
	var body struct {
		Act *struct {
			Payload     string `json:"payload"`
			PayloadType string `json:"payloadType"`
			Signatures  []struct {
				KeyID  string `json:"keyid"`
				Scheme string `json:"scheme"`
				Sig    string `json:"sig"`
			} `json:"signatures"`
		} `json:"act"`
	}
	if json.Unmarshal(p.Body, &body) == nil && body.Act != nil && len(body.Act.Signatures) == 1 {
		s := body.Act.Signatures[0]
		p.Act = &signedAct{Payload: body.Act.Payload, Type: body.Act.PayloadType, Scheme: s.Scheme, KeyID: s.KeyID, Signature: s.Sig}
		if b, err := base64.StdEncoding.DecodeString(body.Act.Payload); err == nil {
			p.Act.Text = pretty(b)
		}
		if v.Holds(glovebox.RoleAuditor, glovebox.RoleAuthority, glovebox.RoleRegistrar) || p.Actor == v.Me.Name {
			var keys []keyDoc
			if err := v.get("/users/"+id(p.Actor)+"/keys", nil, &keys); err == nil {
				for i := range keys {
					if keys[i].Key.ID == s.KeyID {
						p.Act.Key = &keys[i].Key
					}
				}
			}
		}
	}
	v.Section = "log"
	v.show(http.StatusOK, "entry", v.T("Entry %d", p.Index), p)
	return nil
}

func pretty(raw []byte) string {
	var b bytes.Buffer
	if len(raw) == 0 || json.Indent(&b, raw, "", "  ") != nil {
		return ""
	}
	return b.String()
}

// proofShow hands the proof of an entry to the page's script, which checks it.
func proofShow(v *view) error {
	return v.hand("/log/entries/" + id(v.r.PathValue("index")) + "/proof")
}

// consistencyShow hands the proof that the log goes on from one of a size to the
// page's script, which holds it to the checkpoint that the browser kept.
func consistencyShow(v *view) error {
	return v.hand("/log/consistency/" + id(v.r.PathValue("size")))
}

// hand passes an answer of the core on as it is.
func (v *view) hand(path string) error {
	var p json.RawMessage
	if err := v.get(path, nil, &p); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	_, _ = v.w.Write(p) // whoever went away does not read it
	return nil
}

// checkpointFile is the log's signed head, to be kept elsewhere.
func checkpointFile(v *view) error {
	var x struct {
		Checkpoint string `json:"checkpoint"`
	}
	if err := v.get("/log/checkpoint", nil, &x); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="checkpoint.txt"`)
	_, _ = v.w.Write([]byte(x.Checkpoint)) // whoever went away does not read it
	return nil
}
