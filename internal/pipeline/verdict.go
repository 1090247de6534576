package pipeline

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
)

// Verdict is what somebody says of a release, and why.
type Verdict struct {
	Role   glovebox.Role
	Reason string
	// Successor is the release that stands for it from now on, of Supersede.
	Successor string
}

// Return sends a release back to its author with remarks: what was approved is
// void. One of those does it of whom an approval is asked.
func (p *Pipeline) Return(ctx context.Context, by *domain.By, id string, v Verdict) (*job.ReleaseDoc, error) {
	return p.judge(ctx, by, id, v, job.Returned, func(tx *store.Tx, doc *job.ReleaseDoc, body map[string]any) error {
		doc.Approvals = []job.Approval{}
		return domain.Releases.Put(tx, "release.return", id, *doc, body)
	})
}

// Reject refuses a release for good.
func (p *Pipeline) Reject(ctx context.Context, by *domain.By, id string, v Verdict) (*job.ReleaseDoc, error) {
	return p.judge(ctx, by, id, v, job.Rejected, func(tx *store.Tx, doc *job.ReleaseDoc, body map[string]any) error {
		return domain.Releases.Put(tx, "release.reject", id, *doc, body)
	})
}

// Withdraw takes a release back: it leaves no more. Its operator, a provider of its
// data or the authority does it, whether or not copies have left.
func (p *Pipeline) Withdraw(ctx context.Context, by *domain.By, id string, v Verdict) (*job.ReleaseDoc, error) {
	return p.judge(ctx, by, id, v, job.Withdrawn, func(tx *store.Tx, doc *job.ReleaseDoc, body map[string]any) error {
		return domain.Releases.Put(tx, "release.withdraw", id, *doc, body)
	})
}

// Supersede has another release of the same product stand for one.
func (p *Pipeline) Supersede(ctx context.Context, by *domain.By, id string, v Verdict) (*job.ReleaseDoc, error) {
	return p.judge(ctx, by, id, v, job.Superseded, func(tx *store.Tx, doc *job.ReleaseDoc, body map[string]any) error {
		var next job.ReleaseDoc
		if err := domain.Releases.Get(tx, v.Successor, &next); err != nil {
			return err
		}
		switch {
		case next.ID == doc.ID || next.Scenario != doc.Scenario || next.Product != doc.Product:
			return glovebox.Errorf(glovebox.CodeInvalid, "release %s is not another one of the same product", next.ID).WithFix("name a later release of product %s", doc.Product)
		case next.State != job.Approved && next.State != job.Exported:
			return glovebox.Errorf(glovebox.CodeConflict, "release %s is %s: it cannot stand for another one", next.ID, next.State).WithFix("have it approved first: `glovebox release approve %s`", next.ID)
		}
		doc.Successor = next.ID
		body["successor"] = next.ID
		return domain.Releases.Put(tx, "release.supersede", id, *doc, body)
	})
}

// judge moves a release to a state in one transaction, on behalf of somebody who
// answers for it.
func (p *Pipeline) judge(ctx context.Context, by *domain.By, id string, v Verdict, to job.ReleaseState, put func(*store.Tx, *job.ReleaseDoc, map[string]any) error) (*job.ReleaseDoc, error) {
	doc := &job.ReleaseDoc{}
	return doc, p.d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := domain.Releases.Get(tx, id, doc); err != nil {
			return err
		}
		if err := mayJudge(tx, by.User, v.Role, doc, to); err != nil {
			return err
		}
		if err := doc.To(to); err != nil {
			return err
		}
		doc.Remarks = append(doc.Remarks, job.Remark{User: by.Name, Role: v.Role, At: p.d.Stamp(), State: to, Text: v.Reason})
		return put(tx, doc, map[string]any{"reason": v.Reason, "role": v.Role})
	})
}

// mayJudge fails unless somebody in that role may take a release to that state.
// An auditor answers for all of the domain.
func mayJudge(tx *store.Tx, u glovebox.User, role glovebox.Role, doc *job.ReleaseDoc, to job.ReleaseState) error {
	var j job.Doc
	if err := domain.Jobs.Get(tx, doc.Job, &j); err != nil {
		return err
	}
	if to == job.Returned || to == job.Rejected {
		if !slices.Contains(doc.Needed, role) {
			return glovebox.Errorf(glovebox.CodeDenied, "release %s asks for no approval by role %s, but by %v", doc.ID, role, doc.Needed).WithFix("leave --role out, or name one of these")
		}
		if u.Name == j.Submitter {
			return glovebox.Errorf(glovebox.CodeDenied, "%s submitted the job and does not review its release", u.Name).WithFix("another reviewer does")
		}
		if role == glovebox.RoleAuditor {
			return nil
		}
	}
	s, err := domain.OfJob(tx, &j)
	if err != nil {
		return err
	}
	s.Submitter = "" // developers ask, and do not judge
	return s.Answers(tx, u, role)
}
