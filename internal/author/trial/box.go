package trial

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/worker/jail"
	"glovebox.example/glovebox/internal/worker/role"
	"glovebox.example/glovebox/internal/worker/work"
	"glovebox.example/glovebox/sandbox"
	shown "glovebox.example/glovebox/text"
)

// roleSample is what the worker is that runs modules on sample rows, behind the
// walls of workers on real data. Whoever runs samples on the machine of a
// domain has an account that can read its keys, and the module is not that
// person.
const roleSample = "sample"

// frameSeen is what a run showed: a seen, of maxSeen bytes at most.
const (
	frameSeen jail.Kind = 19
	maxSeen             = 256 << 20
)

// messageRun is the one kind of message to it. data: whether the output is
// declared (1 byte), then role.PartData; files: the encoded job, then the
// parts.
const messageRun = 'T'

// runWithin is how long a run on samples may take.
const runWithin = 30 * time.Minute

// Roles is the one role of samples. Main and TestMain hand it to jail.Main beside
// role.All.
func Roles() map[string]jail.Role { return map[string]jail.Role{roleSample: serve} }

// box holds the worker, which starts when it is first needed.
type box struct{ p *jail.Process }

func (b *box) close() {
	if b.p != nil {
		b.p.Close()
		b.p = nil
	}
}

// run has the worker run the job on the loaded rows.
func (b *box) run(ctx context.Context, m *machine, all []*loaded) (_ *seen, err error) {
	if b.p == nil {
		if b.p, err = jail.Start(roleSample, jail.Frames{frameSeen: {Most: maxSeen}}, nil); err != nil {
			return nil, err
		}
	}
	stop := context.AfterFunc(ctx, b.p.Kill)
	defer stop()
	var manifests [][]byte
	var files []work.Files
	for _, l := range all {
		manifests, files = append(manifests, l.manifest), append(files, l.files)
	}
	spec, err := role.EncodeJob(m.job, manifests)
	if err != nil {
		return nil, err
	}
	defer spec.Close()
	data, list := role.PartData(0, files)
	declared := byte(0)
	if m.task.Declared {
		declared = 1
	}
	err = b.p.Send(messageRun, append([]byte{declared}, data...), append([]*os.File{spec}, list...)...)
	var f jail.Frame
	if err == nil {
		if f, err = b.p.Next(runWithin); err == nil && f.Kind == jail.Sealed {
			f, err = b.p.Next(runWithin)
		}
	}
	if err == nil && f.Kind == frameSeen {
		return decodeSeen(f.Payload)
	}
	b.close()
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	return nil, glovebox.Errorf(glovebox.CodeInternal, "the process that runs the module came to an end").
		WithFix("try fewer units; `glovebox doctor` checks the machine")
}

// seen is the document of a Seen frame: a report without what the supervisor
// knows better, or why there is none.
type seen struct {
	Started  string       `json:"started"`
	Compile  int64        `json:"compile"`
	Run      int64        `json:"run"`
	Units    []Unit       `json:"units"`  // with their tokens in place of ids
	Blocks   []Block      `json:"blocks"` // likewise
	Empty    int          `json:"empty"`
	Result   *Result      `json:"result"`
	Combined *Combined    `json:"combined"`
	Failed   *failed      `json:"failed"`
	Refusals []wasRefused `json:"refusals"`
}

// failed is an error, taken apart.
type failed struct {
	Code  glovebox.Code `json:"code"`
	Field string        `json:"field"`
	Msg   string        `json:"msg"`
	Fix   string        `json:"fix"`
}

// wasRefused is one reason why a module does not start.
type wasRefused struct {
	Code string `json:"code"`
	Msg  string `json:"msg"`
	Fix  string `json:"fix"`
}

