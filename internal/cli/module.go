package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/sandbox"
)

func (a *app) moduleCmd() *cobra.Command {
	return a.group("module", "start, build, check and look at modules", "新建、构建、检查与查看分析模块", a.moduleNew(), a.moduleBuild(), a.moduleCheck(), a.moduleShow(), a.moduleTest(), a.moduleRegister(), a.moduleCertify(), a.modulePromote(), a.moduleRevoke(), a.moduleList())
}

// maxWasm bounds the binaries that are read; admission's own bound is smaller.
const maxWasm = 16 << 20

func readModule(path string) ([]byte, error) {
	return files.Read(path, maxWasm, "a module is at most 16 MiB: build it for size, without debug information")
}

func admit(path string) (*sandbox.Module, error) {
	wasm, err := readModule(path)
	if err != nil {
		return nil, err
	}
	m, err := sandbox.Admit(wasm, nil)
	if err != nil {
		return nil, glovebox.InFile(err, path)
	}
	return m, nil
}

func (a *app) moduleCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check MODULE.wasm",
		Short: a.t("say whether a module would be admitted, and what to change", "检查模块能否准入，以及需要修改什么"),
		Long: a.t(`Judge a module as the sandbox will: its bytes, limits and manifest. Needs no
domain. Every refusal has a code and says what to change
(docs/formats/module-manifest.md). Exit status: 0 admitted, 5 refused.`, `按沙箱的标准检查模块：字节、限制与清单。无需域。
每项拒绝都有编号并说明如何修改（docs/formats/module-manifest.zh.md）。
退出码：0 可准入，5 拒绝。`),
		Example: "  glovebox module check care_hotspots.wasm",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			m, err := admit(w[0])
			if err != nil {
				return err
			}
			// What is ill-typed shows when it is compiled.
			p, err := m.Compile(c.Context(), nil)
			if err != nil {
				return glovebox.InFile(err, w[0])
			}
			if err := p.Close(); err != nil {
				return err
			}
			return a.emit(map[string]any{"admitted": true, "digest": m.Digest()}, func() {
				a.say(a.t("%s is admitted: %s", "%s 可准入：%s"), w[0], m.Digest())
			})
		},
	}
}

func (a *app) moduleShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show MODULE.wasm",
		Short: a.t("show a module's manifest, size and what the rewrite does to it", "显示模块的清单、大小与改写情况"),
		Long: a.t(`Show an admitted module: its digest as given and as it runs, its limits, and
what each of its functions reads and emits. Needs no domain.
Exit status: 0 admitted, 2 no such file, 5 refused.`, `显示可准入的模块：原始与运行时的摘要、各项限制，以及各函数读取与输出的内容。无需域。
退出码：0 可准入，2 文件不存在，5 拒绝。`),
		Example: "  glovebox module show care_hotspots.wasm",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			m, err := admit(w[0])
			if err != nil {
				return err
			}
			r := m.Report()
			return a.emit(r, func() { a.printModule(r) })
		},
	}
}

func (a *app) printModule(r sandbox.Report) {
	m := r.Manifest
	a.say("%s %s  (%s)", m.Name, m.Version, m.ABI)
	a.say("%s: %s, %d %s", a.t("as given", "原始"), r.Digest, r.Bytes, a.t("bytes", "字节"))
	a.say("%s: %s, %d %s, %s %s", a.t("as run", "运行"), r.RewrittenDigest, r.RewrittenBytes, a.t("bytes", "字节"), a.t("rewriter", "改写器"), r.Rewriter)
	a.say(a.t("memory at most %[5]s of 64 KiB, %[2]d fuel a unit, %[6]s that charge it, %[7]s put back between units",
		"内存至多 %[1]d 页（每页 64 KiB），每单元燃料 %[2]d，计量点 %[3]d 处，单元间复原全局变量 %[4]d 个"),
		m.Pages, m.Fuel, r.FuelCharges, r.RestoredGlobals, many(m.Pages, "page"), many(r.FuelCharges, "place"), many(r.RestoredGlobals, "global"))
	for _, f := range m.Functions {
		a.say("%s(%s)", f.Name, f.Kind)
		for _, t := range f.Inputs {
			var cols []string
			for _, c := range t.Columns {
				cols = append(cols, fmt.Sprintf("%s %s", c.Name, c.Type))
			}
			a.say("  %s %s: %s", a.t("reads", "读取"), t.Name, strings.Join(cols, ", "))
		}
		var keys []string
		for _, k := range f.Output.Key {
			keys = append(keys, fmt.Sprintf("%s %s", k.Name, k.Type))
		}
		var metrics []string
		for _, name := range f.Output.Metrics {
			if n := f.Output.Sizes[name]; n > 0 {
				name = fmt.Sprintf("%s[%d]", name, n)
			}
			metrics = append(metrics, name)
		}
		a.say("  %s: (%s) -> %s", a.t("emits", "输出"), strings.Join(keys, ", "), strings.Join(metrics, ", "))
	}
}
