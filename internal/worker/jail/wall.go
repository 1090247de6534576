package jail

import (
	"slices"

	"glovebox.example/glovebox"
)

// Walls is a set of walls.
type Walls uint32

// The walls, each a bit. Their order is that of the frame: append only.
const (
	Apart    Walls = 1 << iota // a process of its own, without keys
	Users                      // user namespace: an account that owns nothing
	Network                    // network namespace: no interface
	Files                      // mount namespace and an empty root
	PIDs                       // pid namespace: no other process to see
	IPC                        // ipc namespace
	Hostname                   // uts namespace
	NoPrivs                    // no_new_privs and no capability
	Landlock                   // no path can be opened, but the code cache
	Rlimits                    // rlimits: memory, processor time, files, size
	Seccomp                    // allow-list of system calls, all threads
	end
)

// all holds every wall.
const all = end - 1

// core are the walls without which a worker could reach the machine. Where all
// of them hold, so does the wall "jail".
const core = Apart | Network | Files | PIDs | NoPrivs | Rlimits | Seccomp

// Names of two walls that are more than one bit.
const (
	WallWasm = "wasm" // the WebAssembly runtime: always there
	WallJail = "jail" // all walls of core
)

// Wall describes one wall to people.
type Wall struct {
	Bit     Walls
	Name    string
	Does    glovebox.Text // what it does
	Without glovebox.Text // what a missing one means
}

// List describes all walls, in a fixed order.
func List() []Wall {
	return []Wall{
		{Apart, "process", glovebox.Text{EN: "a process of its own, without the domain's keys", ZH: "独立进程，不含域密钥"},
			glovebox.Text{EN: "nothing can run", ZH: "无法运行"}},
		{Users, "users", glovebox.Text{EN: "an account that owns nothing", ZH: "不拥有任何资源的账户"},
			glovebox.Text{EN: "a module that breaks out has the rights of the domain's account, as far as the other walls let it; allow user namespaces (a container: a seccomp profile that permits unshare; Ubuntu 24.04: an AppArmor profile with userns)", ZH: "模块一旦突破即拥有域账户的权限（受其余各墙限制）；请允许用户命名空间（容器：使用允许 unshare 的 seccomp 配置；Ubuntu 24.04：使用含 userns 的 AppArmor 配置）"}},
		{Network, "network", glovebox.Text{EN: "no network interface", ZH: "无网络接口"},
			glovebox.Text{EN: "only the system call list keeps a module that breaks out from the network", ZH: "仅靠系统调用白名单阻止其访问网络"}},
		{Files, "files", glovebox.Text{EN: "an empty file system", ZH: "空文件系统"},
			glovebox.Text{EN: "files of the machine can be named; Landlock and the system call list remain; compiled modules are not cached", ZH: "可指称本机文件，仅剩 Landlock 与系统调用白名单；编译结果不缓存"}},
		{PIDs, "processes", glovebox.Text{EN: "no other process to see", ZH: "看不到其他进程"},
			glovebox.Text{EN: "other processes can be seen", ZH: "可见其他进程"}},
		{IPC, "ipc", glovebox.Text{EN: "no shared memory or queue of others", ZH: "无他人的共享内存与队列"},
			glovebox.Text{EN: "only the system call list keeps it from shared memory of the machine", ZH: "仅靠系统调用白名单阻止其访问共享内存"}},
		{Hostname, "hostname", glovebox.Text{EN: "a host name of its own", ZH: "独立主机名"},
			glovebox.Text{EN: "it could read the machine's name", ZH: "可读取主机名"}},
		{NoPrivs, "privileges", glovebox.Text{EN: "no capability, and none to be had", ZH: "无特权且无法获得"},
			glovebox.Text{EN: "a worker could gain privileges", ZH: "可能获得特权"}},
		{Landlock, "landlock", glovebox.Text{EN: "the kernel refuses every path", ZH: "内核拒绝打开任何路径"},
			glovebox.Text{EN: "the empty file system stands alone; a kernel from 5.13 on has it", ZH: "仅剩空文件系统；需内核 5.13 以上"}},
		{Rlimits, "limits", glovebox.Text{EN: "bounds on memory, processor time, files", ZH: "内存、CPU 时间与文件数上限"},
			glovebox.Text{EN: "a worker could use up the machine", ZH: "可能耗尽本机资源"}},
		{Seccomp, "seccomp", glovebox.Text{EN: "a short list of system calls", ZH: "系统调用白名单"},
			glovebox.Text{EN: "the whole kernel is within reach of a module that breaks out", ZH: "突破后可触及整个内核"}},
	}
}

// Names lists the walls of the set as policy input, audit entries and doctor
// name them: the inner wall, then "jail" if all that matter hold, then each.
func (w Walls) Names() []string {
	out := []string{WallWasm}
	if w&core == core {
		out = append(out, WallJail)
	}
	for _, x := range List() {
		if w&x.Bit != 0 {
			out = append(out, x.Name)
		}
	}
	return out
}

// Of is the set of the walls with these names. Names of none, and those of more
// than one, add nothing.
func Of(names []string) (w Walls) {
	for _, x := range List() {
		if slices.Contains(names, x.Name) {
			w |= x.Bit
		}
	}
	return w
}

// Missing lists the walls that the set lacks.
func (w Walls) Missing() []string {
	var out []string
	for _, x := range List() {
		if w&x.Bit == 0 {
			out = append(out, x.Name)
		}
	}
	return out
}

// Has says whether the set holds the wall with this name.
func (w Walls) Has(name string) bool { return slices.Contains(w.Names(), name) }
