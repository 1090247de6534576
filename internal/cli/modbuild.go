package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/author/modbuild"
	"glovebox.example/glovebox/sandbox"
	"glovebox.example/glovebox/sandbox/abi"
)

// languageFlag is --lang of the commands that take a language to write modules
// in. It stands before the global flag of that name, so it may be given twice:
// a value that names no such language is the one that the command speaks.
func (a *app) languageFlag(c *cobra.Command, usage string) *[]string {
	return c.Flags().StringArray("lang", nil, usage)
}

// written is the language to write in among the values of languageFlag.
func written(values []string) string {
	for _, v := range values {
		if _, ok := modbuild.Named(v); ok || !strings.HasPrefix(v, "en") && !strings.HasPrefix(v, "zh") {
			return v
		}
	}
	return ""
}

func (a *app) moduleNew() *cobra.Command {
	var p modbuild.Project
	var lang *[]string
	names := strings.Join(modbuild.Templated(), ", ")
	c := &cobra.Command{
		Use:   "new NAME",
		Short: a.t("make a project for a new module", "新建模块项目"),
		Long: a.t(`Make the folder NAME with all that a module needs: source, manifest, a job, a
README, and a copy of the SDK. It builds without a network
(glovebox module build NAME). No file is written over.
Exit status: 0 made, 2 bad name or language, or the folder is in use.`, `新建文件夹 NAME，含模块所需的一切：源代码、清单、作业示例、README 与 SDK 副本。
无需网络即可构建（glovebox module build NAME）。不会覆盖任何文件。
退出码：0 已创建，2 名称或语言有误，或文件夹已有内容。`),
		Example: "  glovebox module new --lang rust ward_costs",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			p.Name, p.Language = w[0], written(*lang)
			if p.Language == "" {
				return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--lang", Msg: "no language given"}).WithFix("choose one of %s", names)
			}
			if !slices.Contains(modbuild.Kinds(), p.Kind) {
				return (&glovebox.Error{Code: glovebox.CodeInvalid, Field: "--kind", Msg: "no such kind of function"}).WithFix("choose one of %s", strings.Join(modbuild.Kinds(), ", "))
			}
			m, err := modbuild.New(p)
			if err != nil {
				return err
			}
			return a.emit(m, func() {
				for _, f := range m.Files {
					a.say("%s", filepath.Join(m.Dir, f))
				}
				a.say(a.t("build it: glovebox module build %s", "构建：glovebox module build %s"), m.Dir)
			})
		},
	}
	lang = a.languageFlag(c, a.t("write it in `L`: ", "编写语言 `L`：")+names)
	c.Flags().StringVar(&p.Kind, "kind", abi.KindMap, a.t("start with a function of this `KIND`: map (per unit), map_scalar (per row) or blocks", "函数类型 `KIND`：map（按单元）、map_scalar（按行）或 blocks（按分块）"))
	c.Flags().StringVar(&p.Dir, "dir", "", a.t("make the folder `DIR` (default: NAME)", "新建的文件夹 `DIR`（默认：NAME）"))
	return c
}

func (a *app) moduleBuild() *cobra.Command {
	var manifest, out string
	var lang *[]string
	c := &cobra.Command{
		Use:   "build SOURCE",
		Short: a.t("compile a module and attach its manifest", "编译模块并附上清单"),
		Long: a.t(`Compile SOURCE (a source file, a project file such as Cargo.toml, or the folder
of one), attach the manifest (NAME.manifest.json or manifest.json beside it) and
check the result. Nothing is fetched: the compiler has to be on this machine; if
it is not, this says what to install. A project's own build scripts run with
your rights. Exit status: 0 built and admitted, 2 something is missing, 5
refused by the compiler or by admission.`, `编译 SOURCE（源文件、Cargo.toml 等项目文件，或其所在文件夹），附上清单
（同目录的 NAME.manifest.json 或 manifest.json），并检查结果。
不会下载任何内容：编译器须已安装在本机；若缺少，会说明应安装什么。
项目自带的构建脚本以您的权限运行。
退出码：0 构建成功且可准入，2 缺少所需内容，5 被编译器或准入检查拒绝。`),
		Example: "  glovebox module build examples/pums/income.c\n  glovebox module build ward_costs",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, w []string) error {
			r, err := modbuild.Build(c.Context(), modbuild.Source{Path: w[0], Manifest: manifest, Language: written(*lang)})
			if err != nil {
				return err
			}
			m, err := sandbox.Admit(r.Wasm, nil)
			if err != nil {
				return glovebox.InFile(err, w[0])
			}
			if out == "" {
				dir := w[0]
				if st, err := os.Stat(dir); err == nil && !st.IsDir() {
					dir = filepath.Dir(dir)
				}
				out = filepath.Join(dir, r.Name+".wasm")
			}
			if err := writeTo(out, bytesOf(r.Wasm)); err != nil {
				return err
			}
			v := map[string]any{"file": out, "digest": m.Digest(), "bytes": len(r.Wasm), "language": r.Language, "compiler": r.Compiler}
			return a.emit(v, func() {
				a.say(a.t("%s: %d bytes, %s, by %s", "%s：%d 字节，%s，编译器 %s"), out, len(r.Wasm), m.Digest(), r.Compiler)
			})
		},
	}
	lang = a.languageFlag(c, a.t("take the source for one in `L` (default: found from the files)", "按语言 `L` 处理源代码（默认根据文件判断）"))
	c.Flags().StringVar(&manifest, "manifest", "", a.t("read the manifest from `FILE` (default: beside the source)", "从 `FILE` 读取清单（默认在源文件旁）"))
	c.Flags().StringVarP(&out, "output", "o", "", a.t("write to `FILE` (default: beside the source)", "写入 `FILE`（默认与源文件同目录）"))
	return c
}
