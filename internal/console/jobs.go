package console

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/api"
)

// Bounds of a form with files, in bytes.
const (
	maxUpload = 32 << 20
	maxPiece  = 16 << 20 // of one request to the core
)

// maxAtOnce is how many forms with files are read at once: each lies in memory.
const maxAtOnce = 8

// jobs lists the jobs.
func jobs(v *view) error {
	var all []jobDoc
	if err := v.get("/jobs", nil, &all); err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b jobDoc) int { return cmp.Compare(b.Submitted, a.Submitted) })
	if state := v.r.URL.Query().Get("state"); state != "" {
		all = slices.DeleteFunc(all, func(j jobDoc) bool { return j.State != state })
	}
	v.Section = "jobs"
	v.show(http.StatusOK, "jobs", v.T("Jobs"), paged(v, all, func(j jobDoc, q string) bool {
		return has(q, j.ID, j.Product, j.Scenario, j.Submitter, j.State)
	}))
	return nil
}

func jobShow(v *view) error {
	var j jobDoc
	state, err := v.look("/jobs/"+id(v.r.PathValue("id")), &j)
	if err != nil {
		return err
	}
	j.StateOf = state
	v.Section = "jobs"
	v.show(http.StatusOK, "job", v.T("Job %s", j.ID), &j)
	return nil
}

// newJob is the form of a job.
type newJob struct {
	Text  string // the job file, where it was written here
	Scope []scenario
}

func jobNew(v *view) error {
	var all []scenario
	if err := v.get("/scenarios", nil, &all); err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(s scenario) bool {
		return s.Grant == nil || !slices.Contains(s.Grant.Developers, v.Me.Name)
	})
	v.Section = "jobs"
	v.show(http.StatusOK, "newjob", v.T("New job"), &newJob{Text: v.r.PostFormValue("text"), Scope: all})
	return nil
}

// checked is a job that was handed in, with what the check says.
type checked struct {
	Report  *checkReport
	Failed  *api.Problem // why it cannot be checked
	File    string
	Files   []field // names with digests
	Text    string
	Charts  []*intervalChart // of the expected errors
	RunsMax int64            // more runs like this; -1: not known
}

// jobCheck takes the files of a job in and asks what it would cost.
func jobCheck(v *view) error {
	names, texts, err := v.handIn()
	if err != nil {
		return err
	}
	c := &checked{RunsMax: -1, Text: texts["text"]}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for n := range names {
			if !yield(n) {
				return
			}
		}
	}) {
		c.Files = append(c.Files, field{name, names[name]})
		if ext := path.Ext(name); c.File == "" && (ext == ".yaml" || ext == ".yml") {
			c.File = name
		}
	}
	if c.File == "" {
		return glovebox.Errorf(glovebox.CodeInvalid, "there is no job among the files").WithFix("choose job.yaml, the module and the lists that it names")
	}
	c.Report = &checkReport{}
	_, err = v.ask(http.MethodPost, "/checks", nil, api.CheckRequest{File: c.File, Files: names}, c.Report)
	if f, ok := errors.AsType[*api.Failure](err); ok && f.Problem.Status != http.StatusUnauthorized {
		c.Report, c.Failed, err = nil, f.Problem, nil
	}
	if err != nil {
		return err
	}
	if c.Report != nil {
		c.RunsMax = c.Report.runs()
		c.Charts = errorCharts(&c.Report.Privacy)
	}
	v.Section = "jobs"
	v.show(http.StatusOK, "checked", v.T("Check of %s", c.File), c)
	return nil
}

// runs is how many more jobs at this price the tightest ledger or cap holds; -1:
// no ledger may be read.
func (c *checkReport) runs() int64 {
	out := int64(-1)
	note := func(price, spent, most glovebox.Amount) {
		for _, x := range [][3]int64{{price.Loss, spent.Loss, most.Loss}, {price.Delta, spent.Delta, most.Delta}} {
			if x[0] > 0 {
				if n := max(0, (x[2]-x[1])/x[0]); out < 0 || n < out {
					out = n
				}
			}
		}
	}
	for _, p := range c.Prices {
		note(p.Price, p.Spent, p.Total)
		for _, x := range p.Caps {
			note(p.Price, x.Spent, x.Most)
		}
	}
	return out
}

