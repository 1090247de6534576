package domain

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/audit"
	"glovebox.example/glovebox/internal/domain/store"
)

// Entries about the rules that a domain works by. Their subject is domain/NAME.
const (
	initAction     = "domain.init"
	settingsAction = "domain.settings"
	policyAction   = "policy.change"
)

// rules are what the bodies of these entries say. The files, and all sources of the
// policy, are kept under the digests.
type rules struct {
	Settings string            `json:"settings,omitempty"` // digest of domain.json
	Policy   string            `json:"policy,omitempty"`   // revision
	Sources  map[string]string `json:"sources,omitempty"`  // of the policy: digest by name
}

// notice records that the settings or the policy are others than those that the
// log knows. Both are files that whoever operates the domain changes with an
// editor, so the change is seen when the domain is opened for writing next, and
// nothing is decided under rules that the log does not name.
func (d *Domain) notice(ctx context.Context) error {
	var settings, policy string
	err := d.Store.View(ctx, func(tx *store.Tx) (err error) {
		if settings, err = d.known(tx, settingsAction, func(r rules) string { return r.Settings }); err == nil {
			policy, err = d.known(tx, policyAction, func(r rules) string { return r.Policy })
		}
		return err
	})
	if err != nil {
		return err
	}
	if settings != glovebox.Digest(d.settings) {
		err := d.Effect(ctx, systemBy(), func(tx *store.Tx) error {
			r, err := d.rules(tx, true, false)
			if err != nil {
				return err
			}
			return tx.Record("domain.settings", "domain/"+d.Name, r)
		})
		if err != nil {
			return err
		}
	}
	if policy == d.Policy.Revision() {
		return nil
	}
	return d.Effect(ctx, systemBy(), func(tx *store.Tx) error {
		r, err := d.rules(tx, false, true)
		if err != nil {
			return err
		}
		return tx.Record("policy.change", "domain/"+d.Name, r)
	})
}

// known is what the newest entry of an action, or the first of the log, says.
func (d *Domain) known(tx *store.Tx, action string, what func(rules) string) (string, error) {
	for _, a := range []string{action, initAction} {
		data, err := tx.Newest("domain/"+d.Name, a)
		if err != nil || data == nil {
			if err != nil {
				return "", err
			}
			continue
		}
		e, err := audit.DecodeEntry(data)
		if err != nil {
			return "", err
		}
		var r rules
		if json.Unmarshal(e.Body, &r) == nil && what(r) != "" {
			return what(r), nil
		}
	}
	return "", nil
}

// rules keeps the settings, the policy, or both, and says what they are.
func (d *Domain) rules(tx *store.Tx, settings, policy bool) (r rules, err error) {
	if settings {
		r.Settings = glovebox.Digest(d.settings)
		if err := tx.Keep(d.settings); err != nil {
			return r, err
		}
	}
	if policy {
		r.Policy, r.Sources = d.Policy.Revision(), map[string]string{}
		sources := d.Policy.Sources()
		for _, name := range slices.Sorted(maps.Keys(sources)) {
			text := []byte(sources[name])
			r.Sources[name] = glovebox.Digest(text)
			if err := tx.Keep(text); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}
