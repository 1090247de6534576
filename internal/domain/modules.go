package domain

import (
	"context"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/domain/store"
)

// ModuleDoc is a module that was registered: the bytes of one digest. A changed
// module has another digest, and is reviewed anew.
type ModuleDoc struct {
	Digest    string               `json:"digest"`
	Name      string               `json:"name"`
	Version   string               `json:"version"`
	Functions []string             `json:"functions"`
	Bytes     int                  `json:"bytes"`
	Source    string               `json:"source,omitempty"` // digest of its source, which is kept
	Recipe    string               `json:"recipe,omitempty"` // how it is built from that
	State     glovebox.ModuleState `json:"state"`
	By        string               `json:"by"`
	Org       string               `json:"org,omitempty"`
	At        string               `json:"at"`
	Words     []ModuleWord         `json:"words"`
	Promoted  []Promotion          `json:"promoted"`
}

// ModuleWord is what a reviewer said of it.
type ModuleWord struct {
	By   string        `json:"by"`
	Org  string        `json:"org,omitempty"`
	Role glovebox.Role `json:"role"`
	At   string        `json:"at"`
	Text string        `json:"text"`
}

// Promotion says that a job with this module ran on sample rows, in this domain,
// and who looked at it (转产).
type Promotion struct {
	Job    string `json:"job"`    // what the job asks, whatever data it reads: see job.Basis.Asked
	Report string `json:"report"` // digest of the domain's own neighbour report, which is kept
	Same   bool   `json:"same"`   // no unit's change was seen in others
	Units  int    `json:"units"`  // sample units
	By     string `json:"by"`
	Org    string `json:"org,omitempty"`
	At     string `json:"at"`
	Text   string `json:"text"`
}

// NewModule is a module that its developer registers.
type NewModule struct {
	Wasm          []byte
	Name, Version string
	Functions     []string
	Source        []byte // nil: not attached
	Recipe        string
}

// RegisterModule keeps a module that was admitted, for good.
func (d *Domain) RegisterModule(ctx context.Context, by *By, n NewModule) (doc ModuleDoc, err error) {
	if err := words("recipe", n.Recipe, n.Source != nil); err != nil {
		return doc, err
	}
	id := glovebox.Digest(n.Wasm)
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if known, err := Modules.Has(tx, id); err != nil || known {
			if err == nil {
				err = glovebox.Errorf(glovebox.CodeConflict, "this module is registered already").WithFix("`glovebox module list` shows it; a changed module has another digest")
			}
			return err
		}
		doc = ModuleDoc{Digest: id, Name: n.Name, Version: n.Version, Functions: n.Functions, Bytes: len(n.Wasm), Recipe: n.Recipe,
			By: by.Name, Org: by.Org, At: d.Stamp(), Words: []ModuleWord{}, Promoted: []Promotion{}}
		kept := [][]byte{n.Wasm}
		if n.Source != nil {
			doc.Source = glovebox.Digest(n.Source)
			kept = append(kept, n.Source)
		}
		if doc.State, err = doc.State.To(glovebox.ModuleRegistered, id); err != nil {
			return err
		}
		if err := tx.Keep(kept...); err != nil {
			return err
		}
		return Modules.Put(tx, "module.register", id, doc, nil)
	})
}

// CertifyModule adds a reviewer's word. With those of two people of two
// institutions, one of them the authority, the module is certified. Nobody
// vouches for a module of their own institution.
func (d *Domain) CertifyModule(ctx context.Context, by *By, id, said string, role glovebox.Role) (doc ModuleDoc, err error) {
	if err := words("text", said, true); err != nil {
		return doc, err
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Modules.Get(tx, id, &doc); err != nil {
			return err
		}
		if doc.State != glovebox.ModuleRegistered {
			return glovebox.Errorf(glovebox.CodeConflict, "module %s is %s: there is nothing to certify", id, doc.State)
		}
		if err := ofAnother(by, doc.By, doc.Org, "certified"); err != nil {
			return err
		}
		if slices.ContainsFunc(doc.Words, func(w ModuleWord) bool { return w.By == by.Name || w.Org != "" && w.Org == by.Org }) {
			return glovebox.Errorf(glovebox.CodeConflict, "somebody of this institution has vouched for the module already").WithFix("the second reviewer is of another institution")
		}
		doc.Words = append(doc.Words, ModuleWord{By: by.Name, Org: by.Org, Role: role, At: d.Stamp(), Text: said})
		if len(doc.Words) > 1 && slices.ContainsFunc(doc.Words, func(w ModuleWord) bool { return w.Role == glovebox.RoleAuthority }) {
			if doc.State, err = doc.State.To(glovebox.ModuleCertified, id); err != nil {
				return err
			}
		}
		return Modules.Put(tx, "module.certify", id, doc, nil)
	})
}

// ofAnother fails where by is the person who registered a module, or of the same
// institution.
func ofAnother(by *By, who, org, what string) error {
	if by.Name != who && (org == "" || by.Org != org) {
		return nil
	}
	return glovebox.Errorf(glovebox.CodeDenied, "a module is %s by somebody of another institution than its developer's", what).WithFix("ask a reviewer of another institution")
}

// RevokeModule ends it for good: nothing runs it any more. The authority does it,
// or whoever registered it.
func (d *Domain) RevokeModule(ctx context.Context, by *By, id, reason string) (doc ModuleDoc, err error) {
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Modules.Get(tx, id, &doc); err != nil {
			return err
		}
		if by.Name != doc.By && !holds(by.User, glovebox.RoleAuthority) {
			return glovebox.Errorf(glovebox.CodeDenied, "a module is revoked by the authority, or by whoever registered it").WithFix("ask one of them")
		}
		if doc.State, err = doc.State.To(glovebox.ModuleRevoked, id); err != nil {
			return err
		}
		return Modules.Put(tx, "module.revoke", id, doc, map[string]any{"reason": reason})
	})
}

// PromoteModule records that a job with the module ran on samples here, and that
// somebody of another institution than its developer's looked at it. report is the
// domain's own.
func (d *Domain) PromoteModule(ctx context.Context, by *By, id string, p Promotion, report []byte) (doc ModuleDoc, err error) {
	if err := words("text", p.Text, true); err != nil {
		return doc, err
	}
	return doc, d.Effect(ctx, by, func(tx *store.Tx) error {
		if err := Modules.Get(tx, id, &doc); err != nil {
			return err
		}
		if doc.State == glovebox.ModuleRevoked {
			return glovebox.Errorf(glovebox.CodeConflict, "module %s is revoked", id)
		}
		if err := ofAnother(by, doc.By, doc.Org, "promoted"); err != nil {
			return err
		}
		if slices.ContainsFunc(doc.Promoted, func(x Promotion) bool { return x.Job == p.Job }) {
			return glovebox.Errorf(glovebox.CodeConflict, "this job was promoted already").WithFix("`glovebox module list` shows by whom")
		}
		p.By, p.Org, p.At, p.Report = by.Name, by.Org, d.Stamp(), glovebox.Digest(report)
		doc.Promoted = append(doc.Promoted, p)
		if err := tx.Keep(report); err != nil {
			return err
		}
		return Modules.Put(tx, "module.promote", id, doc, map[string]any{"job": p.Job, "report": p.Report})
	})
}

// AllModules lists the modules, by digest.
func (d *Domain) AllModules(ctx context.Context) (out []ModuleDoc, err error) {
	err = d.Store.View(ctx, func(tx *store.Tx) error {
		out, err = Modules.List(tx)
		return err
	})
	return out, err
}
