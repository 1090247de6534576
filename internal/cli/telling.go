package cli

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/desk"
	"glovebox.example/glovebox/internal/document/files"
	"glovebox.example/glovebox/internal/evidence/alert"
	"glovebox.example/glovebox/internal/evidence/hook"
	"glovebox.example/glovebox/internal/evidence/watch"
)

// maxTold bounds the file of what was sent, in bytes.
const maxTold = 64 << 20

// seenName is the name, in the file of what was sent, of the watch's own output.
const seenName = "watch"

// telling is whom audit watch tells of alerts and alarms.
type telling struct {
	alerts                  bool
	url, secret, ca, syslog string

	file    string // of what was sent
	told    hook.Told
	targets []hook.Target
}

func (t *telling) flags(a *app, c *cobra.Command) {
	c.Flags().BoolVar(&t.alerts, "alerts", false, a.t("say what audit alerts finds, too", "同时列出 audit alerts 所发现的情况"))
	c.Flags().StringVar(&t.url, "hook", "", a.t("send alerts and alarms to the webhook at `URL`", "将预警与报警发送到 `URL` 处的 webhook"))
	c.Flags().StringVar(&t.secret, "hook-secret", "", a.t("sign them with the secret in `FILE` (whsec_...)", "以 `FILE` 中的密钥（whsec_...）签名"))
	c.Flags().StringVar(&t.ca, "hook-ca", "", a.t("believe certificates of the authorities in `FILE` (PEM)", "采信 `FILE`（PEM）中证书颁发机构的证书"))
	c.Flags().StringVar(&t.syslog, "syslog", "", a.t("send them to syslog at `PLACE`: /dev/log, udp://HOST:PORT, tcp://HOST:PORT", "发送到 `PLACE` 处的 syslog：/dev/log、udp://HOST:PORT 或 tcp://HOST:PORT"))
}

// open makes the targets, and reads what they were sent.
func (t *telling) open(state, folder string) error {
	if t.alerts && folder != "" {
		return flagError("--alerts", "a folder of a log does not say who asks", "leave --log out: the domain or its server is asked")
	}
	if (t.url == "") != (t.secret == "") {
		return flagError("--hook-secret", "a webhook and its secret go together", "give both --hook and --hook-secret")
	}
	if t.url != "" {
		secret, err := files.Read(t.secret, 4<<10, "give a file of one line: whsec_ and base64")
		if err != nil {
			return err
		}
		pool, err := roots(t.ca)
		if err != nil {
			return err
		}
		w, err := hook.NewWebhook(t.url, strings.TrimSpace(string(secret)), &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}})
		if err != nil {
			return err
		}
		t.targets = append(t.targets, w)
	}
	if t.syslog != "" {
		s, err := hook.NewSyslog(t.syslog)
		if err != nil {
			return err
		}
		t.targets = append(t.targets, s)
	}
	t.file, t.told = state+".told", hook.Told{}
	if _, err := os.Lstat(t.file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	b, err := files.Read(t.file, maxTold, "remove the file: what is of the last week is sent again")
	if err == nil && json.Unmarshal(b, &t.told) != nil {
		err = (&glovebox.Error{Code: glovebox.CodeInvalid, File: t.file, Msg: "not what audit watch keeps of what it sent"}).WithFix("remove the file: what is of the last week is sent again")
	}
	return err
}

// look asks for alerts, says in v which are new, and tells the targets of them and
// of an alarm.
func (t *telling) look(ctx context.Context, a *app, v *watched, failed error) error {
	if v == nil || failed != nil && v.Alarm == "" || !t.alerts && len(t.targets) == 0 {
		return nil
	}
	var all []hook.Message
	if v.Alarm != "" {
		all = append(all, alarmed(v))
	} else if t.alerts {
		var found []alert.Alert
		if err := a.look(ctx, desk.Look{Name: "alerts"}, &found); err != nil {
			return err
		}
		for _, x := range found {
			m := hook.Message{V: 1, Domain: v.Origin, Alert: x}
			for _, r := range alert.Rules {
				if r.Name == x.Rule {
					m.Text = r.Text
				}
			}
			all = append(all, m)
		}
	}
	own := &fresh{}
	err := t.told.Tell(ctx, append([]hook.Target{own}, t.targets...), all, time.Now())
	if v.Alarm == "" {
		v.Alerts = own.alerts
	}
	b, merr := json.Marshal(t.told)
	if merr != nil {
		return errors.Join(err, merr)
	}
	return errors.Join(err, writeTo(t.file, bytesOf(b)))
}

// fresh collects what the watch itself was not told before.
type fresh struct{ alerts []alert.Alert }

func (*fresh) Name() string { return seenName }

func (f *fresh) Send(_ context.Context, m *hook.Message, _ time.Time) error {
	f.alerts = append(f.alerts, m.Alert)
	return nil
}

// alarmed is the message of an alarm.
func alarmed(v *watched) hook.Message {
	m := hook.Message{V: 1, Domain: v.Origin, Alert: alert.Alert{ID: "alarm/" + v.Alarm + "/" + sizeText(v.Entries), Rule: v.Alarm, Time: time.Now().UTC().Format(time.RFC3339), Subject: "log/" + v.Origin}}
	switch v.Alarm {
	case watch.RolledBack:
		m.Text = glovebox.Text{EN: "the log has fewer entries than a kept checkpoint", ZH: "日志条目少于所保存的检查点"}
	case watch.Forked:
		m.Text = glovebox.Text{EN: "the log has other entries than a kept checkpoint", ZH: "日志条目与所保存的检查点不同"}
	default:
		m.Text = glovebox.Text{EN: "no witness saw the log lately", ZH: "近期无见证方见过日志"}
	}
	return m
}
