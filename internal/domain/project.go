package domain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/domain/vault"
	"glovebox.example/glovebox/internal/worker/crew"
)

// A projection is a snapshot's rows sorted by one of its unit columns: parts
// and a manifest of their own. That of the default unit column has plain names,
// the n-th of the others has them behind "un-".

// manifestName is the file of another projection's manifest.
const manifestName = "manifest.json"

// Projection is what the names of a projection's files begin with; place is
// that of the unit column in the record's Units.
func Projection(place int) string {
	if place == 0 {
		return ""
	}
	return fmt.Sprintf("u%d-", place)
}

// project reads a provider's file into one projection.
func (d *Domain) project(ctx context.Context, rec *glovebox.Dataset, place int, keys []int, src *os.File, w *vault.SnapshotWriter, progress func(done, total int64)) (*engine.LoadResult, error) {
	about, _, _ := rec.About(rec.Units()[place].Column) // it has the column
	generation := 0
	if place < len(keys) {
		generation = keys[place]
	}
	unit, err := d.Vault.UnitKey(about.Unit.Space, generation)
	if err != nil {
		return nil, err
	}
	write, read, err := d.Vault.NewAside()
	if err != nil {
		return nil, err
	}
	aside := &crew.Aside{Append: write, Read: read}
	defer aside.Close()
	return crew.Load(ctx, about, src, engine.LoadOptions{
		UnitKey:  unit.Bytes(),
		IdentKey: func(c glovebox.Column) [32]byte { return d.Vault.IdentKey(identPurpose(c)).Bytes() },
		Parts:    d.Parts,
		Create:   func(name string) (io.WriteCloser, error) { return w.Create(Projection(place) + name) },
		Progress: progress,
		Spill:    aside,
	})
}

// projectOthers reads the file again for each other unit column. All
// projections hold the same rows. It returns the numbers of units by column,
// that of the first projection first.
func (d *Domain) projectOthers(ctx context.Context, rec *glovebox.Dataset, keys []int, src *os.File, w *vault.SnapshotWriter, first *engine.LoadResult, progress func(done, total int64)) ([]int64, error) {
	units := []int64{first.Manifest.Units}
	for place := 1; place < len(rec.Units()); place++ {
		res, err := d.project(ctx, rec, place, keys, src, w, progress)
		if err != nil {
			return nil, err
		}
		if res.Manifest.Rows != first.Manifest.Rows {
			return nil, glovebox.Errorf(glovebox.CodeConflict, "the file changed while it was read").WithFix("load a file that nobody writes to")
		}
		out, err := w.Create(Projection(place) + manifestName)
		if err != nil {
			return nil, err
		}
		_, err = out.Write(res.ManifestBytes)
		if err = errors.Join(err, out.Close()); err != nil {
			return nil, err
		}
		units = append(units, res.Manifest.Units)
	}
	return units, nil
}

// ReadManifest returns the manifest of one of a snapshot's projections.
func (d *Domain) ReadManifest(code string, version, place int) ([]byte, error) {
	if place == 0 {
		return d.Vault.ReadManifest(code, version)
	}
	f, err := d.Vault.OpenPart(code, version, Projection(place)+manifestName)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(f) // the decoder bounds it, and this process wrote it
	if err != nil {
		return nil, glovebox.Errorf(glovebox.CodeInternal, "a manifest cannot be read").Because(err)
	}
	return b, nil
}
