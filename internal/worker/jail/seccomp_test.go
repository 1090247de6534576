package jail

import (
	"testing"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
)

// TestEveryCallHasANumber: a name that an architecture lacks would keep every
// worker there from being sealed.
func TestEveryCallHasANumber(t *testing.T) {
	for goarch, a := range map[string]*arch.Info{"amd64": arch.X86_64, "arm64": arch.AARCH64} {
		for _, p := range []seccomp.Policy{filter(goarch, filterWorker), filter(goarch, filterCompiler), filter(goarch, filterLoader), front(goarch, false), front(goarch, true)} {
			seen := map[string]bool{}
			for _, g := range p.Syscalls {
				for _, n := range g.Names {
					if seen[n] {
						t.Errorf("%s: %s is on the list twice", goarch, n)
					}
					seen[n] = true
				}
				for _, c := range g.NamesWithCondtions {
					if g.Action != p.Syscalls[0].Action || seen[c.Name] {
						t.Errorf("%s: %s is on the list twice", goarch, c.Name)
					}
				}
				for _, c := range g.NamesWithCondtions {
					seen[c.Name] = true
				}
			}
			for n := range seen {
				if _, ok := a.SyscallNames[n]; !ok {
					t.Errorf("%s has no call %s", goarch, n)
				}
			}
		}
	}
}
