package pipeline

import (
	"cmp"
	"context"
	"slices"
	"time"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/exporter"
	"glovebox.example/glovebox/exporter/bundle"
	"glovebox.example/glovebox/internal/domain"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/workday"
	"glovebox.example/glovebox/internal/release"
)

// Version is a release of a product that left the domain and may be taken.
type Version struct {
	Release string `json:"release"`
	Month   string `json:"month"` // YYYY-MM in which it was made, Beijing time
	Made    string `json:"made"`  // RFC 3339, UTC
	Content string `json:"content"`
	// Files are its forms with their checksums, of one version that is asked for.
	Files []VersionFile `json:"files,omitempty"`
	// Problem is why a form cannot hold it, by form.
	Problem map[bundle.Form]string `json:"problem"`
}

// VersionFile is one form of a version.
type VersionFile struct {
	Form   bundle.Form `json:"form"`
	Name   string      `json:"name"`
	Bytes  int         `json:"bytes"`
	SHA256 string      `json:"sha256"` // 64 hex digits
}

// Versions are those of a product, with what its users have to know.
type Versions struct {
	Product      string                `json:"product"`
	Registration string                `json:"registration"`
	Title        glovebox.Text         `json:"title"`
	Limits       glovebox.Text         `json:"limits"`
	State        glovebox.ProductState `json:"state"`
	Versions     []Version             `json:"versions"` // newest first
}

// Delivery is data of a product that is handed over.
type Delivery struct {
	Product string
	Release string
	Form    bundle.Form
	Name    string // of the file
	SHA256  string
	Data    []byte
}

// noVersion answers whoever may not take a product's data as if there were none.
func noVersion(code string) error {
	return glovebox.Errorf(glovebox.CodeNotFound, "product %q has no release that you may take", code).
		WithFix("its operator names your institution under `readers` of the product in the scenario, and a release is exported")
}

