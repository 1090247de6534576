package cli

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glovebox.example/glovebox/audit/witness"
)

// TestWatchSeesForksFromOutside: a domain is copied and both go on. Whoever kept a
// checkpoint, and whoever asks the witness, sees which of them was not there
// before, and what was kept stays.
func TestWatchSeesForksFromOutside(t *testing.T) {
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	run := func(want int, line string) string {
		t.Helper()
		status, out, errs := shell(t, strings.Fields(line)...)
		if status != want {
			t.Fatalf("%s: status %d, not %d\n%s%s", line, status, want, out, errs)
		}
		return out + errs
	}
	key := strings.TrimSpace(run(0, "domain key --domain city"))
	key = key[strings.LastIndex(key, "\n")+1:]
	if err := os.WriteFile("city.pub", []byte(run(0, "domain key --history --domain city")), 0o600); err != nil {
		t.Fatal(err)
	}
	public := strings.TrimSpace(run(0, "witness init w --name audit.example/w"))
	run(2, "witness init w --name audit.example/w")
	run(2, "witness init v --name a+b")
	if out := run(0, "witness add w city.pub"); !strings.Contains(out, "city ") {
		t.Errorf("%s", out)
	}
	w, err := witness.Open("w")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(w.Handler())
	defer s.Close()
	ask := "witness ask " + s.URL + " --witness-key " + public + " "
	look := "audit watch --state kept/c --domain "
	with := " --witness " + s.URL + " --witness-key " + public
	if err := os.Mkdir("kept", 0o700); err != nil {
		t.Fatal(err)
	}
	if out := run(0, look+"city"+with); !strings.Contains(out, "kept for the first time") || !strings.Contains(out, "has signed nothing") {
		t.Errorf("%s", out)
	}
	run(2, look+"city"+with+" --within 1h")
	run(0, ask+"--domain city --save kept/signed")
	if out := run(0, look+"city"+with+" --within 1h --lang zh"); !strings.Contains(out, "延续所保存的") {
		t.Errorf("%s", out)
	}
	run(2, "audit watch --state city/x --domain city") // inside of a domain
	run(2, "audit watch --domain city")
	run(2, look+"city --every 1ms")
	run(2, look+"city --within 1h")
	run(2, look+"city --log city/log")
	run(2, look+"city --key "+strings.Replace(key, "+", "+0", 1))
	run(0, "audit verify --remembered kept/signed --witness "+public+" --domain city")
	run(2, "audit verify --remembered kept/c --witness "+public+" --domain city") // not cosigned
	run(2, "audit verify --witness "+public+" --domain city")

	if err := copyTree("older", "city"); err != nil {
		t.Fatal(err)
	}
	run(0, "user add one --role auditor --domain city")
	run(0, look+"city")
	run(0, ask+"--domain city --save kept/signed")
	was, err := os.ReadFile("kept/c")
	if err != nil {
		t.Fatal(err)
	}
	alarm := func(line, says string) {
		t.Helper()
		if out := run(2, line); !strings.Contains(out, says) {
			t.Errorf("%s: %s", line, out)
		}
		if b, err := os.ReadFile("kept/c"); err != nil || string(b) != string(was) {
			t.Errorf("%s: what was kept is gone: %v", line, err)
		}
	}
	// Put back, by the door and by the folder.
	alarm(look+"older", "rolled back")
	alarm("audit watch --state kept/c --log older/log --key "+key, "rolled back")
	alarm(ask+"--domain older", "rolled back")
	// And gone on otherwise, as long as the other, and longer.
	run(0, "user add two --role auditor --domain older")
	alarm(look+"older", "rewritten")
	if b, err := os.ReadFile("kept/c.conflict"); err != nil || !strings.Contains(string(b), "\n— ") {
		t.Errorf("the other checkpoint is not kept: %v", err)
	}
	run(0, "user add three --role auditor --domain older")
	alarm(look+"older", "rewritten")
	alarm("audit watch --state kept/c --log older/log --key city.pub", "rewritten")
	alarm(ask+"--domain older", "rewritten")
	alarm("audit verify --remembered kept/signed --witness "+public+" --domain older", "rewritten")
	// Somebody who never looked before is told by the witness alone.
	if out := run(2, "audit watch --state kept/new --domain older"+with); !strings.Contains(out, "rewritten") {
		t.Errorf("%s", out)
	}
	if out := run(2, "audit watch --state kept/new --remembered kept/signed --domain older --json"); !strings.Contains(out, `"alarm": "forked"`) {
		t.Errorf("%s", out)
	}
	alertsToldOnce(t, run, look)
	// The key is replaced: a checkpoint of before still counts.
	run(0, "domain rotate-keys signing --domain city")
	run(0, look+"city --key "+key)
	was, err = os.ReadFile("kept/c")
	if err != nil {
		t.Fatal(err)
	}
	if out := run(3, ask+"--domain city"); !strings.Contains(out, "not its key of today") {
		t.Errorf("%s", out)
	}
	if _, err := w.Add(run(0, "domain key --history --domain city")); err != nil {
		t.Error(err)
	}
	run(0, ask+"--domain city")
	run(0, "audit watch --state kept/c --log city/log --key "+key)
	// Another domain altogether.
	if err := os.Rename("kept/c", "kept/d"); err != nil {
		t.Fatal(err)
	}
	run(0, "init "+filepath.Join(dir, "town")+" --name town")
	run(2, "audit watch --state kept/d --domain town")
	// A server of a witness ends when it is told to.
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"witness serve w --listen 0.0.0.0:0", "witness serve w --cert kept/c --key kept/c", "witness serve city", "witness serve w --listen x"} {
		run(2, line)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if status := Run(ctx, []string{"witness", "serve", "w", "--listen", "127.0.0.1:0"}, Streams{In: strings.NewReader(""), Out: os.Stderr, Err: os.Stderr}); status > 1 {
		t.Errorf("status %d", status)
	}
	run(0, "witness list w")
}

// alertsToldOnce: what the rules find is said once by each watch and sent once to
// each receiver, which takes signed messages; a rollback is sent too.
func alertsToldOnce(t *testing.T, run func(want int, line string) string, look string) {
	t.Helper()
	for range 5 {
		run(3, "dataset pause pums --reason no --domain city --as wang")
	}
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Webhook-Signature"), "v1,") {
			got = append(got, r.Header.Get("Webhook-Id"))
		}
	}))
	defer s.Close()
	secret := "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	if err := os.WriteFile("kept/secret", []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	with := " --alerts --hook " + s.URL + " --hook-secret kept/secret --as sun"
	run(3, look+"city --alerts --as wang")
	run(2, look+"city --alerts --hook "+s.URL+" --as sun")
	if out := run(0, look+"city --as sun --lang zh"+with); !strings.Contains(out, "一小时内被拒五次") {
		t.Errorf("%s", out)
	}
	if out := run(0, look+"city"+with); strings.Contains(out, "refusals") {
		t.Errorf("an alert is said twice: %s", out)
	}
	told := strings.Join(got, " ")
	if !strings.Contains(told, "/refusals/") || strings.Count(told, "/refusals/") != 1 {
		t.Errorf("%s", told)
	}
	run(2, look+"older"+with)
	if last := got[len(got)-1]; !strings.Contains(last, "/alarm/rolled_back/") {
		t.Errorf("%s", last)
	}
	if out := run(0, "audit alerts --domain city --as sun --lang zh"); !strings.Contains(out, "dataset") && !strings.Contains(out, "user/wang") {
		t.Errorf("%s", out)
	}
}
