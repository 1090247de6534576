// Package catalog reads the four documents of a domain (dataset records,
// scenarios, grants, jobs) and checks all that their schemas cannot say: that
// a named column exists, that bounds are in order, that names are unique also
// where case is folded, that a price has its ledger's kind.
//
// It promises that what a Parse function returns is consistent in itself, has
// its documented defaults filled in, and that a refusal lists every problem
// with position, field and fix: those of form (schema) first, and once there
// are none, those of meaning. Its texts name columns and codes, never other
// values.
//
// It does not promise that anything is allowed. Whether a scenario may have a
// column, whether a price is covered and whether a person holds a role is for
// the policy; whether data is as its record says is for the engine. A row
// filter or quality rule is checked by the engine too.
package catalog

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/internal/document/record"
)

// parse decodes a document and runs the checks of its kind on it.
func parse[T any](file string, data []byte, kind Kind, check func(*checker, *T)) (*T, error) {
	doc, err := record.Parse(file, data)
	if err != nil {
		return nil, err
	}
	if err := mistaken(doc, kind); err != nil {
		return nil, err
	}
	s, err := schemaOf(kind)
	if err != nil {
		return nil, err
	}
	out := new(T)
	if err := doc.Decode(s, out); err != nil {
		return nil, err
	}
	c := &checker{Problems: record.NewProblems(doc), doc: doc}
	check(c, out)
	if err := c.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// ParseDataset reads a dataset record. Defaults that it fills in: encoding
// utf-8, delimiter "," and null [""] of a CSV source, DefaultMaxBytes of
// string columns.
func ParseDataset(file string, data []byte) (*glovebox.Dataset, error) {
	return parse(file, data, KindDataset, checkDataset)
}

// ParseScenario reads a scenario. Its state is left empty.
func ParseScenario(file string, data []byte) (*glovebox.Scenario, error) {
	return parse(file, data, KindScenario, checkScenario)
}

// ParseGrant reads a grant. Approvals default to authority and provider; state
// and grantor are left empty. CheckGrant checks it against what it grants.
func ParseGrant(file string, data []byte) (*glovebox.Grant, error) {
	return parse(file, data, KindGrant, checkGrant)
}

// ParseJob reads a job. Key fields and metrics keep the order of the document.
// The width of string keys defaults to glovebox.DefaultKeyWidth.
// Parameters, public values and default keys hold string, bool, int64 or
// float64: a number without decimal point and exponent is an int64.
func ParseJob(file string, data []byte) (*glovebox.Job, error) {
	d, err := parse(file, data, KindJob, func(c *checker, d *jobDoc) { checkJob(c, d.fill(c)) })
	if err != nil {
		return nil, err
	}
	return &d.Job, nil
}
