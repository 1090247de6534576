package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/worker/crew"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/sandbox"
)

// finding is one thing that doctor looked at.
type finding struct {
	Name    string        `json:"name"`
	State   string        `json:"state"` // ok, warn, fail
	Detail  string        `json:"detail"`
	Meaning glovebox.Text `json:"meaning"` // what it means when it is not ok
}

func (a *app) doctorCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: a.t("say what this machine and this domain can do, and which walls hold", "检查本机与本域：能做什么、哪些隔离墙有效"),
		Long: a.t(`Look at the machine, at the walls around modules and, with --domain, at the
domain. Every finding says what it means. Exit status: 0 nothing fails, 1
something does.`, `检查本机、模块外围的隔离墙；给出 --domain 时也检查该域。
每项都说明其含义。退出码：0 无失败项，1 有失败项。`),
		Example: "  glovebox doctor --domain ./city",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			list := append(a.machine(c.Context()), a.walls()...)
			list = append(list, a.behind(c.Context())...)
			list = append(list, a.compilers()...)
			if a.dir != "" {
				list = append(list, a.domainFindings(c.Context())...)
			}
			return a.findings(list)
		},
	}
}

// findings prints what was found. It fails if something does.
func (a *app) findings(list []finding) error {
	if err := a.emit(list, func() { a.printFindings(list) }); err != nil {
		return err
	}
	for _, f := range list {
		if f.State == "fail" {
			return glovebox.Errorf(glovebox.CodeInternal, "something does not work here").WithFix("the findings above say what")
		}
	}
	return nil
}

func (a *app) printFindings(list []finding) {
	var rows [][]string
	for _, f := range list {
		rows = append(rows, []string{a.word(f.State), a.findingName(f.Name), f.Detail})
	}
	table(a.Out, []string{a.t("state", "状态"), a.t("what", "项目"), a.t("found", "结果")}, rows)
	for _, f := range list {
		if f.State != "ok" {
			a.say(a.t("%s: %s: %s", "%s：%s：%s"), a.word(f.State), a.findingName(f.Name), f.Meaning.In(a.lang))
		}
	}
}

// findingName is what was looked at in the user's language; --json keeps to
// the English one.
func (a *app) findingName(name string) string {
	if a.lang != glovebox.Chinese {
		return name
	}
	if wall, ok := strings.CutPrefix(name, "wall: "); ok {
		return "隔离墙：" + wall
	}
	if lang, ok := strings.CutSuffix(name, " modules"); ok {
		return lang + " 模块"
	}
	zh := map[string]string{"cpu": "处理器", "sealed memory files": "密封内存文件", "reset": "模块复原方式", "domain": "域", "domain directory": "域目录",
		"swap": "交换空间", "jobs at once": "同时运行的作业数", "load": "载入数据", "row filter": "行过滤条件",
		"node keys": "节点密钥", "shared storage": "共用存储", "node socket": "节点套接字"}
	if s := zh[name]; s != "" {
		return s
	}
	return name
}

func (a *app) machine(ctx context.Context) []finding {
	out := []finding{{Name: "cpu", State: "ok", Detail: fmt.Sprintf("%s/%s, %d", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}}
	f := finding{Name: "sealed memory files", State: "ok", Detail: "memfd",
		Meaning: glovebox.Text{EN: "decrypted parts have nowhere to go but a disk: nothing can run", ZH: "解密后的分片只能落盘，因此无法运行"}}
	if fd, err := unix.MemfdCreate("doctor", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING); err != nil {
		f.State, f.Detail = "fail", err.Error()
	} else {
		_ = unix.Close(fd)
	}
	out = append(out, f)
	out = append(out, a.swap("/proc/swaps"))
	d := finding{Name: "duckdb", State: "ok", Meaning: glovebox.Text{EN: "no data can be loaded or read", ZH: "无法载入或读取数据"}}
	if v, err := engine.Version(ctx); err != nil {
		d.State, d.Detail = "fail", err.Error()
	} else {
		d.Detail = v + a.t(", locked down", "，已锁定")
	}
	return append(out, d)
}

// swap says whether memory can reach a disk: list is the kernel's list of places
// for it. Compressed memory is none.
func (a *app) swap(list string) finding {
	f := finding{Name: "swap", State: "ok", Detail: a.t("none", "无"), Meaning: glovebox.Text{
		EN: "decrypted parts and keys in memory can be written to a disk: switch swap off, or encrypt it", ZH: "内存中解密的分片与密钥可能被写入磁盘：请关闭或加密交换空间"}}
	b, err := os.ReadFile(list)
	if err != nil {
		f.State, f.Detail = "warn", a.t("cannot be seen", "无法查看")
		return f
	}
	for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if i > 0 && !strings.HasPrefix(line, "/dev/zram") {
			f.State, f.Detail = "warn", a.t("on", "已启用")
		}
	}
	return f
}

