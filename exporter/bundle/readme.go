package bundle

import (
	"encoding/json"
	"fmt"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/release"
	"glovebox.example/glovebox/text"
)

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
