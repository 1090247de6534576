package domain

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
)

// LoadOption is something that a load may do.
type LoadOption int

// AcceptChange lets a load take a file of which no row is accepted, or one with
// far fewer rows than the snapshot before: less than one in fewRows.
const AcceptChange LoadOption = 1

// fewRows: a file with less than half the rows of the snapshot before is more
// often a broken export than news.
const fewRows = 2

// ChangeError is the failure of a load that would replace data by none, or by
// far less. Nothing of the load is kept. Counts are the provider's own.
type ChangeError struct {
	Err    *glovebox.Error
	Report engine.LoadReport
}

func (e *ChangeError) Error() string { return e.Err.Error() }

// Unwrap gives the error its code, file and fix.
func (e *ChangeError) Unwrap() error { return e.Err }

// expected fails with a *ChangeError if a load is one that AcceptChange is for.
func (d *Domain) expected(doc *DatasetDoc, res *engine.LoadResult) error {
	const fix = "look at the file, and load it with --accept-change if it is as it should be"
	changed := func(err *glovebox.Error) error { return &ChangeError{err.WithFix(fix), res.Report} }
	now := res.Manifest.Rows
	if doc.Snapshot == nil {
		if now == 0 && res.Report.Rejected > 0 { // a first file without rows replaces nothing
			return changed(glovebox.Errorf(glovebox.CodeInvalid, "the file has no row that is accepted, %d rejected", res.Report.Rejected))
		}
		return nil
	}
	raw, err := d.ReadManifest(doc.Record.Code, doc.Snapshot.Version, 0)
	if err != nil {
		return err
	}
	before, err := engine.DecodeManifest(raw)
	if err != nil {
		return err
	}
	switch {
	case now == 0 && before.Rows > 0:
		return changed(glovebox.Errorf(glovebox.CodeInvalid, "the file has no row that is accepted, %d rejected; the current snapshot, version %d, has %d rows", res.Report.Rejected, doc.Snapshot.Version, before.Rows))
	case now < before.Rows/fewRows+before.Rows%fewRows:
		return changed(glovebox.Errorf(glovebox.CodeInvalid, "the file has %d rows that are accepted; the current snapshot, version %d, has %d", now, doc.Snapshot.Version, before.Rows))
	}
	return nil
}
