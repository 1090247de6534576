package hook

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/evidence/alert"
)

var (
	secret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	moment = time.Date(2026, 3, 15, 1, 2, 3, 0, time.UTC)
)

func message(id string) Message {
	n := uint64(7)
	return Message{1, "city.example", alert.Alert{ID: id, Rule: "place", Time: "2026-03-15T01:00:00Z", Entry: &n, Subject: "release/r1", Actor: "liu", Other: "out"}, glovebox.Text{EN: "an export", ZH: "导出"}}
}

func to(t *testing.T, h http.HandlerFunc) *Webhook {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	w, err := NewWebhook(s.URL+"/take", secret, &http.Transport{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestWebhookIsSigned: a receiver that knows the secret checks the three parts, by
// the specification's own rule, and finds the members of an alert alone.
func TestWebhookIsSigned(t *testing.T) {
	var got http.Header
	var body []byte
	w := to(t, func(w http.ResponseWriter, r *http.Request) { got = r.Header; body, _ = io.ReadAll(r.Body) })
	m := message("place/7")
	if err := w.Send(context.Background(), &m, moment); err != nil {
		t.Fatal(err)
	}
	id, stamp := got.Get("Webhook-Id"), got.Get("Webhook-Timestamp")
	if id != "city.example/place/7" || stamp != strconv.FormatInt(moment.Unix(), 10) || got.Get("Webhook-Signature") != "v1,"+w.sign(id, stamp, body) {
		t.Errorf("%v", got)
	}
	// Computed with openssl: printf %s "msg.1.{}" | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef -binary | base64
	if s := w.sign("msg", "1", []byte("{}")); s != "09/gPqHCCTEUe+9JTDHcPyOB8yJQT0KkHy9bkn+BoNs=" {
		t.Errorf("%s", s)
	}
	var x map[string]any
	if err := json.Unmarshal(body, &x); err != nil {
		t.Fatal(err)
	}
	for k := range x["alert"].(map[string]any) {
		if !strings.Contains("id rule time entry subject actor other count", k) {
			t.Errorf("a message holds %s", k)
		}
	}
	if f := reflect.TypeFor[Message](); f.NumField() != 4 {
		t.Errorf("%d fields", f.NumField())
	}
}

// TestHostileReceivers: what a receiver answers is bounded, followed nowhere, and
// told to nobody.
func TestHostileReceivers(t *testing.T) {
	var followed atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	defer other.Close()
	for name, h := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		},
		"refusal": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "SECRETWORD", http.StatusTeapot) },
		"headers": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("SECRETWORD", maxHeader))
		},
		"no http": func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				fmt.Fprint(c, "SECRETWORD\r\n\r\n")
				c.Close()
			}
		},
	} {
		m := message("place/7")
		err := to(t, h).Send(context.Background(), &m, moment)
		if glovebox.CodeOf(err) != glovebox.CodeInternal || strings.Contains(err.Error(), "SECRETWORD") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if followed.Load() != 0 {
		t.Error("a redirect is followed")
	}
	// An answer without end is cut off, and taken for its status.
	gone := make(chan bool)
	w := to(t, func(w http.ResponseWriter, r *http.Request) {
		defer close(gone)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return
			}
		}
	})
	m := message("place/7")
	if err := w.Send(context.Background(), &m, moment); err != nil {
		t.Error(err)
	}
	<-gone // the connection was closed: else this hangs
}

// TestWhoIsTold: each target gets each message once, in order; one that is not
// taken is sent again, with what is behind it; other targets do not wait.
func TestWhoIsTold(t *testing.T) {
	var seen []string
	down := true
	w := to(t, func(w http.ResponseWriter, r *http.Request) {
		if down && r.Header.Get("Webhook-Id") == "city.example/b" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		seen = append(seen, r.Header.Get("Webhook-Id"))
	})
	path := filepath.Join(t.TempDir(), "log")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := NewSyslog(path)
	if err != nil {
		t.Fatal(err)
	}
	told, all := Told{}, []Message{message("a"), message("b"), message("c")}
	if err := told.Tell(context.Background(), []Target{w, s}, all, moment); err == nil {
		t.Error("a message that was not taken is said to be")
	}
	down = false
	for range 2 {
		if err := told.Tell(context.Background(), []Target{w, s}, all, moment); err != nil {
			t.Error(err)
		}
	}
	if got := strings.Join(seen, " "); got != "city.example/a city.example/b city.example/c" {
		t.Errorf("%s", got)
	}
	b := make([]byte, 4096)
	n, err := l.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	head, body, ok := strings.Cut(string(b[:n]), " glovebox - place - ")
	var x Message
	if !ok || !strings.HasPrefix(head, "<108>1 2026-03-15T01:02:03Z ") || json.Unmarshal([]byte(body), &x) != nil || !reflect.DeepEqual(x, all[0]) {
		t.Errorf("%s", b[:n])
	}
	if err := told.Tell(context.Background(), []Target{w}, nil, moment); err != nil || len(told["webhook"]) != 0 || len(told["syslog"]) != 3 {
		t.Errorf("%v: %v", err, told)
	}
}

// TestWhereHooksGo: no address but those that are described, no weak secret.
func TestWhereHooksGo(t *testing.T) {
	for _, bad := range []string{"", "http://example.org/", "ftp://localhost/", "https://u:p@h/", "https:///x", "https://h/#f"} {
		if _, err := NewWebhook(bad, secret, &http.Transport{}); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "whsec_", "whsec_c2hvcnQ=", strings.TrimPrefix(secret, "whsec_"), secret + "!"} {
		if _, err := NewWebhook("https://h/", bad, &http.Transport{}); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "dev/log", "udp://h", "tls://h:1", "tcp://h:1/x", "udp://u@h:1"} {
		if _, err := NewSyslog(bad); glovebox.CodeOf(err) != glovebox.CodeInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
