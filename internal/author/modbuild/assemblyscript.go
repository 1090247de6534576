package modbuild

import (
	"context"
	"os/exec"
	"path/filepath"

	"glovebox.example/glovebox"
	sdk "glovebox.example/glovebox/sdk/assemblyscript"
)

// assemblyscriptLanguage compiles AssemblyScript, with the compiler in the
// project's own node_modules before one in PATH. All flags are in the
// project's asconfig.json.
func assemblyscriptLanguage() *Language {
	l := &Language{
		Name: "assemblyscript", Title: "AssemblyScript", Marks: []string{"asconfig.json"},
		Install: glovebox.Text{
			EN: "install Node.js, then the compiler: npm install in the project, or npm install -g assemblyscript@" + sdk.Compiler,
			ZH: "请安装 Node.js，再安装编译器：在项目中运行 npm install，或 npm install -g assemblyscript@" + sdk.Compiler},
		Tools: [][]string{{"asc"}, {"node"}},
		SDK:   sdk.SDK, Template: sub(sdk.Template, "template"), Scalar: sub(sdk.Template, "scalar"), Blocks: sub(sdk.Template, "blocks"),
		Main: "main.ts", Pages: 2, Fuel: 1_000_000,
	}
	l.Build = func(ctx context.Context, t *Task) (string, error) {
		asc, err := exec.LookPath(filepath.Join(t.Dir(), "node_modules", ".bin", "asc"))
		if err != nil {
			asc = first("asc")
		}
		if asc == "" || first("node") == "" {
			return "", missing(l, t)
		}
		return run(ctx, t, nil, asc, "--config", "asconfig.json", "--outFile", t.Out)
	}
	return l
}
