package domain

import (
	"glovebox.example/glovebox"
	"glovebox.example/glovebox/engine"
	"glovebox.example/glovebox/internal/domain/vault"
	"glovebox.example/glovebox/internal/worker/work"
)

// OpenPart decrypts what a name stands for into memory; m is the manifest of its
// snapshot and projection. The files are the caller's, also with an error.
func (d *Domain) OpenPart(m *engine.Manifest, name work.PartName) (out work.Files, err error) {
	part, originals, err := partFiles(m, name)
	if err != nil {
		return out, err
	}
	if out.Part, err = d.Vault.OpenPart(name.Dataset, name.Version, part); err != nil || originals == "" {
		return out, err
	}
	out.Sealed, err = d.Vault.OpenPart(name.Dataset, name.Version, originals)
	return out, err
}

// partFiles are the names of a part's files in the vault; originals is empty
// where they are not asked for, or there are none.
func partFiles(m *engine.Manifest, name work.PartName) (part, originals string, err error) {
	if name.Index < 0 || name.Index >= len(m.Parts) {
		return "", "", glovebox.Errorf(glovebox.CodeInternal, "the snapshot of %s lacks part %d", name.Dataset, name.Index)
	}
	p, prefix := m.Parts[name.Index], Projection(name.Projection)
	if name.Originals && p.Sealed != nil {
		originals = prefix + p.Sealed.Name
	}
	return prefix + p.Name, originals, nil
}

// SealedPart finds what a name stands for as it lies encrypted; m is the manifest
// of its snapshot and projection.
func (d *Domain) SealedPart(m *engine.Manifest, name work.PartName) (part, originals *vault.Sealed, err error) {
	file, other, err := partFiles(m, name)
	if err != nil {
		return nil, nil, err
	}
	if part, err = d.Vault.Sealed(name.Dataset, name.Version, file); err != nil || other == "" {
		return part, nil, err
	}
	originals, err = d.Vault.Sealed(name.Dataset, name.Version, other)
	return part, originals, err
}