// errorCharts draws the errors that figures will have: half of a 95 % interval on
// each side of 0.
func errorCharts(f *privacyFacts) []*intervalChart {
	var pts []reading
	for name, e := range f.Errors {
		if e.Half > 0 {
			pts = append(pts, reading{Key: name, Low: -e.Half, Top: e.Half})
		}
	}
	slices.SortFunc(pts, func(a, b reading) int { return cmp.Compare(a.Key, b.Key) })
	var out []*intervalChart
	for _, p := range pts {
		out = append(out, intervals(p.Key, []reading{p}, false))
	}
	return out
}

// handIn reads a form with files, sends each to the core, and returns digests by
// name, and the other fields. A field "text" is a file job.yaml of its own.
func (v *view) handIn() (names, texts map[string]string, err error) {
	select {
	case v.c.uploads <- struct{}{}:
		defer func() { <-v.c.uploads }()
	case <-v.r.Context().Done():
		return nil, nil, v.r.Context().Err()
	}
	names, texts = map[string]string{}, map[string]string{}
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, maxUpload)
	r, err := v.r.MultipartReader()
	if err != nil {
		return nil, nil, badForm()
	}
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, tooLarge(err)
		}
		name, data, err := v.part(p)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case name != "" && len(data) > 0:
			if names[name], err = v.upload(data); err != nil {
				return nil, nil, err
			}
			texts[p.FormName()] = name
		case name == "":
			texts[p.FormName()] = string(data)
		}
	}
	if text := strings.ReplaceAll(texts["text"], "\r\n", "\n"); strings.TrimSpace(text) != "" {
		name := texts["name"]
		if name == "" {
			name = "job.yaml"
		}
		if names[name], err = v.upload([]byte(text)); err != nil {
			return nil, nil, err
		}
	}
	return names, texts, nil
}

// part reads one part of a form: name is "" for a field that is no file.
func (v *view) part(p *multipart.Part) (name string, data []byte, err error) {
	data, err = io.ReadAll(p)
	if err != nil {
		return "", nil, tooLarge(err)
	}
	return p.FileName(), data, nil
}

func tooLarge(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return glovebox.Errorf(glovebox.CodeInvalid, "the files are larger than %d MiB together", maxUpload>>20).WithFix("hand them in with the command line")
	}
	return badForm()
}

// upload sends a file to the core, from where it has it already.
func (v *view) upload(data []byte) (digest string, err error) {
	digest = glovebox.Digest(data)
	hexed := strings.TrimPrefix(digest, "sha256:")
	var b api.Blob
	if err := v.get("/blobs/"+hexed, nil, &b); err != nil {
		return "", err
	}
	for at := b.Offset; at < int64(len(data)); {
		n := min(int64(len(data)), at+maxPiece)
		q, err := http.NewRequestWithContext(v.r.Context(), http.MethodPut, "http://core"+api.Prefix+"/blobs/"+hexed, bytes.NewReader(data[at:n])) //nolint:gosec // a digest in hex, at the core
		if err != nil {
			return "", glovebox.Errorf(glovebox.CodeInternal, "a document cannot be encoded").Because(err)
		}
		q.Header.Set("Content-Type", "application/octet-stream")
		q.Header.Set("Upload-Offset", strconv.FormatInt(at, 10))
		if _, err := v.c.send(q, v.secret, nil); err != nil {
			return "", err
		}
		at = n
	}
	return digest, nil
}

// runShow is where a run stands: under way, done, failed. How far it is shows
// nowhere.
func runShow(v *view) error {
	var r run
	if err := v.get("/runs/"+id(v.r.PathValue("id")), nil, &r); err != nil {
		return err
	}
	v.Section = "jobs"
	v.show(http.StatusOK, "run", v.T("Run of a job"), &r)
	return nil
}
