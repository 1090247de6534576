package desk_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/access"
	"glovebox.example/glovebox/internal/api"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/words"
)

var update = flag.Bool("update", false, "write docs/access.md and docs/access.zh.md from the table")

// both is a text in both languages; zh says which is meant.
func both(zh bool, en, cn string) string {
	if zh {
		return cn
	}
	return en
}

// rolesZH are the roles as people call them.
var rolesZH = map[glovebox.Role]string{
	glovebox.RoleAuthority: "实施机构", glovebox.RoleRegistrar: "安全管理员", glovebox.RoleProvider: "数据提供单位",
	glovebox.RoleOperator: "运营机构", glovebox.RoleDeveloper: "开发主体", glovebox.RoleAuditor: "审计",
}

var scopes = []struct {
	access.Scope
	en, zh string
}{
	{access.Any, "all of the domain", "整个域"},
	{access.Own, "the person's own: keys, jobs, releases of these jobs", "本人的密钥、作业及其发布件"},
	{access.Org, "datasets of the person's institution", "本人所属机构的数据资源"},
	{access.Scenario, "scenarios whose operator the person is", "本人担任运营机构的场景"},
	{access.Stake, "what the person answers for in the role: a developer its own jobs, an operator its scenarios, a provider its institution's datasets and what reads them, the authority what belongs to its district, all for one without a district", "本人以该角色负责的事项：开发主体为本人的作业，运营机构为其场景，数据提供单位为本机构的数据资源及读取它们的作业与发布，实施机构为所属区县的事项，不属区县的为全市"},
	{access.District, "what belongs to the district of the person's institution; all, for one without a district", "本人所属机构所在区县的事项；机构不属区县的，为全市"},
}

// sees says who may look at what: access/see.go in words.
var sees = [][3]string{
	{"`job`", "its submitter; the operator of its scenario; a provider whose data it reads; the authority of a district whose data it reads; every auditor", "提交人；其场景的运营机构；其所读数据的提供单位；其所读数据所属区县的实施机构；全部审计人员"},
	{"`release`, that it exists", "whoever sees its job", "可查看其作业者"},
	{"`release`, its figures before it is approved", "its submitter; the operator of its scenario; of those who see its job, the roles that are asked to approve it", "提交人；其场景的运营机构；可查看其作业且被要求批准的角色"},
	{"`release`, its figures once it is approved", "whoever sees its job", "可查看其作业者"},
	{"`versions`, `data`: product data that was exported", "whoever sees its releases; the people of the institutions that its scenario names as readers", "可查看其发布者；应用场景为该产品列明的使用方人员"},
	{"`calls`: who took which product's data", "an auditor, the authority of the whole city; the operator of its scenario", "审计、全市的实施机构；其场景的运营机构"},
	{"`entry`, all of the log", "an auditor; the authority of the whole city", "审计；全市的实施机构"},
	{"`entry`, a part of the log", "an operator what is about its scenarios, a provider what is about its datasets, a developer what it did", "运营机构：与其场景有关的条目；数据提供单位：与其数据资源有关的条目；开发主体：本人操作的条目"},
	{"`place`: where exports may go", "an operator, an auditor, the authority", "运营机构、审计、实施机构"},
	{"`user`, everybody", "a registrar, an auditor, the authority", "安全管理员、审计、实施机构"},
	{"`user`, those of one institution", "everybody of that institution", "该机构的全部人员"},
	{"`key`, of everybody", "a registrar, an auditor, the authority", "安全管理员、审计、实施机构"},
	{"`key`, one's own", "everybody", "每个人"},
	{"`dataset`, `scenario`, `space`, `org`, `node`, `incident`, `freeze`, `product`, `ticket`, `module`: records, not rows", "everybody", "每个人"},
}

