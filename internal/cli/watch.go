package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit/verify"
	"glovebox.example/glovebox/internal/evidence/alert"
	"glovebox.example/glovebox/internal/evidence/watch"
)

// leastEvery is the shortest time between two looks of audit watch.
const leastEvery = time.Second

// watched is what a look at a log found.
type watched struct {
	Origin  string `json:"origin"`
	Entries uint64 `json:"entries"`
	Root    string `json:"root"`
	Kept    uint64 `json:"kept"`              // entries of the checkpoint that was kept; 0: none
	Witness string `json:"witness,omitempty"` // that was asked
	Seen    string `json:"seen,omitempty"`    // when the witness signed last
	Alarm   string `json:"alarm,omitempty"`   // rolled_back, forked, unseen
	// Alerts are those that this watch was not told of before.
	Alerts []alert.Alert `json:"alerts,omitempty"`
}

// watching are the flags of audit watch.
type watching struct {
	state, folder, key, url string
	remembered              []string
	every, within           time.Duration
	ask                     asking
	tell                    telling
}

func (a *app) auditWatch() *cobra.Command {
	var f watching
	c := &cobra.Command{
		Use:   "watch",
		Short: a.t("follow the log from outside; raise an alarm on a fork or a rollback", "从域外跟踪日志；分叉或回退时报警"),
		Long: a.t(`Look at the log from outside and hold it to the checkpoint in --state, and to those
of --remembered: it must extend each of them. Then keep its checkpoint of now in
--state. The log is that of the server or domain that the flags name, or the folder
of --log, such as a copy on storage that nobody can change.

With --witness it is held to what that witness signed last, too: a domain that
shows one history to the witness and another to you is found out. --within says how
long ago the witness may have signed at most.

With --every it looks again and again until something is wrong or Ctrl-C; without,
once. An alarm says what is wrong, keeps the other checkpoint beside --state with
the ending .conflict, and leaves --state as it is.

With --alerts it says what "glovebox audit alerts" finds and did not find before,
too; --hook and --syslog send that, and alarms, to others. What a receiver did not
take is sent again at the next look. Beside --state, the ending .told keeps what was
sent. Role for --alerts: auditor or authority; a token for a program will do.

Exit status: 0 the log extends all that was kept, 1 it cannot be reached, 2 alarm.`, `从域外查看日志，并以 --state 及 --remembered 中的检查点核对：日志必须延续每一个。
随后把当前检查点保存于 --state。日志取自参数所指的服务器或域，或 --log 文件夹
（如不可改写存储上的副本）。

加 --witness 还与该见证方最近所签内容核对：若域向见证方与您出示不同的历史，即被发现。
--within 限定见证方签名距今的最长时间。

加 --every 则反复查看，直至发现问题或按 Ctrl-C；否则只看一次。报警时说明问题，
把另一检查点存于 --state 旁、以 .conflict 结尾的文件，--state 保持不变。

加 --alerts 还列出 "glovebox audit alerts" 新发现的情况；--hook 与 --syslog 将其连同报警
转发他方。对方未接收的，下次查看时重发。--state 旁以 .told 结尾的文件保存已转发的内容。
--alerts 所需角色：审计或实施机构；可使用程序令牌。

退出码：0 日志延续所保存的一切，1 无法访问，2 报警。`),
		Example: "  glovebox audit watch --state kept/city.checkpoint --every 10m --profile city\n  glovebox audit watch --state kept/city.checkpoint --log /mnt/locked/log --key city.pub",
		Args:    args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if f.state == "" {
				return flagError("--state", "nothing says where the checkpoint is kept", "name a file outside of the domain, best on another machine")
			}
			if err := outside(f.state); err != nil {
				return err
			}
			if f.every != 0 && (f.every < leastEvery || a.json) {
				return flagError("--every", "not a time between two looks", "write a time such as 10m, of a second or more, and without --json")
			}
			src, err := f.source(a)
			if err != nil {
				return err
			}
			if err := f.tell.open(f.state, f.folder); err != nil {
				return err
			}
			for {
				v, err := f.once(c.Context(), a, src)
				if terr := f.tell.look(c.Context(), a, v, err); err == nil {
					err = terr
				}
				gone := err != nil && glovebox.CodeOf(err) == glovebox.CodeInternal // it may come back
				switch {
				case gone && f.every > 0 && c.Context().Err() == nil:
					a.note(a.t("not reached, looking again: ", "暂时无法访问，稍后再看：") + a.reason(err))
				case err != nil:
					if v != nil && v.Alarm != "" && a.json {
						err = errors.Join(a.emit(v, nil), err)
					}
					return err
				default:
					if err := a.emit(v, func() { a.printWatched(v) }); err != nil || f.every == 0 {
						return err
					}
				}
				select {
				case <-c.Context().Done():
					return nil // asked to stop
				case <-time.After(f.every):
				}
			}
		},
	}
	c.Flags().StringVar(&f.state, "state", "", a.t("keep the checkpoint in `FILE`, outside of the domain", "检查点保存于域外的 `FILE`"))
	c.Flags().StringArrayVar(&f.remembered, "remembered", nil, a.t("the log must extend the checkpoint in `FILE`, too", "日志还须延续 `FILE` 中的检查点"))
	c.Flags().StringVar(&f.folder, "log", "", a.t("the log is in the folder `DIR`", "日志在文件夹 `DIR` 中"))
	c.Flags().StringVar(&f.key, "key", "", a.t("the domain's public `KEY`, or a file that holds it", "域公钥 `KEY` 或存有公钥的文件"))
	c.Flags().DurationVar(&f.every, "every", 0, a.t("look again after this `TIME`, such as 10m", "每隔 `TIME` 再看一次，如 10m"))
	c.Flags().StringVar(&f.url, "witness", "", a.t("compare with what the witness at `URL` signed last", "与 `URL` 处见证方最近所签内容核对"))
	c.Flags().DurationVar(&f.within, "within", 0, a.t("the witness must have signed within this `TIME`, such as 48h", "见证方须在 `TIME` 内签过，如 48h"))
	f.ask.flags(a, c)
	f.tell.flags(a, c)
	return c
}

