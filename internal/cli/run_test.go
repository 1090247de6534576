package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// TestInterrupted: a command whose context ended says that it was interrupted
// and what to do, once, in both forms, with status 1.
func TestInterrupted(t *testing.T) {
	dir, err := buildCity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, line := range []string{"job run " + dir + "/pums/job.yaml --as wang", "dataset load pums " + dir + "/pums/pums.csv --as chen", "audit verify", "user list"} {
		for form, want := range map[string]string{
			"":       "glovebox: interrupted (run the same command again: what was done stays done, and nothing is charged twice)\n",
			"--json": `{"error":{"code":"internal","message":"interrupted (`,
		} {
			var out, errs bytes.Buffer
			args := append(strings.Fields(line+" "+form), "--domain", dir+"/city")
			status := Run(ctx, args, Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
			if status != 1 || out.Len() != 0 || !strings.HasPrefix(errs.String(), want) || strings.Count(errs.String(), "\n") != 1 {
				t.Errorf("%s %s: status %d\n%s%s", line, form, status, out.String(), errs.String())
			}
		}
	}
	if status, out, errs := shell(t, "budget", "show", "--as", "sun", "--domain", dir+"/city"); status != 0 || !strings.Contains(out, "ρ=0 ") {
		t.Errorf("an interrupted job was charged: %s%s", out, errs)
	}
}

// TestArgumentsAreTheCallers: a nil list of arguments is an empty one, not
// that of the process.
func TestArgumentsAreTheCallers(t *testing.T) {
	var out, errs bytes.Buffer
	if status := Main(nil, Streams{In: strings.NewReader(""), Out: &out, Err: &errs}); status != 0 || !strings.HasPrefix(out.String(), "glovebox: ") {
		t.Errorf("status %d\n%s%s", status, out.String(), errs.String())
	}
}