// offered are the releases of a product that u may take, newest first. A product
// is taken while it is published or running, by those who may read its releases
// and by the people of the institutions that its scenario names as readers; a
// release, while it is exported whole, neither superseded nor withdrawn, and
// nothing that it stands on is stopped.
func (p *Pipeline) offered(tx *store.Tx, u glovebox.User, code string) (*Versions, []job.ReleaseDoc, error) {
	var doc domain.ProductDoc
	if err := domain.Products.Get(tx, code, &doc); err != nil {
		return nil, nil, err
	}
	out := &Versions{Product: code, Registration: doc.Registration, Limits: doc.Limits, State: doc.State, Versions: []Version{}}
	var s domain.ScenarioDoc
	if err := domain.Scenarios.Get(tx, doc.Scenario, &s); err != nil {
		return nil, nil, err
	}
	reader := false
	for _, x := range s.Products {
		if x.Code == code {
			out.Title = x.Title
			reader = u.Org != "" && slices.Contains(x.Readers, u.Org)
		}
	}
	if doc.State != glovebox.ProductPublished && doc.State != glovebox.ProductRunning {
		return out, nil, nil
	}
	sight, err := newSight(tx, u)
	if err != nil {
		return nil, nil, err
	}
	var found []job.ReleaseDoc
	err = domain.Releases.Each(tx, func(_ string, r job.ReleaseDoc) error {
		if r.Product != code || r.Scenario != doc.Scenario || r.State != job.Exported || exportDone(&r) < 0 {
			return nil
		}
		found = append(found, r)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	var all []job.ReleaseDoc
	for _, r := range found {
		var j job.Doc
		if err := domain.Jobs.Get(tx, r.Job, &j); err != nil {
			return nil, nil, err
		}
		w, err := sight.work(tx, &j, &r)
		if err != nil {
			return nil, nil, err
		}
		if !reader && !sight.viewer.Reads(w) {
			continue
		}
		stop, err := domain.Standing(tx, &j, "")
		if err != nil {
			return nil, nil, err
		}
		if stop == nil {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b job.ReleaseDoc) int { return cmp.Or(cmp.Compare(b.Made, a.Made), cmp.Compare(a.ID, b.ID)) })
	return out, all, nil
}

// exportDone is the first export of a release that is complete; -1: there is none.
func exportDone(r *job.ReleaseDoc) int {
	return slices.IndexFunc(r.Exports, func(x job.Export) bool { return x.Done })
}

// Versions lists the releases of a product that u may take. With the name of one,
// or "newest", that one has the checksums of its forms.
func (p *Pipeline) Versions(ctx context.Context, u glovebox.User, code, of string) (out *Versions, err error) {
	var all []job.ReleaseDoc
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		out, all, err = p.offered(tx, u, code)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range all {
		v := Version{Release: all[i].ID, Month: monthOf(all[i].Made), Made: all[i].Made, Content: all[i].Content, Problem: map[bundle.Form]string{}}
		if of == v.Release || of == "newest" && i == 0 {
			if err := p.forms(ctx, &all[i], &v); err != nil {
				return nil, err
			}
		}
		out.Versions = append(out.Versions, v)
	}
	return out, nil
}

// forms writes a version in each form, for the checksums.
func (p *Pipeline) forms(ctx context.Context, doc *job.ReleaseDoc, v *Version) error {
	for _, f := range bundle.Forms {
		rel, err := p.toDeliver(ctx, doc)
		if err != nil {
			return err
		}
		file, err := exporter.Deliver(rel, f)
		if glovebox.CodeOf(err) == glovebox.CodeInvalid {
			v.Problem[f] = err.Error()
			continue
		}
		if err != nil {
			return err
		}
		v.Files = append(v.Files, VersionFile{Form: f, Name: file.Name, Bytes: len(file.Data), SHA256: file.SHA256()})
	}
	return nil
}

// Deliver hands the data of a product to u in one form: of a release, or for "" of
// the newest. What is handed over is a release, built from the decision of its
// export, the receipt of its job and the entry of that decision; and the call is
// in the call log before.
func (p *Pipeline) Deliver(ctx context.Context, u glovebox.User, code, id string, form bundle.Form) (*Delivery, error) {
	var all []job.ReleaseDoc
	err := p.d.Store.View(ctx, func(tx *store.Tx) (err error) {
		_, all, err = p.offered(tx, u, code)
		return err
	})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(r job.ReleaseDoc) bool { return id == "" || r.ID == id })
	if i < 0 {
		return nil, noVersion(code)
	}
	rel, err := p.toDeliver(ctx, &all[i])
	if err != nil {
		return nil, err
	}
	file, err := exporter.Deliver(rel, form)
	if err != nil {
		return nil, err
	}
	out := &Delivery{Product: code, Release: all[i].ID, Form: form, Name: code + "-" + monthOf(all[i].Made) + "-" + file.Name, SHA256: file.SHA256(), Data: file.Data}
	return out, p.d.NoteCall(ctx, domain.Call{User: u.Name, Org: u.Org, Product: code, Release: out.Release, Form: string(form), Bytes: len(out.Data), SHA256: out.SHA256})
}

// toDeliver builds a release that left, for one more reader.
func (p *Pipeline) toDeliver(ctx context.Context, doc *job.ReleaseDoc) (rel *release.Release, err error) {
	n := exportDone(doc)
	index, err := p.exportIndex(ctx, doc.ID, n)
	if err != nil {
		return nil, err
	}
	err = p.d.Store.View(ctx, func(tx *store.Tx) error {
		rel, err = p.load(tx, doc, doc.Exports[n].Decision, index)
		return err
	})
	return rel, err
}

// monthOf is the month of a time as documents have it, in Beijing.
func monthOf(made string) string {
	t, err := time.Parse(time.RFC3339, made)
	if err != nil {
		return ""
	}
	return workday.Day(t)[:len("2006-01")]
}
