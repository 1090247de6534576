package crew

import (
	"context"
	"errors"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/worker/jail"
)

// TestTry: what doctor asks works here.
func TestTry(t *testing.T) {
	if err := errors.Join(TryLoad(context.Background()), TryFilter(context.Background())); err != nil {
		t.Error(err)
	}
}

// TestAtFault: a file is blamed only where made-up rows can be read; otherwise
// the message names the walls that are missing.
func TestAtFault(t *testing.T) {
	theirs := glovebox.Errorf(glovebox.CodeInvalid, "the file is damaged")
	works := func(context.Context) error { return nil }
	fails := func(context.Context) error { return jail.ErrGone }
	have := jail.Apart | jail.Network | jail.Seccomp
	for _, c := range []struct {
		try  func(context.Context) error
		want []string
		code glovebox.Code
	}{
		{works, []string{"the file is damaged"}, glovebox.CodeInvalid},
		{nil, []string{"the file is damaged"}, glovebox.CodeInvalid},
		{fails, []string{"users", "files", "landlock", "doctor"}, glovebox.CodeInternal},
	} {
		err := atFault(context.Background(), have, c.try, theirs)
		if glovebox.CodeOf(err) != c.code {
			t.Errorf("%v", err)
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v does not name %s", err, w)
			}
		}
	}
}
