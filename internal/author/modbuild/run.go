package modbuild

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"glovebox.example/glovebox"
)

// first is the first of the programs that is in PATH; empty: none is.
func first(names ...string) string {
	for _, n := range names {
		if _, err := exec.LookPath(n); err == nil {
			return n
		}
	}
	return ""
}

// inPath lists every program of that name in PATH, in order.
func inPath(name string) []string {
	var all []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// maxWords bounds what is repeated of a compiler's output.
const maxWords = 8 << 10

// run runs a compiler in the source's folder, with env ("KEY=value") added to
// the author's environment, and returns how it names itself.
func run(ctx context.Context, t *Task, env []string, name string, args ...string) (string, error) {
	label := version(ctx, name, "--version")
	_, err := output(ctx, t, env, name, args...)
	return label, err
}

// version is how a tool names itself: the first line that it prints.
func version(ctx context.Context, name string, args ...string) string {
	out, _ := exec.CommandContext(ctx, name, args...).Output() // only a label
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	line, name = strings.TrimSpace(line), filepath.Base(name)
	if strings.HasPrefix(line, name+" ") {
		return line
	}
	return name + " " + line
}

// output runs a tool as run does, and returns what it said. Its words are the
// error if it fails.
func output(ctx context.Context, t *Task, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = t.Dir()
	cmd.Env = append(os.Environ(), env...)
	var words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &words, &words
	err := cmd.Run()
	text := strings.TrimSpace(words.String())
	if err == nil {
		return text, nil
	}
	if len(text) > maxWords {
		text = text[:maxWords] + " ..."
	}
	if text == "" {
		text = err.Error()
	}
	return text, &glovebox.Error{Code: glovebox.CodeModule, File: t.Path, Msg: "the compiler refuses the source:\n" + text}
}