// reason is an error in one line, in the user's language.
func (a *app) reason(err error) string { return a.word(bare(err).Error()) }

// source is the log that is followed.
func (f *watching) source(a *app) (watch.Source, error) {
	key := ""
	if f.key != "" {
		var err error
		if key, err = keyText(f.key); err != nil {
			return nil, err
		}
		if _, err := verify.ReadKeys(key); err != nil {
			return nil, err
		}
	}
	if f.within != 0 && (f.url == "" || f.within < 0) {
		return nil, flagError("--within", "nothing says which witness", "add --witness and --witness-key, and a time above 0")
	}
	if f.folder == "" {
		return &door{a: a, key: key}, nil
	}
	if key == "" {
		return nil, flagError("--key", "no key is given", "give the domain's public key, as `glovebox domain key` prints it there")
	}
	return watch.Folder{Dir: f.folder, Key: key}, nil
}

// once looks once. An alarm is an error beside what was found.
func (f *watching) once(ctx context.Context, a *app, src watch.Source) (*watched, error) {
	kept, err := heads(ctx, src, f.state, f.remembered)
	if err != nil {
		return nil, err
	}
	v := &watched{}
	if len(kept) > 0 && kept[0] != nil {
		v.Kept = kept[0].Size
	}
	all := kept[:0:0]
	for _, h := range kept {
		if h != nil {
			all = append(all, h)
		}
	}
	// The witness first: what it signed the log cannot be behind afterwards.
	var seen *verify.Head
	if f.url != "" {
		if seen, err = f.witnessed(ctx, src, v); err != nil {
			return v, err
		}
		if seen != nil {
			all = append(all, seen)
		}
	}
	now, alarm, err := watch.Look(ctx, src, all...)
	if err != nil {
		return v, err
	}
	v.Origin, v.Entries, v.Root = now.Origin, now.Size, now.Root
	if alarm == nil && f.within > 0 {
		at, err := time.Parse(time.RFC3339, v.Seen)
		if err != nil || time.Since(at) > f.within {
			alarm = &watch.Alarm{Kind: watch.Unseen, Now: now}
		}
	}
	if alarm != nil {
		v.Alarm = alarm.Kind
		return v, errors.Join(f.conflict(alarm, seen), alarm.Err())
	}
	return v, saveCheckpoint(f.state, now.Note)
}

// conflict keeps what contradicts the checkpoint in --state: the log's own
// checkpoint, or what a witness signed.
func (f *watching) conflict(x *watch.Alarm, seen *verify.Head) error {
	other := x.Now
	switch {
	case x.Kind == watch.Unseen:
		return nil
	case seen != nil && x.Kept == seen:
		other = seen
	}
	return saveCheckpoint(f.state+".conflict", other.Note)
}

// witnessed is what the witness signed last; nil: nothing of this log.
func (f *watching) witnessed(ctx context.Context, src watch.Source, v *watched) (*verify.Head, error) {
	asked, err := f.ask.at(f.url)
	if err != nil {
		return nil, err
	}
	v.Witness = asked.Key.Name()
	now, _, err := src.Head(ctx, 0)
	if err != nil {
		return nil, err
	}
	msg, err := asked.Last(ctx, now.Origin)
	if glovebox.CodeOf(err) == glovebox.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at, err := asked.Key.Saw(msg)
	if err != nil {
		return nil, err
	}
	v.Seen = at.Format(time.RFC3339)
	return readHead(ctx, src, msg)
}

func (a *app) printWatched(v *watched) {
	if v.Kept == 0 {
		a.say(a.t("log %s: %d entries, root %s; kept for the first time", "日志 %s：%d 个条目，根 %s；首次保存"), v.Origin, v.Entries, v.Root)
	} else {
		a.say(a.t("log %s: %d entries, root %s; it extends what was kept, %d entries", "日志 %s：%d 个条目，根 %s；延续所保存的 %d 个条目"), v.Origin, v.Entries, v.Root, v.Kept)
	}
	if v.Seen != "" {
		a.say(a.t("witness %s signed at %s", "见证方 %s 于 %s 签名"), v.Witness, v.Seen)
	} else if v.Witness != "" {
		a.say(a.t("witness %s has signed nothing of this log", "见证方 %s 尚未签过本日志"), v.Witness)
	}
	if len(v.Alerts) > 0 {
		a.printAlerts(v.Alerts, alert.Beijing)
	}
}
