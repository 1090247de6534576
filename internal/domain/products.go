package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/job"
	"glovebox.example/glovebox/internal/domain/store"
	"glovebox.example/glovebox/internal/domain/workday"
)

// ProductDoc is a product on the list (产品清单): its registration code, which the
// authority issues once, what is required of it, and how its deliveries were found.
type ProductDoc struct {
	Code         string                `json:"code"` // as in its scenario
	Scenario     string                `json:"scenario"`
	Registration string                `json:"registration"` // 登记编码
	State        glovebox.ProductState `json:"state"`
	Technique    string                `json:"technique"` // technical standard
	Security     string                `json:"security"`  // requirements of the security review
	Business     string                `json:"business"`  // requirements of the business review
	Limits       glovebox.Text         `json:"limits"`    // usage limits that travel with it
	By           string                `json:"by"`
	At           string                `json:"at"`
	Steps        []ProductStep         `json:"steps"`
	Samples      []SampleReview        `json:"samples"`
}

// ProductStep is a change of its state.
type ProductStep struct {
	State  glovebox.ProductState `json:"state"`
	By     string                `json:"by"`
	At     string                `json:"at"`
	Reason string                `json:"reason,omitempty"`
}

// SampleReview is a look at a delivered release (抽查).
type SampleReview struct {
	Release string `json:"release"`
	Passed  bool   `json:"passed"`
	Text    string `json:"text"`
	By      string `json:"by"`
	Org     string `json:"org,omitempty"`
	At      string `json:"at"`
}

// NewProduct is what RegisterProduct puts on the list.
type NewProduct struct{ Code, Scenario, Technique, Security, Business string }

// RegisterProduct puts a product of a scenario on the list and issues its
// registration code, unique and for good. One code serves one scenario. The
// authority does it.
func (d *Domain) RegisterProduct(ctx context.Context, by *By, n NewProduct) (doc ProductDoc, err error) {
	if err := require(by.User, glovebox.RoleAuthority, "register a product"); err != nil {
		return doc, err
	}
	for _, f := range [][2]string{{"technique", n.Technique}, {"security", n.Security}, {"business", n.Business}} {
		if err := words(f[0], f[1], true); err != nil {
			return doc, err
		}
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		var s ScenarioDoc
		if err := Scenarios.Get(tx, n.Scenario, &s); err != nil {
			return err
		}
		i := slices.IndexFunc(s.Products, func(p glovebox.Product) bool { return p.Code == n.Code })
		if i < 0 {
			return glovebox.Errorf(glovebox.CodeNotFound, "scenario %q lists no product %q", n.Scenario, n.Code).WithFix("`glovebox scenario show %s` lists its products", n.Scenario)
		}
		if s.Operator == by.Name {
			return glovebox.Errorf(glovebox.CodeDenied, "a product is registered by somebody else than its operator").WithFix("ask another user of role authority")
		}
		if known, err := Products.Find(tx, n.Code); err != nil || known != nil {
			if err == nil {
				err = glovebox.Errorf(glovebox.CodeConflict, "product %q is registered, for scenario %q", n.Code, known.Scenario).WithFix("a product of another scenario needs a code of its own")
			}
			return err
		}
		limits := s.Products[i].Limits
		if limits == (glovebox.Text{}) {
			return glovebox.Errorf(glovebox.CodeInvalid, "product %q has no usage limits", n.Code).WithFix("its operator says them in the scenario (`limits`), before it is registered")
		}
		all, err := Products.List(tx)
		if err != nil {
			return err
		}
		doc = ProductDoc{Code: n.Code, Scenario: n.Scenario, Registration: fmt.Sprintf("%s-%s-%05d", strings.ToUpper(d.Name), workday.Day(d.Now())[:4], len(all)+1),
			Technique: n.Technique, Security: n.Security, Business: n.Business, Limits: limits, By: by.Name, At: d.Stamp(), Samples: []SampleReview{}}
		return d.stepProduct(tx, by, &doc, glovebox.ProductDeveloping, "", func() error { return Products.Put(tx, "product.register", doc.Code, doc, nil) })
	})
}