// decodeSeen reads what a worker sent, which is foreign: its module may have
// broken out. It is believed as far as it goes, for it is about the author's
// own rows; but it is text that can be shown.
func decodeSeen(p []byte) (*seen, error) {
	var s seen
	bad := glovebox.Errorf(glovebox.CodeInternal, "the process that runs the module sent what it may not").Because(jail.ErrFrame)
	if strictly(p, &s) != nil || !showable(s.Started) || !s.showsBlocks() {
		return nil, bad
	}
	for i := range s.Units {
		if u := &s.Units[i]; !showable(u.Log) || !showable(u.Cause) || !showable(u.Outcome) || u.Fuel < 0 {
			return nil, bad
		}
		for wrong, n := range s.Units[i].Dropped {
			if !slices.Contains(shown.Faults(), shown.Fault(wrong)) || n < 1 || n > len(s.Units[i].Records) {
				return nil, bad
			}
		}
		for code := range s.Units[i].Rows {
			if !oneLine(code) {
				return nil, bad
			}
		}
	}
	if s.Result != nil && !s.Result.shown() {
		return nil, bad
	}
	if f := s.Failed; f != nil {
		if !showable(f.Msg+f.Fix+f.Field) || f.Code == "" {
			return nil, bad
		}
		msg := f.Msg
		for _, r := range s.Refusals {
			if !showable(r.Code + r.Msg + r.Fix) {
				return nil, bad
			}
			msg = r.Code + " " + r.Msg
			if r.Fix != "" && f.Fix == "" {
				f.Fix = r.Fix
			}
		}
		return nil, &glovebox.Error{Code: f.Code, Field: f.Field, Msg: msg, Fix: f.Fix}
	}
	return &s, nil
}

// shown says whether both tables have the columns that they say, one number of
// key fields, and names that can be shown.
func (r *Result) shown() bool {
	for _, c := range r.Columns {
		if !oneLine(c) {
			return false
		}
	}
	keys := -1
	for _, row := range slices.Concat(r.Exact, r.Noisy) {
		if keys < 0 {
			keys = len(row.Key)
		}
		if len(row.Key) != keys || keys+len(row.Cells) != len(r.Columns) {
			return false
		}
	}
	return true
}

// showable says whether a text plays no tricks on a terminal.
func showable(s string) bool {
	return oneLine(strings.NewReplacer("\n", "", "\t", "").Replace(s))
}

// oneLine says the same, and that the text is on one line.
func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !shown.Shown(r) })
}

// fill puts what was seen into a report.
func (s *seen) fill(r *Report, names map[[engine.TokenBytes]byte]string) error {
	r.Started, r.Result, r.Units = s.Started, s.Result, s.Units
	r.Blocks, r.Empty, r.Combined = s.Blocks, s.Empty, s.Combined
	r.Time.Compile, r.Time.Run = s.Compile, s.Run
	if r.Units == nil {
		r.Units = []Unit{}
	}
	known := true
	name := func(token *string) {
		raw, err := hex.DecodeString(*token)
		id, there := names[[engine.TokenBytes]byte(append(raw, make([]byte, engine.TokenBytes)...))]
		*token, known = id, known && err == nil && there
	}
	for i := range r.Units {
		name(&r.Units[i].Unit)
	}
	for i := range r.Blocks {
		for k := range r.Blocks[i].Units {
			name(&r.Blocks[i].Units[k])
		}
	}
	if !known {
		return glovebox.Errorf(glovebox.CodeInternal, "the process that runs the module tells of a unit that is not there")
	}
	return nil
}

// failure takes an error apart.
func failure(err error) ([]byte, error) {
	s := seen{Failed: &failed{Code: glovebox.CodeInternal, Msg: "the module cannot be run on these rows"}}
	if e, ok := errors.AsType[*glovebox.Error](err); ok {
		s.Failed = &failed{e.Code, e.Field, e.Msg, e.Fix}
	}
	for _, r := range sandbox.Refusals(err) {
		s.Refusals = append(s.Refusals, wasRefused{string(r.Code), r.Msg, r.Fix})
	}
	return json.Marshal(s)
}
