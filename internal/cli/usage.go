package cli

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
)

// group makes a command that only holds others.
func (a *app) group(use, en, zh string, sub ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: a.t(en, zh), Args: noSubcommand, SuggestionsMinimumDistance: 2,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(sub...)
	return c
}

// noSubcommand makes an unknown word an error that names the near one.
func noSubcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	e := glovebox.Errorf(glovebox.CodeInvalid, "unknown command %q for %q", args[0], c.CommandPath())
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return e.WithFix("did you mean `%s`?", c.CommandPath()+" "+near[0])
	}
	return e.WithFix("try `%s --help`", c.CommandPath())
}

// usage is the error of a flag that is not there or has a bad value.
func usage(c *cobra.Command, err error) error {
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		e := glovebox.Errorf(glovebox.CodeInvalid, "%q is not %s", bad.GetValue(), wanted(bad.GetFlag()))
		e.Field = "--" + bad.GetFlag().Name
		return e.WithFix("try `%s --help`", c.CommandPath())
	}
	e := glovebox.Errorf(glovebox.CodeInvalid, "%s", strings.TrimPrefix(err.Error(), "flag: "))
	if word, ok := strings.CutPrefix(e.Msg, "unknown flag: --"); ok {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		c.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := record.Nearest(word, names); near != "" {
			return e.WithFix("did you mean --%s?", near)
		}
	}
	return e.WithFix("try `%s --help`", c.CommandPath())
}

// wanted names what a flag takes.
func wanted(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "true or false"
	case "language":
		return "en or zh"
	case "float64":
		return "a number"
	case "duration":
		return "a time, such as 90s or 24h"
	}
	return "a whole number"
}

// fromOne refuses counts below 1: zero would mean the default.
func fromOne(c *cobra.Command, names ...string) error {
	for _, name := range names {
		if n, err := c.Flags().GetInt(name); err == nil && c.Flags().Changed(name) && n < 1 {
			return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--" + name, Msg: "is below 1"}).WithFix("leave it out for the default")
		}
	}
	return nil
}

// args wraps a count check so that its error says what is wanted.
func args(p cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, a []string) error {
		if p(c, a) == nil {
			return nil
		}
		_, want, _ := strings.Cut(c.Use, " ")
		want, _, _ = strings.Cut(want, " --") // flags are not counted
		if want == "" {
			want = "no argument"
		}
		got := strconv.Itoa(len(a)) + " arguments"
		if len(a) == 1 {
			got = "1 argument"
		}
		return glovebox.Errorf(glovebox.CodeInvalid, "%s wants %s, not %s", c.CommandPath(), want, got).WithFix("try `%s --help`", c.CommandPath())
	}
}
