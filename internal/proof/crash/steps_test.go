package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// world is one domain with everything around it, in a folder of its own.
type world struct {
	bin, input string // the binary and the folder of the data files
	dir        string // holds dom, out and tmp
	key        string // the domain's public key, once init has printed it
}

func (w *world) dom() string { return filepath.Join(w.dir, "dom") }
func (w *world) out() string { return filepath.Join(w.dir, "out") }
func (w *world) tmp() string { return filepath.Join(w.dir, "tmp") }

// result is how a process ended.
type result struct {
	out, err string
	status   int
	killed   bool // by SIGKILL
}

// command prepares a process whose temporary files would be seen.
func (w *world) command(ctx context.Context, env []string, args ...string) (cmd *exec.Cmd, finish func(error) (result, error)) {
	cmd = exec.CommandContext(ctx, w.bin, append(args, "--json")...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.tmp(), "TMPDIR=" + w.tmp(), "LANG=C", "GOGC=400", "GLOVEBOX_DOMAIN=" + w.dom()}, env...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	return cmd, func(err error) (result, error) {
		r := result{out: out.String(), err: stderr.String()}
		exit, ended := errors.AsType[*exec.ExitError](err)
		if err != nil && !ended {
			return r, err
		}
		if ended {
			how := exit.Sys().(syscall.WaitStatus)
			r.status, r.killed = how.ExitStatus(), how.Signaled() && how.Signal() == syscall.SIGKILL
		}
		return r, ctx.Err()
	}
}

// run runs one command to its end.
func (w *world) run(ctx context.Context, env []string, args ...string) (result, error) {
	cmd, finish := w.command(ctx, env, args...)
	return finish(cmd.Run())
}

// must runs a command that has to end with a status.
func (w *world) must(ctx context.Context, status int, env []string, args ...string) error {
	r, err := w.run(ctx, env, args...)
	if err != nil {
		return err
	}
	if r.killed || r.status != status {
		return fmt.Errorf("%s: status %d (killed: %v), want %d\n%s%s", strings.Join(args, " "), r.status, r.killed, status, r.out, r.err)
	}
	if args[0] == "init" {
		var info struct{ Key string }
		if err := json.Unmarshal([]byte(r.out), &info); err != nil {
			return fmt.Errorf("init: %w", err)
		}
		w.key = info.Key
	}
	return nil
}

// copyTo copies the world with the modes of its files.
func (w *world) copyTo(dir string) (*world, error) {
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		to := dir + strings.TrimPrefix(path, w.dir)
		if d.IsDir() {
			return errors.Join(os.MkdirAll(to, 0o700), os.Chmod(to, info.Mode().Perm()))
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return errors.Join(os.WriteFile(to, data, 0o600), os.Chmod(to, info.Mode().Perm()))
	})
	return &world{w.bin, w.input, dir, w.key}, err
}

// step is one command of the story that every world lives through.
type step struct {
	name   string
	args   func(*world) ([]string, error)
	status int // with which it ends
	// done is the status of the command when it comes again and everything was
	// done by the run that was killed: 0 or that of a message that says so.
	done  int
	plain bool // the same code as another step: run, not killed
	// anew: the command does the same once more where it was done already, such as
	// a load, of which nobody may see that it changed nothing. Then it does not
	// come again: the recovered domain is what has to be right.
	anew bool
	// from is the mark before which the code is that of another step: killed
	// from there on. Empty: from the start.
	from string
}

// canary is in every privacy unit's identifier and nowhere else.
const canary = "canary-pid"

// inputs puts the files that the commands read into one folder.
func inputs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	copies := map[string]string{"dataset3.yaml": "testdata/dataset.yaml", "grant2.yaml": "testdata/grant.yaml"}
	for _, f := range []string{"pums/income", "spread/spread", "train/kmeans"} {
		copies[filepath.Base(f)+".wasm"] = "../../../examples/" + f + ".wasm"
	}
	for _, f := range []string{"dataset.yaml", "scenario.yaml", "grant.yaml", "job.yaml", "refused.yaml", "train.yaml", "blocks.yaml"} {
		copies[f] = filepath.Join("testdata", f)
	}
	now := time.Now()
	for name, from := range copies {
		data, err := os.ReadFile(from)
		text := string(data)
		switch name { // room for three prices, and in a grant for two; a grant has a term
		case "dataset3.yaml":
			text = strings.Replace(text, "rho: 0.125", "rho: 0.375", 1)
		case "grant2.yaml":
			text = strings.Replace(text, "rho: 0.125", "rho: 0.25", 1)
			fallthrough
		case "grant.yaml":
			text = strings.NewReplacer("FROM", now.AddDate(0, 0, -2).Format(time.DateOnly), "UNTIL", now.AddDate(1, 0, 0).Format(time.DateOnly)).Replace(text)
		}
		data = []byte(text)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, rows := range map[string]int{"one.csv": 60, "two.csv": 80} {
		var b bytes.Buffer
		b.WriteString("age,educ,race,income,pid\n")
		for i := range rows {
			fmt.Fprintf(&b, "%d,%d,%d,%d,%s-%05d\n", 18+i%60, 1+i%16, 1+i%6, 1000*(i%90), canary, i)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
