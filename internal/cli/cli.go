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
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/spread/engine"
)

// Version is what `glovebox --version` prints.
const Version = "0.1.0"

// Streams are the three files of a process, and what else its program has.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// Engines are those beside the ones that every program has; Pulls take tasks
	// from those that start no programs. The program glovebox has none.
	Engines engine.Table
	Pulls   map[string]engine.Pull
}

// Main runs one command line and returns its exit status: 0 done, 1 failed or
// its output lost, 2 bad use or bad input, 3 refused by policy, 4 over budget, 5 module refused
// or broken.
func Main(args []string, s Streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A reader of stdout that went away is an error of a write, not the end of
	// the process in the middle of a step.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return Run(ctx, args, s)
}

// Run is Main under a context of the caller's: when it ends, the command stops
// as it does at an interrupt. It closes s.Out where that is a file.
func Run(ctx context.Context, args []string, s Streams) int {
	out := &output{w: s.Out}
	s.Out = out
	a := newApp(args, s)
	root := a.root()
	defer a.flush()
	root.SetArgs(append([]string{}, args...)) // never nil: cobra would take the process's own
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = a.noHelp
	}
	if err = out.end(err); err == nil {
		return 0
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = glovebox.Errorf(glovebox.CodeInternal, "interrupted").
			WithFix("run the same command again: what was done stays done, and nothing is charged twice")
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
	root.SuggestionsMinimumDistance = 2
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetVersionTemplate("glovebox {{.Version}}\n")
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		if c.HasSubCommands() { // a word after it is no command: --help hides nothing
			a.noHelp = noSubcommand(c, c.Flags().Args())
		}
		if a.noHelp == nil {
			a.help(c)
		}
	})
	root.SetHelpCommand(a.helpCmd())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(usage)
	f := root.PersistentFlags()
	f.StringVar(&a.dir, "domain", a.dir, a.t("use the domain in `DIR` (GLOVEBOX_DOMAIN)", "使用 `DIR` 中的域（GLOVEBOX_DOMAIN）"))
	f.StringVar(&a.user, "as", a.user, a.t("act as this `USER` (GLOVEBOX_USER)", "以用户 `USER` 的身份操作（GLOVEBOX_USER）"))
	f.StringVar(&a.server, "server", a.server, a.t("work at the server `URL` (GLOVEBOX_SERVER)", "在服务器 `URL` 上执行（GLOVEBOX_SERVER）"))
	f.StringVar(&a.profile, "profile", a.profile, a.t("work in the profile `NAME` (GLOVEBOX_PROFILE)", "使用配置 `NAME`（GLOVEBOX_PROFILE）"))
	f.BoolVar(&a.json, "json", false, a.t("print one JSON document (docs/cli-json.md)", "输出一个 JSON 文档（docs/cli-json.zh.md）"))
	f.Var((*langFlag)(&a.lang), "lang", a.t("speak `LANG`: en or zh (GLOVEBOX_LANG)", "界面语言 `LANG`：en 或 zh（GLOVEBOX_LANG）"))
	f.BoolP("help", "h", false, a.t("show this help", "显示本帮助"))
	root.Flags().Bool("version", false, a.t("show the version", "显示版本"))
	for _, name := range []string{"domain", "as", "lang", "server", "profile"} {
		f.Lookup(name).DefValue = "" // whatever the environment says is no news
	}
	for _, c := range []*cobra.Command{
		a.initCmd(), a.domainCmd(), a.serveCmd(), a.webCmd(), a.loginCmd(), a.logoutCmd(), a.whoamiCmd(), a.configCmd(), a.userCmd(), a.orgCmd(), a.sessionCmd(), a.tokenCmd(), a.providerCmd(),
		a.datasetCmd(), a.schemaCmd(), a.spaceCmd(), a.scenarioCmd(), a.freezeCmd(), a.unfreezeCmd(), a.incidentCmd(), a.grantCmd(), a.productCmd(), a.ticketCmd(), a.moduleCmd(), a.jobCmd(),
		a.nodeCmd(), a.releaseCmd(), a.budgetCmd(), a.auditCmd(), a.witnessCmd(), a.verifyCmd(), a.doctorCmd(),
		a.policyCmd(), a.reportCmd(),
	} {
		root.AddCommand(c)
	}
	return root
}