// walls says which isolation walls hold around a module. It starts a worker to
// see.
func (a *app) walls() []finding {
	out := []finding{{Name: "wall: " + jail.WallWasm, State: "ok", Detail: a.t("no imports, metered, memory capped, reset between units; rewriter ", "无导入，计量燃料，内存有上限，单元之间复原；改写器 ") + sandbox.RewriterVersion,
		Meaning: glovebox.Text{EN: "modules could reach the host", ZH: "模块可能触及宿主"}}}
	whole := finding{Name: "wall: " + jail.WallJail, State: "ok", Detail: a.t("all that keep a worker in", "关住工作进程所需的各墙均有效"), Meaning: glovebox.Text{
		EN: "a module that broke out of the WebAssembly runtime meets fewer walls than intended, see below; policy can demand \"jail\"; run the domain on a machine of its own",
		ZH: "模块若突破 WebAssembly 运行时，所遇隔离墙少于设计，见下；策略可要求 \"jail\"；请将域部署在专用机器上"}}
	have, ways, err := crew.Probe()
	if err != nil {
		whole.State, whole.Detail = "fail", a.t("no worker can be started", "无法启动工作进程")
		whole.Meaning = glovebox.Text{EN: "no job can run: " + err.Error(), ZH: "无法运行作业：" + err.Error()}
		return append(out, whole)
	}
	if !have.Has(jail.WallJail) {
		whole.State, whole.Detail = "warn", a.t("incomplete", "不完整")
	}
	out = append(out, whole)
	for _, w := range jail.List() {
		f := finding{Name: "wall: " + w.Name, State: "ok", Detail: w.Does.In(a.lang), Meaning: w.Without}
		if have&w.Bit == 0 {
			f.State, f.Detail = "warn", a.t("missing", "缺失")
		}
		out = append(out, f)
	}
	return append(out, resets(ways))
}

// behind tries what reads foreign files and filters, behind the walls that hold
// here: a wall of the machine's own making may be in the way.
func (a *app) behind(ctx context.Context) []finding {
	out := []finding{
		{Name: "load", State: "ok", Detail: a.t("works behind the walls", "在隔离墙内可用"), Meaning: glovebox.Text{EN: "no file can be loaded", ZH: "无法载入任何文件"}},
		{Name: "row filter", State: "ok", Detail: a.t("works behind the walls", "在隔离墙内可用"), Meaning: glovebox.Text{EN: "no job with a row filter or a public table can run", ZH: "带行过滤条件或公开表的作业无法运行"}},
	}
	for i, try := range []func(context.Context) error{crew.TryLoad, crew.TryFilter} {
		if err := try(ctx); err != nil {
			out[i].State, out[i].Detail = "fail", a.t("does not work behind the walls", "在隔离墙内不可用")
			out[i].Meaning.EN += ": " + err.Error()
			out[i].Meaning.ZH += "：" + err.Error()
		}
	}
	return out
}

// resets says which ways of putting a guest back between two units a worker
// found to work. All have the same effect.
func resets(ways []string) finding {
	f := finding{Name: "reset", State: "ok", Detail: strings.Join(ways, ", "), Meaning: glovebox.Text{
		EN: "written pages cannot be tracked, so units cost more with large memories; privacy is the same; a kernel from 6.7 on, and a container that permits userfaultfd, have it",
		ZH: "无法跟踪被写页面，模块内存较大时每个单元开销更高，隐私保护不变；需内核 6.7 以上且容器允许 userfaultfd"}}
	if !slices.Contains(ways, string(sandbox.ResetTracked)) {
		f.State = "warn"
	}
	return f
}

// compilers says of which languages `module build` finds the compiler in PATH.
func (a *app) compilers() []finding {
	var out []finding
	for _, l := range modbuild.Languages() {
		if l.Install.EN == "" { // nothing to compile
			continue
		}
		tool, all := l.Found()
		f := finding{Name: l.Title + " modules", State: "ok", Detail: tool, Meaning: glovebox.Text{
			EN: "`module build` finds no compiler in PATH: " + l.Install.EN, ZH: "PATH 中没有 `module build` 所需的编译器：" + l.Install.ZH}}
		if !all {
			f.State, f.Detail = "warn", a.t("no compiler in PATH", "PATH 中无编译器")
		}
		out = append(out, f)
	}
	return out
}

func (a *app) domainFindings(ctx context.Context) []finding {
	f := finding{Name: "domain", State: "ok", Meaning: glovebox.Text{EN: "the domain cannot be used", ZH: "该域无法使用"}}
	runs := finding{Name: "jobs at once", State: "ok", Meaning: glovebox.Text{EN: "`max_runs` in domain.json changes it", ZH: "可在 domain.json 的 max_runs 中更改"}}
	err := a.with(ctx, false, func(d *domain.Domain) error {
		f.Detail, runs.Detail = d.Name, strconv.Itoa(d.MaxRuns)
		return nil
	})
	if err != nil {
		f.State, f.Detail = "fail", err.Error()
		return []finding{f}
	}
	out := []finding{f}
	return append(out, a.whoPasses(a.dir), runs)
}