// pageOf is docs/access.md, or docs/access.zh.md.
func pageOf(zh bool) string {
	var b strings.Builder
	say := func(en, cn string) { b.WriteString(both(zh, en, cn) + "\n") }
	say("# Rights", "# 权限")
	say("\nWho may do what, and who may look at what. This page is written from the table that every act passes through (`internal/access`), by `go test -tags duckdb_arrow ./internal/desk -run TestPageOfRights -update`; a test holds it to that table. That the table lets an act through does not mean that it is allowed: the policy ([policy.md](policy.md)), the state of its subject and the rules of the step still decide.",
		"\n何人可为何事，何人可查看何物。本页由每项操作都要经过的权限表（`internal/access`）生成，命令为 `go test -tags duckdb_arrow ./internal/desk -run TestPageOfRights -update`；测试确保本页与该表一致。权限表放行并不等于允许：策略（[policy.zh.md](policy.zh.md)）、对象的状态与该步骤自身的规则仍要作出决定。英文版：[access.md](access.md)。")
	say("\n## Acts", "\n## 操作")
	say("\nAn act in a domain that is served carries its person's signature, by key or by passkey ([formats/act.md](formats/act.md)); in a local domain the account that owns the directory names the person (`--as`), and the entry says proof `owner`. The person holds one of the roles, is active, and signs with an active key, not longer than 10 minutes ago, on the state of the subject as it is. What a known key signed and is refused is in the log as `act.refuse`, under that person's name.",
		"\n在服务域中，每项操作都带有本人以密钥或通行密钥作出的签名（[formats/act.zh.md](formats/act.zh.md)）；在本地域中，由目录所属账户指明操作人（`--as`），条目中注明证明方式 `owner`。操作人须具备所列角色之一，处于有效状态，用有效的密钥签名，签名时间不早于 10 分钟之前，且所见的对象状态须为当前状态。由已知密钥签名而被拒绝的操作，以 `act.refuse` 记入日志，署该人之名。")
	say("\n| act | what it does | roles | scope | proof | subject | in which of its states | API, under `/api/v1` | command |", "\n| 操作 | 内容 | 角色 | 范围 | 证明 | 对象 | 对象须处于的状态 | 接口（`/api/v1` 之下） | 命令 |")
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	for i := range access.Acts {
		a := &access.Acts[i]
		proof := both(zh, "signature; in a local domain `--as`", "签名；本地域中为 `--as`")
		if a.Keeping {
			proof = both(zh, "signature; in a local domain the directory's owner", "签名；本地域中为目录所有者")
		}
		subject := "`" + a.Kind() + "/ID`"
		if a.Makes() {
			subject += both(zh, " or none", "，可省略")
		}
		text := a.Text
		if zh {
			text = words.In(glovebox.Chinese, a.Text)
		}
		if desk.ParamsOf(a.Name) == nil {
			text += both(zh, " (not taken yet)", "（尚未提供）")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | `%s` | %s | %s | %s | `%s` | `glovebox %s` |\n", a.Name, text, roles(zh, a.Roles), a.Scope, proof, subject, inStates(zh, a.From()), a.Route, a.Command)
	}
	say("\n| scope | is |", "\n| 范围 | 含义 |")
	b.WriteString("|---|---|\n")
	for _, s := range scopes {
		fmt.Fprintf(&b, "| `%s` | %s |\n", s.Scope, both(zh, s.en, s.zh))
	}
	say("\n## Params", "\n## 参数")
	say("\nParams are a JSON object. Unknown members are refused. Over the API it may have `files` too: for each name that the params use, the digest of the bytes that were handed in. Those of `dataset.load` begin with 32 random bytes, fresh for each load, which are no part of the file: the log must not tell the bare digest of data.",
		"\n参数为 JSON 对象，含未知成员的拒绝。经接口提交时还可含 `files`：为参数所用的每个文件名给出已上传字节的摘要。`dataset.load` 的上传内容以 32 个随机字节开头，每次载入均须重新生成，不属于文件本身：日志不得透露数据的原始摘要。")
	say("\n| act | member | type | needed |", "\n| 操作 | 成员 | 类型 | 必需 |")
	b.WriteString("|---|---|---|---|\n")
	for _, a := range access.Acts {
		members(&b, zh, a.Name, "", desk.ParamsOf(a.Name))
	}
	say("\n## Questions", "\n## 查询")
	say("\nA question needs a session of its person. What somebody may not see is not found, as what is not there.", "\n查询须由本人的会话提出。无权查看的，与不存在的一样，答复为“未找到”。")
	say("`GET /api/v1/openapi.json` describes all of it (OpenAPI 3.1), to anybody; the tree has it as `internal/api/openapi.json`.",
		"`GET /api/v1/openapi.json` 描述全部接口（OpenAPI 3.1），任何人均可读取；源码树中为 `internal/api/openapi.json`。")
	say("A question with the filters `after` and `limit` is a list: a page has `limit` elements at most, 1,000 if it is not given, and where there are more, the header `Link` names the next page (`rel=\"next\"`). `after` is the last element's id.",
		"带有 `after` 与 `limit` 的查询为列表：每页至多 `limit` 项，未给出时为 1,000 项；若还有更多，则由标头 `Link` 给出下一页（`rel=\"next\"`）。`after` 为末项的标识。")
	say("\n| API, under `/api/v1` | question | filters |", "\n| 接口（`/api/v1` 之下） | 查询 | 筛选 |")
	b.WriteString("|---|---|---|\n")
	for _, q := range api.Questions {
		args := "–"
		if len(q.Args) > 0 {
			args = "`" + strings.Join(q.Args, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `GET %s` | `%s` | %s |\n", q.Path, q.Name, args)
	}
	say("\n| what | who may look at it |", "\n| 内容 | 可查看者 |")
	b.WriteString("|---|---|\n")
	for _, s := range sees {
		fmt.Fprintf(&b, "| %s | %s |\n", both(zh, s[0], seen(s[0])), both(zh, s[1], s[2]))
	}
	return b.String()
}

// inStates lists states; "" is what is not there yet.
func inStates(zh bool, list []string) string {
	var out []string
	for _, s := range list {
		if s == "" {
			out = append(out, both(zh, "(new)", "（新）"))
			continue
		}
		out = append(out, "`"+s+"`")
	}
	if len(out) == 0 {
		return "–"
	}
	return strings.Join(out, both(zh, ", ", "、"))
}

// TestPageOfStates holds the tables of docs/states.md to the state machines and
// to the table of acts: every state with its exits and the acts of it, no other.
func TestPageOfStates(t *testing.T) {
	machines := maps.Clone(glovebox.Machines())
	maps.Copy(machines, job.Machines())
	for zh, file := range map[bool]string{false: "../../docs/states.md", true: "../../docs/states.zh.md"} {
		var b strings.Builder
		b.WriteString(both(zh, "| state | exits | acts |\n", "| 状态 | 出口 | 操作 |\n") + "|---|---|---|\n")
		for _, kind := range slices.Sorted(maps.Keys(machines)) {
			for _, from := range slices.Sorted(maps.Keys(machines[kind])) {
				name := "`" + kind + "` " + inStates(zh, []string{from})
				var acts []string
				for i := range access.Acts {
					if a := &access.Acts[i]; a.Kind() == kind && slices.Contains(a.From(), from) {
						acts = append(acts, a.Name)
					}
				}
				fmt.Fprintf(&b, "| %s | %s | %s |\n", name, inStates(zh, machines[kind][from]), inStates(zh, acts))
			}
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, ok := strings.Cut(string(raw), "<!-- arrows -->\n")
		_, after, ok2 := strings.Cut(rest, "<!-- /arrows -->")
		if !ok || !ok2 {
			t.Fatalf("%s has no place for the table", file)
		}
		want := before + "<!-- arrows -->\n" + b.String() + "<!-- /arrows -->" + after
		if *update && want != string(raw) {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if want != string(raw) {
			t.Errorf("%s is not as the states and acts are; run the test with -update", file)
		}
	}
	for i := range access.Acts {
		a := &access.Acts[i]
		for _, s := range a.From() {
			if _, known := machines[a.Kind()][s]; !known {
				t.Errorf("%s: a %s is never in state %q", a.Name, a.Kind(), s)
			}
		}
	}
}

// seen is a row's first cell in Chinese: the names in code are the same.
func seen(en string) string {
	for _, x := range [][2]string{
		{", that it exists", "，其存在"}, {", its figures before it is approved", "，批准前的数值"}, {", its figures once it is approved", "，批准后的数值"},
		{", all of the log", "，全部日志"}, {", a part of the log", "，部分日志"}, {", everybody", "，全部人员"}, {", those of one institution", "，同一机构的人员"},
		{", of everybody", "，所有人的"}, {", one's own", "，本人的"}, {": records, not rows", "：记录，不含数据行"}, {": where exports may go", "：允许的导出位置"}, {"`, `", "`、`"},
	} {
		en = strings.ReplaceAll(en, x[0], x[1])
	}
	return en
}

func roles(zh bool, all []glovebox.Role) string {
	if len(all) == 0 {
		return both(zh, "anybody", "任何人")
	}
	var out []string
	for _, r := range all {
		if zh {
			out = append(out, rolesZH[r])
		} else {
			out = append(out, string(r))
		}
	}
	return strings.Join(out, both(zh, ", ", "、"))
}

// members are the rows of a struct's members, those of structs in it as a.b.
func members(b *strings.Builder, zh bool, name, in string, t reflect.Type) {
	if t == nil || t.NumField() == 0 && in == "" {
		if t != nil {
			fmt.Fprintf(b, "| `%s` | – | – | – |\n", name)
		}
		return
	}
	for i := range t.NumField() {
		member, more, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		need := both(zh, "yes", "是")
		if strings.Contains(more, "omitempty") {
			need = both(zh, "no", "否")
		}
		of := t.Field(i).Type
		if of.Kind() == reflect.Struct {
			members(b, zh, name, in+member+".", of)
			continue
		}
		fmt.Fprintf(b, "| `%s` | `%s` | %s | %s |\n", name, in+member, kindOf(zh, of), need)
	}
}

func kindOf(zh bool, t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return both(zh, "text", "文本")
	case reflect.Bool:
		return both(zh, "true or false", "布尔值")
	case reflect.Int64, reflect.Float64:
		return both(zh, "number", "数")
	}
	return t.Kind().String()
}

// TestPageOfRights holds docs/access.md and docs/access.zh.md to the table; with
// -update it writes them.
func TestPageOfRights(t *testing.T) {
	for i := range access.Acts {
		if access.Acts[i].Kind() == "" {
			t.Errorf("%s has no kind of subject: internal/access/subject.go", access.Acts[i].Name)
		}
	}
	for file, zh := range map[string]bool{"../../docs/access.md": false, "../../docs/access.zh.md": true} {
		want := pageOf(zh)
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil { //nolint:gosec // a page of the tree
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil || string(got) != want {
			t.Errorf("%s is not what the table says: go test -tags duckdb_arrow ./internal/desk -run TestPageOfRights -update (%v)", file, err)
		}
	}
}
