package cli

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"glovebox.example/glovebox/internal/core"
	"glovebox.example/glovebox/internal/domain"
)

// held is the core of a script.
type held struct{ stop func() error }

// scriptServe is `glovebox serve`: commands of a script run in one process, one
// after another, and it would not return. Places are relative to the script.
func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: serve DIR [NAME=PLACE ...]")
	}
	dir := ts.MkAbs(args[0])
	d, err := domain.Open(context.Background(), dir, &domain.Options{})
	ts.Check(err)
	for i, p := range args[1:] {
		name, at, _ := strings.Cut(p, "=")
		args[i+1] = name + "=" + ts.MkAbs(at)
	}
	places, err := newApp(nil, Streams{Out: io.Discard, Err: io.Discard}).places(context.Background(), args[1:], dir)
	ts.Check(err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- core.New(d, core.Options{Places: places}).Serve(ctx) }()
	h := &held{func() error {
		cancel()
		err := <-ended
		if cerr := d.Close(); err == nil {
			err = cerr
		}
		return err
	}}
	ts.Value(lastRun{}).(*lastRun).held = h
	ts.Defer(func() { scriptUnserve(ts, false, nil) })
	for range 500 {
		if core.Holds(dir) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("the core does not answer")
}

func scriptUnserve(ts *testscript.TestScript, _ bool, _ []string) {
	last := ts.Value(lastRun{}).(*lastRun)
	h := last.held
	last.held = nil
	if h != nil {
		ts.Check(h.stop())
	}
}

// servedJSON runs the commands that are about people and keys, and those of a
// server: a domain that is served, behind TLS.
func servedJSON(t *testing.T, run func(want int, line string) (out, errs any)) {
	t.Helper()
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	run(0, "org add Office --kind bureau --district North --filing F-1")
	run(0, "org list")
	run(0, "org show Office")
	provider := identityProvider(t)
	run(0, "provider keys "+provider+" -o keys.json --ca ca-op.pem")
	run(2, "provider keys "+provider+"/ -o keys.json --ca ca-op.pem")
	bound, _ := run(0, "user bind wang --issuer "+provider+" --subject w-1")
	run(0, "user bindings wang")
	run(2, "user bind-confirm wang "+bound.(map[string]any)["id"].(string))
	run(0, "user unbind "+bound.(map[string]any)["id"].(string))
	run(2, "session list --as wang")
	run(0, "whoami --as wang")
	run(0, "user show wang")
	run(0, "user suspend wu --reason gone")
	run(0, "user role remove ma --role auditor")
	run(2, "user role confirm ma --role auditor")
	out, _ := run(0, "user key new he -o he.pem")
	id := out.(map[string]any)["key"].(map[string]any)["id"].(string)
	run(0, "user key new zhao -o zhao.pem")
	run(0, "user key add wang he.pem.pub.json")
	run(0, "user key list wang")
	run(0, "user key revoke "+id)
	run(0, "user key new he -o he2.pem")
	run(0, "user key new ma -o ma.pem")
	run(0, "domain serve-from-now --registrar he --registrar-key he2.pem.pub.json --authority zhao --authority-key zhao.pem.pub.json --org Office")
	server, stop := overTLS(t, "city")
	defer stop()
	run(0, "login --server "+server+" --profile he --user he --key he2.pem --ca ca.pem")
	run(0, "login --server "+server+" --profile zhao --user zhao --key zhao.pem --ca ca.pem")
	run(0, "login --profile he --browser")
	run(0, "config")
	run(0, "user add lin --role developer --org Office --filing F-2 --qualification Q --profile he --domain=")
	run(0, "user show lin --profile he --domain=")
	run(0, "user role confirm lin --role developer --profile zhao --domain=")
	run(0, "user key add lin ma.pem.pub.json --profile he --domain=")
	keys, _ := run(0, "user key list lin --profile he --domain=")
	run(0, "user key confirm lin "+keys.([]any)[0].(map[string]any)["key"].(map[string]any)["id"].(string)+" --profile zhao --domain=")
	bound, _ = run(0, "user bind lin --issuer "+provider+" --subject l-1 --profile he --domain=")
	run(0, "user bind-confirm lin "+bound.(map[string]any)["id"].(string)+" --profile zhao --domain=")
	sessions, _ := run(0, "session list zhao --profile he --domain=")
	run(0, "session end "+sessions.([]any)[0].(map[string]any)["id"].(string)+" --profile he --domain=")
	token, _ := run(0, "token add --label nightly --days 2 --profile he --domain=")
	run(0, "token list --profile he --domain=")
	run(0, "token end "+token.(map[string]any)["id"].(string)+" --profile he --domain=")
	run(0, "user suspend lin --reason gone --profile he --domain=")
	run(0, "user resume lin --reason back --profile zhao --domain=")
	run(0, "release places --profile zhao --domain=")
	run(3, "job list --as wang")
	run(2, "job list --as wang --profile he --domain=")
	run(0, "logout --profile he --domain=")
}

// identityProvider is the part of one that says which keys it signs with.
func identityProvider(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	s := httptest.NewTLSServer(mux)
	t.Cleanup(s.Close)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"issuer":"`+s.URL+`","jwks_uri":"`+s.URL+`/keys"}`)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","use":"sig","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)
	})
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile("ca-op.pem", ca, 0o600); err != nil {
		t.Fatal(err)
	}
	return s.URL
}

// overTLS puts a core behind TLS, and its certificate into ca.pem.
func overTLS(t *testing.T, dir string) (url string, stop func()) {
	t.Helper()
	d, err := domain.Open(t.Context(), dir, &domain.Options{})
	if err != nil {
		t.Fatal(err)
	}
	places, err := newApp(nil, Streams{Out: io.Discard, Err: io.Discard}).places(t.Context(), []string{"archive=archive"}, d.Dir)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(core.New(d, core.Options{Places: places}).Handler())
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	s.StartTLS()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile("ca.pem", ca, 0o600); err != nil {
		t.Fatal(err)
	}
	return s.URL, func() {
		s.Close()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
