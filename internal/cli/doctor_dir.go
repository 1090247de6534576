package cli

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"glovebox.example/glovebox"
)

// whoPasses looks at who but its owner gets into a domain directory. A group that
// may pass through, and no more, is how a web process of another account reaches
// the core's socket; whoever can list, write, or is anybody, is too many.
func (a *app) whoPasses(dir string) finding {
	f := finding{Name: "domain directory", State: "ok", Meaning: glovebox.Text{
		EN: "other accounts of this machine can look in: chmod 700, or 710 with the group of the account that runs `glovebox web`",
		ZH: "本机其他账户可以访问：请执行 chmod 700；若由其他账户运行 `glovebox web`，则执行 chmod 710 并将属组设为该账户的组"}}
	st, err := os.Stat(dir)
	if err != nil {
		f.State, f.Detail = "fail", err.Error()
		return f
	}
	f.Detail = fmt.Sprintf("%04o", st.Mode().Perm())
	switch perm := st.Mode().Perm(); {
	case perm&0o067 != 0:
		f.State, f.Detail = "fail", f.Detail+a.t(", open to others", "，其他账户可访问")
	case perm&0o010 != 0:
		f.Detail += a.t(", passable for the group ", "，可通过的组：") + groupOf(st)
	}
	return f
}

// groupOf is the name of a file's group, its number where it has no name.
func groupOf(st fs.FileInfo) string {
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return "?"
	}
	gid := strconv.FormatUint(uint64(sys.Gid), 10)
	if g, err := user.LookupGroupId(gid); err == nil {
		return g.Name
	}
	return gid
}
