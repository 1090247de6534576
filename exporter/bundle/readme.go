package bundle

import (
	"encoding/json"
	"fmt"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/text"
)

// The recipe stands between these lines.
const (
	recipeBegin = "# ---- begin"
	recipeEnd   = "# ---- end"
)

// recipe checks a bundle with nothing but Python's own library and openssl: the
// signature, the digest of every file, the entry's proof and the signature of the
// checkpoint. It does not compare the three forms of the result with one another.
const recipe = `import base64, hashlib, json, os, subprocess, tempfile
read = lambda n: open(n, "rb").read()
h = lambda x: hashlib.sha256(x).digest()
key = base64.b64decode(read("key.pub").strip().split(b"+", 2)[2])[1:]
d = tempfile.mkdtemp()
def verify(msg, sig):
    for n, x in ("key", bytes.fromhex("302a300506032b6570032100") + key), ("msg", msg), ("sig", sig):
        open(os.path.join(d, n), "wb").write(x)
    subprocess.check_call("openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in msg -sigfile sig".split(), cwd=d)
env = json.loads(read("statement.dsse.json")); t = env["payloadType"].encode(); body = base64.b64decode(env["payload"])
verify(b"DSSEv1 %d %s %d %s" % (len(t), t, len(body), body), base64.b64decode(env["signatures"][0]["sig"]))
for f in json.loads(body)["subject"] + json.loads(body)["predicate"]["files"]:
    assert h(read(f["name"])).hex() == f["digest"]["sha256"], f["name"]
p = json.loads(read("audit/proof.json")); node = h(b"\0" + read("audit/entry.json")); i, n = p["index"], p["size"] - 1
for x in map(bytes.fromhex, p["path"]):
    left = i & 1 or i == n; node = h(b"\1" + (x + node if left else node + x))
    while left and i and not i & 1: i, n = i >> 1, n >> 1
    i, n = i >> 1, n >> 1
text, sig = p["checkpoint"].split("\n\n"); verify(text.encode() + b"\n", base64.b64decode(sig.split()[2])[4:])
assert node == base64.b64decode(text.split("\n")[2]); print("all right; fingerprint of the key:", h(key).hex())
`

// readme is the page that a person reads first: what this is, what may be done
// with it, how to check it. English, then Chinese.
func readme(c *release.Content, ev Evidence, digest, fingerprint string) []byte {
	var b strings.Builder
	p := ev.Product
	say := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	say("%s", line(p.Title, glovebox.English))
	say("")
	say("Product           %s", plain(p.Code))
	say("Registration      %s", or(plain(p.Registration), "none"))
	say("Release           %s", c.ID)
	say("Content           %s", digest)
	say("From domain       %s", plain(ev.Domain))
	say("Log entry         %d", ev.Index)
	say("Rows, columns     %d, %d", len(c.Rows), len(c.Columns))
	say("")
	say("Usage restrictions")
	say("%s", or(line(p.Limits, glovebox.English), "None are registered."))
	say("")
	failed, rounds := failedUpdates(c)
	if failed > 0 {
		say("The module's update failed in %d of %d rounds, which left the state as it was.", failed, rounds)
		if failed >= rounds {
			say("These numbers are the first state: nothing was learned from the data.")
		}
		say("")
	}
	say("These are aggregates. They were made private by the mechanism that")
	say("%s names under \"facts\"; what it gives away in all is the", StatementFile)
	say("\"receipt\". result.parquet, result.csv and result.json hold the same rows.")
	say("In result.csv a leading apostrophe of a quoted cell is not part of the value.")
	say("")
	say("To check this folder, with no network:   glovebox verify FOLDER")
	say("Key that signed it   %s", fingerprint)
	say("Compare that with what the domain told you; key.pub alone proves nothing.")
	say("")
	say("----------------------------------------")
	say("")
	say("%s", line(p.Title, glovebox.Chinese))
	say("")
	say("数据产品      %s", plain(p.Code))
	say("登记编码      %s", or(plain(p.Registration), "无"))
	say("发布          %s", c.ID)
	say("内容摘要      %s", digest)
	say("来源域        %s", plain(ev.Domain))
	say("日志条目      %d", ev.Index)
	say("行数、列数    %d、%d", len(c.Rows), len(c.Columns))
	say("")
	say("使用限制")
	say("%s", or(line(p.Limits, glovebox.Chinese), "未登记使用限制。"))
	say("")
	if failed > 0 {
		say("模块的更新函数在 %d 轮中有 %d 轮失败，这些轮次状态不变。", rounds, failed)
		if failed >= rounds {
			say("所示数值即初始状态，未从数据中学到任何内容。")
		}
		say("")
	}
	say("本包只含聚合结果。其隐私保护机制见 %s 的 facts，", StatementFile)
	say("隐私预算的全部支出见 receipt。三个 result 文件内容相同。")
	say("result.csv 中带引号的单元格若以单引号开头，该单引号不属于数据。")
	say("")
	say("离线核验本包：  glovebox verify 目录")
	say("签名密钥        %s", fingerprint)
	say("请与该域另行告知的密钥核对；仅凭 key.pub 不能证明来源。")
	say("")
	say("----------------------------------------")
	say("")
	say("Without glovebox: run the lines below in this folder with python3 and openssl")
	say("(python3 -c with what stands between the marks, or from a file elsewhere).")
	say("没有 glovebox 时：在本目录用 python3 与 openssl 运行以下各行（勿存入本目录）。")
	say("")
	say("%s", recipeBegin)
	b.WriteString(recipe)
	say("%s", recipeEnd)
	return []byte(b.String())
}

// failedUpdates reads of a release of mode train in how many of its rounds the
// module failed to make the next state.
func failedUpdates(c *release.Content) (failed, rounds int) {
	var f struct {
		FailedUpdates int `json:"failed_updates"`
		Train         struct {
			Rounds int `json:"rounds"`
		} `json:"train"`
	}
	if json.Unmarshal(c.Facts, &f) != nil {
		return 0, 0 // facts of another form say nothing of updates
	}
	return f.FailedUpdates, f.Train.Rounds
}

func line(t glovebox.Text, l glovebox.Lang) string { return plain(t.In(l)) }

// plain keeps a text on one line and out of a terminal's control codes.
func plain(s string) string {
	return strings.TrimSpace(text.Printed(s))
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