func (d *Domain) stepProduct(tx *store.Tx, by *By, doc *ProductDoc, next glovebox.ProductState, reason string, put func() error) (err error) {
	if doc.State, err = doc.State.To(next, doc.Code); err != nil {
		return err
	}
	doc.Steps = append(doc.Steps, ProductStep{State: next, By: by.Name, At: d.Stamp(), Reason: reason})
	return put()
}

// PublishProduct puts it on the public list, or, running, says that it is
// delivered. The authority does it.
func (d *Domain) PublishProduct(ctx context.Context, by *By, code string, running bool) (doc ProductDoc, err error) {
	next := glovebox.ProductPublished
	if running {
		next = glovebox.ProductRunning
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Products.Get(tx, code, &doc); err != nil {
			return err
		}
		return d.stepProduct(tx, by, &doc, next, "", func() error { return Products.Put(tx, "product.publish", code, doc, nil) })
	})
}

// RetireProduct ends it: nothing of it runs or leaves any more. The authority
// does it, or its operator.
func (d *Domain) RetireProduct(ctx context.Context, by *By, code, reason string) (doc ProductDoc, err error) {
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Products.Get(tx, code, &doc); err != nil {
			return err
		}
		var s ScenarioDoc
		if err := Scenarios.Get(tx, doc.Scenario, &s); err != nil {
			return err
		}
		if !holds(by.User, glovebox.RoleAuthority) && s.Operator != by.Name {
			return glovebox.Errorf(glovebox.CodeDenied, "a product is retired by the authority or by its operator").WithFix("ask one of them")
		}
		return d.stepProduct(tx, by, &doc, glovebox.ProductRetired, reason, func() error { return Products.Put(tx, "product.retire", code, doc, map[string]any{"reason": reason}) })
	})
}

// SampleProduct records a look at a release of the product that left (抽查): by an
// auditor or the authority, who is neither its developer nor its operator.
func (d *Domain) SampleProduct(ctx context.Context, by *By, code, release, said string, passed bool) (doc ProductDoc, err error) {
	if err := words("text", said, true); err != nil {
		return doc, err
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Products.Get(tx, code, &doc); err != nil {
			return err
		}
		r, err := Releases.Find(tx, release)
		if err != nil {
			return err
		}
		if r == nil || r.Product != code || r.Scenario != doc.Scenario || !slices.ContainsFunc(r.Exports, func(x job.Export) bool { return x.Done }) {
			return glovebox.Errorf(glovebox.CodeInvalid, "release %q is none of product %q that was delivered", release, code).WithFix("name one that was exported: `glovebox release list`")
		}
		j, err := Jobs.Find(tx, r.Job)
		if err != nil {
			return err
		}
		var s ScenarioDoc
		if err := Scenarios.Get(tx, doc.Scenario, &s); err != nil {
			return err
		}
		if j != nil && j.Submitter == by.Name || s.Operator == by.Name {
			return glovebox.Errorf(glovebox.CodeDenied, "a product is sampled by somebody else than its developer and its operator").WithFix("ask an auditor or the authority who is neither")
		}
		doc.Samples = append(doc.Samples, SampleReview{Release: release, Passed: passed, Text: said, By: by.Name, Org: by.Org, At: d.Stamp()})
		return Products.Put(tx, "product.sample", code, doc, map[string]any{"release": release})
	})
}

// AllProducts is the list of products, by code.
func (d *Domain) AllProducts(ctx context.Context) (out []ProductDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		out, err = Products.List(tx)
		return err
	})
	return out, err
}

// Product is one product of the list.
func (d *Domain) Product(ctx context.Context, code string) (doc ProductDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error { return Products.Get(tx, code, &doc) })
	return doc, err
}
