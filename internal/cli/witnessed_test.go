package cli

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"glovebox.example/glovebox/audit/witness"
)

// witnessedExports: a domain that asks for it lets nothing out that none of its
// witnesses saw approved; one that does not lets it out as before.
func witnessedExports(t *testing.T, run func(int, string) string, release string) {
	t.Helper()
	settings, err := os.ReadFile("city/domain.json")
	if err != nil {
		t.Fatal(err)
	}
	set := func(more string) {
		t.Helper()
		b := regexp.MustCompile(`\}\s*$`).ReplaceAll(settings, []byte(more+"}"))
		if err := os.WriteFile("city/domain.json", b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	early, err := os.ReadFile("early")
	if err != nil {
		t.Fatal(err)
	}
	keys, asks := map[string]string{}, map[string]string{}
	for _, name := range []string{"a", "b"} {
		status, out, errs := shell(t, "witness", "init", "w-"+name, "--name", name+".example")
		if status != 0 {
			t.Fatal(out, errs)
		}
		keys[name] = strings.TrimSpace(out)
		if err := os.WriteFile("city.pub", []byte(run(0, "domain key --history")), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, out, errs := shell(t, "witness", "add", "w-"+name, "city.pub"); status != 0 {
			t.Fatal(out, errs)
		}
		w, err := witness.Open("w-" + name)
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(w.Handler())
		defer s.Close()
		if name == "a" { // a checkpoint of before the approval, which the witness signs
			resp, err := http.Post(s.URL+"/add-checkpoint", "text/plain", bytes.NewReader(append([]byte("old 0\n\n"), early...)))
			if err != nil {
				t.Fatal(err)
			}
			line, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Fatal(err, resp.StatusCode)
			}
			if err := os.WriteFile("early", append(early, line...), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		asks[name] = "witness ask " + s.URL + " --witness-key " + keys[name] + " --as sun --save "
		run(0, asks[name]+"signed-"+name)
	}
	out := "release export " + release + " --as liu --to elsewhere"
	set(`,"require":["witnessed"]`)
	run(2, out) // no witness is named
	set(`,"require":["witnessed"],"witnesses":["` + keys["b"] + `+"]`)
	run(2, out)
	set(`,"require":["witnessed"],"witnesses":["` + keys["a"] + `"]`)
	run(3, out)
	run(3, out+" --cosigned early")
	run(2, out+" --cosigned signed-b") // another witness than the domain's
	run(2, out+" --cosigned city.pub")
	if err := os.WriteFile("unsigned", early, 0o600); err != nil {
		t.Fatal(err)
	}
	run(2, out+" --cosigned unsigned")
	if _, err := os.Stat("elsewhere"); err == nil {
		t.Error("something left unwitnessed")
	}
	run(0, out+" --cosigned signed-a")
	if x := run(0, "audit list --action release.export --last 1 --as sun --json"); !strings.Contains(x, `"a.example"`) || !strings.Contains(x, `"covers": true`) {
		t.Errorf("the entry does not say who saw it: %s", x)
	}
	if x := run(0, "audit alerts --from 2020-01-01 --as sun"); strings.Count(x, "witness") == 0 {
		t.Errorf("exports of before are not told of: %s", x)
	}
	run(0, "audit verify")
	run(0, "audit replay --as sun")
	// As shipped, nothing is asked for.
	set("")
	run(0, "release export "+release+" --as liu --to third")
}
