// Package cli is the command line: one file per group of commands, each a
// struct of options, a function that binds flags and a function that does the
// work and is what tests call.
//
// It reads files that the user names, calls internal/domain and
// internal/pipeline and prints what they return. It decides nothing: every
// refusal it prints was made elsewhere and is in the log. With --json a
// command prints one JSON document on stdout, and a failure prints one JSON
// object on stderr; the fields are a contract (docs/cli-json.md).
package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"glovebox"
)

// Version is what `glovebox --version` prints.
const Version = "0.1.0"

// Streams are the three files of a process.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs one command line and returns its exit status: 0 done, 1 failed, 2
// bad use or bad input, 3 refused by policy, 4 over budget, 5 module refused
// or broken.
func Main(args []string, s Streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := newApp(args, s)
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	a.printError(err)
	return exitStatus(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "glovebox",
		Short:         a.t("Run untrusted analysis over data that must not leave", "让数据可用不可见：不可信的分析进来，只有隐私安全的统计结果出去"),
		Version:       Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noSubcommand,
		RunE: func(c *cobra.Command, _ []string) error {
			a.firstHelp()
			return nil
		},
	}
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(c, err) })
	f := root.PersistentFlags()
	f.StringVar(&a.dir, "domain", a.dir, a.t("domain directory (GLOVEBOX_DOMAIN)", "域目录（GLOVEBOX_DOMAIN）"))
	f.StringVar(&a.user, "as", a.user, a.t("act as this user (GLOVEBOX_USER)", "以该用户身份操作（GLOVEBOX_USER）"))
	f.BoolVar(&a.json, "json", false, a.t("print one JSON document", "输出一个 JSON 文档"))
	f.StringVar((*string)(&a.lang), "lang", string(a.lang), a.t("en or zh (GLOVEBOX_LANG)", "en 或 zh（GLOVEBOX_LANG）"))
	for _, c := range []*cobra.Command{
		a.initCmd(), a.userCmd(), a.datasetCmd(), a.scenarioCmd(), a.moduleCmd(), a.jobCmd(),
		a.releaseCmd(), a.budgetCmd(), a.auditCmd(), a.verifyCmd(), a.doctorCmd(),
	} {
		root.AddCommand(c)
	}
	return root
}

// noSubcommand makes an unknown word an error that names the near one.
func noSubcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	e := glovebox.Errorf(glovebox.CodeInvalid, "unknown command %q for %q", args[0], c.CommandPath())
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return e.WithFix("did you mean %q?", c.CommandPath()+" "+near[0])
	}
	return e.WithFix("try `%s --help`", c.CommandPath())
}

func usage(c *cobra.Command, err error) error {
	return glovebox.Errorf(glovebox.CodeInvalid, "%s", strings.TrimPrefix(err.Error(), "flag: ")).WithFix("try `%s --help`", c.CommandPath())
}

// group makes a command that only holds others.
func (a *app) group(use, en, zh string, sub ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: a.t(en, zh), Args: noSubcommand, SuggestionsMinimumDistance: 2,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(sub...)
	return c
}

// args wraps a count check so that its error is one of ours.
func args(p cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error {
		if err := p(c, a); err != nil {
			return glovebox.Errorf(glovebox.CodeInvalid, "%s", err.Error()).WithFix("usage: %s", c.UseLine())
		}
		return nil
	}
}
