package pipeline

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// maxAttached is how many reports a release takes.
const maxAttached = 8

// Attachment is a report that a release's author hands to its reviewers.
type Attachment struct {
	Kind     string // neighbours
	Module   string // digest of the module that it is about
	Function string
	Data     []byte // as it is stored and shown
}

// Attach puts a report beside a pending release, for its reviewers. Only the
// job's submitter does so, and only a report on the job's own module and
// function. It changes nothing of the release; whether the report is true is
// for its readers.
func (p *Pipeline) Attach(ctx context.Context, by *domain.By, id string, a Attachment) (doc *job.ReleaseDoc, err error) {
	err = p.d.Effect(ctx, by, func(tx *store.Tx) error {
		doc = &job.ReleaseDoc{}
		var j job.Doc
		err := domain.Releases.Get(tx, id, doc)
		if err == nil {
			err = domain.Jobs.Get(tx, doc.Job, &j)
		}
		switch {
		case glovebox.CodeOf(err) == glovebox.CodeNotFound:
			return glovebox.Errorf(glovebox.CodeNotFound, "no release %q in this domain", id).WithFix("`glovebox release list` shows yours")
		case err != nil:
			return err
		case by.Name != j.Submitter:
			s, err := newSight(tx, by.User)
			if err != nil {
				return err
			}
			if w, err := s.work(tx, &j, doc); err != nil {
				return err
			} else if !s.viewer.Sees(w) {
				return glovebox.Errorf(glovebox.CodeNotFound, "no release %q in this domain", id).WithFix("`glovebox release list` shows yours")
			}
			return glovebox.Errorf(glovebox.CodeDenied, "only whoever submitted job %s attaches reports to its release", j.ID)
		case doc.State != job.Pending && doc.State != job.Returned:
			return glovebox.Errorf(glovebox.CodeConflict, "release %s is %s: nobody reviews it any more", id, doc.State)
		case a.Module != j.Basis.Module || a.Function != j.Basis.Function:
			return glovebox.Errorf(glovebox.CodeInvalid, "the report is about another module than the one of job %s", j.ID).WithFix("test the module with digest %s", j.Basis.Module)
		case len(doc.Reports) >= maxAttached:
			return glovebox.Errorf(glovebox.CodeConflict, "release %s has %d reports already", id, maxAttached)
		}
		x := job.Attached{Kind: a.Kind, Digest: glovebox.Digest(a.Data), By: by.Name, At: p.d.Stamp()}
		if slices.ContainsFunc(doc.Reports, func(y job.Attached) bool { return y.Digest == x.Digest }) {
			return nil
		}
		doc.Reports = append(doc.Reports, x)
		if _, err := tx.PutBlob(a.Data); err != nil {
			return err
		}
		return domain.Releases.Put(tx, "release.attach", id, *doc, map[string]any{"kind": x.Kind, "report": x.Digest})
	})
	return doc, err
}

// Attached returns the bytes of a release's reports, in their order.
func (p *Pipeline) Attached(ctx context.Context, doc *job.ReleaseDoc) (out [][]byte, err error) {
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		for _, x := range doc.Reports {
			b, err := tx.Blob(x.Digest)
			if err != nil {
				return err
			}
			out = append(out, b)
		}
		return nil
	})
	return out, err
}
