package crew

import (
	"context"
	"io"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
)

// tried is the record of a load of made-up rows.
var tried = glovebox.Dataset{
	Code: "try", Unit: glovebox.Unit{Space: "person", Column: "unit", MaxRows: 1}, Source: glovebox.Source{Format: "csv"},
	Columns: []glovebox.Column{
		{Name: "unit", Type: glovebox.String, MaxBytes: 8, Class: glovebox.ClassIdentifier},
		{Name: "value", Type: glovebox.Int64, Class: glovebox.ClassPublic},
	},
}

// TryLoad loads made-up rows behind the walls of this machine and throws them
// away: nil means that loads work here. One of them is quoted, and so needs
// DuckDB.
func TryLoad(ctx context.Context) error {
	f, err := role.SealedFile([]byte("unit,value\na,1\n\"b\",2\n"))
	if err != nil {
		return err
	}
	defer f.Close()
	res, err := loadFile(ctx, tried, f, engine.LoadOptions{UnitKey: [32]byte{1}, Parts: 1, Create: func(string) (io.WriteCloser, error) { return nowhere{}, nil }}, nil)
	if err == nil && res.Report.Accepted != 2 {
		err = glovebox.Errorf(glovebox.CodeInternal, "a load of two rows gives %d", res.Report.Accepted)
	}
	return err
}

// nowhere is a file that is not kept.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) Close() error                { return nil }

// TryFilter checks a row filter behind the walls of this machine: nil means that
// filters work here.
func TryFilter(ctx context.Context) error {
	r := &Reader{asked: true}
	defer r.Close()
	f, err := r.Filter(ctx, "value >= 2", tried.Columns)
	if err == nil && len(f.Columns) != 1 {
		err = notThat()
	}
	return err
}

// atFault tells whose fault it is that a worker ended before it answered: the
// machine's where try, which does the same on made-up input, fails too; otherwise
// theirs. walls are those that the worker had; a nil try is not asked.
func atFault(ctx context.Context, walls jail.Walls, try func(context.Context) error, theirs *glovebox.Error) error {
	if try == nil || try(ctx) == nil {
		return theirs
	}
	if m := walls.Missing(); len(m) > 0 {
		return glovebox.Errorf(glovebox.CodeInternal, "no file and no filter can be read behind the walls that this machine gives; those that it does not give: %s", strings.Join(m, ", ")).
			WithFix("`glovebox doctor` says what each wall needs; where user namespaces are refused (a container, Ubuntu 24.04), allow them")
	}
	return glovebox.Errorf(glovebox.CodeInternal, "no file and no filter can be read on this machine").
		WithFix("`glovebox doctor` says what works; a limit of this shell or container (ulimit, memory) may be too small")
}
