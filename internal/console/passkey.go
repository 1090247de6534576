package console

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/act"
	"glovebox.example/glovebox/internal/api"
)

// What static/passkey.js and the console say to each other: JSON both ways. The
// answers of this package never hold the session's secret.

// told is what the script is told: where to go then, or why not, in the view's
// language.
type told struct {
	Next  string `json:"next,omitempty"`
	Error string `json:"error,omitempty"`
}

// spoken answers the script.
func (v *view) spoken(status int, x any) {
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(status)
	b, err := json.Marshal(x)
	if err == nil {
		_, _ = v.w.Write(b) // whoever went away does not read it
	}
}

// script makes a handler of what the script asks for; known: by somebody who is
// logged in.
func (c *Console) script(known bool, do func(*view) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := c.view(w, r)
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		var err error
		if known {
			err = v.meet()
		} else {
			err = v.about()
		}
		var x any
		if err == nil {
			x, err = do(v)
		}
		if err == nil {
			v.spoken(http.StatusOK, x)
			return
		}
		p := api.ProblemOf(err)
		if f, ok := errors.AsType[*api.Failure](err); ok {
			p = f.Problem
		}
		why := p.Title
		if v.Lang == glovebox.Chinese {
			why = p.TitleZH
		}
		v.spoken(p.Status, told{Error: why})
	}
}

// posted reads what the script sent.
func (v *view) posted(out any) error {
	if !strings.HasPrefix(v.r.Header.Get("Content-Type"), "application/json") { // no form of another page does
		return badForm()
	}
	d := json.NewDecoder(v.r.Body)
	d.DisallowUnknownFields()
	if d.Decode(out) != nil {
		return badForm()
	}
	return nil
}

// signed is an act that a passkey signed.
type signed struct {
	Act     string          `json:"act"` // encoded, base64url
	Passkey json.RawMessage `json:"passkey"`
	Next    string          `json:"next"`
}

// sendSigned sends an act that a passkey signed to the core.
func (v *view) sendSigned(s *signed, name string, out any) error {
	b, err := base64.RawURLEncoding.DecodeString(s.Act)
	if err != nil {
		return badForm()
	}
	a, err := act.Decode(b)
	if err != nil {
		return err
	}
	row, ok := access.Find(a.Name)
	if !ok || name != a.Name {
		return badForm()
	}
	method, path, _ := strings.Cut(row.Route, " ")
	_, of, _ := strings.Cut(a.Subject, "/")
	if of == "" || strings.HasPrefix(a.Subject, "key/") || strings.HasPrefix(a.Subject, "binding/") {
		of = "-"
	}
	_, err = v.ask(method, strings.ReplaceAll(path, "{id}", id(of)), nil, api.ActRequest{Act: s.Act, Passkey: s.Passkey}, out)
	return err
}

// signTake takes an act that the passkey of whoever is logged in signed. A run
// is shown where it is under way.
func signTake(v *view) (any, error) {
	var s signed
	if err := v.posted(&s); err != nil {
		return nil, err
	}
	var run struct {
		ID    string       `json:"id"`
		State api.RunState `json:"state"`
	}
	name := v.r.PathValue("name")
	if name != "job.run" {
		return told{Next: local(s.Next)}, v.sendSigned(&s, name, nil)
	}
	err := v.sendSigned(&s, name, &run)
	return told{Next: "/runs/" + id(run.ID)}, err
}

// loginAct is the act that logs somebody in, to be signed.
func loginAct(v *view) (any, error) {
	var q struct {
		User string `json:"user"`
	}
	if err := v.posted(&q); err != nil {
		return nil, err
	}
	// Whether there is such a person is not said: any name gives an act.
	s := &step{Subject: "session/" + strings.TrimSpace(q.User), Params: json.RawMessage(`{"scope":"act"}`)}
	s.Row, _ = access.Find("session.open")
	if err := s.encode(v); err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInvalid, "this is not the name of a person").WithFix("write your name in the domain")
	}
	return map[string]string{"act": s.Encoded}, nil
}

// loginTake logs in whoever's passkey signed the act.
func loginTake(v *view) (any, error) {
	var s signed
	if err := v.posted(&s); err != nil {
		return nil, err
	}
	var x struct {
		Secret string `json:"secret"`
	}
	if err := v.sendSigned(&s, "session.open", &x); err != nil {
		return nil, err
	}
	http.SetCookie(v.w, &http.Cookie{Name: sessionCookie, Value: x.Secret, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return told{Next: local(s.Next)}, nil
}

// passkeyBegin is what the browser makes a passkey with.
func passkeyBegin(v *view) (any, error) {
	var q api.PasskeyRequest
	_, err := v.ask(http.MethodPost, "/passkeys/requests", nil, nil, &q)
	return q, err
}

// passkeyAdd hands a new passkey in.
func passkeyAdd(v *view) (any, error) {
	var q api.PasskeyAnswer
	if err := v.posted(&q); err != nil {
		return nil, err
	}
	_, err := v.ask(http.MethodPost, "/passkeys", nil, q, nil)
	return told{Next: "/me"}, err
}

// Passkeys are the credentials of the person's active passkeys.
func (v *view) Passkeys() []string {
	var out []string
	all, err := v.keys(v.Me.Name)
	if err != nil {
		return nil
	}
	for _, k := range all {
		if k.Key.Credential != "" && k.State == keyActive {
			out = append(out, k.Key.Credential)
		}
	}
	return out
}
